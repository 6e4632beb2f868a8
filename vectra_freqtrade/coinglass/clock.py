"""Time, as something that can be handed in."""

import threading
import time
from typing import Protocol

from vectra_freqtrade.errors import TransientError


class Clock(Protocol):
    """What the client needs of time."""

    def now(self) -> float:
        """Seconds since 1970 by the machine's clock; shared by all processes."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; may raise to end the wait early."""
        ...


class SystemClock:
    """The machine's own."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class StoppableClock(SystemClock):
    """The machine's own, whose sleepers can be woken for good: a bot or a command that ends."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def sleep(self, seconds: float) -> None:
        """
        :raises TransientError: once `stop` was called
        """
        if self._stopped.wait(seconds):
            raise TransientError("Stopped.")

    def stop(self) -> None:
        """Wake all sleepers, now and later."""
        self._stopped.set()
