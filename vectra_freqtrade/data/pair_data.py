"""What is known of a pair at a frame's last decision: rows, orders, snapshots, candles."""

from typing import TYPE_CHECKING

import pandas as pd
from freqtrade.exchange import timeframe_to_msecs

from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.catalogue.symbols import coin_of, price_units, symbol_of
from vectra_freqtrade.data.candles import interval_candles
from vectra_freqtrade.data.exchange import FreeProvider
from vectra_freqtrade.data.history import Provider
from vectra_freqtrade.data.missing import MissingNotes
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.neutral import is_neutral
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, native_keys

if TYPE_CHECKING:
    from freqtrade.strategy import IStrategy

_OHLC = ["date", "open", "high", "low", "close"]


class PairReader:
    """
    Nothing later than the frame's last decision, whatever it is read from.

    :param provider: history, the free tier or a live feed
    :param strategy: its config, timeframe and data provider are used
    :param settings: the whole section
    :param intervals: in use, the lower first
    :param missing: told where there is nothing; None where the provider says so itself
    :param store: knows what coins are called
    """

    def __init__(
        self,
        provider: Provider,
        strategy: "IStrategy",
        settings: CoinglassSettings,
        intervals: tuple[str, ...],
        missing: MissingNotes | None,
        store: Store,
    ) -> None:
        self.provider = provider
        self._strategy = strategy
        self._settings = settings
        self._intervals = intervals
        self._missing = missing
        self._store = store
        self._exchange: str = strategy.config["exchange"]["name"]

    def read(self, dataframe: pd.DataFrame, pair: str) -> PairData:
        """
        :param dataframe: freqtrade's candles of the pair
        :param pair: freqtrade's pair
        :raises VectraError: where a store file is broken or candles are missing
        """
        if dataframe.empty:
            return PairData({}, {})
        as_of, names = self._as_of(dataframe), self._store.names
        return PairData(
            self._rows(pair, as_of),
            self._oi_candles(dataframe, pair, as_of),
            coin_of(pair, self._exchange, names),
            self._orders(pair, as_of),
            self._snapshots(pair, dataframe["date"], as_of),
            *price_units(pair, self._exchange, self._settings.ratio_exchange, names),
        )

    def candles(
        self, dataframe: pd.DataFrame, pair: str, interval: str, *, adaptive: bool = False
    ) -> pd.DataFrame:
        """As `CoinglassAccessor.candles`."""
        as_of = self._as_of(dataframe)
        return self._candles(dataframe, pair, interval, as_of, adaptive=adaptive)[_OHLC]

    def _candles(
        self,
        dataframe: pd.DataFrame,
        pair: str,
        interval: str,
        as_of: pd.Timestamp,
        *,
        adaptive: bool,
    ) -> pd.DataFrame:
        informative = None
        if interval != self._strategy.timeframe and self._strategy.dp is not None:
            informative = self._strategy.dp.get_pair_dataframe(pair, interval)
        return interval_candles(
            dataframe,
            informative,
            pair=pair,
            timeframe_ms=self._timeframe_ms,
            interval=interval,
            interval_ms=interval_ms(interval),
            as_of=as_of,
            adaptive=adaptive,
        )

    def series_of(self, dataset: str, pair: str, interval: str) -> Series:
        """As `CoinglassAccessor.series_of`."""
        return Series.of(self._settings.catalogue[dataset], self._symbol(dataset, pair), interval)

    @property
    def _timeframe_ms(self) -> int:
        return int(timeframe_to_msecs(self._strategy.timeframe))

    def _as_of(self, dataframe: pd.DataFrame) -> pd.Timestamp:
        """The frame's last decision time."""
        last: pd.Timestamp = dataframe["date"].max()
        return last + pd.Timedelta(self._timeframe_ms, "ms")

    def _symbol(self, dataset: str, pair: str) -> str:
        settings = self._settings
        return symbol_of(
            settings.catalogue[dataset],
            pair,
            self._exchange,
            settings.ratio_exchange,
            self._store.names,
            settings.exchange_list,
        )

    def _rows(self, pair: str, as_of: pd.Timestamp) -> dict[tuple[str, str], pd.DataFrame]:
        rows = {
            (dataset, interval): self.provider.rows(self.series_of(dataset, pair, interval), as_of)
            for dataset, interval in native_keys(self._settings, self._intervals)
            if not is_neutral(self._settings, dataset)
        }
        empty = [
            f"{dataset} {interval}" for (dataset, interval), frame in rows.items() if frame.empty
        ]
        if empty and self._missing is not None:
            if isinstance(self.provider, FreeProvider) and self.provider.serves(pair):
                self._missing.free(self.provider.missing())
            else:
                self._missing.rows(pair, as_of, empty)
        return rows

    def _reads(self, dataset: str) -> bool:
        settings = self._settings
        return dataset in settings.datasets and not is_neutral(settings, dataset)

    def _orders(self, pair: str, as_of: pd.Timestamp) -> pd.DataFrame | None:
        if not self._reads("large_orders"):
            return None
        orders = self.provider.orders(self._symbol("large_orders", pair), as_of)
        if self._missing is not None and (orders is None or orders.empty):
            self._missing.orders(pair, as_of)
        return orders

    def _snapshots(self, pair: str, dates: pd.Series, as_of: pd.Timestamp) -> pd.DataFrame | None:
        source = self._settings.levels_source
        if source == "estimate":
            return None
        dataset = f"liquidation_{source}"
        if is_neutral(self._settings, dataset):
            return None
        every = self._settings.max_age_intervals * self._settings.snapshot_every
        since = dates.min() - pd.Timedelta(every, "min")
        snapshots = self.provider.snapshots(dataset, self._symbol(dataset, pair), since, as_of)
        if snapshots is None and self._missing is not None:
            self._missing.snapshots(pair, source, since, as_of)
        return snapshots

    def _oi_candles(
        self, dataframe: pd.DataFrame, pair: str, as_of: pd.Timestamp
    ) -> dict[str, pd.DataFrame]:
        if not self._reads("open_interest"):
            return {}
        adaptive = self._settings.bands.adaptive
        return {
            interval: self._candles(dataframe, pair, interval, as_of, adaptive=adaptive)
            for interval in self._intervals
        }
