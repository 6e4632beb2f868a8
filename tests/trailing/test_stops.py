"""Small questions about one stop price."""

import math

import pytest

from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.settings import TrailingSettings
from vectra_freqtrade.trailing.stops import clamp_stop, exchange_step, stop_through

LONG, SHORT = Side.LONG, Side.SHORT


@pytest.mark.parametrize(
    ("side", "stop", "outermost", "expected"),
    [
        (LONG, 97.0, 90.0, 97.0),
        (LONG, 85.0, 90.0, 90.0),
        (LONG, 85.0, math.nan, 85.0),
        (SHORT, 103.0, 110.0, 103.0),
        (SHORT, 115.0, 110.0, 110.0),
        (SHORT, 115.0, math.nan, 115.0),
    ],
)
def test_the_strategys_own_stop_is_the_outermost(side, stop, outermost, expected):
    assert clamp_stop(stop, outermost, side) == expected


@pytest.mark.parametrize(
    ("side", "stop", "price", "through"),
    [
        (LONG, 97.0, 97.5, False),
        (LONG, 97.0, 97.0, True),
        (LONG, 97.0, 96.5, True),
        (SHORT, 103.0, 102.5, False),
        (SHORT, 103.0, 103.0, True),
        (SHORT, 103.0, 103.5, True),
        (LONG, math.nan, 97.0, False),
        (SHORT, 103.0, math.nan, False),
    ],
)
def test_a_stop_at_or_through_the_price_is_seen(side, stop, price, through):
    assert stop_through(stop, price, side) is through


@pytest.mark.parametrize(
    ("side", "old", "new", "expected"),
    [
        (LONG, 97.0, 97.25, 97.25),  # exactly a step
        (LONG, 97.0, 97.24, 97.0),
        (LONG, 97.0, 96.0, 97.0),  # never back
        (SHORT, 103.0, 102.75, 102.75),
        (SHORT, 103.0, 102.76, 103.0),
        (SHORT, 103.0, 104.0, 103.0),
        (LONG, math.nan, 97.0, 97.0),  # none rests yet
    ],
)
def test_a_resting_stop_moves_in_steps(side, old, new, expected):
    numbers = TrailingSettings(exchange_step=0.125)
    assert exchange_step(old, new, 2.0, side, numbers) == expected


def test_without_a_step_every_gain_moves_it_and_none_is_no_move():
    numbers = TrailingSettings(exchange_step=0)
    assert exchange_step(97.0, 97.001, 2.0, LONG, numbers) == 97.001
    assert exchange_step(97.0, 97.0, 2.0, LONG, numbers) == 97.0
    assert exchange_step(97.0, 96.9, 2.0, LONG, numbers) == 97.0
