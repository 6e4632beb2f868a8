"""Parts of a history, asked for several at a time and written in order."""

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import pandas as pd

from vectra_freqtrade.errors import AuthError, VectraError
from vectra_freqtrade.files import LockedError
from vectra_freqtrade.history.download.progress import Progress

logger = logging.getLogger(__name__)

Part = tuple[datetime, datetime]


class Outcome(Protocol):
    error: VectraError | None


@dataclass(slots=True)
class Work:
    """
    A stretch of one file while it is fetched.

    :param dataset: for the progress
    :param result: its error is that of the earliest part that failed; nothing behind it is written
    :param parts: start and end of each, in order
    :param in_one_piece: all parts are written together, or none
    """

    dataset: str
    result: Outcome
    parts: list[Part]
    in_one_piece: bool = False
    written: int = 0
    frames: dict[int, pd.DataFrame] = field(default_factory=dict)


Each = TypeVar("Each", bound=Work)


class InOrder(Generic[Each]):
    """
    :param ask: fetches a part, given its number too, in a thread
    :param save: writes parts that follow each other, given the number of the first of them
    :param together: parts that are written together: fewer writes, little lost when killed
    """

    def __init__(
        self,
        ask: Callable[[Each, Part, int], pd.DataFrame],
        save: Callable[[Each, int, list[pd.DataFrame]], None],
        together: int,
        progress: Progress,
    ) -> None:
        self._ask = ask
        self._save = save
        self._together = together
        self._progress = progress

    def run(self, work: list[Each], *, rate: int, workers: int | None = None) -> None:
        """
        :param work: what to fetch; what goes wrong with one is in the error of its result
        :param rate: requests a minute
        :param workers: requests at a time; None for as many as the rate takes
        :raises AuthError: nothing more can be asked with this key
        :raises LockedError: nothing can be written
        """
        for each in work:
            self._progress.planned(each.dataset, len(each.parts))
        # An answer takes up to two seconds, and the rate wants so many on the way at a time.
        workers = workers or min(40, max(2, round(max(rate, 1) / 30) + 1))
        # Work after work: few are half done when it is stopped.
        waiting = deque((each, number) for each in work for number in range(len(each.parts)))
        running: dict[Future[pd.DataFrame], tuple[Each, int]] = {}
        pool = ThreadPoolExecutor(workers, thread_name_prefix="coinglass")
        try:
            while waiting or running:
                while waiting and len(running) < 2 * workers:
                    each, number = waiting.popleft()
                    if each.result.error is None:
                        future = pool.submit(self._ask, each, each.parts[number], number)
                        running[future] = (each, number)
                    else:  # an earlier part failed
                        self._progress.done(each.dataset, 1)
                done, _ = wait(running, return_when=FIRST_COMPLETED) if running else ((), ())
                # In order: the part before the one that ends the work is to be kept.
                for future in sorted(done, key=lambda each: running[each][1]):
                    self._take(*running.pop(future), future)
        except LockedError:
            work = []  # it was waited for: nothing else can be written either
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for each in work:  # ended early: what came in order is kept
                self._write(each, all_of_it=True)

    def _take(self, work: Each, number: int, future: Future[pd.DataFrame]) -> None:
        self._progress.done(work.dataset, 1)
        try:
            work.frames[number] = future.result()
        except AuthError:
            raise
        except VectraError as error:
            if work.result.error is None:
                work.result.error = error
                logger.debug("A part of %s failed: %s", work.dataset, error)
            del work.parts[number:]
        self._write(work)

    def _write(self, work: Each, *, all_of_it: bool = False) -> None:
        first = ready = work.written
        while ready in work.frames and ready < len(work.parts):
            ready += 1
        all_there = ready >= len(work.parts)
        if work.in_one_piece and (not all_there or work.result.error is not None):
            return  # a hole would stay between these rows and those behind them
        enough = ready - first >= self._together or all_there or all_of_it
        if ready == first or not enough:
            return
        frames = [work.frames.pop(number) for number in range(first, ready)]
        work.written = ready
        try:
            self._save(work, first, frames)
        except VectraError as error:
            work.result.error = error
            del work.parts[ready:]
