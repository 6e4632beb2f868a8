"""What is known of a pair at a frame's last decision: rows, orders, snapshots, candles."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import pandas as pd
from freqtrade.exchange import timeframe_to_msecs

from vectra_freqtrade.announcer import Announcer
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.catalogue.symbols import coin_of, price_units, symbol_of
from vectra_freqtrade.data.candles import closed_candles, resampled
from vectra_freqtrade.data.exchange import FreeProvider
from vectra_freqtrade.data.history import Provider
from vectra_freqtrade.errors import CandlesError, SettingsError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.neutral import is_neutral
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, add_columns, native_keys

_OHLC = ["date", "open", "high", "low", "close"]


def no_candles(pair: str, interval: str) -> None:
    """Where freqtrade has no data provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairReader:
    """
    Nothing later than the frame's last decision, in a bot, a backtest, a report or a notebook.

    :param provider: history, the FREE tier or a live feed
    :param settings: the coinglass section
    :param intervals: in use, the lower first
    :param store: knows what coins are called
    :param exchange: freqtrade's exchange id
    :param timeframe: of the frames
    :param candles_of: freqtrade's candles of a pair and an interval; None where it has none
    :param announcer: says where there is nothing; None where the provider does so itself
    """

    provider: Provider
    settings: CoinglassSettings
    intervals: tuple[str, ...]
    store: Store
    exchange: str
    timeframe: str
    candles_of: Callable[[str, str], pd.DataFrame | None] = no_candles
    announcer: Announcer | None = None

    @property
    def timeframe_ms(self) -> int:
        return int(timeframe_to_msecs(self.timeframe))

    def add_columns(self, dataframe: pd.DataFrame, pair: str) -> pd.DataFrame:
        """As `signals.assemble.add_columns`; :raises VectraError: as `read`."""
        data = self.read(dataframe, pair)
        return add_columns(dataframe, self.timeframe_ms, data, self.settings, self.intervals)

    def read(self, dataframe: pd.DataFrame, pair: str) -> PairData:
        """:raises VectraError: where a store file is broken or candles are missing"""
        if dataframe.empty:
            return PairData({}, {})
        as_of, names = self._as_of(dataframe), self.store.names
        return PairData(
            self._rows(pair, as_of),
            self._oi_candles(dataframe, pair, as_of),
            coin_of(pair, self.exchange, names),
            self._orders(pair, as_of),
            self._snapshots(pair, dataframe["date"], as_of),
            *price_units(pair, self.exchange, self.settings.ratio_exchange, names),
        )

    def candles(
        self, dataframe: pd.DataFrame, pair: str, interval: str, *, adaptive: bool = False
    ) -> pd.DataFrame:
        as_of = self._as_of(dataframe)
        return self._candles(dataframe, pair, interval, as_of, adaptive=adaptive)[_OHLC]

    def series_of(self, dataset: str, pair: str, interval: str) -> Series:
        return Series.of(self.settings.catalogue[dataset], self._symbol(dataset, pair), interval)

    def _as_of(self, dataframe: pd.DataFrame) -> pd.Timestamp:
        last: pd.Timestamp = dataframe["date"].max()
        return last + pd.Timedelta(self.timeframe_ms, "ms")

    def _symbol(self, dataset: str, pair: str) -> str:
        settings = self.settings
        return symbol_of(
            settings.catalogue[dataset],
            pair,
            self.exchange,
            settings.ratio_exchange,
            self.store.names,
            settings.exchange_list,
        )

    def _rows(self, pair: str, as_of: pd.Timestamp) -> dict[tuple[str, str], pd.DataFrame]:
        rows = {
            (dataset, interval): self.provider.rows(self.series_of(dataset, pair, interval), as_of)
            for dataset, interval in native_keys(self.settings, self.intervals)
            if not is_neutral(self.settings, dataset)
        }
        empty = tuple(f"{name} {each}" for (name, each), frame in rows.items() if frame.empty)
        if empty and isinstance(self.provider, FreeProvider) and self.provider.serves(pair):
            self._say("free", self.provider.missing())
        elif empty:
            self._say(
                (pair, empty),
                f"No CoinGlass history of {pair} up to {as_of:%Y-%m-%d %H:%M} for "
                f"{', '.join(empty)}: these columns are empty and hold no opinion. Fetch it with: "
                f"vectra-freqtrade download-data --pairs {pair} (and your own -c and --userdir).",
            )
        return rows

    def _reads(self, dataset: str) -> bool:
        return dataset in self.settings.datasets and not is_neutral(self.settings, dataset)

    def _orders(self, pair: str, as_of: pd.Timestamp) -> pd.DataFrame | None:
        if not self._reads("large_orders"):
            return None
        orders = self.provider.orders(self._symbol("large_orders", pair), as_of)
        if orders is None or orders.empty:
            self._say(
                (pair, "large_orders"),
                f"No large orders of {pair} up to {as_of:%Y-%m-%d %H:%M}: their columns are empty "
                "and hold no opinion. Fetch them with vectra-freqtrade download-data, or keep them "
                "from now on with vectra-freqtrade record.",
            )
        return orders

    def _snapshots(self, pair: str, dates: pd.Series, as_of: pd.Timestamp) -> pd.DataFrame | None:
        source = self.settings.levels_source
        if source == "estimate":
            return None
        dataset = f"liquidation_{source}"
        if is_neutral(self.settings, dataset):
            return None
        every = self.settings.max_age_intervals * self.settings.snapshot_every
        since = dates.min() - pd.Timedelta(every, "min")
        snapshots = self.provider.snapshots(dataset, self._symbol(dataset, pair), since, as_of)
        if snapshots is None:
            self._say(
                (pair, source),
                f"No recorded liquidation {source} of {pair} between {since:%Y-%m-%d %H:%M} and "
                f"{as_of:%Y-%m-%d %H:%M}: there are no liquidation levels. Keep snapshots from now "
                "on with vectra-freqtrade record, or set coinglass.levels_source to estimate.",
            )
        return snapshots

    def _say(self, key: Hashable, message: str | None) -> None:
        if self.announcer is not None and message:
            self.announcer.say(key, message)

    def _oi_candles(
        self, dataframe: pd.DataFrame, pair: str, as_of: pd.Timestamp
    ) -> dict[str, pd.DataFrame]:
        if not self._reads("open_interest"):
            return {}
        adaptive = self.settings.bands.adaptive
        return {
            interval: self._candles(dataframe, pair, interval, as_of, adaptive=adaptive)
            for interval in self.intervals
        }

    def _candles(
        self,
        dataframe: pd.DataFrame,
        pair: str,
        interval: str,
        as_of: pd.Timestamp,
        *,
        adaptive: bool,
    ) -> pd.DataFrame:
        """Its own, else freqtrade's of the interval, else made of its own."""
        length = interval_ms(interval)
        if length == self.timeframe_ms:
            return closed_candles(dataframe, length, as_of)
        held = self.candles_of(pair, interval)
        if held is not None and not held.empty:
            return closed_candles(held, length, as_of)
        download = (
            f"freqtrade download-data --pairs {pair} --timeframes {interval} (with your own -c, "
            "--userdir and --timerange)"
        )
        if length % self.timeframe_ms:
            raise CandlesError(
                f"{pair} has no {interval} candles, and they can't be made from the strategy's "
                f"own. Run: {download}."
            )
        if adaptive:  # those would reach back no further than the bot's own
            raise SettingsError(
                f'coinglass.bands "adaptive" needs real {interval} candles of {pair}. Run: '
                f"{download}."
            )
        return closed_candles(resampled(dataframe, self.timeframe_ms, length), length, as_of)
