"""Parts of a history, asked for several at a time and written in order."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Generic, Protocol, TypeVar

import pandas as pd

from vectra_freqtrade.errors import AuthError, VectraError
from vectra_freqtrade.files import LockedError
from vectra_freqtrade.history.download.parallel import Request, run_requests
from vectra_freqtrade.history.download.progress import Progress

logger = logging.getLogger(__name__)

Part = tuple[datetime, datetime]


class Outcome(Protocol):
    """What is told of a file in the end."""

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
    :param progress: told as it goes
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
        # Work after work: few are half done when it is stopped.
        units = [(each, number) for each in work for number in range(len(each.parts))]
        try:
            run_requests(units, self._request, self._take, rate=rate, workers=workers)
        except LockedError:
            work = []  # it was waited for: nothing else can be written either
            raise
        finally:
            for each in work:  # ended early: what came in order is kept
                self._write(each, all_of_it=True)

    def _request(self, work: Each, number: int) -> Request[pd.DataFrame] | None:
        if work.result.error is not None:  # an earlier part failed
            self._progress.done(work.dataset, 1)
            return None
        return partial(self._ask, work, work.parts[number], number)

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
