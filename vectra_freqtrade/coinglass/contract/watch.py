"""How long after its close a row appears, and how far it changes until the next close. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from vectra_freqtrade.catalogue.datasets import Endpoint
from vectra_freqtrade.coinglass.contract.again import relative
from vectra_freqtrade.coinglass.contract.finding import Finding, broken, columns_of, kept, untold
from vectra_freqtrade.coinglass.contract.promises import Promise
from vectra_freqtrade.coinglass.contract.rows import Numbers, Rows
from vectra_freqtrade.times import floor_to

#: Closes that each interval is watched over.
CLOSES: Final = 2
#: A row that is not there by then is not waited for, milliseconds.
PATIENCE: Final = 900_000
#: First look after a close, milliseconds.
FIRST_LOOK: Final = 2000
#: Looks between two closes, by which a run that is interrupted knows something.
_LOOKS: Final = (0.25, 0.5, 0.75, 0.98)
#: A change that is worth a wait of a whole interval.
_WORTH: Final = 0.05


@dataclass(slots=True)
class Seen:
    """
    One row.

    :param after: it was not there yet, milliseconds after its close; 0 where nobody had looked
    :param by: it was there
    :param first: its values then, None for a value that can't be read
    :param last: its values now, or when the next row had closed
    :param looks: how often it was seen
    """

    after: int
    by: int
    first: tuple[float, ...]
    last: tuple[float, ...]
    looks: int = 1


@dataclass(slots=True)
class Watched:
    """
    One endpoint at one interval.

    :param dataset: of the catalogue
    :param endpoint: that is asked
    :param interval: name of it
    :param length: of it, milliseconds
    :param start: when the watch began, milliseconds
    """

    dataset: str
    endpoint: Endpoint
    interval: str
    length: int
    start: int
    rows: dict[int, Seen] = field(default_factory=dict)
    asked: int = 0

    @property
    def where(self) -> str:
        return f"{self.endpoint.path} {self.interval}"

    @property
    def last_close(self) -> int:
        """The close whose row is the last to be waited for."""
        return floor_to(self.start, self.length) + CLOSES * self.length

    def pending(self, now: int) -> bool:
        """A row has closed that is not there yet."""
        close = floor_to(now, self.length)
        unseen = close > self.start and close - self.length not in self.rows
        return unseen and now - close < PATIENCE

    def done(self, now: int) -> bool:
        return now >= self.last_close + FIRST_LOOK and not self.pending(now) and self._looked(now)

    def _looked(self, now: int) -> bool:
        return self.asked >= self.last_close or now - self.last_close >= PATIENCE

    def due(self, now: int, pause: int) -> int:
        """
        When to ask next, milliseconds.

        :param pause: between two looks for a row that is not there
        """
        if not self.asked:
            return now
        close = floor_to(now, self.length)
        if self.pending(now):
            return max(close + FIRST_LOOK, self.asked + pause)
        moments = [close + FIRST_LOOK, *(close + int(part * self.length) for part in _LOOKS)]
        moments.append(close + self.length + FIRST_LOOK)
        return next(moment for moment in moments if moment > self.asked)

    def note(self, rows: Rows, names: Sequence[str], now: int) -> None:
        """An answer: of each closed row what it says now, until the next one has closed."""
        before = self.asked
        self.asked = now
        values = [rows.values.get(name) for name in names]
        for place, opened in enumerate(rows.times.tolist()):
            close = opened + self.length
            if close > now:
                continue
            told = tuple(math.nan if each is None else float(each[place]) for each in values)
            seen = self.rows.get(opened)
            if seen is not None:
                if before < close + self.length:
                    seen.last = told  # the first answer after the next close is the last to count
                    seen.looks += 1
            elif now < close + self.length:
                after = max(before - close, 0) if before else 0
                self.rows[opened] = Seen(after, now - close, told, told)

    @property
    def timed(self) -> list[Seen]:
        """Rows that closed while somebody watched."""
        return [seen for opened, seen in self.rows.items() if opened + self.length > self.start]

    def missing(self, now: int) -> int:
        """Closes that passed, with time enough, without a row."""
        first = floor_to(self.start, self.length) + self.length
        closes = range(first, min(now, self.last_close + 1), self.length)
        return sum(
            close - self.length not in self.rows and now - close >= PATIENCE for close in closes
        )

    @property
    def changes(self) -> list[float]:
        """Of each row that was seen twice the largest change of a value, as a share."""
        return [_change(seen) for seen in self.rows.values() if seen.looks > 1]


def _change(seen: Seen) -> float:
    first, last = _numbers(seen.first), _numbers(seen.last)
    return float(relative(first, last).max(initial=0.0))


def _numbers(values: tuple[float, ...]) -> Numbers:
    return np.array(values, dtype="float64")


@dataclass(frozen=True, slots=True)
class Measured:
    """
    What a watch found of one series.

    :param after: seconds after its close at which the latest row was not there yet, None for none
    :param by: seconds after its close at which the latest row was there
    :param rows: that closed meanwhile
    :param change: the largest share by which a value changed until the next close, None where no
        row was seen twice
    :param changed: rows that were seen twice
    """

    dataset: str
    path: str
    interval: str
    rows: int
    after: float | None
    by: float | None
    changed: int
    change: float | None


def measured(watched: Watched) -> Measured:
    timed = max(watched.timed, key=lambda seen: seen.by, default=None)
    changes = watched.changes
    return Measured(
        watched.dataset,
        watched.endpoint.path,
        watched.interval,
        len(watched.timed),
        None if timed is None else timed.after / 1000,
        None if timed is None else timed.by / 1000,
        len(changes),
        max(changes, default=None),
    )


def judged(watched: Watched, now: int, late: int, promise: Promise) -> list[Finding]:
    """
    :param late: milliseconds after its close by which a row must be there
    """
    if promise.may_be_empty and not watched.rows:
        return [untold("late rows", watched.where, "no rows")]
    revised = promise.revised
    columns = columns_of(watched.dataset, watched.interval)
    found = []
    expected = f"a row within {late / 1000:.0f} s of its close"
    worst = max(watched.timed, key=lambda seen: seen.after, default=None)
    if watched.missing(now):
        came = f"not there {PATIENCE / 1000:.0f} s after it"
        found.append(broken("late rows", watched.where, expected, came, columns))
    elif worst is not None and worst.after > late:
        came = f"there between {worst.after / 1000:.0f} and {worst.by / 1000:.0f} s after it"
        found.append(broken("late rows", watched.where, expected, came, columns))
    elif worst is not None:
        found.append(kept("late rows", watched.where, f"there {worst.by / 1000:.0f} s after it"))
    changes = watched.changes
    if not changes:
        return found
    least, expected = min(changes), f"a closed row changes by {revised:.1%} at most, mostly"
    if (len(changes) > 1 and least > revised) or least > 3 * revised:
        came = f"each of {len(changes)} by {least:.1%} and more"
        return [*found, broken("revised rows", watched.where, expected, came, columns)]
    return [*found, kept("revised rows", watched.where, f"by {max(changes):.1%} at most")]


@dataclass(frozen=True, slots=True)
class Advice:
    """
    :param delay: what to set, None where the setting will do or nothing was measured
    :param settle: datasets whose rows still change much, with the intervals that they would wait
    """

    delay: int | None
    settle: dict[str, int]


def advice(found: Iterable[Measured], delay: int) -> Advice:
    """
    :param delay: the setting, seconds
    :return: whole tens of seconds, and a few to spare
    """
    held = list(found)
    latest = max((each.by for each in held if each.by is not None), default=0.0)
    wanted = math.ceil((latest + 5) / 10) * 10
    settle = {each.dataset: 1 for each in held if (each.change or 0.0) >= _WORTH}
    return Advice(wanted if latest > delay else None, settle)
