"""Clocks of the loopback servers: real, stepped (never moved, it is a fixed one), accelerated.

Both servers of one demo share one clock, so an exchange candle and the CoinGlass row of the same
interval close at the same moment, whoever drives the time.
"""

import threading
import time
from typing import Protocol, runtime_checkable


class Clock(Protocol):
    """Anything that tells the time in seconds since 1970-01-01 UTC."""

    def now(self) -> float: ...


@runtime_checkable
class SettableClock(Clock, Protocol):
    """A clock that a test, or another process, may move."""

    def set(self, now: float) -> None: ...


class RealClock:
    """The machine's own time."""

    def now(self) -> float:
        return time.time()


class SteppedClock:
    """Stands still until it is set or advanced; `now` in seconds UTC."""

    def __init__(self, now: float) -> None:
        self._now = float(now)
        self._lock = threading.Lock()

    def now(self) -> float:
        with self._lock:
            return self._now

    def set(self, now: float) -> None:
        with self._lock:
            self._now = float(now)

    def advance(self, seconds: float) -> float:
        with self._lock:
            self._now += seconds
            return self._now


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
