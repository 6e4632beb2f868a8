"""A loopback Binance: the public USD-M futures and spot endpoints that real ccxt asks for.

Simulated from end to end. Without a market it serves `exchangeInfo` and the time, which is all that
`freqtrade backtesting` asks of an exchange; over a `SimulatedMarket` it serves candles, funding,
open interest, order book and tickers of the same market that the CoinGlass server shows.
"""

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Any

from vectra_freqtrade.simulator.clock import Clock
from vectra_freqtrade.simulator.exchange.exchange_info import futures_info, spot_info
from vectra_freqtrade.simulator.exchange.exchange_market import (
    ENDPOINTS,
    HISTORIES,
    OF_ALL,
    Asked,
    Quoted,
)
from vectra_freqtrade.simulator.loopback import LoopbackServer, Reply, Request
from vectra_freqtrade.simulator.market.instruments import Instrument, instruments_of
from vectra_freqtrade.simulator.market.market import SimulatedMarket

FUTURES, FUTURES_DATA, SPOT = "/fapi/v1", "/futures/data", "/api/v3"


class LoopbackExchange(LoopbackServer):
    """Lists a market, or coins without one; `requests` counts what was asked, by path."""

    def __init__(
        self,
        listing: SimulatedMarket | Iterable[str | Instrument],
        clock: Clock | None = None,
        *,
        port: int = 0,
    ) -> None:
        super().__init__(clock, port=port)
        self.market = listing if isinstance(listing, SimulatedMarket) else None
        listed = (
            listing.instruments if isinstance(listing, SimulatedMarket) else instruments_of(listing)
        )
        self.instruments = tuple(each for each in listed if each.on_binance)
        self.requests: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._quoted = {
            spot: {q.symbol: q for q in (Quoted.of(i, spot) for i in self.instruments)}
            for spot in (False, True)
        }

    def config_overlay(self, trading_mode: str = "futures") -> dict[str, Any]:
        """Config that points freqtrade's real ccxt at this server; merge it over any config."""
        spot = trading_mode == "spot"
        urls = (
            {"public": f"{self.url}{SPOT}", "private": f"{self.url}{SPOT}"}
            if spot
            else {
                "fapiPublic": f"{self.url}{FUTURES}",
                "fapiData": f"{self.url}{FUTURES_DATA}",
            }
        )
        return {
            "exchange": {
                "enable_ws": False,
                "only_from_ccxt": True,
                "ccxt_config": {
                    "enableRateLimit": False,  # a loopback server needs no sparing
                    "options": {"fetchMarkets": {"types": ["spot" if spot else "linear"]}},
                    "urls": {"api": urls},
                },
            }
        }

    def handle(self, request: Request) -> Reply:
        with self._counting:
            self.requests[request.path] += 1
        root, endpoint = _split(request.path)
        spot = root == SPOT
        if endpoint == "ping":
            return Reply({})
        if endpoint == "time":
            return Reply({"serverTime": int(request.time * 1000)})
        if endpoint == "exchangeInfo":
            return Reply((spot_info if spot else futures_info)(self.instruments, request.time))
        if endpoint == "fundingInfo":
            return Reply([])
        answer = ENDPOINTS.get(endpoint)
        if answer is None:
            return Reply({"code": -1, "msg": f"simulated exchange: no {request.path}"}, 404)
        symbol = request.params.get("symbol") or request.params.get("pair")
        quoted = self._quoted[spot].get(symbol or "")
        if quoted is None and (symbol or endpoint not in OF_ALL):
            return Reply({"code": -1121, "msg": "Invalid symbol."}, 400)
        if self.market is None:
            if endpoint in OF_ALL or endpoint in HISTORIES:
                return Reply([])
            return Reply({"code": -1, "msg": "simulated exchange without a market"}, 404)
        wanted = self._quoted[spot].values() if quoted is None else (quoted,)
        given = [answer(Asked(self.market, q, request.params, request.time)) for q in wanted]
        return Reply(given if quoted is None else given[0])


def _split(path: str) -> tuple[str, str]:
    for root in (FUTURES, FUTURES_DATA, SPOT):
        if path.startswith(f"{root}/"):
            return root, path[len(root) + 1 :]
    return "", path
