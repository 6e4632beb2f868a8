"""CoinGlass's side of the budget: counts what arrives, in either kind of window."""

import heapq
import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from vectra_freqtrade.coinglass.budget.window import Window


@dataclass
class BudgetServer:
    """
    :param limit: per minute
    :param sliding: the last 60 s count, else the minute by the server's clock
    :param phase: seconds by which the server's minutes are off ours
    """

    limit: int
    sliding: bool
    phase: float = 0.0
    arrivals: list[float] = field(default_factory=list)
    refused: int = 0

    def arrive(self, now: float) -> int:
        """:return: requests used in the current window, this one counted"""
        start = now - 60.0 if self.sliding else (now + self.phase) // 60.0 * 60.0 - self.phase
        if not self.sliding:
            start -= 1e-9
        used = len(self.arrivals) - bisect_right(self.arrivals, start) + 1
        self.arrivals.append(now)
        self.refused += used > self.limit
        return used


class Traffic:
    """
    Requests as fast as the windows allow, in simulated time.

    :param windows: of the processes; the same object twice is a shared file
    :param latency: seconds to the server and back again, of one request
    :param workers: of each process; of those without work one at a time asks for a slot
    :param live_at: seconds at which the first process has a live request
    """

    start = 1_763_877_613.0

    def __init__(
        self,
        server: BudgetServer,
        windows: list[Window],
        latency: Callable[[], tuple[float, float]],
        *,
        workers: int = 64,
        live_at: Sequence[float] = (),
    ) -> None:
        self.server = server
        self.windows = windows
        self.latency = latency
        self.idle = [workers] * len(windows)
        self.live_waits: list[float] = []
        self._serial = iter(range(10**9))
        self._events: list[tuple[float, int, Callable[..., None], Any]] = []
        for process in range(len(windows) if workers else 0):
            self._push(self.start, self._backfill, process)
        for offset in live_at:
            self._push(self.start + offset, self._live, self.start + offset)

    def run(self, minutes: float) -> Self:
        while self._events and self._events[0][0] <= self.start + 60.0 * minutes:
            now, _, happens, what = heapq.heappop(self._events)
            happens(now, *what)
        return self

    def _push(self, when: float, happens: Callable[..., None], *what: Any) -> None:
        heapq.heappush(self._events, (when, next(self._serial), happens, what))

    def _backfill(self, now: float, process: int) -> None:
        slot, wait = self.windows[process].take(now, live=False)
        if slot is not None:
            self.idle[process] -= 1
            self._send(now, process, slot, False)
        if self.idle[process]:
            self._push(now + max(wait, 0.001), self._backfill, process)

    def _live(self, now: float, since: float) -> None:
        slot, wait = self.windows[0].take(now, live=True)
        if slot is None:
            self._push(now + max(wait, 0.001), self._live, since)
        else:
            self.live_waits.append(now - since)
            self._send(now, 0, slot, True)

    def _send(self, now: float, process: int, slot: int, live: bool) -> None:
        there, back = self.latency()
        self._push(now + there, self._arrive, process, slot, back, live)

    def _arrive(self, now: float, process: int, slot: int, back: float, live: bool) -> None:
        self._push(now + back, self._answer, process, slot, self.server.arrive(now), live)

    def _answer(self, now: float, process: int, slot: int, used: int, live: bool) -> None:
        window = self.windows[process]
        window.answer(slot, now)
        window.learn(slot, now, self.server.limit, used)
        if used > self.server.limit:
            window.refuse(now, None)
        if not live:
            self.idle[process] += 1
            if self.idle[process] == 1:
                self._push(now, self._backfill, process)


def latencies(seed: int, slowest: float) -> Callable[[], tuple[float, float]]:
    """Random ways there and back."""
    rng = random.Random(seed)
    return lambda: (rng.uniform(0.01, slowest), rng.uniform(0.01, slowest))
