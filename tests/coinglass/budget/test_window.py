"""The limiter against a server that counts, under both kinds of window."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.coinglass.budget_server import BudgetServer, Traffic, latencies
from vectra_freqtrade.coinglass.budget.window import LIVE_CLAIM, MINUTE, UNANSWERED, Window

LIMITS = [30, 80, 300, 1200]
KINDS = pytest.mark.parametrize("sliding", [False, True], ids=["fixed", "sliding"])


@KINDS
@pytest.mark.parametrize("limit", LIMITS)
def test_a_long_download_uses_95_percent_of_the_budget_and_is_never_refused(limit, sliding):
    server = BudgetServer(limit, sliding, phase=17.0)
    minutes = 4
    Traffic(server, [Window(limit)], latencies(limit, 1.2)).run(minutes)
    assert server.refused == 0
    assert len(server.arrivals) >= 0.95 * limit * minutes


@settings(max_examples=40, deadline=None)
@given(
    limit=st.integers(1, 200),
    sliding=st.booleans(),
    phase=st.floats(0, 60),
    slowest=st.floats(0.02, 8),
    seed=st.integers(0, 2**32),
    workers=st.integers(1, 80),
)
def test_no_speed_of_answers_and_no_window_makes_the_server_refuse(
    limit, sliding, phase, slowest, seed, workers
):
    server = BudgetServer(limit, sliding, phase)
    Traffic(server, [Window(limit)], latencies(seed, slowest), workers=workers).run(3)
    assert server.refused == 0


@KINDS
def test_live_requests_go_before_backfill_that_uses_the_whole_budget(sliding):
    server = BudgetServer(300, sliding)
    bursts = [*(90.0 + n / 1000 for n in range(20)), 130.0, 150.0]
    traffic = Traffic(server, [Window(300)], latencies(1, 1.0), live_at=bursts).run(4)
    assert len(traffic.live_waits) == 22
    # 20 at once wait for 20 slots of a window that was full; one alone for the next one.
    assert max(traffic.live_waits) < 20 * (MINUTE + 2) / 300 + 1
    assert max(traffic.live_waits[-2:]) < 1
    assert server.refused == 0
    assert len(server.arrivals) >= 0.95 * 300 * 4


@KINDS
def test_an_idle_key_lets_live_requests_go_at_once(sliding):
    server = BudgetServer(80, sliding)
    idle = Traffic(server, [Window(80)], latencies(2, 1.0), workers=0, live_at=[1.0] * 80)
    traffic = idle.run(1)
    assert max(traffic.live_waits) == 0
    assert server.refused == 0


@KINDS
def test_two_processes_that_share_the_window_stay_under_the_limit_together(sliding):
    shared = Window(80)
    server = BudgetServer(80, sliding)
    Traffic(server, [shared, shared], latencies(3, 1.0)).run(4)
    assert server.refused == 0
    assert len(server.arrivals) >= 0.95 * 80 * 4


@KINDS
def test_another_machine_on_the_same_key_is_seen_in_the_usage_header(sliding):
    """Nothing can rule out a refusal here, but the two must not spend their time in refusals."""
    server = BudgetServer(80, sliding)
    Traffic(server, [Window(80), Window(80)], latencies(4, 0.8)).run(10)
    assert server.refused <= 0.08 * len(server.arrivals)


def test_a_limit_learnt_from_the_header_counts_at_once():
    window = Window(30)
    slot, _ = window.take(1000.0, live=True)
    window.learn(slot, 1000.5, 80, 1)
    assert window.limit == 80
    assert window.used(1000.5) == 1


def test_a_refusal_stops_everybody_until_the_window_has_passed():
    window = Window(30)
    window.refuse(1000.0, None)
    assert window.take(1000.0, live=True)[1] == MINUTE
    assert window.take(1000.0 + MINUTE, live=True)[0] is not None


def test_a_wait_that_the_server_names_is_kept_by_everybody():
    window = Window(30)
    window.refuse(1000.0, 61.5)
    assert window.take(1000.0 + MINUTE, live=True)[1] == pytest.approx(1.5)


def test_backfill_stands_back_while_a_live_request_waits_but_not_forever():
    window = Window(2)
    for _ in range(2):
        slot, _ = window.take(0.0, live=True)
        window.answer(slot, 0.5)
    assert window.take(1.0, live=True)[0] is None  # announces itself
    freed = MINUTE + 0.5
    window.live_until = freed + LIVE_CLAIM
    assert window.take(freed, live=False)[0] is None
    assert window.take(freed, live=True)[0] is not None
    assert window.take(freed, live=False)[0] is not None


def test_a_slot_whose_process_died_comes_back():
    window = Window(1)
    window.take(0.0, live=True)
    assert window.take(MINUTE + UNANSWERED - 0.1, live=True)[0] is None
    assert window.take(MINUTE + UNANSWERED, live=True)[0] is not None


def test_a_clock_that_jumps_back_blocks_nobody_for_long():
    window = Window(1)
    window.take(10_000.0, live=True)
    window.refuse(10_000.0, None)
    assert window.take(100.0, live=False)[0] is not None


@given(st.integers(1, 5), st.lists(st.tuples(st.floats(0, 200), st.booleans()), max_size=20))
def test_the_state_of_the_file_is_the_window(limit, takes):
    window = Window(limit)
    for offset, live in sorted(takes):
        slot, _ = window.take(1000.0 + offset, live=live)
        if slot is not None and live:
            window.answer(slot, 1000.5 + offset)
    again = Window.of(window.state())
    assert again.state() == window.state()
    for slot, held in window.taken.items():
        assert again.taken[slot] == pytest.approx(held, abs=1e-6, rel=0)


def test_what_two_counts_both_hold_counts_once_however_often_they_are_joined():
    shared = Window(10)
    shared.take(0.0, live=True)
    alone = Window.of(shared.state())
    for sent in (1.0, 1.25, 1.5):
        alone.take(sent, live=True)
    for _ in range(3):
        shared.absorb(alone, since=1.0)
        assert shared.used(2.0) == 4
    back = Window.of(shared.state())
    back.absorb(alone, since=1.0)
    assert back.used(2.0) == 4
