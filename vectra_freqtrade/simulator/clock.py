"""Clocks of the loopback servers: real, and accelerated.

Both servers of one demo share one clock, so an exchange candle and the CoinGlass row of the same
interval close at the same moment, whoever drives the time.
"""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the time in seconds since 1970-01-01 UTC."""

    def now(self) -> float: ...


class RealClock:
    """The machine's own time."""

    def now(self) -> float:
        return time.time()


class AcceleratedClock:
    """Runs from `now` (seconds UTC), `speed` times as fast as the monotonic clock."""

    def __init__(self, now: float, speed: float) -> None:
        self.speed = speed
        self._lock = threading.Lock()
        self._origin = float(now)
        self._started = time.monotonic()

    def now(self) -> float:
        with self._lock:
            return self._origin + (time.monotonic() - self._started) * self.speed

    def set(self, now: float) -> None:
        with self._lock:
            self._origin = float(now)
            self._started = time.monotonic()
