"""What may go wrong between CoinGlass and a client, one fault each; see `fault_hook.Fault`.

Every fault says which requests it meets: paths that contain a text, from the n-th such request on,
so many times. They count under a lock and are otherwise the same on every run.
"""

import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from vectra_freqtrade.demo.fault_hook import Call, Fault
from vectra_freqtrade.demo.loopback import Reply

Rows = list[dict[str, Any]]


class Planned(Fault):
    """Base: meets some requests and leaves the others alone.

    :param path: part of the paths it meets; all of them by default
    :param skip: so many matching requests pass first
    :param times: so many are met then; None is all
    """

    def __init__(self, path: str = "", *, skip: int = 0, times: int | None = 1) -> None:
        self.path = path
        self.skip = skip
        self.times = times
        self.met = 0
        self._seen = 0
        self._lock = threading.Lock()

    def meets(self, call: Call) -> bool:
        """Count a request; whether it is one to be met."""
        if self.path not in call.path:
            return False
        with self._lock:
            self._seen += 1
            if self._seen <= self.skip or (self.times is not None and self.met >= self.times):
                return False
            self.met += 1
            return True


class RateRefusal(Planned):
    """One of the three forms in which a rate limit was seen to refuse.

    :param form: HTTP 429, a body with code 429, or a body with code 400
    :param retry_after: of a Retry-After header, seconds
    """

    def __init__(
        self,
        form: Literal["http429", "body429", "body400"] = "http429",
        *,
        retry_after: int | None = None,
        **where: Any,
    ) -> None:
        super().__init__(**where)
        self.form = form
        self.retry_after = retry_after

    def before(self, call: Call) -> Reply | None:
        if not self.meets(call):
            return None
        code = "400" if self.form == "body400" else "429"
        status = 429 if self.form == "http429" else 200
        wait = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return Reply({"code": code, "msg": "Too Many Requests"}, status, headers=wait)


class ServerError(Planned):
    """A gateway's HTML page with its status.

    :param status: of HTTP
    """

    def __init__(self, status: int = 502, **where: Any) -> None:
        super().__init__(**where)
        self.status = status

    def before(self, call: Call) -> Reply | None:
        if not self.meets(call):
            return None
        page = b"<html><body><h1>Bad gateway</h1></body></html>"
        return Reply(status=self.status, body=page, content_type="text/html")


class BodyError(Planned):
    """HTTP 200 whose body says 500."""

    def before(self, call: Call) -> Reply | None:
        return Reply({"code": "500", "msg": "Server Error"}) if self.meets(call) else None


class Html(Planned):
    """A maintenance page with HTTP 200."""

    def after(self, call: Call, reply: Reply) -> Reply:
        if not self.meets(call):
            return reply
        return Reply(body=b"<!doctype html><p>Maintenance</p>", content_type="text/html")


class Hang(Planned):
    """No answer for so long, then a closed connection.

    :param seconds: of real time
    """

    def __init__(self, seconds: float = 5.0, **where: Any) -> None:
        super().__init__(**where)
        self.seconds = seconds

    def before(self, call: Call) -> Reply | None:
        if not self.meets(call):
            return None
        call.wait(self.seconds)
        return Reply(pieces=(), close=True)


class SlowBody(Planned):
    """The right answer in many pieces with a pause before each.

    :param pause: seconds of real time
    :param pieces: how many
    """

    def __init__(self, pause: float = 0.05, pieces: int = 10, **where: Any) -> None:
        super().__init__(**where)
        self.pause = pause
        self.pieces = pieces

    def after(self, call: Call, reply: Reply) -> Reply:
        if not self.meets(call):
            return reply
        body = reply.encoded()
        return Reply(
            status=reply.status,
            headers=reply.headers,
            pieces=self._drip(call, body),
            length=len(body),
        )

    def _drip(self, call: Call, body: bytes) -> Iterator[bytes]:
        size = -(-len(body) // self.pieces)
        for start in range(0, len(body), size):
            if call.wait(self.pause):
                return
            yield body[start : start + size]


class Truncated(Planned):
    """Half of the body.

    :param announced: Content-Length tells the whole size and the connection ends early; else it
        tells the half, and only the JSON is broken
    """

    def __init__(self, *, announced: bool = False, **where: Any) -> None:
        super().__init__(**where)
        self.announced = announced

    def after(self, call: Call, reply: Reply) -> Reply:
        if not self.meets(call):
            return reply
        body = reply.encoded()
        half = body[: len(body) // 2]
        if not self.announced:
            return Reply(status=reply.status, headers=reply.headers, body=half)
        return Reply(
            status=reply.status, headers=reply.headers, pieces=(half,), length=len(body), close=True
        )


class Malformed(Planned):
    """JSON with a constant that is none, or with a bracket too many.

    :param text: put before the body's last character
    """

    def __init__(self, text: bytes = b',"x":NaN', **where: Any) -> None:
        super().__init__(**where)
        self.text = text

    def after(self, call: Call, reply: Reply) -> Reply:
        if not self.meets(call):
            return reply
        body = reply.encoded()
        return Reply(
            status=reply.status, headers=reply.headers, body=body[:-1] + self.text + body[-1:]
        )


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
    """

    def __init__(self, before: float, factor: float = 1.01, **where: Any) -> None:
        super().__init__(**{"times": None, **where})
        self.before_time = before
        self.factor = factor

    def rows(self, call: Call, rows: Rows) -> Rows:
        if not self.meets(call):
            return rows
        return [
            {name: self._other(name, cell) for name, cell in row.items()}
            if row["time"] < self.before_time * 1000
            else row
            for row in rows
        ]

    def _other(self, name: str, cell: Any) -> Any:
        if name == "time":
            return cell
        return str(float(cell) * self.factor) if isinstance(cell, str) else cell * self.factor


class ClockSkew(Planned):
    """The Date header is off.

    :param seconds: added to it
    """

    def __init__(self, seconds: float, **where: Any) -> None:
        super().__init__(**{"times": None, **where})
        self.seconds = seconds

    def after(self, call: Call, reply: Reply) -> Reply:
        if self.meets(call):
            reply.date = call.now + self.seconds
        return reply


class Empty(Planned):
    """Success without data."""

    def after(self, call: Call, reply: Reply) -> Reply:
        return (
            Reply({"code": "0", "data": []}, headers=reply.headers) if self.meets(call) else reply
        )


class PlanChange(Planned):
    """From some request on the key stands for another plan.

    :param key: whose
    :param plan: the other plan
    :param expires: end of the subscription, seconds UTC; in the past for a key that has expired
    """

    def __init__(self, key: str, plan: str, *, expires: float | None = None, **where: Any) -> None:
        super().__init__(**where)
        self.key = key
        self.plan = plan
        self.expires = expires

    def before(self, call: Call) -> Reply | None:
        if self.meets(call):
            call.server.set_plan(self.key, self.plan, self.expires)
        return None
