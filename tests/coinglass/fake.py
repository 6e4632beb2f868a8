"""A CoinGlass in memory, behind httpx.MockTransport, on a clock that only jumps."""

import json
import random
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx

from tests.coinglass.budget_server import BudgetServer
from tests.coinglass.clocks import FakeClock
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.settings.section import CoinglassSettings

KEY = "5ecret0marked0key0f00d"
PAIRS = {
    "Binance": [{"instrument_id": f"{c}USDT", "base_asset": c} for c in ("BTC", "ETH", "SOL")],
    "Bitget": [{"instrument_id": "BTCUSDT", "base_asset": "BTC"}],
}

Handler = Callable[[httpx.Request], httpx.Response | None]


def envelope(data: Any = None, code: Any = "0", **rest: Any) -> httpx.Response:
    body = {"code": code, "data": data} | rest
    return httpx.Response(200, content=json.dumps(body).encode())


class FakeCoinglass:
    """
    Rows since ever for every interval endpoint; the value of a row is its number of the day.

    :param rate: requests per minute; None sends no headers and refuses nothing
    :param first: handlers that come before everything; None goes on
    """

    def __init__(
        self, clock: FakeClock, *, rate: int | None = 300, level: str = "STANDARD", sliding=True
    ) -> None:
        self.clock = clock
        self.level = level
        self.budget = BudgetServer(rate, sliding) if rate else None
        self.first: list[Handler] = []
        self.seen: list[httpx.Request] = []
        self.latency = 0.0
        self.listed = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        self.clock.time += self.latency
        response = self._answer(request)
        response.headers.setdefault("Date", formatdate(self.clock.now(), usegmt=True))
        if self.budget is not None:
            used = self.budget.arrive(self.clock.now())
            if used > self.budget.limit:
                response = envelope(code="400", msg="Too Many Requests")
            response.headers["API-KEY-MAX-LIMIT"] = str(self.budget.limit)
            response.headers["API-KEY-USE-LIMIT"] = str(used)
        return response

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("CG-API-KEY") != KEY:
            return envelope(code="400", msg="Invalid API key provided")
        for handler in self.first:
            answer = handler(request)
            if answer is not None:
                return answer
        path, params = request.url.path, request.url.params
        if path.endswith("/subscription"):
            return envelope({"level": self.level, "expire_time": 1805943491000, "expired": False})
        if path.endswith("/supported-exchange-pairs"):
            return envelope(PAIRS)
        if path.endswith("/supported-coins"):
            return envelope(["BTC", "ETH"])
        if "interval" in params:
            return envelope(self.rows(params))
        return envelope([])

    def rows(self, params: httpx.QueryParams) -> list[dict[str, Any]]:
        length = interval_ms(params["interval"])
        start, end = int(params["start_time"]), int(params["end_time"])
        end = min(end, int(self.clock.now() * 1000))
        first = max(-(-start // length) * length, self.listed)
        times = range(first, end, length)[: int(params["limit"])]
        return [row(time) for time in times]

    def client(
        self, state_dir: Path | None = None, *, max_clock_skew: float | None = None, **settings: Any
    ) -> CoinglassClient:
        return CoinglassClient(
            CoinglassSettings(**settings),
            key=ApiKey(KEY),
            transport=httpx.MockTransport(self),
            clock=self.clock,
            state_dir=state_dir,
            environ={},
            max_clock_skew=max_clock_skew,
            rng=random.Random(11),
        )


def row(time: int) -> dict[str, Any]:
    """The same row for all interval endpoints."""
    value = time // 60_000 % 1440 + 1
    fields = ("global_account_long_short_ratio", "top_account_long_short_ratio")
    sums = ("buy_volume", "sell_volume", "long_liquidation", "short_liquidation", "bids", "asks")
    return {
        "time": time,
        "close": str(value),
        **dict.fromkeys(fields, value),
        **{f"aggregated_{name}_usd": value for name in sums},
    }
