"""What hangs on a strategy as `self.coinglass`: columns, and judged again."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.exceptions import ConfigurationError, OperationalException
from freqtrade.exchange import timeframe_to_msecs

from vectra_freqtrade.announcer import Announcer
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import names_key
from vectra_freqtrade.data import checks
from vectra_freqtrade.data.candles import dated
from vectra_freqtrade.data.consumer.consumer import Consumer, keep_waiting
from vectra_freqtrade.data.exchange import FreeProvider
from vectra_freqtrade.data.history import HistoryProvider, Provider, events_fingerprint
from vectra_freqtrade.data.pair_data import PairReader, no_candles
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
            self.intervals = checks.resolve_intervals(self.settings, self.store)
        self._exchange: str = strategy.config["exchange"]["name"]
        self._announcer = Announcer(logger)
        self._free: FreeProvider | None = None
        self._live: LiveStart | None = None
        self._consumer: Consumer | None = None
        self._features: FeatureCache | None = None
        self.provider: Provider = HistoryProvider(self.store)
        if checks.uses_free_tier(self.settings, self.store):
            self._use_free_tier()
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

    def _known_in_flight(self, dataframe: pd.DataFrame, pair: str) -> PairData:
        try:
            return self.reader.read(dataframe, pair)
        except VectraError as error:
            if not is_live(self._strategy.config):
                raise
            self._announcer.say(
                (pair, str(error)), f"The CoinGlass columns of {pair} are empty: {error}"
            )
            return PairData({}, {})

    def judge(self, dataframe: pd.DataFrame, **sections: Any) -> pd.DataFrame:
        """
        Judge the columns again with other bands, multipliers or extremes; cheap, for hyperopt.

        Call it in `populate_entry_trend` with the strategy's parameters, in the settings' own
        words: `self.coinglass.judge(dataframe, bands={"oi": self.oi_band.value})`. What is not
        named stays as the config has it.

        :param dataframe: has been through `add_columns`
        :param sections: bands, modifiers, extremes
        :return: the frame with states, multipliers and confidence replaced
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
        The candles that open interest is compared with, and in the FREE tier those that open
        interest and funding are made of; a consumer needs none of them.

        :param candle_type: of the bot's own candles
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
        :param adaptive: bands will be taken from them, so they must be real ones
        :return: date, open, high, low, close
        :raises CandlesError: where they are missing and can't be made
        """
        return self.reader.candles(dataframe, pair, interval, adaptive=adaptive)

    @property
    def reader(self) -> PairReader:
        """Over what the columns come from now."""
        dp = self._dp()
        return PairReader(
            provider=self.provider,
            settings=self.settings,
            intervals=self.intervals,
            store=self.store,
            exchange=self._exchange,
            timeframe=self._strategy.timeframe,
            candles_of=no_candles if dp is None else dp.get_pair_dataframe,
            # A live feed speaks for itself.
            announcer=None if isinstance(self.provider, LiveFeed) else self._announcer,
        )

    def _dp(self) -> Any:
        return getattr(self._strategy, "dp", None)  # freqtrade sets it after it has made a strategy

    @property
    def timeframe_ms(self) -> int:
        """Length of the strategy's candles, which the config may have overridden."""
        return int(timeframe_to_msecs(self._strategy.timeframe))

    def start(self) -> None:
        """:raises ConfigurationError: where adaptive bands or a consumer lack what they need"""
        strategy = self._strategy
        if self.settings.neutral is True:  # nothing is read, so nothing is missing
            return
        if self.settings.producer is not None and is_live(strategy.config):
            with freqtrade_errors():
                self._consumer = Consumer(
                    self.settings,
                    config=strategy.config,
                    timeframe=strategy.timeframe,
                    only_new_candles=strategy.process_only_new_candles,
                    dp=self._dp,
                )
            return
        candles, name = strategy.startup_candle_count, strategy.get_strategy_name()
        with freqtrade_errors():
            checks.check_adaptive(self.settings, candles, name)
        if self.settings.producer is not None:
            logger.info(
                "coinglass.producer is for a bot that runs; here the columns are made of the "
                "history in %s.",
                self.store.root,
            )
        elif is_live(strategy.config) and names_key(self.settings):
            self._start_live()
        if levels := checks.few_candles_for_levels(self.settings, self.intervals, candles, name):
            self._announcer.say("levels", levels)
        if self._free is not None and (missing := self._free.missing()):
            self._announcer.say("free", missing)

    def stop(self) -> None:
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
        """From now on the columns come from a live feed."""
        self.intervals = intervals
        self._features = FeatureCache(self.settings, intervals, self.series_of)
        feed.renewed = self._features.renew
        self.provider = feed

    def _use_free_tier(self) -> None:
        place = (self.store, self.settings, self.intervals)
        self._free = FreeProvider(*place, config=self._strategy.config, dp=self._dp)
        self.provider = self._free

    def series_of(self, dataset: str, pair: str, interval: str) -> Series:
        """The store's series of a dataset, a pair and an interval."""
        return self.reader.series_of(dataset, pair, interval)

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
            events_fingerprint(self.store.root),
            "keyed" if self._free is None else self._free.fingerprint(),
        )
        fingerprint = " ".join(parts)
        config["coinglass"] = {**config.get("coinglass", {}), FINGERPRINT_KEY: fingerprint}
        checks.stamp_models(config, fingerprint)
