"""Which requests a fault meets; the faults themselves are in `faults` and `row_faults`.

Paths that contain a text, from the n-th such request on, so many times. They count under a lock
and are otherwise the same on every run.
"""

import threading

from tests.support.fault_hook import Call, Fault


class Planned(Fault):
    """Base: meets some requests and leaves the others alone.

    :param path: part of the paths it meets; all of them by default
    :param skip: so many matching requests pass first
    :param times: so many are met then; None is all
    """

    def __init__(self, path: str = "", *, skip: int = 0, times: int | None = 1) -> None:
        self.path = path
        self.skip = skip
        self.times = times
        self.met = 0
        self._seen = 0
        self._lock = threading.Lock()

    def meets(self, call: Call) -> bool:
        """Count a request; whether it is one to be met."""
        if self.path not in call.path:
            return False
        with self._lock:
            self._seen += 1
            if self._seen <= self.skip or (self.times is not None and self.met >= self.times):
                return False
            self.met += 1
            return True
