"""Time, as something that can be handed in."""

import time
from typing import Protocol


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
