"""
The command `vectra-freqtrade`.

Exit codes: 0 done, 1 incomplete (run it again), 2 a mistake to mend, 3 the key, 130 stopped.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Final

import typer

#: Command → the function that runs it. Only what is asked for is imported.
COMMANDS: Final[dict[str, str]] = {
    "plan": "vectra_freqtrade.cli.plan:plan",
    "download-data": "vectra_freqtrade.cli.download_data:download_data",
    "doctor": "vectra_freqtrade.cli.doctor:doctor",
    "list-data": "vectra_freqtrade.cli.list_data:list_data",
    "record": "vectra_freqtrade.cli.record:record",
    "query": "vectra_freqtrade.cli.query:query",
    "init": "vectra_freqtrade.cli.init:init",
    "explain": "vectra_freqtrade.cli.explain:explain",
    "report": "vectra_freqtrade.cli.report:report",
    "demo": "vectra_freqtrade.demo.command:demo",
}


def build(arguments: list[str]) -> typer.Typer:
    """
    :param arguments: of the command line, without the program's name
    :return: the application with the command that is asked for, or with all of them
    """
    app = typer.Typer(
        name="vectra-freqtrade",
        help="CoinGlass derivatives data for Freqtrade.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # its tracebacks show local variables
    )
    app.callback()(_callback)
    asked = next((word for word in arguments if word in COMMANDS), None)
    for name, place in COMMANDS.items():
        if asked not in (None, name):
            continue
        module, _, function = place.partition(":")
        if find_spec(module) is not None:
            app.command(name)(getattr(import_module(module), function))
    return app


def _callback() -> None:
    """CoinGlass derivatives data for Freqtrade."""


def main() -> None:
    """The entry point of the console script."""
    build(sys.argv[1:])()
