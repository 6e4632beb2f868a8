"""
The command `vectra-freqtrade`.

Exit codes: 0 done, 1 incomplete (run it again), 2 a mistake to fix, 3 the key, 130 stopped.
"""

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Final

import typer

from vectra_freqtrade.cli.help import START, epilog
from vectra_freqtrade.cli.options import ManyValues

#: Command → the function that runs it. Only what is asked for is imported.
COMMANDS: Final[dict[str, str]] = {
    "init": "vectra_freqtrade.cli.init:init",
    "plan": "vectra_freqtrade.cli.plan:plan",
    "download-data": "vectra_freqtrade.cli.download_data:download_data",
    "list-data": "vectra_freqtrade.cli.list_data:list_data",
    "doctor": "vectra_freqtrade.cli.doctor.command:doctor",
    "explain": "vectra_freqtrade.cli.explain:explain",
    "report": "vectra_freqtrade.cli.report:report",
    "compare": "vectra_freqtrade.cli.compare:compare",
    "record": "vectra_freqtrade.cli.record:record",
    "query": "vectra_freqtrade.cli.query:query",
    "demo": "vectra_freqtrade.cli.demo:demo",
}

#: The first line of each command's help, for where importing the command would be too slow: the
#: list of commands, and a shell that completes a name.
SUMMARIES: Final[dict[str, str]] = {
    "init": "Put the strategies and a freqtrade config into a user_data folder, and show the "
    "next commands.",
    "plan": "Show the key's CoinGlass plan, its limits, and which datasets are on or off and why.",
    "download-data": "Download CoinGlass history for backtests; what is already there is not "
    "fetched again.",
    "list-data": "List downloaded and recorded series: span, rows, gaps, revisions, age.",
    "doctor": "Check the key, plan, clock, store, config, running bots and a strategy, and say "
    "what to fix.",
    "explain": "Explain a decision: what each dataset said, how old it was, how the factors "
    "combine.",
    "report": "Make a page to open in a browser: trades and their stops, market states, data, "
    "evidence.",
    "compare": "Compare a strategy with its CoinGlass data and without: trades, profit, the "
    "plan's price.",
    "record": "Record liquidation heatmaps, maps and large orders, every "
    "coinglass.snapshot_every minutes.",
    "query": "Query any CoinGlass endpoint.",
    "demo": "Run a backtest on a simulated market, end to end, with no key and no network.",
}


def build(arguments: Iterable[str]) -> typer.Typer:
    """
    :param arguments: of the command line, without the program's name
    :return: the application with the command that is asked for, or with all of them
    """
    app = _application()
    asked = _asked(arguments)
    for name, place in COMMANDS.items():
        if asked in (None, name):
            module, _, function = place.partition(":")
            run = getattr(import_module(module), function)
            app.command(name, cls=ManyValues, epilog=epilog(name))(run)
    return app


def outline() -> typer.Typer:
    """The application with the commands' names and first lines alone; nothing of them runs."""
    app = _application()
    for name, summary in SUMMARIES.items():
        app.command(name, help=summary)(_callback)
    return app


def _application() -> typer.Typer:
    app = typer.Typer(
        name="vectra-freqtrade",
        help="CoinGlass derivatives data for Freqtrade. Exit status: 0 done, 1 incomplete (run it "
        "again), 2 a mistake to fix, 3 a problem with the key, 130 stopped.",
        epilog=START,
        no_args_is_help=True,
        pretty_exceptions_enable=False,  # its tracebacks show local variables
    )
    app.callback()(_callback)
    return app


def _asked(arguments: Iterable[str]) -> str | None:
    return next((word for word in arguments if word in COMMANDS), None)


def _callback() -> None:
    pass


def main() -> None:
    """The entry point of the console script."""
    # A shell that completes hands the line over in the environment.
    line = os.environ.get("COMP_WORDS", "") + " " + os.environ.get("_TYPER_COMPLETE_ARGS", "")
    words = sys.argv[1:] or line.split()[1:]
    (build(words) if _asked(words) else outline())(prog_name="vectra-freqtrade")
