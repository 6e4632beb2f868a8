"""A loopback Binance: the public USD-M futures and spot endpoints that real ccxt asks for.

Simulated from end to end. Without a market it serves `exchangeInfo` and the time, which is all that
`freqtrade backtesting` asks of an exchange; over a `SimulatedMarket` it serves candles, funding,
open interest, order book and tickers of the same market that the CoinGlass server shows.
"""

from collections.abc import Iterable
from typing import Any

from vectra_freqtrade.demo.clock import Clock
from vectra_freqtrade.demo.exchange_info import futures_info, spot_info
from vectra_freqtrade.demo.instruments import Instrument, instruments_of
from vectra_freqtrade.demo.loopback import LoopbackServer, Reply, Request

EMPTY_WITHOUT_MARKET = frozenset(
    {
        "fundingInfo",
        "fundingRate",
        "klines",
        "markPriceKlines",
        "openInterestHist",
        "premiumIndex",
        "ticker/24hr",
        "ticker/bookTicker",
        "ticker/price",
    }
)
FUTURES, FUTURES_DATA, SPOT = "/fapi/v1", "/futures/data", "/api/v3"


class LoopbackExchange(LoopbackServer):
    """Simulated Binance on 127.0.0.1.

    :param listing: pairs, symbols, coins or instruments to list
    :param clock: its time; the machine's own by default
    :param port: 0 picks a free one
    """

    def __init__(
        self,
        listing: Iterable[str | Instrument],
        clock: Clock | None = None,
        *,
        port: int = 0,
    ) -> None:
        super().__init__(clock, port=port)
        self.instruments = instruments_of(listing)

    def config_overlay(self, trading_mode: str = "futures") -> dict[str, Any]:
        """Config that points freqtrade's real ccxt at this server; merge it over any config.

        :param trading_mode: futures or spot
        """
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
                    "options": {"fetchMarkets": {"types": ["spot" if spot else "linear"]}},
                    "urls": {"api": urls},
                },
            }
        }

    def handle(self, request: Request) -> Reply:
        root, _, endpoint = _split(request.path)
        spot = root == SPOT
        if endpoint == "ping":
            return Reply({})
        if endpoint == "time":
            return Reply({"serverTime": int(request.time * 1000)})
        if endpoint == "exchangeInfo":
            info = spot_info if spot else futures_info
            return Reply(info(self.instruments, request.time))
        if endpoint in EMPTY_WITHOUT_MARKET:
            return Reply([])
        return Reply({"code": -1, "msg": f"simulated exchange: no {request.path}"}, 404)


def _split(path: str) -> tuple[str, str, str]:
    for root in (FUTURES, FUTURES_DATA, SPOT):
        if path.startswith(f"{root}/"):
            return root, "/", path[len(root) + 1 :]
    return "", "", path
