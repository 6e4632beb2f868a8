"""What may go wrong between CoinGlass and a client, one fault each; see `fault_hook.Fault`.

Faults of single rows and cells are in `row_faults`; which requests a fault meets, in
`planned_fault`.
"""

from collections.abc import Iterator
from typing import Any, Literal

from tests.support.fault_hook import Call
from tests.support.planned_fault import Planned
from vectra_freqtrade.simulator.loopback import Reply


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


class ShortList(Planned):
    """A list of coins or pairs that is much too short, and says so nowhere.

    :param keep: share of each venue's pairs, or of the coins, that stay
    """

    def __init__(self, keep: float = 0.1, **where: Any) -> None:
        super().__init__(**{"path": "/supported-", **where})
        self.keep = keep

    def after(self, call: Call, reply: Reply) -> Reply:
        if not (isinstance(reply.payload, dict) and "data" in reply.payload and self.meets(call)):
            return reply
        data = reply.payload["data"]
        short = (
            {venue: self._cut(pairs) for venue, pairs in data.items()}
            if isinstance(data, dict)
            else self._cut(data)
        )
        return Reply({**reply.payload, "data": short}, headers=reply.headers)

    def _cut(self, items: list[Any]) -> list[Any]:
        return items[: int(len(items) * self.keep)]


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
