"""A live feed for a bot that starts: the key, the plan, what to watch."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from freqtrade.enums import RunMode

from vectra_freqtrade.catalogue.datasets import Kind
from vectra_freqtrade.catalogue.offers import unavailable_reason
from vectra_freqtrade.catalogue.plans import Plan, auto_intervals
from vectra_freqtrade.coinglass.account.key import find_key
from vectra_freqtrade.coinglass.account.plan import request_load
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.coinglass.clock import StoppableClock
from vectra_freqtrade.history.download.download_plan import symbols_of
from vectra_freqtrade.history.opened import sources_of
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.live.feed import LiveFeed
from vectra_freqtrade.live.health import Health
from vectra_freqtrade.live.schedule import MAX_CLOCK_SKEW, frame_reach
from vectra_freqtrade.live.threads import FeedThreads
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.assemble import native_keys

logger = logging.getLogger(__name__)

#: Seconds that the start of a bot waits for the newest rows; it goes on without them.
CATCH_UP: Final = 30.0
#: Where a bot keeps what `doctor` reads about its feed.
HEALTH_FILE: Final = "health-{bot}.json"


def is_live(config: Mapping[str, Any]) -> bool:
    """Whether a bot runs, dry or live, by freqtrade's config."""
    return config.get("runmode") in (RunMode.DRY_RUN, RunMode.LIVE)


class LiveStart:
    """
    A feed and its threads.

    :param bot: its name, for `doctor`
    :param startup_candles: of the strategy
    :raises SettingsError: for a wrong address or key file
    :raises AuthError: where the key is not accepted
    """

    def __init__(
        self,
        settings: CoinglassSettings,
        store: Store,
        *,
        bot: str,
        timeframe_ms: int,
        startup_candles: int,
    ) -> None:
        clock = StoppableClock()
        client = CoinglassClient(
            settings,
            key=find_key(settings),
            clock=clock,
            state_dir=store.state_dir,
            max_clock_skew=MAX_CLOCK_SKEW,
        )
        name = "".join(sign if sign.isalnum() else "-" for sign in bot)
        health = Health(store.state_dir / HEALTH_FILE.format(bot=name), bot)
        reach: timedelta = frame_reach(timeframe_ms, startup_candles)
        self.feed = LiveFeed(client, store, reach, health)
        self._threads = FeedThreads(self.feed, clock)
        self._settings = settings
        self._store = store
        self._names = store.names
        self._needed: dict[tuple[str, tuple[str, ...]], list[tuple[str, str, str]]] = {}
        self._analysed: dict[str, float] = {}
        try:
            self.feed.learn_plan()
        except BaseException:
            self.feed.close()
            raise

    @property
    def plan(self) -> Plan | None:
        """None where CoinGlass could not be asked yet."""
        return None if self.feed.status is None else self.feed.status.plan

    def intervals(self, fallback: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the settings, else the plan's two shortest, else the fallback."""
        if self._settings.intervals != "auto":
            return self._settings.intervals
        return fallback if self.plan is None else auto_intervals(self.plan)

    def run(self, pairs: Iterable[str], exchange: str, intervals: Sequence[str]) -> None:
        """Start the threads, and wait a moment for the newest rows."""
        pairs = list(pairs)
        self._say_plan(pairs, exchange, intervals)
        self.watch(pairs, exchange, intervals)
        self.feed.load()
        self._threads.start()
        if not self._threads.wait(CATCH_UP):
            logger.warning(
                "The newest CoinGlass rows are not all there after %.0f s. The bot starts; they "
                "are used as soon as they come.",
                CATCH_UP,
            )

    def watch(self, pairs: Iterable[str], exchange: str, intervals: Sequence[str]) -> None:
        """
        What pairs need, from now on. What is not named for hours is forgotten, so this is called in
        each loop; a candle may be a day.
        """
        names = self._store.names
        if names is not self._names:  # a name may have turned out to be another coin's
            self._names = names
            self._needed.clear()
        for pair in pairs:
            place = (pair, tuple(intervals))
            if place not in self._needed:
                self._needed[place] = list(self._series(pair, exchange, intervals))
            for needed in self._needed[place]:
                self.feed.watch(*needed)

    def _series(
        self, pair: str, exchange: str, intervals: Sequence[str]
    ) -> Iterator[tuple[str, str, str]]:
        settings = self._settings
        by_dataset: dict[str, list[str]] = {}
        for dataset, interval in native_keys(settings, intervals):
            by_dataset.setdefault(dataset, []).append(interval)
        if "large_orders" in settings.datasets:
            by_dataset["large_orders"] = [""]
        by_dataset |= {name: [""] for name in settings.snapshots}
        for dataset, symbol in symbols_of(by_dataset, [pair], exchange, settings, self._names):
            for interval in by_dataset[dataset]:
                yield dataset, symbol, interval

    def analysed(self, pair: str) -> None:
        """The columns of a pair are being made."""
        self._analysed[pair] = self.feed.client.clock.monotonic()

    def recent(self, seconds: float) -> list[str]:
        """
        Pairs whose columns were made at most so many seconds before the newest; one with an open
        trade stays among them when it has left the pair list.
        """
        # Back from the newest, not from now: a machine that slept has analysed nothing meanwhile.
        analysed = list(self._analysed.items())  # another thread may look at a pair meanwhile
        oldest = max((at for _, at in analysed), default=0.0) - seconds
        for pair, at in analysed:
            if at < oldest:
                self._analysed.pop(pair, None)
        return list(self._analysed)

    def stop(self) -> None:
        """Ends within moments."""
        self._threads.stop()

    def _say_plan(self, pairs: list[str], exchange: str, intervals: Sequence[str]) -> None:
        status = self.feed.status
        if status is None:
            logger.warning(
                "CoinGlass could not be asked for the key's plan. The bot starts with what the "
                "store holds; it is asked for again and again."
            )
            return
        settings = self._settings
        used, catalogue = (*settings.all_datasets, *settings.snapshots), settings.catalogue
        symbols = symbols_of(used, pairs, exchange, settings, self._names)
        requests_of = sources_of(self._store, settings).requests
        logger.info(
            "CoinGlass live on the %s plan: %s on %s of %d pairs.",
            status.plan.label,
            ", ".join(settings.datasets),
            " and ".join(intervals),
            len(pairs),
        )
        left_out = {
            f"{name} {interval}" if catalogue[name].kind is Kind.INTERVAL else name: reason
            for name in used
            for interval in intervals
            if (reason := unavailable_reason(catalogue[name], interval, status.plan, None))
        }
        for label, reason in left_out.items():
            logger.warning("%s is left out: it %s.", label, reason)
        advice = request_load(
            symbols, len(intervals), status.rate, settings.delay, catalogue, requests_of
        ).advice()
        if advice:
            logger.warning(advice)
