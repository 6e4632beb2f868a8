"""How often, and how long, a failed request is tried again; and when an endpoint is left alone."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.errors import RateLimitError, SymbolError, TransientError, VectraError

Result = TypeVar("Result")

#: Calls that must fail one after another, each with all of its retries.
THRESHOLD = 3
FIRST_PAUSE = 30.0
LONGEST_PAUSE = 900.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    :param attempts: at most, the first one counted
    :param budget: seconds from the first attempt to the start of the last one, waits for the
        limiter not counted
    :param initial_wait: longest wait before the second attempt
    :param factor: each following one may be so much longer
    :param max_wait: longest wait
    """

    attempts: int = 5
    budget: float = 180.0
    initial_wait: float = 1.0
    factor: float = 2.0
    max_wait: float = 20.0


BACKFILL = RetryPolicy()
#: A bot asks again at its next candle anyway.
LIVE = RetryPolicy(attempts=3, budget=20.0, max_wait=5.0)


@dataclass(slots=True)
class Call:
    """
    One request of ours, over all of its attempts.

    :param policy: how to try again
    :param live: goes before backfill
    :param deadline: by the clock's `monotonic`; no attempt starts, no wait and no body ends after
        it
    :param waited: seconds spent waiting for the limiter so far
    """

    policy: RetryPolicy = BACKFILL
    live: bool = False
    deadline: float | None = None
    waited: float = 0.0


def retrying(attempt: Callable[[], Result], call: Call, clock: Clock, rng: random.Random) -> Result:
    """
    Try until it works, the error is not transient, or the budget is spent.

    :param attempt: one try; raises TransientError where another one may help
    :param call: policy and deadline
    :param clock: for the waits
    :param rng: for the jitter
    :raises VectraError: the last attempt's
    """
    start, waited = clock.monotonic(), call.waited
    number = 1
    while True:
        try:
            return attempt()
        except TransientError as error:
            number += 1
            if number > call.policy.attempts:
                raise
            wait = _wait_before(number, error, call.policy, rng)
            now = clock.monotonic()
            spent = now - start - (call.waited - waited)
            if spent + wait > call.policy.budget:
                raise
            if call.deadline is not None and now + wait > call.deadline:
                raise
        clock.sleep(wait)


def _wait_before(
    number: int, error: TransientError, policy: RetryPolicy, rng: random.Random
) -> float:
    """Seconds before an attempt, 2 for the first retry; a server's Retry-After is the least."""
    longest = min(policy.max_wait, policy.initial_wait * policy.factor ** (number - 2))
    jittered = rng.uniform(longest / 2, longest)
    return max(jittered, error.retry_after or 0.0)


@dataclass(slots=True)
class _Endpoint:
    failures: int = 0
    pause: float = 0.0
    open_until: float = 0.0
    trying: bool = False


class Breaker:
    """Per endpoint: closed, open, or letting one call through to see."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._endpoints: dict[str, _Endpoint] = {}

    @contextmanager
    def watching(self, path: str) -> Iterator[None]:
        """
        One call with all of its retries.

        :raises TransientError: while the endpoint is left alone; says for how long
        """
        self.check(path)
        try:
            yield
        except (RateLimitError, SymbolError):
            self.left(path)  # the key's budget, or the coin that was asked for
            raise
        except TransientError:
            self.failed(path)
            raise
        except VectraError:
            self.succeeded(path)
            raise
        except BaseException:
            self.left(path)
            raise
        self.succeeded(path)

    def check(self, path: str) -> None:
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
        """It answered: data, or a refusal that is not its fault."""
        with self._guard:
            self._endpoints.pop(path, None)

    def failed(self, path: str) -> None:
        with self._guard:
            state = self._endpoints.setdefault(path, _Endpoint())
            state.failures += 1
            if state.failures >= THRESHOLD:
                state.pause = min(max(FIRST_PAUSE, state.pause * 2), LONGEST_PAUSE)
                state.open_until = self._clock.monotonic() + state.pause
            state.trying = False

    def left(self, path: str) -> None:
        """The call ended without telling anything about the endpoint."""
        with self._guard:
            state = self._endpoints.get(path)
            if state is not None:
                state.trying = False
