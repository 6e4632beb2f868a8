"""The threads of a live feed: one that looks what is due, a few that wait for CoinGlass."""

import logging
import queue
import threading
import time
from typing import Final

from vectra_freqtrade.coinglass.clock import StoppableClock
from vectra_freqtrade.errors import AuthError
from vectra_freqtrade.live.feed import LiveFeed
from vectra_freqtrade.live.job import Job

logger = logging.getLogger(__name__)

#: Seconds between two looks at what is due.
_TICK: Final = 0.25
#: What was shown is written at the latest after so many seconds, while more is on its way.
_MAINTAIN: Final = 2.0
#: While the bot makes columns the feed stands back: seconds between two looks, and how many.
_YIELD_SECONDS: Final = 0.1
_MAX_YIELDS: Final = 10
#: Seconds that the end of a bot waits for threads which wait for CoinGlass.
_PATIENCE: Final = 2.0


class FeedThreads:
    """
    Daemon threads: a bot that ends never waits for an answer.

    :param clock: the client's, whose sleepers wake up when the bot ends
    """

    def __init__(self, feed: LiveFeed, clock: StoppableClock) -> None:
        self.feed = feed
        self._clock = clock
        self._stopping = threading.Event()
        self._work: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._planner = threading.Thread(target=self._plan, name="coinglass-feed", daemon=True)
        self._workers: list[threading.Thread] = []

    def start(self) -> None:
        rate = max(self.feed.client.rate, 30)
        for number in range(min(8, max(2, rate // 30))):
            worker = threading.Thread(target=self._ask, name=f"coinglass-{number}", daemon=True)
            self._workers.append(worker)
            worker.start()
        self._planner.start()

    def wait(self, seconds: float) -> bool:
        """
        For the start of a bot: whether everything watched was asked for within so many seconds.
        """
        end = time.monotonic() + seconds
        while not self.feed.caught_up and time.monotonic() < end and self._planner.is_alive():
            self._stopping.wait(_TICK)
        return self.feed.caught_up

    def stop(self) -> None:
        """Ends within moments, whatever CoinGlass does; what was fetched is written."""
        self._stopping.set()
        self.feed.end()
        self._clock.stop()
        for _ in self._workers:
            self._work.put(None)
        end = time.monotonic() + _PATIENCE
        for thread in (self._planner, *self._workers):
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))
        self.feed.close()

    @property
    def alive(self) -> int:
        return sum(thread.is_alive() for thread in (self._planner, *self._workers))

    def _plan(self) -> None:
        tended = 0.0
        while not self._stopping.is_set():
            try:
                busy = self._round()
                now = time.monotonic()
                if not busy or now - tended > _MAINTAIN:
                    tended = now
                    self._give_way()
                    self.feed.maintain()
            except Exception:  # a mistake of ours must not end the feed
                logger.exception("Unexpected error in the CoinGlass feed; retrying in 60 s.")
                self._stopping.wait(60.0)
            self._stopping.wait(_TICK)

    def _round(self) -> bool:
        feed = self.feed
        try:
            if not feed.learn_plan():
                return False
        except AuthError as error:
            feed.health.failed("plan", "plan", feed.now, error)
            self._stopping.wait(60.0)
            return False
        jobs = feed.due()
        if not jobs and self._work.empty():
            jobs = list(feed.shallow())[: len(self._workers)]
        for job in jobs:
            job.running = True
            self._work.put(job)
        return bool(jobs)

    def _ask(self) -> None:
        while (job := self._work.get()) is not None and not self._stopping.is_set():
            try:
                self._give_way()
                self.feed.ask(job)
            finally:
                job.running = False

    def _give_way(self) -> None:
        """
        Python runs one thread at a time. A loop of the bot among eight that work would take nine
        times as long, and a row that is asked for a second later harms nobody.
        """
        for _ in range(_MAX_YIELDS):
            if not self.feed.publisher.being_read or self._stopping.wait(_YIELD_SECONDS):
                return
