"""
Large orders into the store, day by day, several days at a time.

A day is asked for once it lies in the wanted span and was not asked for whole before, and again
while one of its orders is not known to have ended.
"""

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

import pandas as pd

from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import AuthError, StoreError, VectraError
from vectra_freqtrade.history.download.parallel import Request, run_requests
from vectra_freqtrade.history.download.progress import Progress, Silent
from vectra_freqtrade.history.orders import DATASET, Orders, joined, with_availability
from vectra_freqtrade.history.store import Store

logger = logging.getLogger(__name__)

_DAY: Final = timedelta(days=1)
#: Days that are written together.
_TOGETHER: Final = 7

Days = tuple[datetime, datetime]


@dataclass(slots=True)
class OrderResult:
    """
    What became of one instrument.

    :param symbol: Binance_BTCUSDT
    :param added: orders that were not there before
    :param error: why it is not complete
    """

    symbol: str
    added: int = 0
    error: VectraError | None = None


@dataclass(slots=True)
class _Work:
    result: OrderResult
    days: list[Days]
    frames: dict[int, pd.DataFrame] = field(default_factory=dict)
    written: int = 0


class OrderDownloader:
    """
    :param client: asks
    :param store: keeps
    :param progress: told as it goes
    """

    def __init__(
        self, client: CoinglassClient, store: Store, *, progress: Progress | None = None
    ) -> None:
        self._client = client
        self._orders = Orders(store.root)
        self._progress = progress or Silent()
        self._delay = timedelta(seconds=client.settings.delay)

    def run(self, wanted: Iterable[tuple[str, datetime, datetime]]) -> list[OrderResult]:
        """
        :param wanted: instruments with start and end, tz-aware
        :return: one for each; what was written before an error stays
        :raises AuthError: nothing more can be asked with this key
        """
        work = [self._plan(*each) for each in wanted]
        units = ((each, number) for each in work for number in range(len(each.days)))
        try:
            run_requests(units, self._request, self._take, rate=self._client.rate)
        finally:
            for each in work:
                self._write(each, all_of_it=True)
        return [each.result for each in work]

    def _plan(self, symbol: str, start: datetime, end: datetime) -> _Work:
        result = OrderResult(symbol)
        end = min(end, self._client.now())
        try:
            held = self._orders.read(symbol)
            spans = self._orders.missing(symbol, start, end)
        except StoreError as error:
            result.error = error
            return _Work(result, [])
        resting = (
            set() if held is None else set(held.loc[held["end"].isna(), "start"].dt.floor("D"))
        )
        spans += [(day, day + _DAY) for day in _midnights(resting, start, end)]
        days = [day for span in joined(spans) for day in _by_day(*span, end)]
        self._progress.planned(DATASET, len(days))
        return _Work(result, days)

    def _request(self, work: _Work, number: int) -> Request[pd.DataFrame] | None:
        if work.result.error is not None:  # an earlier day failed
            self._progress.done(DATASET, 1)
            return None
        return partial(self._client.large_orders, work.result.symbol, *work.days[number])

    def _take(self, work: _Work, number: int, future: Future[pd.DataFrame]) -> None:
        self._progress.done(DATASET, 1)
        try:
            work.frames[number] = future.result()
        except AuthError:
            raise
        except VectraError as error:
            if work.result.error is None:
                work.result.error = error
                logger.debug("large orders of %s failed: %s", work.result.symbol, error)
            del work.days[number:]
        self._write(work)

    def _write(self, work: _Work, *, all_of_it: bool = False) -> None:
        ready = work.written
        while ready in work.frames and ready < len(work.days):
            ready += 1
        whole = all_of_it or ready >= len(work.days)
        if ready == work.written or (ready - work.written < _TOGETHER and not whole):
            return
        numbers = range(work.written, ready)
        frames = [work.frames.pop(number) for number in numbers]
        work.written = ready
        frame = with_availability(pd.concat(frames, ignore_index=True), self._delay)
        # What began just now may not be listed yet: the newest day is asked for again.
        settled = self._client.now() - self._delay - timedelta(hours=1)
        days = [work.days[number] for number in numbers]
        asked = [(start, min(end, settled)) for start, end in days]
        try:
            work.result.added += self._orders.add(work.result.symbol, frame, asked)
        except StoreError as error:
            work.result.error = error


def _midnights(days: set[pd.Timestamp], start: datetime, end: datetime) -> Iterator[datetime]:
    for day in sorted(days):
        midnight = day.to_pydatetime()
        if start < midnight + _DAY and midnight < end:
            yield midnight


def _by_day(start: datetime, end: datetime, now: datetime) -> Iterator[Days]:
    """Parts that end at midnight, UTC, so that they are the same whenever they are asked for."""
    place, end = start.astimezone(UTC), min(end, now)
    while place < end:
        midnight = place.replace(hour=0, minute=0, second=0, microsecond=0)
        following = min(midnight + _DAY, end)
        yield place, following
        place = following
