"""What speaks against an open position."""

import math

import pytest

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.health import funding_adverse, whale_against
from vectra_freqtrade.trailing.plan import Side

LONG, SHORT = Side.LONG, Side.SHORT


@pytest.mark.parametrize(
    ("change", "extreme", "long", "short"),
    [
        (0.0, 0, False, False),
        (0.00005, 0, True, False),
        (0.000049, 0, False, False),
        (-0.00005, 0, False, True),
        (-0.000049, 0, False, False),
        (0.0, 1, True, False),
        (0.0, -1, False, True),
        # crowded longs, but on their way out: both sides have something to say
        (-0.0001, 1, True, True),
        (math.nan, 1, True, False),
        (0.0001, math.nan, True, False),
        (math.nan, math.nan, False, False),
    ],
)
def test_funding_is_adverse_where_it_moved_or_is_extreme(change, extreme, long, short):
    numbers = TrailingSettings()
    assert funding_adverse(LONG, [change], [extreme], numbers).tolist() == [long]
    assert funding_adverse(SHORT, [change], [extreme], numbers).tolist() == [short]


@pytest.mark.parametrize(
    ("flow", "wall", "against"),
    [
        (-0.31, math.nan, True),
        (-0.30, math.nan, False),
        (0.9, math.nan, False),
        (math.nan, 100.5, True),
        (math.nan, 100.6, False),
        (math.nan, 100.0, True),
        (math.nan, 99.9, False),  # passed
        (math.nan, math.nan, False),
        (0.9, 100.2, True),
    ],
)
def test_whales_are_against_where_they_traded_or_stand(flow, wall, against):
    limits = {"flow_limit": 0.3, "wall_within": 0.005}
    assert whale_against(LONG, [flow], [wall], [100.0], **limits).tolist() == [against]
    assert whale_against(SHORT, [-flow], [200 - wall], [100.0], **limits).tolist() == [against]
