"""Clocks for tests: nothing sleeps."""

from collections.abc import Callable


class FakeClock:
    """Stands still until somebody sleeps; then it jumps."""

    def __init__(self, now: float = 1_763_877_600.0) -> None:
        self.time = now
        self.sleeps: list[float] = []
        self.on_sleep: Callable[[float], None] = lambda seconds: None

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time - 1_000_000_000.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.sleeps.append(seconds)
        self.time += seconds
        self.on_sleep(seconds)


class MachineClock(FakeClock):
    """`time` is the true one; the machine's own may be ahead of it."""

    ahead = 0.0

    def now(self) -> float:
        return self.time + self.ahead


class TrueClock(FakeClock):
    """
    CoinGlass's.

    :param machine: goes with it
    """

    def __init__(self, machine: MachineClock) -> None:
        self._machine = machine

    @property
    def time(self) -> float:  # type: ignore[override]
        return self._machine.time

    @time.setter
    def time(self, seconds: float) -> None:
        self._machine.time = seconds
