"""
The stories of `tests/trailing` once more, through the real `freqtrade backtesting`.

Every story is cut off after each of its candles: then the price falls through everything, and the
stop that freqtrade had by then is the one that the story tells for that candle.
"""

from itertools import product

import pytest

from tests.support.crafted import Bar, bar
from tests.support.stories import LONG, MARKS, SHORT
from tests.trailing.test_rules import (
    A_LONG_FROM_ENTRY_TO_BEYOND_ITS_TARGET,
    A_SHORT_FROM_ENTRY_TO_BEYOND_ITS_TARGET,
    Row,
)

pytestmark = pytest.mark.freqtrade

TICK = 0.0011


def bars(story: list[Row], side: int) -> list[Bar]:
    """
    A story's candles; a still one, because freqtrade asks for no new stop in a candle that reaches
    the old one; then one that falls through every stop.
    """
    seen = [bar(high, low) for high, low, *_ in story]
    seen[0] = bar(seen[0].high, seen[0].low, opened=100.0)
    last = seen[-1].close
    beyond = 100 - side * 11.0
    fall = bar(max(last, beyond), min(last, beyond), close=beyond, opened=last)
    return [*seen, bar(last, last), fall]


STORIES = {
    LONG: A_LONG_FROM_ENTRY_TO_BEYOND_ITS_TARGET,
    SHORT: A_SHORT_FROM_ENTRY_TO_BEYOND_ITS_TARGET,
}
SIDES = {LONG: 1, SHORT: -1}


def test_at_each_candle_of_a_story_freqtrades_stop_is_the_one_it_tells(teller):
    """At any leverage, and though fills later on move the entry price that freqtrade reckons."""
    told_stops = [
        (pair, mark, STORIES[pair][: last + 1])
        for pair in (LONG, SHORT)
        for last, mark in product(range(len(STORIES[pair])), MARKS)
    ]
    trades = teller(
        {
            pair: [(mark, bars(story, SIDES[pair])) for p, mark, story in told_stops if p == pair]
            for pair in (LONG, SHORT)
        }
    )
    added = 0
    for trade, (pair, mark, story) in zip(trades, told_stops, strict=True):
        stop = story[-1][3]
        what = f"{pair} x{MARKS[mark]} after {len(story)} candles"
        assert trade["leverage"] == MARKS[mark][0], what
        assert trade["stop_loss_abs"] == pytest.approx(stop, abs=TICK), what
        assert trade["close_rate"] == pytest.approx(stop, abs=TICK), what
        reason = "stop_loss" if abs(stop - 100) == 3 else "trailing_stop_loss"
        assert trade["exit_reason"] == reason, what
        added += len(trade["orders"]) == 3
    assert added > 10


ARMS_AND_FALLS = (
    # LOCKED at 105: its stop is 103.5, and the candle goes on down to 98 and back to 104
    ([bar(101.0, 99.5, opened=100.0), bar(105.0, 98.0, close=104.0, opened=100.5)], 103.5),
    # TRAILING at 103, 101.2; down to 97.5 on the way
    ([bar(103.0, 97.5, close=102.0, opened=100.0)], 101.2),
    # BREAKEVEN at 102, 100.1
    ([bar(102.0, 97.5, close=101.0, opened=100.0)], 100.1),
)


def mirror(b: Bar) -> Bar:
    return Bar(200 - b.low, 200 - b.high, 200 - b.close, 200 - b.open)


def test_a_candle_that_arms_a_phase_does_not_exit_through_its_stop(teller):
    stories = []
    for seen, _ in ARMS_AND_FALLS:
        last = seen[-1].close
        fall = bar(last, 89.0, close=89.0, opened=last)
        stories.append((771.0, [*seen, bar(last, last), fall]))
    mirrored = [(mark, [mirror(b) for b in seen]) for mark, seen in stories]
    trades = teller({LONG: stories, SHORT: mirrored})
    for trade, seen in zip(trades, [*stories, *mirrored], strict=True):
        candles = len(seen[1])
        assert trade["trade_duration"] == 5 * (candles - 1), "not in the candle that armed it"
    stops = [trade["stop_loss_abs"] for trade in trades]
    expected = [stop for _, stop in ARMS_AND_FALLS]
    assert stops == pytest.approx([*expected, *(200 - stop for stop in expected)], abs=TICK)


def test_a_stop_that_the_close_has_passed_already_is_left_at_the_next_open(teller):
    """LOCKED at 105, stop 103.5, but the candle closes at 103: freqtrade can't place that stop."""
    seen = [
        bar(101.0, 99.5, opened=100.0),
        bar(105.0, 102.0, close=103.0, opened=102.0),
        bar(103.2, 103.0, close=103.2, opened=103.1),
    ]
    trades = teller({LONG: [(771.0, seen)], SHORT: [(773.0, [mirror(b) for b in seen])]})
    assert [trade["exit_reason"] for trade in trades] == ["cg_stop", "cg_stop"]
    assert [trade["close_rate"] for trade in trades] == pytest.approx([103.1, 96.9])
    assert [trade["trade_duration"] for trade in trades] == [10, 10]
    # The stop itself has stayed where the plan put it.
    assert [trade["stop_loss_abs"] for trade in trades] == pytest.approx([97.0, 103.0], abs=TICK)


def test_a_close_from_before_the_entry_ends_no_trade(teller):
    """The signal candle closes at 100, the next opens at 104: the stop, 101, lies beyond 100."""
    seen = [
        bar(104.5, 103.5, opened=104.0),
        bar(104.5, 103.5),
        bar(104.0, 89.0, close=89.0, opened=104.0),
    ]
    trades = teller({LONG: [(771.0, seen)], SHORT: [(773.0, [mirror(b) for b in seen])]})
    assert [trade["open_rate"] for trade in trades] == [104.0, 96.0]
    assert [trade["exit_reason"] for trade in trades] == ["stop_loss", "stop_loss"]
    assert [trade["close_rate"] for trade in trades] == pytest.approx([101.0, 99.0], abs=TICK)


def test_with_close_at_the_target_a_trade_fills_at_the_touch(teller):
    seen = [
        bar(101.0, 99.5, opened=100.0),
        bar(105.9, 102.0, close=105.0),
        bar(107.0, 104.5, opened=105.0, close=105.0),
    ]
    stories = {LONG: [(773.0, seen)], SHORT: [(771.0, [mirror(b) for b in seen])]}
    trades = teller(stories, at_target="close")
    assert [trade["exit_reason"] for trade in trades] == ["roi", "roi"]
    assert [trade["close_rate"] for trade in trades] == pytest.approx([106.0, 94.0], abs=TICK)
