"""How often, and how long, a failed request is tried again: one policy, one layer."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.errors import TransientError

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """
    :param attempts: at most, the first one counted
    :param budget: seconds from the first attempt to the start of the last one, waits for the
        limiter not counted
    :param first: longest wait before the second attempt
    :param factor: each following one may be so much longer
    :param most: longest wait
    """

    attempts: int = 5
    budget: float = 180.0
    first: float = 1.0
    factor: float = 2.0
    most: float = 20.0


BACKFILL = RetryPolicy()
#: A bot asks again at its next candle anyway.
LIVE = RetryPolicy(attempts=3, budget=20.0, most=5.0)


@dataclass(slots=True)
class Call:
    """
    One request of ours, over all of its attempts.

    :param policy: how to try again
    :param live: goes before backfill
    :param deadline: by the clock's `monotonic`; no attempt starts, no wait and no body ends after
        it
    :param unknown: whether CoinGlass's lists lack the coin that is asked for
    :param waited: seconds spent waiting for the limiter so far
    """

    policy: RetryPolicy = field(default_factory=lambda: BACKFILL)
    live: bool = False
    deadline: float | None = None
    unknown: Callable[[], bool] | None = None
    waited: float = 0.0


def wait_before(
    attempt: int, error: TransientError, policy: RetryPolicy, rng: random.Random
) -> float:
    """
    :param attempt: of the next one, 2 for the first retry
    :param error: of the last one; a server's Retry-After is the least we wait
    :param policy: bounds
    :param rng: for the jitter
    :return: seconds
    """
    longest = min(policy.most, policy.first * policy.factor ** (attempt - 2))
    jittered = rng.uniform(longest / 2, longest)
    return max(jittered, error.retry_after or 0.0)


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
            wait = wait_before(number, error, call.policy, rng)
            now = clock.monotonic()
            spent = now - start - (call.waited - waited)
            if spent + wait > call.policy.budget:
                raise
            if call.deadline is not None and now + wait > call.deadline:
                raise
        clock.sleep(wait)
