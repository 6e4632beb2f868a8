"""An endpoint that keeps failing is left alone for a while, longer each time."""

import threading
from dataclasses import dataclass

from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.errors import TransientError

#: Calls that must fail one after another, each with all of its retries.
THRESHOLD = 3
FIRST_PAUSE = 30.0
LONGEST_PAUSE = 900.0


@dataclass(slots=True)
class _Endpoint:
    failures: int = 0
    pause: float = 0.0
    open_until: float = 0.0
    trying: bool = False


class Breaker:
    """
    Per endpoint: closed, open, or letting one call through to see.

    :param clock: its `monotonic` is used
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._endpoints: dict[str, _Endpoint] = {}

    def check(self, path: str) -> None:
        """
        :param path: of the endpoint
        :raises TransientError: while it is left alone; says for how long
        """
        with self._guard:
            state = self._endpoints.get(path)
            if state is None or not state.pause:
                return
            rest = state.open_until - self._clock.monotonic()
            if rest > 0 or state.trying:
                wait = max(rest, 1.0)
                raise TransientError(
                    f"{path} kept failing and is left alone for {wait:.0f} s.", retry_after=wait
                )
            state.trying = True

    def succeeded(self, path: str) -> None:
        """The endpoint answered: data, or a refusal that is not its fault."""
        with self._guard:
            self._endpoints.pop(path, None)

    def failed(self, path: str) -> None:
        """A call failed with all of its retries."""
        with self._guard:
            state = self._endpoints.setdefault(path, _Endpoint())
            state.failures += 1
            if state.failures >= THRESHOLD:
                state.pause = min(max(FIRST_PAUSE, state.pause * 2), LONGEST_PAUSE)
                state.open_until = self._clock.monotonic() + state.pause
            state.trying = False

    def left(self, path: str) -> None:
        """A call ended without telling anything about the endpoint."""
        with self._guard:
            state = self._endpoints.get(path)
            if state is not None:
                state.trying = False
