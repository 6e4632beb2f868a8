"""`verify` against the simulated CoinGlass in this process, on a clock that only jumps."""

import json
from collections.abc import Sequence
from email.utils import formatdate
from typing import Any

import httpx

from tests.coinglass.clocks import FakeClock
from tests.support.coinglass_server import CoinglassServer
from tests.support.fault_hook import Fault
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.coinglass.contract.asking import Asking, Contract
from vectra_freqtrade.coinglass.contract.finding import Finding, Outcome
from vectra_freqtrade.coinglass.contract.run import Report, Verification
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.loopback import Request
from vectra_freqtrade.simulator.market.market import SimulatedMarket

KEY = "5ecret0marked0key0f00d"
BTC = Contract("BTC", "Binance", "BTCUSDT")


class World:
    """
    A server and a client on one clock.

    :param now: seconds UTC
    :param plan: of the key
    :param others: of the server
    """

    def __init__(
        self,
        market: SimulatedMarket,
        now: float,
        plan: str = "hobbyist",
        faults: Sequence[Fault] = (),
        rules: Rules | None = None,
        settings: dict[str, Any] | None = None,
        **others: Any,
    ) -> None:
        self.clock = FakeClock(now)
        self.server = CoinglassServer(
            market, self.clock, faults=faults, rules=rules, plans={KEY: plan}, **others
        )
        self.asked: list[httpx.Request] = []
        self.client = CoinglassClient(
            CoinglassSettings(**(settings or {})),
            key=ApiKey(KEY),
            transport=httpx.MockTransport(self._answer),
            clock=self.clock,
            environ={},
        )

    def close(self) -> None:
        self.client.close()
        self.server.close()

    def verify(self, *listed: Contract) -> Report:
        return Verification(Asking(self.client, BTC), listed).run()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        self.clock.time += 0.3
        sent = Request(
            "GET",
            request.url.path,
            dict(request.url.params),
            {name.lower(): value for name, value in request.headers.items()},
            self.clock.now(),
        )
        reply = self.server.answer(sent)
        body = json.dumps(reply.payload).encode() if reply.body is None else reply.body
        headers = {**reply.headers, "Date": formatdate(self.clock.now(), usegmt=True)}
        return httpx.Response(reply.status, headers=headers, content=body)


def deviations(found: Sequence[Finding]) -> list[Finding]:
    return [each for each in found if each.outcome is Outcome.BROKEN]
