"""What a report is made of: the user's config, the backtest's, and who makes the frames."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freqtrade.enums import CandleType

from vectra_freqtrade.cli.context import Context, context_of, load
from vectra_freqtrade.data.checks import resolve_intervals
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.report.backtest.analysed import (
    Analyst,
    StoreAnalyst,
    StrategyAnalyst,
    run_config,
)
from vectra_freqtrade.report.backtest.frames import PairLoader
from vectra_freqtrade.report.backtest.results import BacktestResult, latest_result, read_result
from vectra_freqtrade.report.backtest.view import View, backtest_view, is_simulated, store_view
from vectra_freqtrade.report.evidence.backtests import run_backtests
from vectra_freqtrade.report.evidence.evidence import Evidence, gather
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.shipped import shipped_strategies_dir

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)


def report_context(
    config: Sequence[str] | None,
    userdir: Path | None,
    exchange: str | None,
    store_dir: Path | None,
    timerange: str | None,
) -> Context:
    """The config with what the command line says; futures where no config says otherwise."""
    context = load(config, userdir, exchange)
    if not context.config.get("exchange", {}).get("name"):
        context = load(config, userdir, context.exchange)
        context.config["trading_mode"] = "futures"
    logging.getLogger("freqtrade").setLevel(logging.ERROR)  # it narrates which file it reads
    changes: dict[str, Any] = {"exchange": {**context.config["exchange"], "name": context.exchange}}
    if store_dir is not None:
        section = {**context.config.get("coinglass", {}), "store_dir": str(store_dir)}
        changes["coinglass"] = section
    if timerange is not None:
        changes["timerange"] = timerange
    return _with(context, {**context.config, **changes})


def context_of_run(context: Context, result: BacktestResult) -> Context:
    """The user's context as it was when the backtest ran."""
    exchange = result.config["exchange"]["name"]
    if exchange != context.exchange:
        userdir = Path(context.config["user_data_dir"])
        context = replace(load(None, userdir, exchange), exchange=exchange)
    return _with(context, run_config(context.config, result))


def _with(context: Context, config: dict[str, Any]) -> Context:
    futures = config.get("trading_mode") == "futures"
    config["candle_type_def"] = CandleType.FUTURES if futures else CandleType.SPOT
    config["dataformat_ohlcv"] = config.get("dataformat_ohlcv") or "feather"
    made = context_of(config, CoinglassSettings.from_config(config))
    return replace(made, exchange=context.exchange)


def asked(context: Context, path: Path | None, strategy: str | None) -> BacktestResult | None:
    """The zip named, else the newest result; None where no backtest has been run."""
    folder = Path(context.config["user_data_dir"]) / "backtest_results"
    found = latest_result(folder) if path is None else path
    return None if found is None else read_result(found, strategy)


def backtest_page(context: Context, result: BacktestResult, pairs: Sequence[str]) -> View:
    """The pairs whose charts are shown; none for all."""
    config, notes = context.config, []
    try:
        analyst: Analyst = (own := StrategyAnalyst(config, result.pairs))
        if result.source is not None and own.source != result.source:
            notes.append(
                f"{result.strategy} was changed after this backtest: what is recomputed here uses "
                "the file as it is now."
            )
    except SettingsError as error:
        notes.append(f"The strategy's own columns and stops are not shown. {error}")
        analyst = StoreAnalyst(config, config["timeframe"])
    simulated = is_simulated(Path(config["user_data_dir"]), config, result.config)
    return backtest_view(analyst, result, pairs or result.pairs, config, simulated, notes)


def store_page(context: Context, pairs: Sequence[str], timeframe: str) -> View:
    config = context.config | {"timeframe": timeframe}
    simulated = is_simulated(Path(config["user_data_dir"]), config)
    return store_view(StoreAnalyst(config, timeframe), pairs, config, simulated)


def evidence(
    context: Context,
    pairs: Sequence[str],
    timeframe: str,
    seed: int,
    backtest_with: Sequence[Path],
    *,
    needed: bool,
) -> list[Evidence]:
    """Nothing where there is nothing to study, SettingsError where it was `needed`."""
    intervals = resolve_intervals(context.settings, context.store)
    provider = HistoryProvider(context.store)
    loader = PairLoader(context.config, provider, context.settings, intervals, timeframe)
    held = {pair: loader.load(pair) for pair in pairs}
    if all(rows.rows.empty for rows in held.values()):
        missing = (
            f"No CoinGlass history of {', '.join(held)} in {context.store.root}, so no evidence. "
            "To fetch it: vectra-freqtrade download-data"
        )
        if needed:
            raise SettingsError(missing)
        logger.warning(missing)
        return []
    runs = _trade_study(context, backtest_with, timeframe) if backtest_with else None
    name = f"{context.exchange}, {timeframe} candles"
    return [gather(name, held, context.settings, intervals, seed=seed, runs=runs)]


def _trade_study(
    context: Context, config: Sequence[Path], timeframe: str
) -> "dict[str, pd.DataFrame]":
    options = ["--timeframe", timeframe]
    if context.config.get("timerange"):
        options += ["--timerange", str(context.config["timerange"])]
    userdir = Path(context.config["user_data_dir"])
    return run_backtests(config, userdir, shipped_strategies_dir(), options)
