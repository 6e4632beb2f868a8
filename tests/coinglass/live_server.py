"""The loopback CoinGlass with a client on the same, accelerated, clock."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.fault_hook import Fault
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.clock import AcceleratedClock
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.market.market import SimulatedMarket

NOW = datetime(2025, 3, 1, 0, 30, tzinfo=UTC)
START = datetime(2024, 12, 1, tzinfo=UTC)
SPEED = 60.0


@dataclass
class SharedClock:
    """The server's clock as the client's: waits are as much shorter as the time is faster."""

    clock: AcceleratedClock

    def now(self) -> float:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.clock.speed)


@contextmanager
def live(
    market: SimulatedMarket,
    *faults: Fault,
    plan: str = "professional",
    rules: Rules | None = None,
    state_dir: Path | None = None,
    speed: float = SPEED,
    settings: dict[str, Any] | None = None,
) -> Iterator[tuple[CoinglassServer, CoinglassClient]]:
    """A server with faults, and a client that talks to it; values that never change by default."""
    clock = AcceleratedClock(NOW.timestamp(), speed)
    plans = {DEMO_KEY: plan}
    served: Sequence[Fault] = faults
    with CoinglassServer(
        market,
        clock,
        plans=plans,
        rules=rules or Rules.plain(),
        faults=served,
        keep_rows=False,
    ) as server:
        client = CoinglassClient(
            CoinglassSettings(base_url=server.url, **(settings or {})),
            key=ApiKey(DEMO_KEY),
            clock=SharedClock(clock),
            state_dir=state_dir,
            environ={},
        )
        with client:
            yield server, client
