"""`vectra-freqtrade report`: what the data in the store was worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vectra_freqtrade.cli.context import Context, load
from vectra_freqtrade.cli.errors import err, plainly
from vectra_freqtrade.cli.options import (
    ConfigOption,
    ExchangeOption,
    PairsOption,
    UserdirOption,
    VerboseOption,
    words,
)
from vectra_freqtrade.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

    from vectra_freqtrade.report.frames import PairLoader


@plainly
def report(
    evidence: Annotated[
        bool, typer.Option("--evidence", help="What followed on states, extremes and factors.")
    ] = False,
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    pairs: PairsOption = None,
    exchange: ExchangeOption = None,
    store_dir: Annotated[
        Path | None, typer.Option("--store-dir", help="Instead of the config's history store.")
    ] = None,
    timeframe: Annotated[
        str, typer.Option("--timeframe", "-i", help="Candles that decisions are taken on.")
    ] = "1h",
    timerange: Annotated[
        str | None, typer.Option("--timerange", help="As freqtrade's: 20250101-20260101.")
    ] = None,
    trades: Annotated[
        bool,
        typer.Option(
            "--trades",
            help="Also four `freqtrade backtesting` runs: with and without gate and exits. "
            "Needs --config and an exchange that can be reached.",
        ),
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="One page that needs no network.")
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="All numbers.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same report.")] = 7,
    verbose: VerboseOption = False,
) -> None:
    """Measure what the CoinGlass columns say about what price did next."""
    # Imported here: scipy and freqtrade's data handling would slow down every other command.
    from vectra_freqtrade.report.evidence import gather, write_json
    from vectra_freqtrade.report.page import write_page
    from vectra_freqtrade.report.summary import print_summary

    if not evidence:
        raise SettingsError("Say which report: vectra-freqtrade report --evidence.")
    if trades and not config:
        raise SettingsError("--trades runs freqtrade backtesting and needs --config.")
    context = load(config, userdir, exchange, verbose=verbose)
    if not context.config.get("exchange", {}).get("name"):  # no config to ask
        context = load(config, userdir, context.exchange, verbose=verbose)
        context.config["trading_mode"] = "futures"  # what CoinGlass is about
    loader = _loader(context, store_dir, timeframe, timerange)
    held = {pair: loader.load(pair) for pair in context.pairs(words(pairs) or _all(context))}
    if all(rows.rows.empty for rows in held.values()):
        raise SettingsError(
            f"No CoinGlass history of {', '.join(held)} in {loader.provider.store.root}. Fetch it "
            "with: vectra-freqtrade download-data."
        )
    runs = _runs(context, config or [], timeframe, timerange) if trades else None
    name = f"{context.exchange}, {timeframe} candles"
    found = [gather(name, held, context.settings, loader.intervals, seed=seed, runs=runs)]
    print_summary(found)
    if json is not None:
        write_json(found, seed, json)
        err.print(f"Numbers: {json}")
    if html is not None:
        write_page(found, seed, html)
        err.print(f"Page: {html}")


def _all(context: Context) -> list[str]:
    """Without a pair list: every pair there are candles of."""
    return [] if context.config.get("exchange", {}).get("pair_whitelist") else [".*"]


def _loader(
    context: Context, store: Path | None, timeframe: str, timerange: str | None
) -> "PairLoader":
    from freqtrade.enums import CandleType

    from vectra_freqtrade.feed.accessor import resolve_intervals
    from vectra_freqtrade.feed.provider import HistoryProvider
    from vectra_freqtrade.history.store import Store
    from vectra_freqtrade.report.frames import PairLoader

    held = Store(store) if store is not None else context.store
    candle_type = (
        CandleType.FUTURES if context.config["trading_mode"] == "futures" else CandleType.SPOT
    )
    config = {
        **context.config,
        "candle_type_def": candle_type,
        "timerange": timerange,
        "exchange": {"name": context.exchange},
    }
    intervals = resolve_intervals(context.settings, held)
    return PairLoader(config, HistoryProvider(held), context.settings, intervals, timeframe)


def _runs(
    context: Context, config: list[str], timeframe: str, timerange: str | None
) -> "dict[str, pd.DataFrame]":
    from vectra_freqtrade.report.backtests import run_backtests
    from vectra_freqtrade.shipped import shipped_strategies_dir

    userdir = Path(context.config["user_data_dir"])
    options = ["--timeframe", timeframe]
    if timerange is not None:
        options += ["--timerange", timerange]
    files = [Path(name) for name in config]
    return run_backtests(files, userdir, shipped_strategies_dir(), options)
