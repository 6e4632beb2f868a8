"""What is worth a line of all that fails and comes again: each change once, also where it flaps."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from vectra_freqtrade.live.timer import JUMP

#: What fails is told when nothing joined it or came again for so long: an outage is one line.
_SETTLE: Final = 45.0
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
    """What there is to tell."""

    DOWN = "down"
    FLAPS = "flaps"
    WELL = "well"


@dataclass(frozen=True, slots=True)
class News:
    """
    :param word: what is the case
    :param since: seconds
    :param names: what fails
    :param until: seconds; when the last of it was seen
    """

    word: Word
    since: float
    names: frozenset[str] = frozenset()
    until: float = 0.0


class Outage:
    """
    Told of failures and recoveries, asked from time to time what is to be said. All times are
    seconds that come in; nothing is logged here.

    DOWN is said once what fails has settled, and WELL at the first moment without a failure. Where
    failures and recoveries take turns for minutes, or it fails again soon after WELL, FLAPS is said
    once, and WELL only after minutes without a failure.
    """

    def __init__(self) -> None:
        self._clear()

        self._now = 0.0

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
        """Something began to fail."""
        self._put_right(now)
        self._changed = now

    def recovered(self, now: float) -> None:
        """Something that failed came again."""
        self._put_right(now)
        self._changed = self._recovered = now
        if not self._recoveries or now - self._counted >= _APART:
            self._recoveries, self._counted = self._recoveries + 1, now

    def look(self, failing: frozenset[str], now: float) -> News | None:
        """
        :param failing: names of all that fails now
        :return: what is to be said now, if anything
        """
        self._put_right(now)
        if not failing:
            return self._nothing_fails(now)
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
        settled = now - self._changed >= _SETTLE
        if not settled and now - self._pending < _UNSETTLED:
            return None
        if self._came_back or (not settled and self._recoveries >= _RECOVERIES):
            self._flaps, self._told = True, {}
            return News(Word.FLAPS, self._began, failing)
        if settled or not self._recoveries:
            return self._down(failing, now, self._down_since if self._told else self._bad)
        return None

    def _put_right(self, now: float) -> None:
        """A clock that went back takes all times with it: what was a minute ago still is."""
        back, self._now = self._now - now, now
        if back <= JUMP:
            return
        for name in ("_began", "_pending", "_bad", "_changed", "_last", "_counted", "_recovered"):
            held = getattr(self, name)
            setattr(self, name, None if held is None else held - back)
        self._down_since -= back
        self._told = {name: at - back for name, at in self._told.items()}

    def _down(self, failing: frozenset[str], now: float, since: float) -> News:
        self._told |= dict.fromkeys(failing, now)
        self._down_since, self._pending = since, None
        return News(Word.DOWN, since, failing)

    def _nothing_fails(self, now: float) -> News | None:
        if self._began is None:
            return None
        self._bad = None
        if self._told and not self._flaps:
            self._told, self._pending, self._came_back = {}, None, True
            return News(Word.WELL, self._down_since, until=now)
        if now - self._last < _CALM:
            return None
        news = News(Word.WELL, self._began, until=self._last) if self._flaps else None
        self._clear()
        return news
