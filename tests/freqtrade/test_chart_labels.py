"""FreqUI writes the label of every mark: they must leave room for each other."""

from itertools import pairwise

import pandas as pd
import pytest

from vectra_freqtrade.catalogue.columns import MarketState
from vectra_freqtrade.strategy.charted import level_lines, state_areas

STEP = pd.Timedelta("5min")
WIDEST = 24  # candles; FreqUI shows 250


def chart(states: list[str] | None = None, above: list[float] | None = None) -> pd.DataFrame:
    count = len(states or above or [])
    frame = pd.DataFrame({"date": pd.date_range("2026-01-01", periods=count, freq=STEP, tz="UTC")})
    if states is not None:
        frame["cg_state"] = states
    if above is not None:
        frame["cg_liq_above_price"] = above
        frame["cg_liq_above_usd"] = 320.4e6
    return frame


def middles(marks: list[dict]) -> list[float]:
    """In candles, of those with a label."""
    begin = pd.Timestamp("2026-01-01", tz="UTC")
    return [
        ((mark["start"] - begin) + (mark["end"] - begin)) / 2 / STEP
        for mark in marks
        if mark["label"]
    ]


@pytest.mark.parametrize("length", [1, 12, 60])
def test_states_that_follow_each_other_are_named_only_where_names_have_room(length: int):
    names = [str(state) for state in (MarketState.CONFIRM_BULL, MarketState.SHORT_SQUEEZE)]
    states = [names[n // length % 2] for n in range(600)]
    areas = state_areas(chart(states))
    assert len(areas) == 600 // length  # all are tinted
    places = middles(areas)
    assert len(places) >= min(len(areas), 600 // WIDEST) * 0.8
    assert all(later - before >= WIDEST for before, later in pairwise(places))


def test_a_state_alone_is_named_however_short():
    (area,) = state_areas(chart(["NEUTRAL"] * 50 + ["CONFIRM_BEAR"] + ["NEUTRAL"] * 50))
    assert area["label"] == "CONFIRM_BEAR"


def test_a_level_that_stays_is_named_once_in_a_while_with_what_lies_there():
    """Its price is a mean that moves a little with every row."""
    lines = level_lines(chart(above=[100.0 + 0.01 * (n // 12) for n in range(300)]))
    assert len(lines) == 25
    assert {line["label"] for line in lines} == {"", "liquidations 320M"}
    assert 2 <= len(middles(lines)) <= 3


def test_a_level_that_moves_is_named_again_as_soon_as_there_is_room():
    lines = level_lines(chart(above=[100.0] * 30 + [105.0] * 12 + [103.0] * 30))
    assert [bool(line["label"]) for line in lines] == [True, False, True]
    assert all(later - before >= WIDEST for before, later in pairwise(middles(lines)))
