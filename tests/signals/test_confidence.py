"""Tiered confidence against DESIGN 6's paragraph, word for word."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.frames import settings_with
from vectra_freqtrade.signals.confidence import combine


def scalar(multipliers: list[float]) -> float:
    """The paragraph as a loop over one row's multipliers."""
    boost = soft = hard = 1.0
    hards = 0
    for multiplier in multipliers:
        if multiplier > 1:
            boost = boost * multiplier
        elif multiplier >= 0.91:
            soft = soft * multiplier
        else:
            hard = hard * multiplier
            hards += 1
    floor = {0: 0.85, 1: 0.76}.get(hards, 0.68)
    return max(max(soft, 0.85) * hard, floor) * min(boost, 1.18)


@pytest.mark.parametrize(
    ("multipliers", "combined"),
    [
        ([], 1.0),
        ([1.0, 1.0], 1.0),
        ([1.15], 1.15),
        ([1.15, 1.05], 1.18),  # 1.2075, capped
        ([0.94, 0.95], 0.893),
        ([0.92, 0.92, 0.94], 0.85),  # 0.795616, floored
        ([0.91], 0.91),  # soft
        ([0.88], 0.88),  # hard, in full
        ([0.88, 0.94], 0.8272),
        ([0.88, 0.92, 0.92, 0.94], 0.76),  # 0.85 × 0.88 = 0.748, floored
        ([0.88, 0.88], 0.7744),
        ([0.88, 0.88, 0.88], 0.681472),
        ([0.88, 0.88, 0.88, 0.88], 0.68),  # 0.59969536, floored
        ([0.88, 1.15, 0.96], 0.971520),  # 0.96 × 0.88 × 1.15
        ([0.88, 0.88, 0.88, 0.94, 1.15, 1.15], 0.8024),  # 0.68 × 1.18
    ],
)
def test_examples_worked_out_by_hand(multipliers, combined):
    """Boosts, soft and hard multipliers, caps and floors."""
    [found] = combine([np.array([multiplier]) for multiplier in multipliers], 1)
    assert found == pytest.approx(combined, rel=1e-12)
    assert scalar(multipliers) == pytest.approx(combined, rel=1e-12)


FACTORS = st.lists(
    st.one_of(st.floats(0.88, 1.15), st.sampled_from([0.88, 0.91, 0.96, 1.0, 1.15])), max_size=9
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(FACTORS, min_size=1, max_size=4), st.integers(0, 9))
def test_the_arrays_equal_the_loop_and_stay_in_range(rows, width):
    """Any multipliers within bounds, several rows at once, in any order of datasets."""
    padded = [(row + [1.0] * 9)[:9] for row in rows]
    arrays = list(np.array(padded).T)
    found = combine(arrays, len(rows))
    np.testing.assert_allclose(found, [scalar(row) for row in padded], rtol=1e-12)
    assert ((found >= 0.68) & (found <= 1.18)).all()
    turned = combine(arrays[width:] + arrays[:width], len(rows))
    np.testing.assert_allclose(turned, found, rtol=1e-12)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(FACTORS)
def test_a_multiplier_of_one_changes_nothing(multipliers):
    """A dataset that is off or neutral is 1.0, and as good as absent."""
    arrays = [np.array([multiplier]) for multiplier in multipliers]
    assert combine([*arrays, np.ones(1)], 1) == combine(arrays, 1)


def test_every_default_factor_lies_within_vectras_range():
    """Walks through all of them."""

    def multipliers(part: object) -> list[float]:
        if isinstance(part, dict):
            return [value for inner in part.values() for value in multipliers(inner)]
        return [part]

    found = multipliers(settings_with().modifiers.model_dump())
    assert len(found) > 20
    assert all(0.88 <= multiplier <= 1.15 for multiplier in found)
