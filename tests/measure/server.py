"""A loopback CoinGlass in its own process: python -m tests.measure.server PLAN WINDOW SPEED."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from tests.coinglass.live_server import NOW, START
from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.fault_hook import Call, Fault
from vectra_freqtrade.simulator.clock import AcceleratedClock
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.loopback import Reply
from vectra_freqtrade.simulator.market.market import SimulatedMarket

PAIRS = [f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SOL", "XRP", "DOGE")]


class Latency(Fault):
    """Answers take 0.3 to 1.5 s of simulated time, on both sides of the counting."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.rng = random.Random(1)

    def before(self, call: Call) -> Reply | None:
        call.wait(self.rng.uniform(0.1, 0.5) / self.speed)
        return None

    def after(self, call: Call, reply: Reply) -> Reply:
        call.wait(self.rng.uniform(0.2, 1.0) / self.speed)
        return reply


def simulated_market() -> SimulatedMarket:
    """The one that is served."""
    return SimulatedMarket(PAIRS, start=START - timedelta(days=60), seed=1)


@contextmanager
def serving(plan: str, window: str, speed: float) -> Iterator[str]:
    """:return: its address"""
    clock = AcceleratedClock(NOW.timestamp(), speed)
    with CoinglassServer(
        simulated_market(),
        clock,
        plans={DEMO_KEY: plan},
        rules=Rules(window=window),
        faults=[Latency(speed)],
        keep_rows=False,
    ) as server:
        clock.set(NOW.timestamp())
        yield server.url


def main() -> None:
    with serving(sys.argv[1], sys.argv[2], float(sys.argv[3])) as url:
        print(url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
