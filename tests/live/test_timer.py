"""What is due is never further away than the longest wait, whatever a clock once said."""

from vectra_freqtrade.live.timer import JUMP, Timer

DAY = 86_400.0


def test_a_timer_is_due_at_once_until_it_is_set_and_then_at_its_time():
    timer = Timer()
    assert timer.reached(0.0)
    timer.set(1300.0, 1000.0)
    assert not timer.reached(1299.0)
    assert timer.reached(1300.0)


def test_a_time_of_a_clock_that_ran_ahead_is_as_far_away_as_it_was_when_it_was_set():
    timer = Timer()
    timer.set(DAY + 1300.0, DAY + 1000.0)
    assert timer.left(1000.0) == 300.0
    assert not timer.reached(1299.0)
    assert timer.reached(1300.0)
    assert timer.at == 1300.0


def test_small_corrections_of_the_time_change_nothing():
    """An answer's date has whole seconds: each correction would make it due a little sooner."""
    timer = Timer()
    timer.set(1300.0, 1000.0)
    for _ in range(1000):
        assert timer.left(1000.0 - JUMP) == 300.0 + JUMP
    assert timer.at == 1300.0


def test_no_jump_makes_a_wait_longer_than_it_was_by_more_than_a_minute():
    for jump in (1.0, 59.0, 61.0, 3600.0, 30 * DAY):
        timer = Timer()
        timer.set(1e6 + 300.0, 1e6)
        for later in (0.0, 30.0, 200.0):
            assert timer.left(1e6 + later - jump) <= 300.0 + JUMP
