"""
Positions that are added to (`position_adjustment_enable`), through the real backtest.

A trade at 100 with an ATR of 2: stop at 97, target at 106, as in `tests/trailing`.
"""

from typing import Any

import pytest

from tests.support.crafted import Bar, bar
from tests.support.stories import LONG, SHORT, STORY

pytestmark = pytest.mark.freqtrade

TICK = 0.0011
PLAIN, LEVERED = 771.0, 773.0

#: Doubles the position once, where the price opens beyond 1.2 from the entry.
ADDS = STORY[: STORY.index("    def adjust_trade_position")] + (
    "    def adjust_trade_position(self, trade, current_time, current_rate, *args, **kwargs):\n"
    "        if trade.nr_of_successful_entries == 1 and abs(current_rate - 100) > 1.2:\n"
    "            return trade.stake_amount\n"
)
NARROW = ADDS.replace("stoploss = -0.6", "stoploss = -0.02")


def through(*bars: Bar) -> list[Bar]:
    """And then a still candle, and one that falls through everything."""
    last = bars[-1].close
    return [*bars, bar(last, last), bar(last, 89.0, close=89.0, opened=last)]


def mirror(b: Bar) -> Bar:
    return Bar(200 - b.low, 200 - b.high, 200 - b.close, 200 - b.open)


def both(*stories: list[Bar], marks: tuple[float, ...] = (PLAIN, LEVERED)) -> dict[str, Any]:
    """The same stories as longs and, upside down, as shorts, each at every leverage."""
    longs = [(mark, story) for story in stories for mark in marks]
    return {LONG: longs, SHORT: [(mark, [mirror(b) for b in story]) for mark, story in longs]}


def stops(trades: list[dict[str, Any]]) -> list[float]:
    """As distances from 100, positive toward profit."""
    return [(t["stop_loss_abs"] - 100) * (-1 if t["is_short"] else 1) for t in trades]


def added(trades: list[dict[str, Any]]) -> bool:
    return all(len([o for o in t["orders"] if o["ft_is_entry"]]) == 2 for t in trades)


DOWN = through(bar(100.5, 98.4, close=98.5, opened=100.0), bar(98.6, 98.2, opened=98.5))


def test_an_addition_below_leaves_the_stop_where_the_plan_put_it(teller):
    trades = teller(both(DOWN), ADDS)
    assert added(trades)
    assert {t["exit_reason"] for t in trades} == {"stop_loss"}
    assert stops(trades) == pytest.approx([-3.0] * 4, abs=TICK)


def test_the_outermost_stop_stays_where_the_first_fill_put_it(teller):
    """2 % at 1x is inside the plan's stop; of the average price it would be farther out."""
    trades = teller(both(DOWN, marks=(PLAIN,)), NARROW)
    assert added(trades)
    assert stops(trades) == pytest.approx([-2.0, -2.0], abs=TICK)


def test_an_addition_above_changes_neither_phases_nor_target(teller):
    """After it the price goes to 105, LOCKED: a lock on 70 % of the move from the first fill."""
    up = bar(101.5, 99.9, close=101.5, opened=100.0), bar(101.9, 101.4, opened=101.5)
    trades = teller(both(through(*up, bar(105.0, 101.5, close=104.5, opened=101.7))), ADDS)
    assert added(trades)
    assert stops(trades) == pytest.approx([3.5] * 4, abs=TICK)


def test_freqtrade_itself_moves_the_stop_with_an_average_price_that_went_up(teller):
    """
    At each fill it measures the last stop's distance anew, from the average price, and keeps the
    better one. Nothing that a strategy may do keeps it from that, and it never loosens.
    """
    up = bar(101.5, 99.9, close=101.5, opened=100.0), bar(101.6, 101.2, opened=101.5)
    trades = teller(both(through(*up), marks=(PLAIN,)), ADDS)
    assert added(trades)
    for trade in trades:
        side = -1 if trade["is_short"] else 1
        expected = trade["open_rate"] * (1 - side * 0.03)  # as far as 97 was from 100
        assert trade["stop_loss_abs"] == pytest.approx(expected, abs=TICK)
    assert all(stop > -2.5 for stop in stops(trades))
