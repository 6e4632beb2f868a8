"""Analysed frames for the page: a strategy's own, or the store's columns over plain candles."""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.data.btanalysis import get_tick_size_over_time
from freqtrade.data.converter import trim_dataframe
from freqtrade.enums import RunMode
from freqtrade.exceptions import FreqtradeException, OperationalException
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy

from vectra_freqtrade.data.accessor import CoinglassAccessor
from vectra_freqtrade.data.disk import DiskData, disk_reader
from vectra_freqtrade.data.pair_data import PairReader
from vectra_freqtrade.errors import CandlesError, SettingsError
from vectra_freqtrade.freqtrade_seams import analyse, source_of, start
from vectra_freqtrade.report.backtest.results import BacktestResult
from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.strategy import CoinglassMixin, CoinglassTrailingMixin
from vectra_freqtrade.trailing.prepare import PairArrays

logger = logging.getLogger(__name__)

#: Of the run's own config; everything else is the user's, as it is now.
_OF_THE_RUN = ("trading_mode", "margin_mode", "stake_currency", "coinglass", "dataformat_ohlcv")


Trailing = tuple[PairArrays, TrailingSettings]


@dataclass(frozen=True, slots=True)
class Analysed:
    """
    :param pair: freqtrade's
    :param frame: candles and columns within the time that is shown
    :param trailing: what stops are computed from; None where the strategy leaves them to freqtrade
    :param snapshots: recorded liquidation heatmap: available_at, price, usd; None without one
    :param step: of the prices, as freqtrade reads it from the candles
    """

    pair: str
    frame: pd.DataFrame
    trailing: Trailing | None
    snapshots: pd.DataFrame | None
    step: float


class Analyst(Protocol):
    """Makes the frames of pairs."""

    @property
    def coinglass(self) -> CoinglassAccessor | PairReader:
        """What the columns are made with."""
        ...

    def analyse(self, pair: str) -> Analysed | None:
        """None where there are no candles of the pair."""
        ...


def run_config(config: dict[str, Any], result: BacktestResult) -> dict[str, Any]:
    """The user's config with what the run decided."""
    of_run = {name: result.config[name] for name in _OF_THE_RUN if result.config.get(name)}
    exchange = {"name": result.config["exchange"]["name"], "pair_whitelist": result.pairs}
    return {
        **config,
        **of_run,
        "exchange": {**config.get("exchange", {}), **exchange},
        "pairs": [],
        "strategy": result.strategy,
        "timeframe": result.facts["timeframe"],
        "timerange": result.facts.get("timerange") or None,
        "runmode": RunMode.BACKTEST,
    }


class StrategyAnalyst:
    """What a strategy sees, loaded from user_data as freqtrade loads it."""

    def __init__(self, config: dict[str, Any], pairs: Sequence[str]) -> None:
        try:
            strategy: IStrategy = StrategyResolver.load_strategy(config)
        except OperationalException as error:
            raise SettingsError(str(error)) from None
        if not isinstance(strategy, CoinglassMixin):
            raise SettingsError(f"{config['strategy']} does not derive from CoinglassMixin.")
        self._strategy = strategy
        self.coinglass = strategy.coinglass
        strategy.dp = DiskData(config, list(pairs))
        start(strategy)
        self._timerange = TimeRange.parse_timerange(config.get("timerange"))

    @property
    def source(self) -> str:
        """Text of its file as it is now."""
        return source_of(self._strategy)

    def analyse(self, pair: str) -> Analysed | None:
        strategy = self._strategy
        candles = strategy.dp.get_pair_dataframe(pair, strategy.timeframe)
        if candles.empty:
            return None
        try:
            frame = analyse(strategy, candles, pair)
        except FreqtradeException as error:
            name = strategy.get_strategy_name()
            raise SettingsError(f"{name} can't analyse {pair}: {error}") from None
        trailing = None
        if isinstance(strategy, CoinglassTrailingMixin):
            trailing = strategy.trailing_of(pair)
        shown = trim_dataframe(frame, self._timerange).reset_index(drop=True)
        return _analysed(self.coinglass, pair, shown, trailing)


class StoreAnalyst:
    """The store's columns over candles on disk, with no strategy and no trades."""

    def __init__(self, config: dict[str, Any], timeframe: str) -> None:
        self._config, self._timeframe = config | {"runmode": RunMode.BACKTEST}, timeframe
        self.coinglass = self._reader([])

    def _reader(self, pairs: list[str]) -> PairReader:
        return disk_reader(self._config, pairs, self._timeframe)

    def analyse(self, pair: str) -> Analysed | None:
        reader = self._reader([pair])
        candles = reader.candles_of(pair, self._timeframe)
        if candles is None or candles.empty:
            return None
        frame = reader.add_columns(candles, pair)
        timerange = TimeRange.parse_timerange(self._config.get("timerange"))
        shown = trim_dataframe(frame, timerange).reset_index(drop=True)
        return _analysed(reader, pair, shown, None)


def analyse_all(analyst: Analyst, pairs: Sequence[str], datadir: object) -> Iterator[Analysed]:
    """Pair by pair; CandlesError where there are candles of no pair at all."""
    empty = []
    for pair in pairs:
        found = analyst.analyse(pair)
        if found is None or found.frame.empty:
            empty.append(pair)
        else:
            yield found
    if empty:
        message = (
            f"No candles of {', '.join(empty)} in {datadir} for this time. Fetch them with: "
            "freqtrade download-data, with the timeframe and --timerange of the report."
        )
        if len(empty) == len(pairs):
            raise CandlesError(message)
        logger.warning(message)


def _analysed(
    coinglass: CoinglassAccessor | PairReader,
    pair: str,
    shown: pd.DataFrame,
    trailing: Trailing | None,
) -> Analysed:
    if shown.empty:
        return Analysed(pair, shown, trailing, None, math.nan)
    dataset = "liquidation_heatmap"
    symbol = coinglass.series_of(dataset, pair, coinglass.intervals[0]).symbol
    first, last = shown["date"].iloc[0], shown["date"].iloc[-1]
    snapshots = coinglass.provider.snapshots(dataset, symbol, first, last)
    if snapshots is not None and snapshots["price"].isna().all():
        snapshots = None
    steps = get_tick_size_over_time(shown[["date", "open", "high", "low", "close"]].copy())
    return Analysed(pair, shown, trailing, snapshots, float(np.nanmax([1e-12, *steps.fillna(1.0)])))
