"""Small questions about one stop price."""

import math

import pytest

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.exits import exchange_step
from vectra_freqtrade.trailing.plan import Side

LONG, SHORT = Side.LONG, Side.SHORT


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
