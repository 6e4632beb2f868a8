"""When a live series is asked for, and when again."""

import pytest

from vectra_freqtrade.errors import AuthError, ContractError, PlanError, SymbolError, TransientError
from vectra_freqtrade.live.schedule import error_delay, retry_delay

HOUR = 3600.0
DAY = 86_400.0


@pytest.mark.parametrize("length", [60.0, 300.0, HOUR, 4 * HOUR, DAY])
def test_a_row_that_is_late_is_asked_for_soon_then_less_often_but_never_rarely(
    length: float,
) -> None:
    waits = [retry_delay(tries, length) for tries in range(1, 200)]
    assert waits[0] <= 10
    assert waits == sorted(waits)
    assert waits[-1] == max(length / 12, 60)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (PlanError("x"), DAY),
        (SymbolError("x"), DAY),
        (ContractError("x"), 900),
        (AuthError("x"), 900),
    ],
)
def test_what_does_not_pass_by_itself_is_left_alone_and_tried_again_without_a_restart(
    error: Exception, seconds: float
) -> None:
    assert error_delay(error, 1, HOUR) == error_delay(error, 9, HOUR) == seconds  # type: ignore[arg-type]


def test_a_failure_that_may_pass_is_tried_again_soon() -> None:
    assert error_delay(TransientError("x"), 1, HOUR) == retry_delay(1, HOUR)


def test_a_servers_own_wait_is_kept_to_but_not_for_hours() -> None:
    assert error_delay(TransientError("x", retry_after=120), 1, HOUR) == 120
    assert error_delay(TransientError("x", retry_after=7 * HOUR), 1, HOUR) == 900
