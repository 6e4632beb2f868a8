"""
The live feed: asks for each row when it is due, shows it to the bot, writes it to the store.

One thread decides what is due, a few others wait for CoinGlass. The bot's own thread only ever
reads what is in memory; it never waits for any of them.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from vectra_freqtrade.coinglass.account.plan import PlanStatus
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import PlanError, StoreError, TransientError, VectraError
from vectra_freqtrade.files import LockedError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.orders import DATASET as LARGE_ORDERS
from vectra_freqtrade.history.rows import empty_rows
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.live.events import LiveOrders, LiveSnapshots, events_class
from vectra_freqtrade.live.health import Health
from vectra_freqtrade.live.job import Job, Watched
from vectra_freqtrade.live.plan import LivePlan
from vectra_freqtrade.live.publish import Publisher
from vectra_freqtrade.live.rows import LiveRows
from vectra_freqtrade.live.schedule import asking_time, error_delay, retry_delay, rows_reach
from vectra_freqtrade.live.timer import JUMP, Timer
from vectra_freqtrade.live.writer import Writer, WriteThrough

logger = logging.getLogger(__name__)

#: What was not read for so many seconds, while the rest was, is given up: pair lists change.
_FORGOTTEN: Final = 6 * 3600.0
#: The health file is written at most every so many seconds.
_WRITE: Final = 30.0


class LiveFeed:
    """
    A `data.history.Provider` over what is fetched as it appears. Works when `ask` and `maintain`
    are called; `FeedThreads` calls them in a bot.

    :param client: asks; the feed closes it
    :param candles: how far the bot's candles reach back
    """

    def __init__(
        self, client: CoinglassClient, store: Store, candles: timedelta, health: Health
    ) -> None:
        self.client = client
        self.health = health
        self._plan = LivePlan(client, health)
        self._store = store
        self._candles = candles
        #: The door between the feed's threads and the bot.
        self.publisher = Publisher(client.corrected)
        self._jobs: dict[tuple[str, ...], Job] = {}
        self._write = Timer()
        self._clock_said = client.clock.now()
        self._writer = Writer(store.root)
        self._ended = False
        #: Told of rows that a thread of the feed has just shown, and of all there are now.
        self.renewed: Callable[[Series, pd.DataFrame], object] = lambda series, rows: None

    # What the bot reads.

    def rows(self, series: Series, as_of: pd.Timestamp) -> pd.DataFrame:
        job = self._job(series.dataset, series.symbol, series.interval)
        if isinstance(job.watched, LiveRows):
            return job.watched.read(as_of)
        return empty_rows(series)

    def orders(self, symbol: str, as_of: pd.Timestamp) -> pd.DataFrame | None:
        watched = self._job(LARGE_ORDERS, symbol).watched
        return watched.read(as_of) if isinstance(watched, LiveOrders) else None

    def snapshots(
        self, dataset: str, symbol: str, since: pd.Timestamp, as_of: pd.Timestamp
    ) -> pd.DataFrame | None:
        watched = self._job(dataset, symbol).watched
        return watched.read(since, as_of) if isinstance(watched, LiveSnapshots) else None

    # What the feed's threads do.

    @property
    def now(self) -> float:
        """The earlier of our clock and CoinGlass's, within bounds; seconds."""
        return asking_time(self.client)

    @property
    def status(self) -> PlanStatus | None:
        """The key's plan, None before it is known."""
        return self._plan.status

    def due(self) -> list[Job]:
        """What is to be asked for now, what has waited longest first."""
        if self.status is None:
            return []
        now = self.now
        jobs = [job for job in list(self._jobs.values()) if not job.running]
        reached = [job for job in jobs if job.next.reached(now)]
        return sorted(reached, key=lambda job: job.due)

    def shallow(self) -> Iterator[Job]:
        """What wants older rows; for when nothing is due."""
        now = self.now
        for job in list(self._jobs.values()):
            ready = job.loaded and not job.running and not job.watched.whole
            if ready and job.tries == 0 and job.deepen.reached(now) and self.status is not None:
                yield job

    def learn_plan(self) -> bool:
        """
        Whether the plan is known.

        :raises AuthError: where the key is not accepted
        """
        jobs = list(self._jobs.values())
        if self._plan.learn(self.now, lacking=any(job.lacking for job in jobs)):
            for job in jobs:
                self._judge_again(job)
        return self.status is not None

    def ask(self, job: Job) -> None:
        """Ask for what is due, or for what is older if nothing is; no error comes out."""
        watched = job.watched
        deepen = not job.next.reached(self.now)
        try:
            if not job.loaded:
                self._load(job)
                if watched.due() > self.now:  # the store is up to date
                    self._succeeded(job)
                    return
            self._plan.check(watched.dataset, watched.interval)
            if deepen:
                if isinstance(watched, LiveRows):
                    watched.deepen()
                return
            watched.ask()
        except VectraError as error:
            self._failed(job, error, deepen=deepen)
        except Exception as error:  # a mistake of ours must not end the feed
            if self._ended:  # and its connections are closed
                return
            logger.exception("%s could not be refreshed.", watched.label)
            self._failed(job, TransientError(type(error).__name__), deepen=deepen)
        else:
            self._succeeded(job)

    def maintain(self) -> None:
        """Write what is new, give up what nobody reads, say what changed."""
        now = self.now
        self._look_at_clock()
        self._writer.flush(self._unsaved(), now)
        # By what the bot read last, not by the clock: a machine that slept has forgotten nothing.
        latest = max((job.read_at for job in list(self._jobs.values())), default=0.0)
        for key, job in list(self._jobs.items()):
            if latest - job.read_at > _FORGOTTEN and not job.running and not job.watched.unsaved:
                del self._jobs[key]
                self.health.forget([job.watched.label])
        self.health.say(now)
        if self._write.reached(now):
            self._write.set(now + _WRITE, now)
            self.health.write(now)

    def run_due(self) -> None:
        """All of it once, in the caller's thread: for replays and tests."""
        if self.learn_plan():
            for job in self.due():
                self.ask(job)
            for job in list(self.shallow()):
                self.ask(job)
        self.maintain()

    @property
    def caught_up(self) -> bool:
        """Everything watched has been asked for once."""
        return all(job.loaded and job.due > 0 for job in list(self._jobs.values()))

    def load(self) -> None:
        """What the store has of all that is watched; at the start, before any thread runs."""
        for job in list(self._jobs.values()):
            if not job.loaded:
                self._load(job)

    def watch(self, dataset: str, symbol: str, interval: str = "") -> None:
        """:param interval: of its rows, "" where it has none"""
        self._job(dataset, symbol, *([interval] if interval else []))

    def end(self) -> None:
        """What fails from now on fails because the bot ends: nothing to tell."""
        self._ended = True

    def close(self) -> None:
        """Write what is left, and give the connections back."""
        self.end()
        self._writer.flush(self._unsaved(), self.now, last=True)
        self.health.write(self.now)
        self.client.close()

    def _job(self, dataset: str, symbol: str, *interval: str) -> Job:
        key = (dataset, symbol, *interval)
        job = self._jobs.get(key)
        if job is None:
            # Two threads that get here at once agree on the one that was first.
            job = self._jobs.setdefault(key, Job(self._new(*key), self._monotonic()))
        job.read_at = self._monotonic()
        return job

    def _load(self, job: Job) -> None:
        """A file that can't be used is left alone, and so is its place."""
        try:
            job.watched.load()
        except (StoreError, LockedError) as error:
            job.watched.unsaved.give_up()
            logger.error("%s Live data of it is kept in memory only.", error)
        job.loaded = True

    def _new(self, dataset: str, symbol: str, interval: str = "") -> Watched:
        client, publisher, root = self.client, self.publisher, self._store.root
        if not interval:
            kind = events_class(dataset)
            return kind(dataset, symbol, self._candles, client, publisher, root)
        series = Series.of(client.settings.catalogue[dataset], symbol, interval)
        plan = self.status.plan if self.status is not None else None
        reach = rows_reach(series, self._candles, client.settings, plan)
        renewed = lambda rows: self.renewed(series, rows)  # noqa: E731
        return LiveRows(series, reach, client, self._store, publisher, renewed)

    def _judge_again(self, job: Job) -> None:
        """What the plan lacks is off, and what it has is asked for, at once."""
        try:
            self._plan.check_again(job.watched.dataset, job.watched.interval)
        except PlanError as error:
            if not (job.lacking or job.running):
                self._failed(job, error, deepen=False)
        else:
            if job.lacking:
                job.next.set(0.0, self.now)

    def _succeeded(self, job: Job) -> None:
        watched, now = job.watched, self.now
        job.lacking = False
        following = watched.due()
        if following > now:
            job.tries = 0
            job.next.set(following, now)
            self.health.ok(watched.label, watched.group, now, watched.last_row)
        else:
            job.tries += 1
            job.next.set(now + retry_delay(job.tries, watched.length), now)
            self.health.waiting(watched.label, now)

    def _failed(self, job: Job, error: VectraError, *, deepen: bool) -> None:
        now = self.now
        if self._ended:
            return
        if deepen:
            job.deepen.set(now + error_delay(error, 1, 3600.0), now)
            return
        job.tries += 1
        job.lacking = isinstance(error, PlanError)
        wait = error_delay(error, job.tries, job.watched.length)
        job.next.set(now + wait, now)
        self.health.failed(job.watched.label, job.watched.group, now, error)

    def _monotonic(self) -> float:
        return self.client.clock.monotonic()

    def _look_at_clock(self) -> None:
        """Each `Timer` notices by itself; this says it, once for each time."""
        before, now = self._clock_said, self.client.clock.now()
        self._clock_said = now
        if now < before - JUMP:
            logger.warning(
                "This machine's clock went back by %.0f s. What was due by the old time is asked "
                "for by the new one.",
                before - now,
            )

    def _unsaved(self) -> Iterator[WriteThrough[Any]]:
        return (job.watched.unsaved for job in list(self._jobs.values()))
