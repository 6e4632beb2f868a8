"""The difference of daily equity and its interval: right as often as it says, and never alone."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.signal import lfilter

from tests.report.compare.made import START
from vectra_freqtrade.report.compare.equity import Interval, daily, interval

DAYS = pd.date_range(START, periods=280, freq="D")


def series(values: object) -> pd.Series:
    return pd.Series(values, index=DAYS, dtype="float64")


def test_every_profit_counts_on_the_day_that_it_was_made():
    moments = pd.Series([START, START + pd.Timedelta("23h"), START + pd.Timedelta("24h"), pd.NaT])
    made = daily(moments, pd.Series([1.0, 2.0, 4.0, 8.0]), DAYS)
    assert list(made.iloc[:3]) == [3.0, 4.0, 0.0]
    assert made.sum() == 7.0


def test_what_was_closed_after_the_last_day_counts_to_it():
    late = pd.Series([DAYS[-1] + pd.Timedelta("3D")])
    assert daily(late, pd.Series([5.0]), DAYS).iloc[-1] == 5.0


def test_no_difference_has_no_uncertainty():
    assert interval(series(0.0), 7) == Interval(0.0, 0.0, 0.0, 0)


def test_where_fewer_than_eight_weeks_differ_there_is_a_sum_and_no_interval():
    values = np.zeros(len(DAYS))
    values[: 7 * 7] = 1.0
    found = interval(series(values), 7)
    assert found.value == 49.0 and found.weeks == 7
    assert math.isnan(found.low) and math.isnan(found.high)
    values[7 * 7] = 1.0
    assert interval(series(values), 7).low < 50.0


def test_the_same_seed_gives_the_same_interval_and_another_one_nearly():
    values = series(np.random.default_rng(1).normal(size=len(DAYS)))
    first, other = interval(values, 7), interval(values, 8)
    assert interval(values, 7) == first != other
    assert other.high - other.low == pytest.approx(first.high - first.low, rel=0.1)


def test_a_larger_unit_scales_all_of_it():
    assert Interval(1.0, -1.0, 3.0, 9).times(2.0) == Interval(2.0, -2.0, 6.0, 9)


@pytest.mark.parametrize(
    ("memory", "least"),
    [(0.0, 0.92), (0.4, 0.90)],
    ids=["independent days", "days that remember"],
)
def test_the_interval_holds_the_truth_about_as_often_as_it_says(memory: float, least: float):
    rng, true, held = np.random.default_rng(11), 0.1, 0
    runs = 200
    for _ in range(runs):
        noise = lfilter([1.0], [1.0, -memory], rng.standard_t(5, size=len(DAYS)))
        found = interval(series(true + noise), 7)
        held += found.low <= true * len(DAYS) <= found.high
    assert least <= held / runs <= 0.98


def test_a_planted_difference_is_found_and_a_planted_nothing_is_not():
    rng = np.random.default_rng(5)
    noise = rng.normal(size=len(DAYS))
    assert interval(series(noise - noise.mean() + 1.0), 7).low > 0
    nothing = interval(series(noise - noise.mean()), 7)
    assert nothing.low < 0 < nothing.high
