"""The demo's market, exchange and CoinGlass on one clock that runs faster than the machine's."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Self

from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.fault_hook import Call, Fault
from tests.support.planned_fault import Planned
from vectra_freqtrade.simulator.clock import AcceleratedClock
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.simulator.loopback import Reply
from vectra_freqtrade.simulator.market.market import SimulatedMarket

SPEED = 20  # three seconds to a 1m candle
PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
#: Of the simulated market, before the bot starts.
DAYS = 1


class Late(Planned):
    """The right answer, so many seconds of real time late."""

    def __init__(self, seconds: float, **where: Any) -> None:
        super().__init__(**{"times": None, **where})
        self.seconds = seconds

    def before(self, call: Call) -> Reply | None:
        if self.meets(call):
            call.wait(self.seconds)
        return None


class FastWorld:
    """
    The servers; `with` starts them.

    :param market: of PAIRS, since DAYS, where none is given
    :param plans: key to plan
    :param pairs: of that market
    :param speed: of its clock, to the machine's
    """

    def __init__(
        self,
        market: SimulatedMarket | None = None,
        plans: Mapping[str, str] | None = None,
        *,
        pairs: Sequence[str] = PAIRS,
        speed: float = SPEED,
    ) -> None:
        now = time.time()
        self.clock = AcceleratedClock(now, speed)
        coins = [pair.split("/")[0] for pair in pairs]
        self.market = market or SimulatedMarket(coins, start=now - DAYS * 86_400)
        self.exchange = LoopbackExchange(self.market, self.clock)
        self.plans = dict(plans or {DEMO_KEY: "professional"})
        self.server = self._server(0)

    def __enter__(self) -> Self:
        self.exchange.start()
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()
        self.exchange.close()

    def faults(self, *faults: Fault) -> None:
        """What is wrong with CoinGlass from now on, and nothing else."""
        self.server.faults[:] = faults

    def go(self) -> None:
        """CoinGlass is gone: nobody listens at its address."""
        self.server.close()

    def come_back(self) -> None:
        """After `go`, at the same address."""
        self.server = self._server(self.server.port).start()

    def _server(self, port: int) -> CoinglassServer:
        return CoinglassServer(
            self.market, self.clock, plans=self.plans, keep_rows=False, port=port
        )
