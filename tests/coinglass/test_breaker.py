import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.coinglass.clocks import FakeClock
from vectra_freqtrade.coinglass.retry import FIRST_PAUSE, LONGEST_PAUSE, THRESHOLD, Breaker
from vectra_freqtrade.errors import TransientError


def opened(clock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(THRESHOLD):
        breaker.check("/a")
        breaker.failed("/a")
    return breaker


def test_it_opens_after_failures_in_a_row_and_for_that_endpoint_only():
    breaker = opened(FakeClock())
    with pytest.raises(TransientError) as caught:
        breaker.check("/a")
    assert caught.value.retry_after == FIRST_PAUSE
    breaker.check("/b")


def test_a_success_in_between_starts_the_count_again():
    breaker = Breaker(FakeClock())
    for _ in range(THRESHOLD * 3):
        breaker.check("/a")
        breaker.failed("/a")
        breaker.check("/a")
        breaker.succeeded("/a")


def test_after_the_pause_one_call_goes_through_to_see():
    clock = FakeClock()
    breaker = opened(clock)
    clock.time += FIRST_PAUSE
    breaker.check("/a")
    with pytest.raises(TransientError):
        breaker.check("/a")
    breaker.succeeded("/a")
    breaker.check("/a")


def test_a_call_that_told_nothing_lets_the_next_one_see():
    clock = FakeClock()
    breaker = opened(clock)
    clock.time += FIRST_PAUSE
    breaker.check("/a")
    breaker.left("/a")
    breaker.check("/a")


@given(st.integers(1, 12))
def test_pauses_double_and_are_bounded(failures):
    clock = FakeClock()
    breaker = opened(clock)
    pause = FIRST_PAUSE
    for _ in range(failures):
        clock.time += pause
        breaker.check("/a")
        breaker.failed("/a")
        pause = min(2 * pause, LONGEST_PAUSE)
        with pytest.raises(TransientError) as caught:
            breaker.check("/a")
        assert caught.value.retry_after == pytest.approx(pause)
