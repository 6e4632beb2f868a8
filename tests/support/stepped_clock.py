"""A clock of the loopback servers that a test moves by hand."""

import threading


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
