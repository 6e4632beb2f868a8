"""Deviations of a contract, one each, in every answer that a path's part meets."""

from collections.abc import Callable
from typing import Any

from tests.support.fault_hook import Call
from tests.support.planned_fault import Planned
from tests.support.row_faults import Rows
from vectra_freqtrade.simulator.loopback import Reply

Row = dict[str, Any]


class EachRow(Planned):
    """Every row as a function makes it; None leaves it out.

    :param change: of a row and its interval in milliseconds
    """

    def __init__(self, path: str, change: Callable[[Row, int], Row | None], **where: Any) -> None:
        super().__init__(path, **{"times": None, **where})
        self.change = change

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        length = 1000 * (call.interval or 0)
        changed = (self.change(dict(row), length) for row in rows)
        return [row for row in changed if row is not None]


class NewestFirst(Planned):
    def __init__(self, path: str) -> None:
        super().__init__(path, times=None)

    def rows(self, call: Call, rows: Rows) -> Rows:
        return rows[::-1] if self.meets(call) else rows


class NoOpenRow(Planned):
    def __init__(self, path: str) -> None:
        super().__init__(path, times=None)

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        return [row for row in rows if row["time"] / 1000 + (call.interval or 0) <= call.now]


class Lagging(Planned):
    """The server shows what it would have shown a while ago: an open row still, a late one."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__(path, times=None)
        self.seconds = seconds

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        return [row for row in rows if row["time"] / 1000 + self.seconds <= call.now]


class Late(Planned):
    """A row appears only so long after its close.

    :param opens: the open row is there all the same
    """

    def __init__(self, path: str, seconds: float, *, opens: bool = False) -> None:
        super().__init__(path, times=None)
        self.seconds = seconds
        self.opens = opens

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        length = call.interval or 1
        return [row for row in rows if self._there(row["time"] / 1000 + length, call.now)]

    def _there(self, close: float, now: float) -> bool:
        return close + self.seconds <= now or (self.opens and close > now)


class FirstValues(Planned):
    """The newest closed row is another one until the next has closed."""

    def __init__(self, path: str, multiplier: float) -> None:
        super().__init__(path, times=None)
        self.multiplier = multiplier

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        length = call.interval or 1
        newest = (call.now // length - 1) * length * 1000
        return [scaled(row, self.multiplier) if row["time"] == newest else row for row in rows]


class Answered(Planned):
    """The whole data of an answer as a function makes it."""

    def __init__(self, path: str, change: Callable[[Any], Any]) -> None:
        super().__init__(path, times=None)
        self.change = change

    def after(self, call: Call, reply: Reply) -> Reply:
        if not self.meets(call) or reply.payload.get("code") != "0":
            return reply
        return Reply(reply.payload | {"data": self.change(reply.payload["data"])}, 200)


class Header(Planned):
    """A limit header of another plan."""

    def __init__(self, limit: int) -> None:
        super().__init__("", times=None)
        self.limit = limit

    def after(self, call: Call, reply: Reply) -> Reply:
        reply.headers["API-KEY-MAX-LIMIT"] = str(self.limit)
        return reply


class Refusing(Planned):
    """A reply in place of every answer."""

    def __init__(self, path: str, reply: Callable[[], Reply]) -> None:
        super().__init__(path, times=None)
        self.reply = reply

    def before(self, call: Call) -> Reply | None:
        return self.reply() if self.meets(call) else None


def scaled(row: Row, multiplier: float) -> Row:
    return {
        name: cell if name == "time" else _times(cell, multiplier) for name, cell in row.items()
    }


def _times(cell: Any, multiplier: float) -> Any:
    return f"{float(cell) * multiplier:.12g}" if isinstance(cell, str) else cell * multiplier


def moved(row: Row, by: int) -> Row:
    return row | {"time": row["time"] + by}


def without(name: str) -> Callable[[Row, int], Row]:
    return lambda row, _: {key: cell for key, cell in row.items() if key != name}
