"""The moment at which new data becomes visible to the bot, so that a backtest can repeat it."""

import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

import pandas as pd

Made = TypeVar("Made")
Seen = TypeVar("Seen")

_MS = pd.Timedelta(1, "ms")
#: Seconds after a read within which another one is likely: a bot goes from pair to pair.
_READING: Final = 0.25


class Publisher:
    """
    Decides when something counts as first seen: not before anybody can see it, and after every
    decision that was made without it, whatever the machine's clock says.

    Neither side ever waits for the other longer than an assignment takes.

    :param now: seconds since 1970
    :param monotonic: seconds that never go back
    """

    def __init__(
        self, now: Callable[[], float], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        self._monotonic = monotonic
        self._read_at = -_READING
        self._guard = threading.Lock()
        self._horizon = pd.Timestamp(0, unit="ms", tz="UTC")

    def read(self, as_of: pd.Timestamp, look: Callable[[], Seen]) -> Seen:
        """
        :param as_of: the decision that is about to be made, tz-aware
        :param look: takes what is visible; an assignment, no work
        """
        self._read_at = self._monotonic()
        with self._guard:
            self._horizon = max(self._horizon, as_of)
            return look()

    @property
    def being_read(self) -> bool:
        """Whether the bot is making columns, as far as can be told."""
        return self._monotonic() - self._read_at < _READING

    def publish(
        self, make: Callable[[pd.Timestamp], Made], show: Callable[[Made], object]
    ) -> tuple[Made, pd.Timestamp]:
        """
        :param make: the new data as seen at a moment; may work for a while, may be called again
        :param show: makes it visible; an assignment, no work
        :return: what was shown, and the moment
        """
        while True:
            seen = self._moment()
            made = make(seen)
            with self._guard:
                if seen > self._horizon:
                    show(made)
                    return made, seen

    def _moment(self) -> pd.Timestamp:
        now = pd.Timestamp(self._now(), unit="s", tz="UTC").ceil("ms")
        with self._guard:
            return max(now, (self._horizon + _MS).ceil("ms"))
