"""When something is due, by a clock that may be put right meanwhile. Pure."""

from typing import Final

#: Seconds that the feed's time goes back for an answer's date; more is a clock that was put right.
JUMP: Final = 60.0


class Timer:
    """
    Due at once until it is set.

    A time that was set by a clock which ran ahead would be too far away for as long as it did. So
    where the clock is before the moment of setting, what there was to wait is waited from now on.
    """

    def __init__(self) -> None:
        self._held = (0.0, 0.0)  # due, and when that was set; replaced as a whole

    @property
    def at(self) -> float:
        """Seconds; 0 before it was set."""
        return self._held[0]

    def set(self, at: float, now: float) -> None:
        """:param now: by the same clock, seconds"""
        self._held = (at, now)

    def left(self, now: float) -> float:
        """Seconds until it is due, never more than there were when it was set."""
        at, set_at = self._held
        if now < set_at - JUMP:
            at = now + at - set_at
            self._held = (at, now)
        return at - now

    def reached(self, now: float) -> bool:
        return self.left(now) <= 0
