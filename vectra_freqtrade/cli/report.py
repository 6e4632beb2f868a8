"""`vectra-freqtrade report`: a backtest, the market it ran on, and what the data was worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vectra_freqtrade.cli.errors import err, report_errors
from vectra_freqtrade.cli.options import (
    ConfigOption,
    DaysOption,
    ExchangeOption,
    PairsOption,
    TimerangeOption,
    UserdirOption,
    words,
)
from vectra_freqtrade.errors import SettingsError

if TYPE_CHECKING:
    from vectra_freqtrade.cli.context import Context
    from vectra_freqtrade.report.backtest.view import View

#: Candles that are shown, and decided on, where no backtest names others.
TIMEFRAME = "1h"


@report_errors
def report(
    result: Annotated[
        Path | None,
        typer.Argument(
            metavar="ZIP",
            help="Result of a backtest.",
            show_default="the newest in user_data/backtest_results; if none, market and data only",
        ),
    ] = None,
    evidence: Annotated[
        bool | None,
        typer.Option(
            "--evidence/--no-evidence",
            help="Only the evidence study: what price did after each state, extreme and factor; or "
            "leave it out of the page.",
        ),
    ] = None,
    store_only: Annotated[
        bool, typer.Option("--store-only", help="No backtest: market and CoinGlass data only.")
    ] = False,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy", metavar="NAME", help="Whose trades, if several were backtested."
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
            help="Folder of the CoinGlass history.",
            show_default="coinglass.store_dir, else user_data/data/coinglass",
        ),
    ] = None,
    timeframe: Annotated[
        str | None,
        typer.Option(
            "--timeframe",
            "-i",
            metavar="TIMEFRAME",
            help="Timeframe of the candles.",
            show_default=f"the backtest's, else {TIMEFRAME}",
        ),
    ] = None,
    timerange: TimerangeOption = None,
    days: DaysOption = None,
    trades: Annotated[
        bool,
        typer.Option(
            "--trades",
            help="Add four real backtests to the evidence: with and without the gate, "
            "with and without the exits. Needs --config and a reachable exchange.",
        ),
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Where to write the page; it opens without a network.",
            show_default="user_data/plot/report.html; with --evidence none",
        ),
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="All numbers, for scripts.")
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="NUMBER",
            help="Seed of the evidence study; the same seed gives the same report.",
        ),
    ] = 7,
) -> None:
    """
    Make a page to open in a browser: trades and their stops, market states, data, evidence.

    With a backtest: its trades by exit, state and side, and each trade's stop, recomputed. Without
    one: price and CoinGlass data. Then the evidence: what price did after each state, extreme and
    factor. None of it is a claim of profit.

    Examples:
      vectra-freqtrade report
          the newest backtest; if there is none, market and data only
      vectra-freqtrade report user_data/backtest_results/NAME.zip
          that backtest
      vectra-freqtrade report --store-only -p BTC/USDT:USDT -i 1h
          market and data only
      vectra-freqtrade report --evidence --html evidence.html
          the evidence study only

    Exit status: 0 written; 2 an option, a config or a file to fix, or candles or data are missing
    """
    from vectra_freqtrade.cli import report_inputs as inputs
    from vectra_freqtrade.cli import values
    from vectra_freqtrade.report.evidence.evidence import write_json
    from vectra_freqtrade.report.evidence.summary import print_summary, print_view
    from vectra_freqtrade.report.page.page import write_page

    if trades and not config:
        raise SettingsError("--trades runs freqtrade backtesting, so it needs --config.")
    if result is not None and (store_only or evidence):
        raise SettingsError("--store-only and --evidence don't use a backtest: leave out the zip.")
    timerange = values.one_span(days, timerange)
    _look_at(timeframe, timerange, html, json)
    view: View | None = None
    context = inputs.report_context(config, userdir, exchange, store_dir, timerange)
    if not (store_only or evidence) and (found := inputs.asked(context, result, strategy)):
        context = inputs.context_of_run(context, found)
        timeframe = timeframe or str(found.facts["timeframe"])
        named = context.pairs(words(pairs)) if pairs else found.pairs
        with err.status(f"Recomputing columns and stops of {found.path.name} …"):
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
        with err.status("Studying what price did after states, extremes and factors …"):
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
    from vectra_freqtrade.cli import values

    if timeframe is not None:
        values.timeframe(timeframe)
    if timerange is not None:
        values.timerange(timerange)
    for place in files:
        if place is not None:
            values.new_file(place)


def _all(context: "Context") -> list[str]:
    """Without a pair list: every pair there are candles of."""
    return [] if context.config.get("exchange", {}).get("pair_whitelist") else [".*"]
