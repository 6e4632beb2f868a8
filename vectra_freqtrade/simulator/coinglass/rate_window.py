"""Requests counted per key over a minute: a fixed clock minute, or the last sixty seconds."""

import threading
from collections import deque
from typing import Literal

WindowType = Literal["fixed", "sliding"]


class RateWindow:
    """Counts one key's requests; refused ones are not counted."""

    def __init__(self, kind: WindowType) -> None:
        self._kind = kind
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def take(self, now: float, limit: int) -> tuple[bool, int]:
        """Whether one more request fits under the limit, and how many are used in this window."""
        with self._lock:
            oldest = now // 60 * 60 if self._kind == "fixed" else now - 59.999999
            while self._times and self._times[0] < oldest:
                self._times.popleft()
            if len(self._times) >= limit:
                return False, len(self._times)
            self._times.append(now)
            return True, len(self._times)
