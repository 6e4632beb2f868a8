"""
Large orders into the store, day by day.

A day is asked for once it lies in the wanted span and was not asked for whole before, and again
while one of its orders is not known to have ended.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd

from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import StoreError, VectraError
from vectra_freqtrade.history.download.ordered import InOrder, Part, Work
from vectra_freqtrade.history.download.progress import Progress, Silent
from vectra_freqtrade.history.orders import DATASET, Orders, joined, with_availability
from vectra_freqtrade.history.store import Store

_DAY: Final = timedelta(days=1)
#: Days that are written together.
_TOGETHER: Final = 7


@dataclass(slots=True)
class OrderResult:
    """
    What became of one instrument, such as Binance_BTCUSDT.

    :param added: orders that were not there before
    :param error: why it is not complete
    """

    symbol: str
    added: int = 0
    error: VectraError | None = None


@dataclass(slots=True)
class _Days(Work):
    result: OrderResult


class OrderDownloader:
    def __init__(
        self, client: CoinglassClient, store: Store, *, progress: Progress | None = None
    ) -> None:
        self._client = client
        self._orders = Orders(store.root)
        self._in_order = InOrder(self._ask, self._save, _TOGETHER, progress or Silent())
        self._delay = timedelta(seconds=client.settings.delay)

    def run(self, wanted: Iterable[tuple[str, datetime, datetime]]) -> list[OrderResult]:
        """
        :param wanted: instruments with start and end, tz-aware
        :return: one for each; what was written before an error stays
        :raises AuthError: nothing more can be asked with this key
        """
        work = [self._plan(*each) for each in wanted]
        self._in_order.run(work, rate=self._client.rate)
        return [each.result for each in work]

    def _plan(self, symbol: str, start: datetime, end: datetime) -> _Days:
        end = min(end, self._client.now())
        work = _Days(DATASET, OrderResult(symbol), [])
        try:
            held = self._orders.read(symbol)
            spans = self._orders.missing(symbol, start, end)
        except StoreError as error:
            work.result.error = error
            return work
        if held is not None:
            resting = held.loc[held["end"].isna(), "start"].dt.floor("D")
            spans += [(day, day + _DAY) for day in _midnights(set(resting), start, end)]
        work.parts = [day for span in joined(spans) for day in _by_day(*span, end)]
        return work

    def _ask(self, work: _Days, day: Part, _: int) -> pd.DataFrame:
        return self._client.large_orders(work.result.symbol, *day)

    def _save(self, work: _Days, first: int, frames: list[pd.DataFrame]) -> None:
        frame = with_availability(pd.concat(frames, ignore_index=True), self._delay)
        # What began just now may not be listed yet: the newest day is asked for again.
        settled = self._client.now() - self._delay - timedelta(hours=1)
        days = work.parts[first : first + len(frames)]
        asked = [(start, min(end, settled)) for start, end in days]
        work.result.added += self._orders.add(work.result.symbol, frame, asked)


def _midnights(days: set[pd.Timestamp], start: datetime, end: datetime) -> Iterator[datetime]:
    for day in sorted(days):
        midnight = day.to_pydatetime()
        if start < midnight + _DAY and midnight < end:
            yield midnight


def _by_day(start: datetime, end: datetime, now: datetime) -> Iterator[Part]:
    """Parts that end at midnight, UTC, so that they are the same whenever they are asked for."""
    place, end = start.astimezone(UTC), min(end, now)
    while place < end:
        midnight = place.replace(hour=0, minute=0, second=0, microsecond=0)
        following = min(midnight + _DAY, end)
        yield place, following
        place = following
