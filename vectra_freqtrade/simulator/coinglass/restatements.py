"""Sums over venues that are computed anew: now and then one venue's share of the past is another.

Each event has a moment; before it nobody can have known the values that are sent after it. Events
come from the seed, the coin and the kind of series alone.
"""

import threading
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.regimes import stream
from vectra_freqtrade.simulator.market.venues import VENUES

DAY = 86400
EVERY = 5 * DAY  # one event in each such slot
LEAST, MOST = 0.004, 0.03  # of one venue's figures, either way
SHORTEST, LONGEST = 20 * DAY, 120 * DAY
MOST_RECENT = 5 * DAY  # the corrected span ends up to so long before the event


@dataclass(frozen=True)
class Event:
    """
    :param moment: from when on the corrected rows are sent, seconds UTC
    :param begin: first opening that is corrected
    :param end: rows that have closed by then are
    :param venue: whose figures
    :param correction: relative, of that venue's part
    """

    moment: float
    begin: float
    end: float
    venue: str
    correction: float


class Restatements:
    """Those of one market; drawn as they are asked for, each once."""

    def __init__(self, market: SimulatedMarket) -> None:
        self._market = market
        self._events: dict[tuple[str, str], list[Event]] = {}
        self._lock = threading.Lock()

    def events(self, coin: str, kind: str, now: float) -> list[Event]:
        """All that have happened by `now`, in order."""
        slots = max(int((now - self._market.start) // EVERY) + 1, 0)
        with self._lock:
            known = self._events.setdefault((coin, kind), [])
            while len(known) < slots:
                known.append(self._draw(coin, kind, len(known)))
            return [event for event in known[:slots] if event.moment <= now]

    def factors(
        self,
        coin: str,
        kind: str,
        parts: dict[str, float],
        interval: int,
        times: NDArray[np.int64],
        now: float,
    ) -> NDArray[np.float64] | None:
        """
        :param kind: of series
        :param parts: venue to its part of the sum, 0 to 1
        :param interval: seconds
        :param times: consecutive openings, seconds UTC
        :return: what the rows are multiplied by, in an answer at `now`; None where by nothing
        """
        if len(times) == 0:
            return None
        result: NDArray[np.float64] | None = None
        first, last = int(times[0]), int(times[-1])
        for event in self.events(coin, kind, now):
            part = parts.get(event.venue, 0.0)
            end = event.end - interval
            if not part or event.begin > last or end < first:
                continue
            if result is None:
                result = np.ones(len(times))
            at = slice(*np.searchsorted(times, (event.begin, end), side="left"))
            result[at] *= 1 + part * event.correction
        return result

    def _draw(self, coin: str, kind: str, slot: int) -> Event:
        rng = stream(self._market.seed, f"{coin} {kind}", 8, slot)
        when, length, recent, size = (float(each) for each in rng.random(4))
        moment = float(self._market.start + int((slot + when) * EVERY))
        end = moment - recent * MOST_RECENT
        sign = 1 if rng.random() < 0.5 else -1
        return Event(
            moment=moment,
            begin=end - SHORTEST - length * (LONGEST - SHORTEST),
            end=end,
            venue=list(VENUES)[int(rng.integers(len(VENUES)))],
            correction=sign * (LEAST + size * (MOST - LEAST)),
        )
