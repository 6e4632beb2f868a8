"""
The command `vectra-freqtrade`.

A command's module imports at its top what its options need and in its body what its work needs, so
that help, a mistyped option and a completion don't wait for pandas and freqtrade.

Exit codes: 0 done, 1 incomplete (run it again), 2 a mistake to fix, 3 the key, 130 stopped.
"""

from typing import Annotated, Final

import typer

from vectra_freqtrade.cli.compare import compare
from vectra_freqtrade.cli.demo import demo
from vectra_freqtrade.cli.doctor.command import doctor
from vectra_freqtrade.cli.download_data import download_data
from vectra_freqtrade.cli.explain import explain
from vectra_freqtrade.cli.help import help_and_epilog
from vectra_freqtrade.cli.init import init
from vectra_freqtrade.cli.list_data import list_data
from vectra_freqtrade.cli.options import ManyValues
from vectra_freqtrade.cli.plan import plan
from vectra_freqtrade.cli.query import query
from vectra_freqtrade.cli.record import record
from vectra_freqtrade.cli.report import report
from vectra_freqtrade.cli.verify.command import verify
from vectra_freqtrade.version import package_version

COMMANDS: Final = (
    init,
    plan,
    download_data,
    list_data,
    doctor,
    verify,
    explain,
    report,
    compare,
    record,
    query,
    demo,
)

app = typer.Typer(
    name="vectra-freqtrade",
    help="CoinGlass derivatives data for Freqtrade. Exit status: 0 done, 1 incomplete (run it "
    "again), 2 a mistake to fix, 3 a problem with the key, 130 stopped.",
    epilog="New here? `vectra-freqtrade demo` needs no key. With a key, start with "
    "`vectra-freqtrade init`."
    "\n\nvectra-freqtrade COMMAND --help shows options, examples and exit statuses.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks show local variables
)
for _command in COMMANDS:
    _help, _epilog = help_and_epilog(_command)
    app.command(cls=ManyValues, help=_help, epilog=_epilog)(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vectra-freqtrade {package_version()}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_print_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    pass


def main() -> None:
    """The entry point of the console script."""
    app(prog_name="vectra-freqtrade")
