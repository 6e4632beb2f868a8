"""What hangs on a strategy as `self.coinglass`: columns in, opinions again."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.exceptions import ConfigurationError, OperationalException
from freqtrade.exchange import timeframe_to_msecs

from vectra_freqtrade.coinglass.catalogue import DATASETS
from vectra_freqtrade.coinglass.symbols import coin_of, symbol_of
from vectra_freqtrade.errors import SettingsError, VectraError
from vectra_freqtrade.feed.candles import interval_candles
from vectra_freqtrade.feed.events import EventHistory
from vectra_freqtrade.feed.native import FreeProvider
from vectra_freqtrade.feed.provider import HistoryProvider, Provider
from vectra_freqtrade.feed.starting import check_adaptive, few_candles_for_levels
from vectra_freqtrade.feed.tier import uses_free_tier
from vectra_freqtrade.history.layout import Series, store_dir
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.intervals import AUTO_INTERVALS, interval_ms
from vectra_freqtrade.settings import FINGERPRINT_KEY, CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, add_columns, native_keys
from vectra_freqtrade.signals.judge import judge

if TYPE_CHECKING:
    from freqtrade.strategy import IStrategy

logger = logging.getLogger(__name__)


@contextmanager
def freqtrade_errors() -> Iterator[None]:
    """Our errors as freqtrade's own, so that it prints the message and no traceback."""
    try:
        yield
    except SettingsError as error:
        raise ConfigurationError(str(error)) from error
    except VectraError as error:
        raise OperationalException(str(error)) from error


class CoinglassAccessor:
    """
    CoinGlass columns for a strategy's dataframes.

    :param strategy: the strategy it hangs on; its config, timeframe and data provider are used
    :raises ConfigurationError: for a wrong setting
    """

    def __init__(self, strategy: "IStrategy") -> None:
        self._strategy = strategy
        with freqtrade_errors():
            self.settings = CoinglassSettings.from_config(strategy.config)
            self.store = Store(store_dir(strategy.config, self.settings))
            self.intervals = resolve_intervals(self.settings, self.store)
        history = HistoryProvider(self.store)
        self._free: FreeProvider | None = None
        if uses_free_tier(self.settings, self.store):
            self._free = FreeProvider(history, strategy, self.settings, self.intervals)
        self.provider: Provider = self._free or history
        self._exchange: str = strategy.config["exchange"]["name"]
        self._said: set[str] = set()
        self._write_fingerprint(strategy.config)
        logger.info(
            "CoinGlass columns of %s on %s, history in %s.",
            ", ".join(self.settings.datasets),
            " and ".join(self.intervals),
            self.store.root,
        )

    def add_columns(self, dataframe: pd.DataFrame, pair: str) -> pd.DataFrame:
        """
        Add every cg_ column of the settings. Call it in `populate_indicators`.

        :param dataframe: freqtrade's candles of the pair
        :param pair: `metadata["pair"]`
        :return: the same rows, order, index and length; what a row holds was known when its
            candle closed
        :raises OperationalException: where a store file is broken or candles are missing
        """
        with freqtrade_errors():
            known = self.known(dataframe, pair)
            return add_columns(dataframe, self.timeframe_ms, known, self.settings, self.intervals)

    def known(self, dataframe: pd.DataFrame, pair: str) -> PairData:
        """
        :param dataframe: freqtrade's candles of the pair
        :param pair: freqtrade's pair
        :return: what is known of it at the frame's last decision, and no more
        :raises VectraError: as `add_columns`
        """
        if dataframe.empty:
            return PairData({}, {})
        as_of = self._as_of(dataframe)
        return PairData(
            self._rows(pair, as_of),
            self._oi_candles(dataframe, pair),
            coin_of(pair, self._exchange),
            self._orders(pair, as_of),
            self._pictures(pair, dataframe["date"].min(), as_of),
        )

    def judge(self, dataframe: pd.DataFrame, **sections: Any) -> pd.DataFrame:
        """
        Judge the columns again with other bands, factors or extremes; cheap, for hyperopt.

        Call it in `populate_entry_trend` with the strategy's parameters, in the settings' own
        words: `self.coinglass.judge(dataframe, bands={"oi": self.oi_band.value})`. What is not
        named stays as the config has it.

        :param dataframe: has been through `add_columns`
        :param sections: bands, modifiers, extremes
        :return: the frame with states, factors and confidence replaced
        :raises ConfigurationError: for unknown names and values out of bounds
        """
        with freqtrade_errors():
            settings = self.settings.override(**sections)
            return dataframe.assign(**judge(dataframe, settings, self.intervals))

    def informative_pairs(
        self, pairs: Iterable[str], candle_type: CandleType
    ) -> list[tuple[str, str, CandleType]]:
        """
        :param pairs: the pair list
        :param candle_type: of the bot's own candles
        :return: the candles that open interest is compared with, and in the FREE tier those that
            open interest and funding are made of
        """
        free = self._free.informative_pairs() if self._free else []
        if "open_interest" not in self.settings.datasets:
            return free
        wanted = [interval for interval in self.intervals if interval != self._strategy.timeframe]
        return [(pair, interval, candle_type) for pair in pairs for interval in wanted] + free

    def candles(
        self, dataframe: pd.DataFrame, pair: str, interval: str, *, adaptive: bool = False
    ) -> pd.DataFrame:
        """
        A pair's closed candles of an interval, none later than the frame's last decision.

        :param dataframe: freqtrade's candles of the pair, not empty
        :param pair: freqtrade's pair
        :param interval: spelled as a timeframe
        :param adaptive: bands will be taken from them, so they must be real ones
        :return: date, open, high, low, close
        :raises CandlesError: where they are missing and can't be made
        """
        informative = None
        if interval != self._strategy.timeframe and self._strategy.dp is not None:
            informative = self._strategy.dp.get_pair_dataframe(pair, interval)
        return interval_candles(
            dataframe,
            informative,
            pair=pair,
            timeframe_ms=self.timeframe_ms,
            interval=interval,
            interval_ms=interval_ms(interval),
            as_of=self._as_of(dataframe),
            adaptive=adaptive,
        )

    @property
    def timeframe_ms(self) -> int:
        """Length of the strategy's candles, which the config may have overridden."""
        return int(timeframe_to_msecs(self._strategy.timeframe))

    def _as_of(self, dataframe: pd.DataFrame) -> pd.Timestamp:
        """The frame's last decision time."""
        last: pd.Timestamp = dataframe["date"].max()
        return last + pd.Timedelta(self.timeframe_ms, "ms")

    def start(self) -> None:
        """
        What is checked and said when freqtrade starts.

        :raises ConfigurationError: where adaptive bands would not see enough candles
        """
        candles, name = self._strategy.startup_candle_count, self._strategy.get_strategy_name()
        with freqtrade_errors():
            check_adaptive(self.settings, candles, name)
        few = few_candles_for_levels(self.settings, self.intervals, candles, name)
        if few:
            self._say_once(few, key="levels")
        self._say_free()

    def series_of(self, dataset: str, pair: str, interval: str) -> Series:
        """
        :param dataset: name in the catalogue
        :param pair: freqtrade's pair
        :param interval: CoinGlass's candle length
        :return: the store's file for them
        """
        return Series(dataset, self._symbol(dataset, pair), interval)

    def _symbol(self, dataset: str, pair: str) -> str:
        return symbol_of(DATASETS[dataset], pair, self._exchange, self.settings.ratio_exchange)

    def _rows(self, pair: str, as_of: pd.Timestamp) -> dict[tuple[str, str], pd.DataFrame]:
        rows = {
            (dataset, interval): self.provider.rows(self.series_of(dataset, pair, interval), as_of)
            for dataset, interval in native_keys(self.settings, self.intervals)
        }
        empty = [
            f"{dataset} {interval}" for (dataset, interval), frame in rows.items() if frame.empty
        ]
        if empty and self._free and self._free.serves(pair):
            self._say_free()
        elif empty:
            self._say_once(
                f"No CoinGlass history of {pair} up to {as_of:%Y-%m-%d %H:%M} for "
                f"{', '.join(empty)}: these columns are empty and hold no opinion. Fetch it with: "
                f"vectra-freqtrade download-data --pairs {pair} (and your own -c and --userdir).",
                key=f"{pair} {empty}",
            )
        return rows

    def _orders(self, pair: str, as_of: pd.Timestamp) -> pd.DataFrame | None:
        if "large_orders" not in self.settings.datasets:
            return None
        orders = self.provider.orders(self._symbol("large_orders", pair), as_of)
        if orders is None or orders.empty:
            self._say_once(
                f"No large orders of {pair} up to {as_of:%Y-%m-%d %H:%M}: their columns are empty "
                "and hold no opinion. Fetch them with vectra-freqtrade download-data, or keep them "
                "from now on with vectra-freqtrade record.",
                key=f"{pair} large_orders",
            )
        return orders

    def _pictures(self, pair: str, first: pd.Timestamp, as_of: pd.Timestamp) -> pd.DataFrame | None:
        source = self.settings.levels_source
        if source == "estimate":
            return None
        dataset = f"liquidation_{source}"
        every = self.settings.max_age_intervals * self.settings.snapshot_every
        since = first - pd.Timedelta(every, "min")
        pictures = self.provider.pictures(dataset, self._symbol(dataset, pair), since, as_of)
        if pictures is None:
            self._say_once(
                f"No recorded liquidation {source} of {pair} between {since:%Y-%m-%d %H:%M} and "
                f"{as_of:%Y-%m-%d %H:%M}: there are no liquidation levels. Keep pictures from now "
                "on with vectra-freqtrade record, or set coinglass.levels_source to estimate.",
                key=f"{pair} {source}",
            )
        return pictures

    def _oi_candles(self, dataframe: pd.DataFrame, pair: str) -> dict[str, pd.DataFrame]:
        if "open_interest" not in self.settings.datasets:
            return {}
        adaptive = self.settings.bands.adaptive
        return {
            interval: self.candles(dataframe, pair, interval, adaptive=adaptive)
            for interval in self.intervals
        }

    def _say_free(self) -> None:
        if self._free and (missing := self._free.missing()):
            self._say_once(missing, key="free")

    def _say_once(self, message: str, *, key: str) -> None:
        if key not in self._said:
            self._said.add(key)
            logger.warning(message)

    def _write_fingerprint(self, config: dict[str, Any]) -> None:
        """
        freqtrade reuses a cached backtest by config and strategy file alone, so what else decides
        the result goes into the config.
        """
        parts = (
            version("vectra-freqtrade"),
            self.settings.fingerprint(),
            "+".join(self.intervals),
            self.store.fingerprint(),
            EventHistory(self.store.root).fingerprint(),
            "keyed" if self._free is None else self._free.fingerprint(),
        )
        section = dict(config.get("coinglass", {}))
        config["coinglass"] = section | {FINGERPRINT_KEY: " ".join(parts)}


def resolve_intervals(settings: CoinglassSettings, store: Store) -> tuple[str, ...]:
    """
    The intervals in use.

    :param settings: names them, or says "auto"
    :param store: for "auto": the two shortest of AUTO_INTERVALS that it holds open interest of;
        1h and 4h where it holds none
    :return: one or two, the lower first
    """
    if settings.intervals != "auto":
        return settings.intervals
    held = {series.interval for series in store.series("open_interest")}
    return tuple(i for i in AUTO_INTERVALS if i in held)[:2] or AUTO_INTERVALS[:2]
