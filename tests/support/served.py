"""A loopback CoinGlass asked in this process, at any moment, without a socket."""

from typing import Any

from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.loopback import Reply, Request
from vectra_freqtrade.simulator.market.market import SimulatedMarket

F = "/api/futures"
OI = f"{F}/open-interest/aggregated-history"
FUNDING = f"{F}/funding-rate/oi-weight-history"
TAKER = f"{F}/aggregated-taker-buy-sell-volume/history"
LIQUIDATION = f"{F}/liquidation/aggregated-history"
BOOK = f"{F}/orderbook/aggregated-ask-bids-history"
RATIO = f"{F}/global-long-short-account-ratio/history"
PRICE = f"{F}/price/history"
HEATMAP = f"{F}/liquidation/aggregated-heatmap/model1"
MAP = f"{F}/liquidation/aggregated-map"
PAIRS = f"{F}/supported-exchange-pairs"
DOMINANCE = "/api/index/bitcoin-dominance"
ALL = "Binance,OKX,Bybit,Bitget,Gate,Hyperliquid"


class Served:
    """
    :param market: that the server shows
    :param now: its clock, seconds UTC
    :param rules: of the server; without provisional rows and restatements by default
    :param others: of the server
    """

    def __init__(
        self, market: SimulatedMarket, now: float, rules: Rules | None = None, **others: Any
    ) -> None:
        self.clock = SteppedClock(now)
        rules = rules or Rules.plain()
        self.server = CoinglassServer(market, self.clock, rules=rules, **others)

    def close(self) -> None:
        self.server.close()

    def reply(self, path: str, *, at: float | None = None, **params: Any) -> Reply:
        """:param at: server time; the clock's by default"""
        texts = {name: str(value) for name, value in params.items()}
        now = self.clock.now() if at is None else at
        return self.server.answer(Request("GET", path, texts, {"cg-api-key": DEMO_KEY}, now))

    def __call__(self, path: str, **params: Any) -> Any:
        """The data of an answer that is a success."""
        payload = self.reply(path, **params).payload
        assert payload["code"] == "0", payload
        return payload["data"]
