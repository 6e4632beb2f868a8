"""A loopback CoinGlass API v4 over the simulated market, with its plans, limits and oddities.

Everything it serves is simulated. What it refuses, and how, follows the published behaviour of the
API, so a client that works here for a plan has met that plan's rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from vectra_freqtrade.demo.candles import openings
from vectra_freqtrade.demo.clock import Clock
from vectra_freqtrade.demo.coinglass_history import HISTORIES, History, Query, Row
from vectra_freqtrade.demo.coinglass_paths import SMALLEST_PLAN
from vectra_freqtrade.demo.coinglass_plans import Account, Plan
from vectra_freqtrade.demo.coinglass_scope import coin_scope, pair_scope
from vectra_freqtrade.demo.coinglass_snapshots import SNAPSHOTS, Asked, UnknownPair
from vectra_freqtrade.demo.fault_hook import Call, Fault
from vectra_freqtrade.demo.intervals import INTERVALS, boundary_down, boundary_up
from vectra_freqtrade.demo.loopback import LoopbackServer, Reply, Request
from vectra_freqtrade.demo.market import SimulatedMarket
from vectra_freqtrade.demo.rate_window import RateWindow, WindowType
from vectra_freqtrade.demo.request_log import LogEntry, RequestLog
from vectra_freqtrade.demo.walls import Walls

MAX_ROWS = 1000
DEMO_KEY = "simulated-key"
LOG_PATH = "/__log"  # what was asked and answered, for tests in other processes
Refusal = Literal["http429", "body429", "body400"]
NOT_FOUND = (
    "Endpoint not found. Please refer to the API documentation: "
    "https://docs.coinglass.com/reference/endpoint-overview"
)
NO_PAIR = (
    "The requested pair does not exist on the exchange. "
    "Please check the documentation to view supported "
)
INTERVAL_REFUSED = "The requested interval is not available for your current API plan."


@dataclass(frozen=True)
class Rules:
    """How strict, and in which of its observed manners, the server behaves.

    :param window: rate limit per clock minute, or over the last sixty seconds
    :param refusal: HTTP 429, a body with code 429, or a body with code 400 "Too Many Requests"
    :param upgrade: 401 "Upgrade plan", or the older 400 "Please upgrade to <plan>"
    :param cut: which end of a span of more than `limit` rows is left out
    :param per_minute: instead of the plan's own rate
    """

    window: WindowType = "fixed"
    refusal: Refusal = "http429"
    upgrade: Literal["401", "400"] = "401"
    cut: Literal["newest", "oldest"] = "newest"
    per_minute: int | None = None


class CoinglassServer(LoopbackServer):
    """Simulated CoinGlass on 127.0.0.1.

    :param market: what it serves
    :param clock: its time; the machine's own by default
    :param plans: key to plan name; `accounts` may be changed while it runs
    :param delays: path (or `*`) to publication delay in seconds: a row then appears only so long
        after its interval has closed, and open rows not at all
    :param faults: consulted in order for every request; the list may be changed while it runs
    """

    def __init__(
        self,
        market: SimulatedMarket,
        clock: Clock | None = None,
        *,
        plans: Mapping[str, str] | None = None,
        rules: Rules | None = None,
        delays: Mapping[str, float] | None = None,
        faults: Sequence[Fault] = (),
        keep_rows: bool = True,
        port: int = 0,
    ) -> None:
        super().__init__(clock, port=port)
        self.market = market
        self.rules = rules or Rules()
        self.accounts = {k: Account(p) for k, p in (plans or {DEMO_KEY: "professional"}).items()}
        self.delays = dict(delays or {})
        self.faults: list[Fault] = list(faults)
        self.log = RequestLog(keep_rows=keep_rows)
        self._walls = Walls(market)
        self._windows: dict[str, RateWindow] = {}

    def set_plan(self, key: str, plan: str, expires: float | None = None) -> None:
        """Change what a key stands for, from the next request on."""
        self.accounts[key] = Account(plan, expires)

    def handle(self, request: Request) -> Reply:
        if request.path == LOG_PATH:
            return Reply(self.log.as_json(int(request.params.get("since", 0))))
        key = request.headers.get("cg-api-key")
        account = self.accounts.get(key) if key else None
        plan = account.plan_at(request.time) if account else None
        seconds = INTERVALS.get(request.params.get("interval", ""))
        interval = seconds if request.path in HISTORIES else None
        call = Call(request, self, plan, interval)
        faults = list(self.faults)
        reply = next((r for f in faults if (r := f.before(call)) is not None), None)
        refused = False
        if reply is None:
            reply, refused = self._reply(call, key, account, faults)
        for fault in faults:
            reply = fault.after(call, reply)
        self._write_log(call, reply, refused)
        return reply

    def _reply(
        self, call: Call, key: str | None, account: Account | None, faults: list[Fault]
    ) -> tuple[Reply, bool]:
        if key is None:
            return error("400", "API key missing."), False
        if account is None or call.plan is None:
            return error("400", "Invalid API key provided"), False
        headers: dict[str, str] = {}
        limit = self.rules.per_minute or call.plan.per_minute
        if limit:
            window = self._windows.setdefault(key, RateWindow(self.rules.window))
            allowed, used = window.take(call.now, limit)
            headers = {"API-KEY-MAX-LIMIT": str(limit), "API-KEY-USE-LIMIT": str(used)}
            if not allowed:
                return replace(self._refusal(), headers=headers), True
        reply = self._checked(call, call.plan, account, faults)
        reply.headers.update(headers)
        return reply, False

    def _refusal(self) -> Reply:
        if self.rules.refusal == "body400":
            return error("400", "Too Many Requests")
        status = 429 if self.rules.refusal == "http429" else 200
        return error("429", "Too Many Requests", status)

    def _checked(self, call: Call, plan: Plan, account: Account, faults: list[Fault]) -> Reply:
        path, params = call.path, call.request.params
        if path not in SMALLEST_PLAN:
            return error("404", NOT_FOUND, 404)
        if not plan.has(path):
            if self.rules.upgrade == "400":
                return error("400", f"Please upgrade to {SMALLEST_PLAN[path]}")
            return error("401", "Upgrade plan")
        history, snapshot = HISTORIES.get(path), SNAPSHOTS.get(path)
        required: tuple[str, ...] = ()
        if history is not None:
            required = ("symbol", "interval", *history.required)
        elif snapshot is not None:
            required = snapshot.required
        missing = next((name for name in required if not params.get(name)), None)
        if missing:
            return error("400", f"Required String parameter '{missing}' is not present")
        if history is not None:
            return self._history(call, plan, history, faults)
        if snapshot is None:  # a real path that this server has no data for
            return success([])
        asked = Asked(self.market, self._walls, account, params, call.now)
        try:
            return success(snapshot.data(asked))
        except UnknownPair:
            return error("400", NO_PAIR)

    def _history(self, call: Call, plan: Plan, history: History, faults: list[Fault]) -> Reply:
        params, interval = call.request.params, call.interval
        if interval is None:
            return error("500", "Server Error")
        if interval < plan.smallest:
            return error("403", INTERVAL_REFUSED)
        earliest = plan.reach(params["interval"], call.now)
        rows = self._rows(call.path, params, interval, call.now, earliest)
        if rows is None:
            return error("400", NO_PAIR) if history.pair else success([])
        for fault in faults:
            rows = fault.rows(call, rows)
        return success(rows)

    def _rows(
        self, path: str, params: Mapping[str, str], interval: int, now: float, earliest: float
    ) -> list[Row] | None:
        """Rows of a history request; None when its symbol stands for nothing."""
        history = HISTORIES[path]
        scope = (pair_scope if history.pair else coin_scope)(self.market, params)
        if scope is None:
            return None
        limit = max(min(int(params.get("limit") or MAX_ROWS), MAX_ROWS), 1)
        delay = self.delays.get(path, self.delays.get("*", 0.0))
        edge = boundary_down(now - delay, interval) if delay else now
        begin, end = _window(params, interval, limit, edge)
        times = openings(self.market, interval, max(begin, earliest), end, edge)
        times = times[:limit] if self.rules.cut == "newest" else times[-limit:]
        return history.rows(Query(self.market, scope, interval, times, now, params))

    def knowable(self, path: str, params: Mapping[str, str], at: float) -> list[Row]:
        """Closed and published rows of a history request at server time `at`.

        The yardstick for what a client could have known; faults and plan play no part.

        :param params: as a request carries them; give start_time and end_time for a span
        """
        interval = INTERVALS[params["interval"]]
        rows = self._rows(path, params, interval, at, 0.0) or []
        return [row for row in rows if row["time"] / 1000 + interval <= at]

    def _write_log(self, call: Call, reply: Reply, refused: bool) -> None:
        whole = reply.body is None and reply.pieces is None and isinstance(reply.payload, dict)
        code = str(reply.payload.get("code", "")) if whole else ""
        rows = reply.payload.get("data") if whole and self.log.keep_rows else None
        self.log.add(
            LogEntry(
                time=call.now,
                path=call.path,
                params=dict(call.request.params),
                plan=call.plan.name if call.plan else "",
                status=reply.status,
                code=code,
                rows=rows,
                refused=refused,
            )
        )


def _window(
    params: Mapping[str, str], interval: int, limit: int, now: float
) -> tuple[float, float]:
    """[begin, end) in seconds; what the request leaves open is filled as the API does."""
    start, stop = params.get("start_time"), params.get("end_time")
    begin = int(start) // 1000 if start else None
    end = int(stop) // 1000 if stop else None
    if begin is not None:
        return begin, end if end is not None else begin + interval * limit
    if end is not None:
        return end - interval * limit, end
    return boundary_up(now, interval) - limit * interval, now


def success(data: Any) -> Reply:
    return Reply({"code": "0", "msg": "success", "data": data})


def error(code: str, message: str, status: int = 200) -> Reply:
    return Reply({"code": code, "msg": message}, status)
