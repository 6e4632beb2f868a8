"""The simulated CoinGlass with what only tests need: faults, late rows, a log of its answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.fault_hook import Call, Fault
from tests.support.request_log import LogEntry, RequestLog
from vectra_freqtrade.simulator.clock import Clock
from vectra_freqtrade.simulator.coinglass import server as simulator
from vectra_freqtrade.simulator.coinglass.plans import Account
from vectra_freqtrade.simulator.coinglass.query import Row
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY, code_of, success
from vectra_freqtrade.simulator.loopback import Reply, Request
from vectra_freqtrade.simulator.market.intervals import INTERVALS, boundary_down
from vectra_freqtrade.simulator.market.market import SimulatedMarket

__all__ = ["DEMO_KEY", "CoinglassServer"]

#: For tests in other processes: what was asked and answered; and the clock, which a POST of
#: {"now": seconds} or {"advance": seconds} moves.
LOG_PATH, CLOCK_PATH = "/__log", "/__clock"


@dataclass
class _Refused(Reply):
    """Turned away for its rate."""


class CoinglassServer(simulator.CoinglassServer):
    """
    :param delays: path (or `*`) to publication delay in seconds: a row then appears only so long
        after its interval has closed, and open rows not at all
    :param faults: consulted in order for every request; the list may be changed while it runs
    :param keep_rows: False logs no values, for long downloads
    """

    def __init__(
        self,
        market: SimulatedMarket,
        clock: Clock | None = None,
        *,
        delays: Mapping[str, float] | None = None,
        faults: Sequence[Fault] = (),
        keep_rows: bool = True,
        **others: Any,
    ) -> None:
        super().__init__(market, clock, **others)
        self.delays = dict(delays or {})
        self.faults: list[Fault] = list(faults)
        self.log = RequestLog(keep_rows=keep_rows)

    def set_plan(self, key: str, plan: str, expires: float | None = None) -> None:
        """Change what a key stands for, from the next request on."""
        self.accounts[key] = Account(plan, expires)

    def handle(self, request: Request) -> Reply:
        if request.path == LOG_PATH:
            return Reply(self.log.as_json(int(request.params.get("since", 0))))
        if request.path == CLOCK_PATH:
            return self._clock_reply(request)
        return super().handle(request)

    def _clock_reply(self, request: Request) -> Reply:
        if request.method != "GET":
            if not hasattr(self.clock, "set"):
                return Reply({"error": "this clock cannot be set"}, 409)
            wanted = json.loads(request.body or b"{}")
            now = wanted.get("now")
            self.clock.set(self.clock.now() + wanted["advance"] if now is None else now)
        return Reply({"now": self.clock.now()})

    def reply(self, call: simulator.Call) -> Reply:
        call, faults = Call(call.request, call.key, call.account, self), list(self.faults)
        reply = next((r for f in faults if (r := f.before(call)) is not None), None)
        if reply is None:
            reply = super().reply(call)
        refused = isinstance(reply, _Refused)
        for fault in faults:
            reply = fault.after(call, reply)
        self._write_log(call, reply, refused)
        return reply

    def refusal(self) -> Reply:
        return _Refused(**vars(super().refusal()))

    def history(self, call: simulator.Call, interval: int, earliest: float) -> Reply:
        reply = super().history(call, interval, earliest)
        for fault in list(self.faults):
            reply = success(fault.rows(call, reply.payload["data"]))
        return reply

    def published(self, path: str, interval: int, now: float) -> float:
        delay = self.delays.get(path, self.delays.get("*", 0.0))
        return boundary_down(now - delay, interval) if delay else now

    def knowable(self, path: str, params: Mapping[str, str], at: float) -> list[Row]:
        """
        Closed and published rows of a history request, as they were sent at server time `at`.

        The yardstick for what a client could have known; faults and plan play no part. The newest
        row's values are final from the next one's close on, sums over venues never.

        :param params: as a request carries them; give start_time and end_time for a span
        :raises UnknownCoin: no venue lists such a name by then
        :raises UnknownPair: the exchange has no such contract by then
        """
        interval = INTERVALS[params["interval"]]
        rows = self.rows(path, params, interval, at, 0.0)
        return [row for row in rows if row["time"] / 1000 + interval <= at]

    def _write_log(self, call: Call, reply: Reply, refused: bool) -> None:
        code = code_of(reply)
        kept = code and self.log.keep_rows
        self.log.add(
            LogEntry(
                time=call.now,
                path=call.path,
                params=dict(call.request.params),
                plan=call.plan.name if call.plan else "",
                status=reply.status,
                code=code,
                rows=reply.payload.get("data") if kept else None,
                refused=refused,
            )
        )
