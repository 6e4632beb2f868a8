"""What may be wrong with the rows of an answer that is otherwise whole, one fault each."""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.fault_hook import Call
from tests.support.planned_fault import Planned

Rows = list[dict[str, Any]]


class Alien(Planned):
    """Cells of a kind that no client can know: an object in place of a number."""

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        return [{name: {"value": cell} for name, cell in row.items()} for row in rows]


class Retyped(Planned):
    """Numbers as text and texts as numbers, cell by cell."""

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        return [{name: _other_type(cell) for name, cell in row.items()} for row in rows]


def _other_type(cell: Any) -> Any:
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, (int, float)):
        return json.dumps(cell)
    try:
        return json.loads(cell)
    except (TypeError, ValueError):
        return cell


class Duplicates(Planned):
    """Every third row twice."""

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        return [row for number, row in enumerate(rows) for _ in range(1 + (number % 3 == 0))]


class TwiceOtherwise(Planned):
    """One time twice in one answer, as captured: the second of the two has other values.

    The answers before and after it agree with the first.

    :param time: of the row, seconds UTC; None is the middle one of the answer
    :param factor: on every number of the second
    """

    def __init__(self, time: float | None = None, factor: float = 7.0, **where: Any) -> None:
        super().__init__(**where)
        self.time = time
        self.factor = factor

    def rows(self, call: Call, rows: Rows) -> Rows:
        place = len(rows) // 2
        if self.time is not None:
            stamps = [row["time"] for row in rows]
            place = stamps.index(self.time * 1000) if self.time * 1000 in stamps else len(rows)
        if place >= len(rows) or not self.meets(call):
            return rows
        again = _multiplied(rows[place], self.factor)
        return [*rows[: place + 1], again, *rows[place + 1 :]]


class Reversed(Planned):
    """Newest first."""

    def rows(self, call: Call, rows: Rows) -> Rows:
        return rows[::-1] if self.meets(call) else rows


class ShortPage(Planned):
    """A page that ends early, or has a hole.

    :param keep: share of the rows that stay
    :param hole: leave out the middle instead of the end
    """

    def __init__(self, keep: float = 0.7, *, hole: bool = False, **where: Any) -> None:
        super().__init__(**where)
        self.keep = keep
        self.hole = hole

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        kept = int(len(rows) * self.keep)
        if not self.hole:
            return rows[:kept]
        return rows[: kept // 2] + rows[len(rows) - (kept - kept // 2) :]


class LeadingZeros(Planned):
    """Rows before the market existed come as zeros.

    :param listed: when it began, seconds UTC
    """

    def __init__(self, listed: float, **where: Any) -> None:
        super().__init__(**{"times": None, **where})
        self.listed = listed

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        edge = self.listed * 1000
        return [row if row["time"] >= edge else _zeros(row) for row in rows]


def _zeros(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: cell if name == "time" else ("0" if isinstance(cell, str) else 0)
        for name, cell in row.items()
    }


class Revised(Planned):
    """Values that come again are other ones: rows before a moment are multiplied.

    :param before: seconds UTC
    :param factor: on every number
    :param since: server time from which on they are, seconds UTC
    """

    def __init__(
        self, before: float, factor: float = 1.01, *, since: float = 0.0, **where: Any
    ) -> None:
        super().__init__(**{"times": None, **where})
        self.before_time = before
        self.factor = factor
        self.since = since

    def rows(self, call: Call, rows: Rows) -> Rows:
        if call.now < self.since or not self.meets(call):
            return rows
        edge = self.before_time * 1000
        return [_multiplied(row, self.factor) if row["time"] < edge else row for row in rows]


def _multiplied(row: Mapping[str, Any], factor: float) -> dict[str, Any]:
    return {name: _times(name, cell, factor) for name, cell in row.items()}


def _times(name: str, cell: Any, factor: float) -> Any:
    if name == "time":
        return cell
    return str(float(cell) * factor) if isinstance(cell, str) else cell * factor
