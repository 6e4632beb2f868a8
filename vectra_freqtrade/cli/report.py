"""`vectra-freqtrade report`: a backtest, the market it ran on, and what the data was worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vectra_freqtrade.cli import values
from vectra_freqtrade.cli.context import Context
from vectra_freqtrade.cli.errors import err, plainly
from vectra_freqtrade.cli.options import (
    ConfigOption,
    ExchangeOption,
    PairsOption,
    TimerangeOption,
    UserdirOption,
    words,
)
from vectra_freqtrade.errors import SettingsError

if TYPE_CHECKING:
    from vectra_freqtrade.report.view import View

#: Candles that are shown, and decided on, where no backtest names others.
TIMEFRAME = "1h"


@plainly
def report(
    result: Annotated[
        Path | None,
        typer.Argument(
            metavar="ZIP",
            help="Of a backtest.",
            show_default="the newest in user_data/backtest_results; none: market and data alone",
        ),
    ] = None,
    evidence: Annotated[
        bool | None,
        typer.Option(
            "--evidence/--no-evidence",
            help="Only the study of what followed on states, extremes and factors; or leave it out "
            "of the page.",
        ),
    ] = None,
    store_only: Annotated[
        bool, typer.Option("--store-only", help="No backtest: market and CoinGlass data alone.")
    ] = False,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy", metavar="NAME", help="Whose trades, where several were backtested."
        ),
    ] = None,
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    pairs: PairsOption = None,
    exchange: ExchangeOption = None,
    store_dir: Annotated[
        Path | None,
        typer.Option(
            "--store-dir",
            metavar="FOLDER",
            help="CoinGlass history.",
            show_default="coinglass.store_dir, else user_data/data/coinglass",
        ),
    ] = None,
    timeframe: Annotated[
        str | None,
        typer.Option(
            "--timeframe",
            "-i",
            metavar="TIMEFRAME",
            help="Of the candles.",
            show_default=f"the backtest's, else {TIMEFRAME}",
        ),
    ] = None,
    timerange: TimerangeOption = None,
    trades: Annotated[
        bool,
        typer.Option(
            "--trades",
            help="For the evidence, four `freqtrade backtesting` runs: with and without gate and "
            "exits. Needs --config and an exchange that can be reached.",
        ),
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="The page, which needs no network.",
            show_default="user_data/plot/report.html; with --evidence none",
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="All numbers, for a script.")
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="NUMBER", help="Of the evidence; the same gives the same report."
        ),
    ] = 7,
) -> None:
    """
    Make one page to open in a browser: trades with their stops, market states, data, evidence.

    With a backtest: its trades by exit, state and side, each trade's stop computed again. Without
    one: price and CoinGlass data. The evidence is a part of it: what price did after each state,
    extreme and factor. It is a page for looking, and no claim of profit.
    """
    # Imported here: scipy and freqtrade's data handling would slow down every other command.
    from vectra_freqtrade.cli import report_inputs as inputs
    from vectra_freqtrade.report.evidence import write_json
    from vectra_freqtrade.report.page import write_page
    from vectra_freqtrade.report.summary import print_summary, print_view

    if trades and not config:
        raise SettingsError("--trades runs freqtrade backtesting and needs --config.")
    if result is not None and (store_only or evidence):
        raise SettingsError("--store-only and --evidence look at no backtest; leave the zip out.")
    _look_at(timeframe, timerange, html, json)
    view: View | None = None
    context = inputs.report_context(config, userdir, exchange, store_dir, timerange)
    if not (store_only or evidence) and (found := inputs.asked(context, result, strategy)):
        context = inputs.context_of_run(context, found)
        timeframe = timeframe or str(found.facts["timeframe"])
        named = words(pairs) or found.pairs
        with err.status(f"Computing columns and stops of {found.path.name} again …"):
            view = inputs.backtest_page(context, found, named)
    else:
        timeframe = timeframe or TIMEFRAME
        named = context.pairs(words(pairs) or _all(context))
        if not evidence:
            with err.status(f"Computing columns of {', '.join(named)} …"):
                view = inputs.store_page(context, named, timeframe)
    sets = []
    if view is not None:
        print_view(view)
        named = [pair for pair in named if pair in view.frames]
    if evidence is not False:
        files = [Path(name) for name in config or []] if trades else []
        with err.status("Studying what followed on states, extremes and factors …"):
            sets = inputs.evidence(context, named, timeframe, seed, files, needed=view is None)
        print_summary(sets, brief=view is not None)
    if json is not None:
        write_json(sets, seed, json, {} if view is None else view.to_dict())
        err.print(f"Numbers: {json}")
    if html is None and view is not None:
        html = Path(context.config["user_data_dir"]) / "plot" / "report.html"
    if html is not None:
        write_page(sets, seed, html, view)
        err.print(f"Page, to open in a browser: {html}")


def _look_at(timeframe: str | None, timerange: str | None, *files: Path | None) -> None:
    """What can be wrong, before minutes are spent on the rest."""
    if timeframe is not None:
        values.timeframe(timeframe)
    if timerange is not None:
        values.timerange(timerange)
    for place in files:
        if place is not None:
            values.new_file(place)


def _all(context: Context) -> list[str]:
    """Without a pair list: every pair there are candles of."""
    return [] if context.config.get("exchange", {}).get("pair_whitelist") else [".*"]
