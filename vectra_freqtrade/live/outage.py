"""What is worth a line of all that fails and recovers: each change once, also where it flaps."""

from enum import StrEnum
from typing import Final, NamedTuple

from vectra_freqtrade.live.timer import JUMP

#: What fails is told when nothing joined it or recovered for so long: an outage is one line.
SETTLE: Final = 45.0
#: Where it never settles, it is told after so long as what it is.
_UNSETTLED: Final = 180.0
#: Recoveries, at least so far apart, that make it flapping.
_RECOVERIES: Final = 3
_APART: Final = 10.0
#: After so long without a failure it is over; what fails sooner belongs to the same trouble.
_CALM: Final = 300.0
#: What flapped and then fails for so long without a break is down.
_FOR_GOOD: Final = 900.0


class Word(StrEnum):
    """What there is to tell of an outage; the values are part of the line."""

    DOWN = "can't be had"
    FLAPS = "comes and goes"
    WELL = "is back"


class News(NamedTuple):
    """Since when, and where it is over until when it was seen; seconds."""

    word: Word
    since: float
    until: float = 0.0


class Outage:
    """
    Told of failures and recoveries, asked from time to time what is worth a line.

    DOWN once what fails has settled, WELL at the first moment without a failure. Where failures and
    recoveries take turns for minutes, or it fails again soon after WELL, FLAPS once, and WELL only
    after minutes without a failure.
    """

    def __init__(self) -> None:
        self._now = self._back = 0.0
        self._clear()

    def _clear(self) -> None:
        self._began: float | None = None  # of the trouble
        self._pending: float | None = None  # what is not told yet, since when
        self._bad: float | None = None  # without a moment in which nothing failed
        self._changed = self._last = 0.0
        self._recoveries, self._counted, self._recovered = 0, 0.0, 0.0
        self._told: dict[str, float] = {}  # as down, and when it last was
        self._down_since = 0.0
        self._flaps = self._came_back = False

    def failed(self, now: float) -> None:
        self._changed = self._steady(now)

    def recovered(self, now: float) -> None:
        now = self._changed = self._recovered = self._steady(now)
        if not self._recoveries or now - self._counted >= _APART:
            self._recoveries, self._counted = self._recoveries + 1, now

    def look(self, failing: frozenset[str], now: float) -> News | None:
        now = self._steady(now)
        told = self._something_fails(failing, now) if failing else self._nothing_fails(now)
        if told is None:
            return None
        return News(told.word, told.since - self._back, told.until - self._back)

    def _steady(self, now: float) -> float:
        """A clock that is put back takes no time with it: what was a minute ago still is."""
        if self._now - now > JUMP:
            self._back += self._now - now
        self._now = now
        return now + self._back

    def _something_fails(self, failing: frozenset[str], now: float) -> News | None:
        self._last = now
        if self._began is None:
            self._began, self._recoveries = now, 0
        if self._bad is None:
            self._bad = now
        self._told |= {name: now for name in failing if name in self._told}
        self._told = {name: at for name, at in self._told.items() if now - at < _CALM}
        if failing <= self._told.keys():
            self._pending = None
            return None
        if self._pending is None:
            self._pending = now
        if self._flaps:
            since = max(self._bad, self._recovered)
            down = not self._told and now - since >= _FOR_GOOD
            return self._down(failing, now, since) if down else None
        settled = now - self._changed >= SETTLE
        if not settled and now - self._pending < _UNSETTLED:
            return None
        if self._came_back or (not settled and self._recoveries >= _RECOVERIES):
            self._flaps, self._told = True, {}
            return News(Word.FLAPS, self._began)
        if settled or not self._recoveries:
            return self._down(failing, now, self._down_since if self._told else self._bad)
        return None

    def _down(self, failing: frozenset[str], now: float, since: float) -> News:
        self._told |= dict.fromkeys(failing, now)
        self._down_since, self._pending = since, None
        return News(Word.DOWN, since)

    def _nothing_fails(self, now: float) -> News | None:
        if self._began is None:
            return None
        self._bad = None
        if self._told and not self._flaps:
            self._told, self._pending, self._came_back = {}, None, True
            return News(Word.WELL, self._down_since, now)
        if now - self._last < _CALM:
            return None
        news = News(Word.WELL, self._began, self._last) if self._flaps else None
        self._clear()
        return news
