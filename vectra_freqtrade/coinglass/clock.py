"""Time, as something that can be handed in; and CoinGlass's own, as far as its answers tell it."""

import logging
import math
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from vectra_freqtrade.coinglass.answers.envelope import server_time
from vectra_freqtrade.errors import TransientError
from vectra_freqtrade.times import from_seconds

logger = logging.getLogger(__name__)

#: Seconds between both clocks that no slow answer explains: one of them is wrong.
_WRONG: Final = 60.0


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


class BothClocks:
    """
    The machine's clock beside CoinGlass's, as the answers date themselves.

    :param max_skew: seconds; an answer dated longer ago counts as undated, None for never
    """

    def __init__(self, clock: Clock, max_skew: float | None) -> None:
        self._clock = clock
        self._max_skew = math.inf if max_skew is None else max_skew
        self._ahead: tuple[float, float] | None = None  # and `_offset` then
        self._said_ahead = 0.0

    @property
    def ahead(self) -> float | None:
        """Seconds by which ours is ahead, less what it was put right since; None before a date."""
        if self._ahead is None:
            return None
        told, offset = self._ahead
        return told - max(0.0, offset - self._offset())

    def now(self) -> datetime:
        """The earlier of the two."""
        return from_seconds(self._clock.now() - max(0.0, self.ahead or 0.0))

    def corrected(self) -> float:
        """Ours, seconds; put right by CoinGlass's where it is wrong and ahead."""
        ahead = self.ahead or 0.0
        return self._clock.now() - (ahead if ahead > _WRONG else 0.0)

    def note(self, headers: Mapping[str, str]) -> datetime:
        """The earlier of ours and an answer's own, which is remembered."""
        ours = from_seconds(self._clock.now())
        theirs = server_time(headers)
        if theirs is None:
            return ours
        ahead = (ours - theirs).total_seconds()
        self._say(ahead)
        if ahead > self._max_skew:
            return ours
        self._ahead = ahead, self._offset()
        return min(ours, theirs)

    def _offset(self) -> float:
        """Falls when our clock goes back, and then only."""
        return self._clock.now() - self._clock.monotonic()

    def _say(self, ahead: float) -> None:
        """Once; a date that stands still moves away with each answer, and is no news for that."""
        if abs(ahead - self._said_ahead) <= max(_WRONG, 0.1 * abs(self._said_ahead)):
            return
        self._said_ahead = ahead
        if abs(ahead) > _WRONG:
            word = "ahead of" if ahead > 0 else "behind"
            logger.warning("This machine's clock is %.0f s %s CoinGlass's.", abs(ahead), word)
