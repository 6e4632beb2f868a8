"""The combined multiplier told step by step is the combined multiplier."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectra_freqtrade.signals.confidence import breakdown, combine

FACTORS = st.one_of(
    st.floats(0.88, 1.15), st.sampled_from([0.88, 0.91, np.nextafter(0.91, 0), 1.0, 1.15])
)


@given(st.dictionaries(st.text(min_size=1, max_size=3), FACTORS, max_size=10))
def test_the_steps_come_to_what_the_columns_hold(multipliers: dict[str, float]):
    told = breakdown(multipliers)
    [column] = combine([np.array([multiplier]) for multiplier in multipliers.values()], 1)
    assert told.combined == pytest.approx(column, rel=1e-12)
    assert {*told.boosts, *told.soft, *told.hard} == {n for n, f in multipliers.items() if f != 1.0}


@pytest.mark.parametrize(
    ("multipliers", "limits", "combined"),
    [
        ({}, (), 1.0),
        ({"state": 1.15, "funding": 1.05}, ("boost cap",), 1.18),
        ({name: 0.95 for name in "abcd"}, ("soft floor",), 0.85),
        ({"state": 0.88, "conflict": 0.96}, (), 0.88 * 0.96),
        ({"state": 0.88, "a": 0.92, "b": 0.92, "c": 0.93}, ("soft floor", "floor"), 0.76),
        ({"a": 0.88, "b": 0.88, "c": 0.88}, (), 0.88**3),
        ({"a": 0.88, "b": 0.88, "c": 0.88, "d": 0.9}, ("floor",), 0.68),
    ],
)
def test_each_limit_is_named_where_it_binds(
    multipliers: dict[str, float], limits: tuple[str, ...], combined: float
):
    told = breakdown(multipliers)
    assert told.limits == limits
    assert told.combined == pytest.approx(combined)
