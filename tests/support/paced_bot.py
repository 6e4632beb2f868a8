"""
A dry-run bot whose time goes on a few seconds with each of its loops, however fast the machine is.

So a busy machine makes it slower and never late, and an idle one need not wait.
"""

import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.fast_process import preloaded, start
from tests.support.fast_world import FastWorld
from tests.support.live_bot import LiveBot
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.simulator.market.market import SimulatedMarket

#: Seconds of the bot's time from one loop to the next, as freqtrade's own default throttle.
STEP = 5
#: Real seconds that a step takes at least: what asks CoinGlass waits in real time.
SHORTEST = 0.2
#: Real seconds after which time goes on without a loop, as at the start.
PATIENCE = 3.0
#: When it starts: the market is the same each time, and its states change often then.
START = datetime(2026, 10, 5, 14, 38, 2, tzinfo=UTC)


class PacedWorld(FastWorld):
    """
    The servers on a clock that somebody else moves.

    :param coins: of the market
    :param days: that it is old
    """

    clock: SteppedClock  # type: ignore[assignment]

    def __init__(self, coins: Sequence[str], days: int) -> None:
        # Two seconds past a step, so that no loop looks at the very moment a candle closes.
        self.clock = SteppedClock(START.timestamp())
        self.market = SimulatedMarket(coins, start=self.clock.now() - days * 86_400)
        self.exchange = LoopbackExchange(self.market, self.clock)
        self.plans = {DEMO_KEY: "professional"}
        self.server = CoinglassServer(self.market, self.clock, plans=self.plans, keep_rows=False)


class PacedBot(LiveBot):
    """
    Its strategy writes a byte to `loops` in user_data each time a loop begins, and pauses before
    that: what makes no step need not be looped for.

    :param folder: user_data is made there
    :param world: its clock is moved
    :param pairs: the pair list
    :param other: of `LiveBot`
    """

    world: PacedWorld

    def __init__(self, folder: Path, world: PacedWorld, pairs: Sequence[str], **other: Any) -> None:
        throttle = {"internals": {"heartbeat_interval": 60, "process_throttle_secs": 0}}
        super().__init__(folder, world, pairs, config=throttle, **other)
        self._clock_file = folder / "clock"
        self._loops = self.bot.userdir / "loops"
        self._ending = threading.Event()
        self._pacer = threading.Thread(target=self._pace)

    def __enter__(self) -> Self:
        self._loops.touch()
        self._show()
        self._pacer.start()
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        self._end_pacing()
        super().__exit__(*error)

    def start(self) -> None:
        """A new process."""
        with self.log_file.open("ab") as log:
            self._process = start(self.bot, "Timed", self.environment, stdout=log)

    @property
    def environment(self) -> dict[str, str]:
        """Of a process whose time is the clock's, in whole seconds."""
        return preloaded() | {
            "FAKETIME": "%",
            "FAKETIME_FOLLOW_FILE": str(self._clock_file),
            "FAKETIME_NO_CACHE": "1",
            "NO_FAKE_STAT": "1",
        }

    def skip_to(self, now: float) -> None:
        """
        After the bot's end.

        :param now: seconds, of the clock
        """
        self._end_pacing()
        self.world.clock.set(max(now, self.world.clock.now()))
        self._show()

    def _end_pacing(self) -> None:
        self._ending.set()
        self._pacer.join()

    def _pace(self) -> None:
        seen = 0
        while not self._ending.wait(SHORTEST):
            end = time.monotonic() + PATIENCE
            while (loops := self._loops.stat().st_size) == seen and time.monotonic() < end:
                if self._ending.wait(0.01):
                    return
            self.world.clock.advance(STEP if loops > seen else 1)
            seen = loops
            self._show()

    def _show(self) -> None:
        now = self.world.clock.now()
        self._clock_file.touch()
        os.utime(self._clock_file, (now, now))
