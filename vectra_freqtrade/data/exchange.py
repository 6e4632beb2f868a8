"""
The FREE tier: open interest and funding out of freqtrade's own candles.

Where there is neither a CoinGlass plan nor CoinGlass history of a coin, its rows of these two
datasets are made of the exchange's candles of type `open_interest` and `funding_rate`, one venue
instead of the sum over all. They come through the same door and make the same columns. A bot has no
history: what was downloaded before its plan ended says nothing of now.
"""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.enums import CandleType, TradingMode
from freqtrade.exceptions import OperationalException

from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.catalogue.plans import smallest_plan_for
from vectra_freqtrade.catalogue.symbols import coin_of, units_of
from vectra_freqtrade.data.exchange_rows import funding_rows, open_interest_rows
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.freqtrade_seams import lists_candles
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import empty_rows
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.live.start import is_live
from vectra_freqtrade.settings.release import Release
from vectra_freqtrade.settings.section import CoinglassSettings

#: Datasets that freqtrade has candles of.
CANDLE_TYPES: dict[str, CandleType] = {
    "open_interest": CandleType.OPEN_INTEREST,
    "funding_rate": CandleType.FUNDING_RATE,
}
#: No exchange publishes open interest more often.
_SHORTEST_MS = 300_000


class FreeProvider(HistoryProvider):
    """
    In a backtest history where there is some, else freqtrade's own candles. Only without a
    CoinGlass plan.

    :param store: where the files lie
    :param settings: datasets, delay and settle
    :param intervals: in use, the lower first
    :param config: freqtrade's
    :param dp: freqtrade's data provider, or None, when it is asked for
    """

    def __init__(
        self,
        store: Store,
        settings: CoinglassSettings,
        intervals: tuple[str, ...],
        *,
        config: Mapping[str, Any],
        dp: Callable[[], Any],
    ) -> None:
        super().__init__(store)
        self._settings = settings
        self._intervals = intervals
        self._config = config
        self._dp = dp
        self._exchange: str = config["exchange"]["name"]

    def rows(self, series: Series, as_of: pd.Timestamp) -> pd.DataFrame:
        if series.dataset not in CANDLE_TYPES or self._has_history(series.symbol):
            return super().rows(series, as_of)
        if not self.lists(series.dataset) or series.length_ms < _SHORTEST_MS:
            return empty_rows(series)
        # A coin's series is one, whichever of its pairs asks.
        pairs = (pair for pair in sorted(self._whitelist()) if self._coin(pair) == series.symbol)
        for pair in pairs:
            candles = self._candles(pair, series)
            if not candles.empty:
                rows = self._converted(pair, series, candles)
                return rows[rows["available_at"] <= as_of].reset_index(drop=True)
        return empty_rows(series)

    def lists(self, dataset: str) -> bool:
        """
        Whether the exchange has such candles in the bot's trading mode; freqtrade refuses to start
        where it is asked for others.
        """
        futures = self._config.get("trading_mode") == TradingMode.FUTURES
        if dataset not in CANDLE_TYPES or not futures:
            return False
        return lists_candles(self._dp(), CANDLE_TYPES[dataset])

    def informative_pairs(self) -> list[tuple[str, str, CandleType]]:
        """What freqtrade must fetch for this, in its own words."""
        wanted: list[tuple[str, str, CandleType]] = []
        served = [dataset for dataset in self._served() if self.lists(dataset)]
        intervals = [each for each in self._intervals if interval_ms(each) >= _SHORTEST_MS]
        for pair in self._without_history():
            for dataset in served:
                frames = {self._timeframe(dataset, interval) for interval in intervals}
                wanted += [(pair, frame, CANDLE_TYPES[dataset]) for frame in sorted(frames)]
        return wanted

    def serves(self, pair: str) -> bool:
        """Whether a pair's rows come from freqtrade's candles, if from anywhere."""
        return not self._has_history(self._coin(pair))

    def fingerprint(self) -> str:
        """Changes with the candle files; freqtrade's cache of results does not look at them."""
        folder = self._config.get("datadir")
        digest = hashlib.sha256()
        for candle_type in CANDLE_TYPES.values():
            for path in sorted(Path(folder).rglob(f"*-{candle_type}.*")) if folder else []:
                stat = path.stat()
                digest.update(f"{path.name}|{stat.st_mtime_ns}|{stat.st_size}\n".encode())
        return f"free {digest.hexdigest()}"

    def missing(self) -> str | None:
        """
        What is missing and which CoinGlass plan has it, in one line; None where every pair has
        history.
        """
        pairs, live = self._without_history(), is_live(self._config)
        if not pairs:
            return None
        served = [dataset for dataset in self._served() if self.lists(dataset)]
        plans: dict[str, list[str]] = {}
        least = smallest_plan_for(self._intervals[0])
        for dataset in self._settings.datasets:
            if dataset not in served:
                plan = max(DATASETS[dataset].plan, least, key=lambda each: each.rank)
                plans.setdefault(plan.label, []).append(dataset)
        there = (
            f"{' and '.join(served)} come from {self._exchange}'s own candles (freqtrade "
            f"download-data --candle-types {' '.join(CANDLE_TYPES[each] for each in served)})"
            if served
            else f"{self._exchange} lists no candles of open interest or funding here"
        )
        absent = "; ".join(f"{', '.join(names)} ({plan} plan)" for plan, names in plans.items())
        lacking = "plan" if live else "plan and without its history"
        fix = (
            "Name a key in COINGLASS_API_KEY or coinglass.api_key_file, and start again"
            if live
            else f"vectra-freqtrade download-data --pairs {' '.join(pairs)}"
        )
        return (
            f"Tier FREE, without a CoinGlass {lacking} for {', '.join(pairs)}: {there}. Empty and "
            f"without an opinion: {absent or 'nothing'}. With a plan: {fix}"
        )

    def _served(self) -> list[str]:
        return [dataset for dataset in self._settings.datasets if dataset in CANDLE_TYPES]

    def _without_history(self) -> list[str]:
        return [pair for pair in self._whitelist() if self.serves(pair)]

    def _has_history(self, coin: str) -> bool:
        if is_live(self._config):
            return False
        return any(
            self.store.version(Series(dataset, coin, interval)) is not None
            for dataset in CANDLE_TYPES
            for interval in self._intervals
        )

    def _whitelist(self) -> list[str]:
        dp = self._dp()
        try:
            return list(dp.current_whitelist()) if dp is not None else []
        except OperationalException:  # plot-dataframe has no pair list, and names its pairs itself
            return []

    def _coin(self, pair: str) -> str:
        return coin_of(pair, self._exchange, self.store.names)

    def _timeframe(self, dataset: str, interval: str) -> str:
        """Funding has one of its own, whatever the distance of its rows."""
        if dataset == "funding_rate":
            return str(self._dp().get_funding_rate_timeframe())
        return interval

    def _candles(self, pair: str, series: Series) -> pd.DataFrame:
        frame: pd.DataFrame = self._dp().get_pair_dataframe(
            pair, self._timeframe(series.dataset, series.interval), CANDLE_TYPES[series.dataset]
        )
        return frame

    def _converted(self, pair: str, series: Series, candles: pd.DataFrame) -> pd.DataFrame:
        settle = Release.of(self._settings).intervals(series.dataset)
        delay = pd.Timedelta(self._settings.delay, "s")
        delay += pd.Timedelta(settle * series.length_ms, "ms")
        if series.dataset == "funding_rate":
            return funding_rows(candles, series.length_ms, delay)

        def prices() -> pd.DataFrame:
            frame: pd.DataFrame = self._dp().get_pair_dataframe(pair, series.interval)
            return frame

        rows = open_interest_rows(candles, prices, series.length_ms, delay)
        units = units_of(pair, self._exchange, self.store.names)
        return rows.assign(oi=rows["oi"] * units)
