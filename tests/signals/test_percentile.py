"""The percentile behind extremes, against an obvious loop."""

import numpy as np
import pytest

from vectra_freqtrade.catalogue.intervals import INTERVALS, interval_ms
from vectra_freqtrade.signals.native import percentile, percentile_rows

HOUR, FOUR, DAY = interval_ms("1h"), interval_ms("4h"), interval_ms("1d")
WINDOWS = {"1h": 720, "4h": 180, "1d": 365, "12h": 120, "8h": 120, "30m": 1440}


def oracle(values: list[float], window: int) -> list[float]:
    """Share of the rows before it that are below it, ties half, over the last `window` rows."""
    found, earlier = [], []
    for value in values:
        if np.isnan(value):
            found.append(np.nan)
            continue
        before = earlier[-window:]
        below = sum(other < value for other in before)
        ties = sum(other == value for other in before)
        found.append((below + ties / 2) / len(before) if len(before) >= 100 else np.nan)
        earlier.append(value)
    return found


@pytest.mark.parametrize(("interval", "rows"), WINDOWS.items())
def test_the_window_is_30_days_but_at_least_120_rows_and_365_for_days(interval, rows):
    """In rows, for each interval."""
    assert percentile_rows(interval_ms(interval)) == rows


def test_every_interval_has_a_window_that_can_hold_a_percentile():
    """More rows than the 100 that a percentile needs."""
    assert all(percentile_rows(interval_ms(interval)) >= 120 for interval in INTERVALS)


@pytest.mark.parametrize("length", [HOUR, FOUR, DAY])
@pytest.mark.parametrize("seed", range(3))
def test_it_equals_the_loop_with_ties_and_missing_rows(length, seed):
    """Rounded values, so that ties are common; every tenth row missing."""
    chance = np.random.default_rng(seed)
    values = np.round(chance.normal(0, 1, 900), 1 if seed else 0)
    values[chance.random(900) < 0.1] = np.nan
    expected = oracle(values.tolist(), percentile_rows(length))
    np.testing.assert_allclose(percentile(values, length), expected, rtol=1e-12, equal_nan=True)


def test_a_hundred_earlier_rows_are_needed():
    """With 99 there is none."""
    found = percentile(np.arange(102.0), HOUR)
    assert np.isnan(found[:100]).all()
    assert found[100:].tolist() == [1.0, 1.0]


def test_ties_count_half_and_the_row_itself_not_at_all():
    """A constant series is in the middle of itself."""
    assert percentile(np.ones(150), HOUR)[-1] == 0.5
    assert percentile(np.append(np.ones(150), 0.0), HOUR)[-1] == 0.0
    assert percentile(np.append(np.ones(150), 2.0), HOUR)[-1] == 1.0


@pytest.mark.parametrize(("length", "window"), [(HOUR, 720), (FOUR, 180), (DAY, 365)])
def test_rows_older_than_the_window_are_forgotten(length, window):
    """Exactly `window` earlier rows count: the one before them makes no difference."""
    inside = np.append(np.append(9.0, np.zeros(window - 1)), 5.0)
    assert percentile(inside, length)[-1] == (window - 1) / window
    outside = np.append(np.append(9.0, np.zeros(window)), 5.0)
    assert percentile(outside, length)[-1] == 1.0


def test_it_is_the_same_number_wherever_the_series_starts():
    """Once the window is full, what lies before it doesn't count."""
    values = np.random.default_rng(4).normal(0, 1, 1000)
    whole = percentile(values, FOUR)
    np.testing.assert_array_equal(percentile(values[400:], FOUR)[300:], whole[700:])


@pytest.mark.parametrize("count", [0, 1, 99])
def test_short_series_have_no_percentile(count):
    """And raise nothing."""
    found = percentile(np.ones(count), HOUR)
    assert len(found) == count
    assert np.isnan(found).all()
