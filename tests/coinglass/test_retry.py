import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.coinglass.clocks import FakeClock
from vectra_freqtrade.coinglass.retry import BACKFILL, LIVE, Call, RetryPolicy, retrying
from vectra_freqtrade.errors import AuthError, PlanError, TransientError

_POLICY = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 8),
    budget=st.floats(0, 300),
    initial_wait=st.floats(0.1, 5),
    factor=st.floats(1, 4),
    max_wait=st.floats(1, 60),
)


class Attempts:
    """Fails so often, taking so long each time."""

    def __init__(self, clock, failures, took=0.0, retry_after=None):
        self.clock, self.failures, self.took, self.retry_after = clock, failures, took, retry_after
        self.count = 0
        self.started: list[float] = []

    def __call__(self):
        self.count += 1
        self.started.append(self.clock.monotonic())
        self.clock.time += self.took
        if self.count <= self.failures:
            raise TransientError("no", retry_after=self.retry_after)
        return "yes"


@given(_POLICY, st.integers(0, 12), st.floats(0, 30), st.integers(0, 2**32))
def test_attempts_and_budget_are_never_exceeded(policy, failures, took, seed):
    clock = FakeClock()
    attempts = Attempts(clock, failures, took)
    start = clock.monotonic()
    try:
        result = retrying(attempts, Call(policy=policy), clock, random.Random(seed))
    except TransientError:
        result = None
    assert attempts.count <= policy.attempts
    assert attempts.started[-1] - start <= policy.budget or attempts.count == 1
    assert (result == "yes") == (attempts.count > failures)
    assert all(sleep <= policy.max_wait for sleep in clock.sleeps)


@given(st.integers(0, 2**32))
def test_each_wait_may_be_twice_the_one_before_and_is_at_least_half_of_that(seed):
    clock = FakeClock()
    policy = RetryPolicy(attempts=6, initial_wait=1.0, factor=2.0, max_wait=5.0)
    retrying(Attempts(clock, 5), Call(policy=policy), clock, random.Random(seed))
    for wait, longest in zip(clock.sleeps, (1.0, 2.0, 4.0, 5.0, 5.0), strict=True):
        assert longest / 2 <= wait <= longest


@given(st.floats(0, 5000), st.integers(0, 2**32))
def test_a_server_that_names_a_wait_is_never_asked_before_it_is_over(wait, seed):
    clock = FakeClock()
    attempts = Attempts(clock, 1, retry_after=wait)
    try:
        retrying(attempts, Call(), clock, random.Random(seed))
    except TransientError:
        assert wait > BACKFILL.budget - BACKFILL.max_wait
        assert not clock.sleeps
        return
    assert attempts.started[1] - attempts.started[0] >= wait - 1e-6


@pytest.mark.parametrize("error", [PlanError("no"), AuthError("no")])
def test_what_no_retry_can_help_is_tried_once(error):
    clock = FakeClock()
    calls = []

    def attempt():
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        retrying(attempt, Call(), clock, random.Random(0))
    assert len(calls) == 1
    assert not clock.sleeps


def test_waiting_for_the_limiter_is_not_counted_against_the_budget():
    clock = FakeClock()
    call = Call(policy=LIVE)
    inner = Attempts(clock, 2)

    def attempt():
        clock.time += 100.0
        call.waited += 100.0
        return inner()

    assert retrying(attempt, call, clock, random.Random(0)) == "yes"


def test_no_wait_ends_after_the_deadline():
    clock = FakeClock()
    call = Call(deadline=clock.monotonic() + 1.2)
    attempts = Attempts(clock, 9)
    with pytest.raises(TransientError):
        retrying(attempts, call, clock, random.Random(0))
    assert clock.monotonic() <= call.deadline
