"""A loopback CoinGlass API v4 over the simulated market, with its plans, limits and oddities.

Everything it serves is simulated. What it refuses, and how, follows the published behaviour of the
API, so a client that works here for a plan has met that plan's rules.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vectra_freqtrade.simulator.clock import Clock
from vectra_freqtrade.simulator.coinglass.fault_hook import Call, Fault
from vectra_freqtrade.simulator.coinglass.history import HISTORIES
from vectra_freqtrade.simulator.coinglass.paths import SMALLEST_PLAN
from vectra_freqtrade.simulator.coinglass.plans import Account, Plan
from vectra_freqtrade.simulator.coinglass.query import Query, Row
from vectra_freqtrade.simulator.coinglass.rate_window import RateWindow
from vectra_freqtrade.simulator.coinglass.request_log import LogEntry, RequestLog
from vectra_freqtrade.simulator.coinglass.restatements import Restatements
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.coinglass.scope import (
    Scope,
    UnknownCoin,
    UnknownPair,
    coin_scope,
    pair_scope,
)
from vectra_freqtrade.simulator.coinglass.snapshots import SNAPSHOTS, Asked
from vectra_freqtrade.simulator.loopback import LoopbackServer, Reply, Request
from vectra_freqtrade.simulator.market.candles import openings
from vectra_freqtrade.simulator.market.intervals import INTERVALS, boundary_down, boundary_up
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.walls import Walls

MAX_ROWS = 1000
DEMO_KEY = "simulated-key"
LOG_PATH = "/__log"  # what was asked and answered, for tests in other processes
NOT_FOUND = (
    "Endpoint not found. Please refer to the API documentation: "
    "https://docs.coinglass.com/reference/endpoint-overview"
)
NO_PAIR = (
    "The requested pair does not exist on the exchange. "
    "Please check the documentation to view supported "
)
INTERVAL_REFUSED = "The requested interval is not available for your current API plan."


class CoinglassServer(LoopbackServer):
    """Simulated CoinGlass on 127.0.0.1.

    :param market: what it serves
    :param clock: its time; the machine's own by default
    :param plans: key to plan name; `accounts` may be changed while it runs
    :param rules: may be replaced while it runs
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
        self._restatements = Restatements(market)
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
        try:
            if history is not None:
                return self._history(call, plan, faults)
            if snapshot is None:  # a real path that this server has no data for
                return success([])
            asked = Asked(self.market, self._walls, account, params, call.now, self.rules)
            return success(snapshot.data(asked))
        except UnknownPair:
            return error("400", NO_PAIR)
        except UnknownCoin:
            return error("500", "Server Error")

    def _history(self, call: Call, plan: Plan, faults: list[Fault]) -> Reply:
        params, interval = call.request.params, call.interval
        if interval is None:
            return error("500", "Server Error")
        if interval < plan.smallest:
            # As captured: it names STANDARD whatever the smallest plan is that would do.
            return error("403", INTERVAL_REFUSED, details={"upgrade_required": "STANDARD"})
        earliest = plan.reach(params["interval"], call.now)
        rows = self._rows(call.path, params, interval, call.now, earliest)
        for fault in faults:
            rows = fault.rows(call, rows)
        return success(rows)

    def _rows(
        self, path: str, params: Mapping[str, str], interval: int, now: float, earliest: float
    ) -> list[Row]:
        """Rows of a history request; none for a contract's id in place of a coin's name."""
        history = HISTORIES[path]
        scope: Scope | None
        if history.pair:
            scope = pair_scope(self.market, params, now)
        else:
            scope = coin_scope(self.market, params, now)
        if scope is None:
            return []
        limit = max(min(int(params.get("limit") or MAX_ROWS), MAX_ROWS), 1)
        delay = self.delays.get(path, self.delays.get("*", 0.0))
        edge = boundary_down(now - delay, interval) if delay else now
        begin, end = _window(params, interval, limit, edge)
        begin = max(begin, earliest, scope.listing.since)
        times = openings(self.market, interval, begin, end, edge)
        times = times[:limit] if self.rules.cut == "newest" else times[-limit:]
        return history.rows(
            Query(
                self.market,
                scope,
                interval,
                times,
                now,
                params,
                series=f"{path} {scope.exchange} {scope.symbol} {interval}",
                provisional=self.rules.provisional,
                restatements=self._restatements if self.rules.restated else None,
            )
        )

    def knowable(self, path: str, params: Mapping[str, str], at: float) -> list[Row]:
        """Closed and published rows of a history request, as they were sent at server time `at`.

        The yardstick for what a client could have known; faults and plan play no part. The newest
        row's values are final from the next one's close on, sums over venues never.

        :param params: as a request carries them; give start_time and end_time for a span
        :raises UnknownCoin: no venue lists such a name by then
        :raises UnknownPair: the exchange has no such contract by then
        """
        interval = INTERVALS[params["interval"]]
        rows = self._rows(path, params, interval, at, 0.0)
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


def error(code: str, message: str, status: int = 200, **more: Any) -> Reply:
    return Reply({"code": code, "msg": message, **more}, status)
