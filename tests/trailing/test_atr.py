"""The unit of all distances."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectra_freqtrade.trailing.atr import atr, true_range

from .market import promise

HIGH = [11.0, 12.0, 15.0, 14.0, 14.5]
LOW = [9.0, 10.0, 13.0, 12.0, 14.0]
CLOSE = [10.0, 11.0, 14.0, 12.5, 14.25]


def test_a_true_range_reaches_back_to_the_close_before_it():
    # within itself; from a close below; within itself; from a close below
    expected = [math.nan, 2.0, 4.0, 2.0, 2.0]
    np.testing.assert_array_equal(true_range(HIGH, LOW, CLOSE), expected)


def test_a_fall_through_a_gap_counts_from_the_close_above():
    np.testing.assert_array_equal(true_range([10, 7], [9, 6], [9.5, 6.5]), [math.nan, 3.5])


def test_the_mean_takes_one_candle_more_than_its_period():
    expected = [math.nan, math.nan, math.nan, 8 / 3, 8 / 3]
    np.testing.assert_array_equal(atr(HIGH, LOW, CLOSE, 3), expected)
    assert np.isnan(atr(HIGH, LOW, CLOSE, 5)).all()
    np.testing.assert_array_equal(atr(HIGH, LOW, CLOSE, 4)[4:], [2.5])


@pytest.mark.parametrize("n", [0, 1, 14])
def test_too_few_candles_have_none(n):
    values = np.arange(n, dtype=float) + 1
    result = atr(values, values, values, 14)
    assert result.shape == (n,)
    assert np.isnan(result).all()


def walk(seed: int, n: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(generator.normal(0, 0.01, n)))
    reach = np.abs(generator.normal(0, 0.3, (2, n)))
    return np.array([close + reach[0], close - reach[1], close])


def test_a_missing_price_is_missing_for_as_long_as_it_is_in_the_mean():
    high, low, close = walk(0, 30)
    close[10] = math.nan  # the true range of candle 11 needs it
    missing = np.isnan(atr(high, low, close, 3))
    assert np.flatnonzero(missing).tolist() == [0, 1, 2, 11, 12, 13]


@promise
@given(st.integers(0, 1000), st.integers(2, 20), st.integers(0, 60))
def test_it_is_the_mean_and_does_not_know_where_the_frame_starts(seed, period, cut):
    frame = walk(seed, 80)
    whole, later = atr(*frame, period), atr(*frame[:, cut:], period)
    np.testing.assert_array_equal(later[period:], whole[cut + period :])
    ranges = [
        max(high - low, abs(high - before), abs(low - before))
        for (high, low), before in zip(frame[:2, 1:].T, frame[2], strict=False)
    ]
    assert whole[-1] == pytest.approx(math.fsum(ranges[-period:]) / period, rel=1e-12)
