"""A loopback CoinGlass API v4 over the simulated market, with its plans, limits and oddities.

Everything it serves is simulated. What it refuses, and how, follows the published behaviour of the
API, so a client that works here for a plan has met that plan's rules.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vectra_freqtrade.simulator.clock import Clock
from vectra_freqtrade.simulator.coinglass.history import HISTORIES
from vectra_freqtrade.simulator.coinglass.plans import Account, Plan
from vectra_freqtrade.simulator.coinglass.query import Query, Row
from vectra_freqtrade.simulator.coinglass.rate_window import RateWindow
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
from vectra_freqtrade.simulator.market.intervals import INTERVALS, boundary_up
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.walls import Walls

MAX_ROWS = 1000
DEMO_KEY = "simulated-key"
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
class Call:
    """One request to the CoinGlass server, and what its key stands for."""

    request: Request
    key: str | None
    account: Account | None

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def now(self) -> float:
        """Server time of the request, seconds UTC."""
        return self.request.time

    @property
    def plan(self) -> Plan | None:
        """In force; None where the key is missing or unknown."""
        return self.account.plan_at(self.now) if self.account else None

    @property
    def interval(self) -> int | None:
        """Seconds, of a history endpoint with a valid interval."""
        known = INTERVALS.get(self.request.params.get("interval", ""))
        return known if self.path in HISTORIES else None


class CoinglassServer(LoopbackServer):
    """
    Simulated CoinGlass on 127.0.0.1.

    :param market: what it serves
    :param clock: its time; the machine's own by default
    :param plans: key to plan name; `accounts` may be changed while it runs
    :param rules: may be replaced while it runs
    :ivar asked: requests so far
    :ivar served: those of them that got what they asked for
    """

    def __init__(
        self,
        market: SimulatedMarket,
        clock: Clock | None = None,
        *,
        plans: Mapping[str, str] | None = None,
        rules: Rules | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(clock, port=port)
        self.market = market
        self.rules = rules or Rules()
        self.accounts = {k: Account(p) for k, p in (plans or {DEMO_KEY: "professional"}).items()}
        self.asked = self.served = 0
        self._counting = threading.Lock()
        self._walls = Walls(market)
        self._restatements = Restatements(market)
        self._windows: dict[str, RateWindow] = {}

    def handle(self, request: Request) -> Reply:
        key = request.headers.get("cg-api-key")
        reply = self.reply(Call(request, key, self.accounts.get(key) if key else None))
        with self._counting:
            self.asked += 1
            self.served += reply.status == 200 and code_of(reply) == "0"
        return reply

    def reply(self, call: Call) -> Reply:
        if call.key is None:
            return error("400", "API key missing.")
        account, plan = call.account, call.plan
        if account is None or plan is None:
            return error("400", "Invalid API key provided")
        headers: dict[str, str] = {}
        limit = self.rules.per_minute or plan.per_minute
        if limit:
            window = self._windows.setdefault(call.key, RateWindow(self.rules.window))
            allowed, used = window.take(call.now, limit)
            headers = {"API-KEY-MAX-LIMIT": str(limit), "API-KEY-USE-LIMIT": str(used)}
            if not allowed:
                return replace(self.refusal(), headers=headers)
        reply = self._checked(call, plan, account)
        reply.headers.update(headers)
        return reply

    def refusal(self) -> Reply:
        if self.rules.refusal == "body400":
            return error("400", "Too Many Requests")
        status = 429 if self.rules.refusal == "http429" else 200
        return error("429", "Too Many Requests", status)

    def _checked(self, call: Call, plan: Plan, account: Account) -> Reply:
        history, snapshot = HISTORIES.get(call.path), SNAPSHOTS.get(call.path)
        endpoint = history or snapshot
        if endpoint is None:
            return error("404", NOT_FOUND, 404)
        if not plan.includes(endpoint.plan):
            if self.rules.upgrade == "400":
                return error("400", f"Please upgrade to {endpoint.plan}")
            return error("401", "Upgrade plan")
        params = call.request.params
        missing = next((name for name in endpoint.required if not params.get(name)), None)
        if missing:
            return error("400", f"Required String parameter '{missing}' is not present")
        try:
            if snapshot is None:
                return self._history(call, plan)
            asked = Asked(self.market, self._walls, account, params, call.now, self.rules)
            return success(snapshot.data(asked))
        except UnknownPair:
            return error("400", NO_PAIR)
        except UnknownCoin:
            return error("500", "Server Error")

    def _history(self, call: Call, plan: Plan) -> Reply:
        params, interval = call.request.params, call.interval
        if interval is None:
            return error("500", "Server Error")
        if interval < plan.smallest:
            # As captured: it names STANDARD whatever the smallest plan is that would do.
            return error("403", INTERVAL_REFUSED, details={"upgrade_required": "STANDARD"})
        return self.history(call, interval, plan.reach(params["interval"], call.now))

    def history(self, call: Call, interval: int, earliest: float) -> Reply:
        return success(self.rows(call.path, call.request.params, interval, call.now, earliest))

    def published(self, path: str, interval: int, now: float) -> float:
        """Up to when rows that have opened are sent."""
        return now

    def rows(
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
        edge = self.published(path, interval, now)
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


def code_of(reply: Reply) -> str:
    """The body's code; empty where the body is not the server's own."""
    whole = reply.body is None and reply.pieces is None and isinstance(reply.payload, dict)
    return str(reply.payload.get("code", "")) if whole else ""
