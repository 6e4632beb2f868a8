"""What hangs on a strategy as `self.coinglass`: columns in, opinions again."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.exceptions import ConfigurationError, OperationalException
from freqtrade.exchange import timeframe_to_msecs

from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import names_key
from vectra_freqtrade.data import checks as starting
from vectra_freqtrade.data.candles import dated
from vectra_freqtrade.data.checks import stamp_models, uses_free_tier
from vectra_freqtrade.data.consumer.consumer import Consumer, keep_waiting, say_history
from vectra_freqtrade.data.exchange import FreeProvider
from vectra_freqtrade.data.history import EventHistory, HistoryProvider, Provider
from vectra_freqtrade.data.missing import MissingNotes
from vectra_freqtrade.data.pair_data import PairReader
from vectra_freqtrade.errors import SettingsError, VectraError
from vectra_freqtrade.history.layout import Series, store_dir
from vectra_freqtrade.history.opened import opened
from vectra_freqtrade.live.feature_cache import FeatureCache
from vectra_freqtrade.live.feed import LiveFeed
from vectra_freqtrade.live.start import LiveStart, is_live
from vectra_freqtrade.settings.section import FINGERPRINT_KEY, CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, add_columns
from vectra_freqtrade.signals.judge import judge
from vectra_freqtrade.signals.model_features import model_features
from vectra_freqtrade.version import package_version

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
            self.store = opened(store_dir(strategy.config, self.settings), self.settings)
            self.intervals = starting.resolve_intervals(self.settings, self.store)
        self._exchange: str = strategy.config["exchange"]["name"]
        self._missing = MissingNotes()
        self._free: FreeProvider | None = None
        self._live: LiveStart | None = None
        self._consumer: Consumer | None = None
        self._features: FeatureCache | None = None
        if uses_free_tier(self.settings, self.store):
            self._use_free_tier()
        else:
            self._read_through(HistoryProvider(self.store))
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
        :raises OperationalException: where a store file is broken or candles are missing; a bot
            in flight says so once and goes on with empty columns
        """
        with freqtrade_errors():
            if self._consumer is not None:
                return self._consumer.add_columns(dataframe, pair)
            if self._live is not None:
                self._live.analysed(pair)
            known = self._known_in_flight(dataframe, pair)
            kept = self._features.features(pair, known) if self._features else ()
            length = self.timeframe_ms
            return add_columns(dataframe, length, known, self.settings, self.intervals, *kept)

    def add_features(self, dataframe: pd.DataFrame, pair: str) -> pd.DataFrame:
        """
        Add features for FreqAI. Call it in `feature_engineering_standard`.

        :param dataframe: candles of the pair at the strategy's timeframe
        :param pair: `metadata["pair"]`
        :return: the same rows with one column `%-cg_...` for each feature; no cg_ column is added
        :raises OperationalException: as `add_columns`
        """
        # FreqAI trains in a thread of its own: nothing that the loop of the bot keeps is touched.
        with freqtrade_errors():
            candles, length = dated(dataframe), self.timeframe_ms
            if self._consumer is not None:
                columns = self._consumer.add_columns(candles, pair)
            else:
                known = self._known_in_flight(candles, pair)
                columns = add_columns(candles, length, known, self.settings, self.intervals)
        return pd.concat([dataframe, model_features(columns, self.intervals)], axis=1)

    def known(self, dataframe: pd.DataFrame, pair: str) -> PairData:
        """
        :param dataframe: freqtrade's candles of the pair
        :param pair: freqtrade's pair
        :return: what is known of it at the frame's last decision, and no more
        :raises VectraError: as `add_columns`
        """
        return self._known.read(dataframe, pair)

    def _known_in_flight(self, dataframe: pd.DataFrame, pair: str) -> PairData:
        try:
            return self.known(dataframe, pair)
        except VectraError as error:
            if not is_live(self._strategy.config):
                raise
            self._missing.unusable(pair, error)
            return PairData({}, {})

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
            settings = self.settings.to_judge(**sections)
            judged = judge(dataframe, settings, self.intervals)
            if self._consumer is not None:
                judged = keep_waiting(dataframe, judged)
            return dataframe.assign(**judged)

    def informative_pairs(
        self, pairs: Iterable[str], candle_type: CandleType
    ) -> list[tuple[str, str, CandleType]]:
        """
        :param pairs: the pair list
        :param candle_type: of the bot's own candles
        :return: the candles that open interest is compared with, and in the FREE tier those that
            open interest and funding are made of; a consumer needs none of them
        """
        if self._consumer is not None:
            return []
        pairs = list(pairs)
        if self._live is not None:
            # A pair with an open trade is analysed after it has left the pair list, too.
            candles = 3 * self.timeframe_ms / 1000
            pairs = list(dict.fromkeys([*pairs, *self._live.recent(candles)]))
            self._live.watch(pairs, self._exchange, self.intervals)
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
        return self._known.candles(dataframe, pair, interval, adaptive=adaptive)

    @property
    def timeframe_ms(self) -> int:
        """Length of the strategy's candles, which the config may have overridden."""
        return int(timeframe_to_msecs(self._strategy.timeframe))

    def start(self) -> None:
        """
        What is checked and said when freqtrade starts.

        :raises ConfigurationError: where adaptive bands or a consumer would lack what they need
        """
        if self.settings.neutral is True:  # nothing is read, so nothing is missing
            return
        if self.settings.producer is not None and is_live(self._strategy.config):
            with freqtrade_errors():
                self._consumer = Consumer(self._strategy, self.settings)
            return
        candles, name = self._strategy.startup_candle_count, self._strategy.get_strategy_name()
        with freqtrade_errors():
            starting.check_adaptive(self.settings, candles, name)
        if self.settings.producer is not None:
            say_history(self.store.root)
        elif is_live(self._strategy.config) and names_key(self.settings):
            self._start_live()
        levels = starting.few_candles_for_levels(self.settings, self.intervals, candles, name)
        self._missing.levels(levels)
        if self._free is not None:
            self._missing.free(self._free.missing())

    def stop(self) -> None:
        """What a bot's end takes: nothing is left running."""
        if self._live is not None:
            self._live.stop()

    def _start_live(self) -> None:
        strategy = self._strategy
        with freqtrade_errors():
            live = LiveStart(
                self.settings,
                self.store,
                bot=strategy.config.get("bot_name") or "freqtrade",
                timeframe_ms=self.timeframe_ms,
                startup_candles=strategy.startup_candle_count,
            )
            if live.plan is Plan.FREE:
                live.feed.close()
                self._use_free_tier()
                return
            self._free = None
            self._live = live
            self.use_live(live.feed, live.intervals(self.intervals))
            live.run(strategy.dp.current_whitelist(), self._exchange, self.intervals)

    def use_live(self, feed: LiveFeed, intervals: tuple[str, ...]) -> None:
        """
        From now on the columns come from a live feed.

        :param feed: fetches rows as they appear
        :param intervals: in use, the lower first
        """
        self.intervals = intervals
        self._features = FeatureCache(self.settings, intervals, self.series_of)
        feed.renewed = self._features.renew
        self._read_through(feed, say=False)

    def _use_free_tier(self) -> None:
        history = HistoryProvider(self.store)
        self._free = FreeProvider(history, self._strategy, self.settings, self.intervals)
        self._read_through(self._free)

    def _read_through(self, provider: Provider, *, say: bool = True) -> None:
        self.provider = provider
        notes = self._missing if say else None  # a live feed speaks for itself
        place = (self._strategy, self.settings, self.intervals)
        self._known = PairReader(provider, *place, notes, self.store)

    def series_of(self, dataset: str, pair: str, interval: str) -> Series:
        """
        :param dataset: name in the catalogue
        :param pair: freqtrade's pair
        :param interval: CoinGlass's candle length; the store's file for them is returned
        """
        return self._known.series_of(dataset, pair, interval)

    def _write_fingerprint(self, config: dict[str, Any]) -> None:
        """
        freqtrade reuses a cached backtest by config and strategy file alone, so what else decides
        the result goes into the config.
        """
        parts = (
            package_version(),
            self.settings.fingerprint(),
            "+".join(self.intervals),
            self.store.fingerprint() + self.store.names.fingerprint(),
            EventHistory(self.store.root).fingerprint(),
            "keyed" if self._free is None else self._free.fingerprint(),
        )
        section = dict(config.get("coinglass", {}))
        fingerprint = " ".join(parts)
        config["coinglass"] = section | {FINGERPRINT_KEY: fingerprint}
        stamp_models(config, fingerprint)
