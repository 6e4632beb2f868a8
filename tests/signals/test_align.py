"""
The as-of join against an obvious oracle, over every ordering of a few rows and decisions.

Nothing here is random: two and three rows get every combination of times out of a handful of
critical instants, and each result is compared with a loop that can be read at a glance.
"""

import itertools

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import settings_with, stored_provider, utc
from vectra_freqtrade.catalogue.intervals import INTERVALS, interval_ms
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.signals.align import (
    NO_ROW,
    decision_times,
    epoch_ns,
    last_known,
    take,
    within,
)
from vectra_freqtrade.signals.assemble import PairData, add_columns

START = utc("2025-03-01")
UNITS = ("ms", "us", "ns")


def oracle(available: list[int | None], decision: int, max_age: int) -> int | None:
    """The last row released by the decision, unless it is too old: DESIGN's sentence as a loop."""
    used = None
    for row, known_at in enumerate(available):
        if known_at is not None and known_at <= decision:
            used = row
    if used is not None and decision - available[used] > max_age:
        return None
    return used


def joined(available: list[int | None], decisions: list[int], max_age: int) -> list[int | None]:
    """What the join says; late rows are left out first, as the provider does."""
    released = [row for row, known_at in enumerate(available) if known_at is not None]
    known_at = np.array([available[row] for row in released], dtype=np.int64)
    moments = np.array(decisions, dtype=np.int64)
    rows = within(last_known(known_at, moments), known_at, moments, max_age)
    return [None if row == NO_ROW else released[row] for row in rows]


@pytest.mark.parametrize("rows", [0, 1, 2, 3])
@pytest.mark.parametrize("max_age", [0, 1, 2, 10])
def test_every_interleaving_of_releases_and_decisions_joins_as_the_loop_says(rows, max_age):
    """Ties, late rows and the tolerance's edge are all among the orderings."""
    instants = [*range(5), None]
    decisions = list(range(-1, 8))
    for available in itertools.product(instants, repeat=rows):
        released = [known_at for known_at in available if known_at is not None]
        if released != sorted(released):
            continue  # rows of a file are released in time order
        expected = [oracle(list(available), moment, max_age) for moment in decisions]
        assert joined(list(available), decisions, max_age) == expected, (available, max_age)


def test_decisions_may_come_in_any_order():
    """Each decision is joined by itself, whatever stands around it."""
    available = [0, 2, 2, None, 5]
    for decisions in itertools.permutations((-1, 0, 2, 5, 8)):
        expected = [oracle(available, moment, 3) for moment in decisions]
        assert joined(available, list(decisions), 3) == expected


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("timeframe_ms", [60_000, 300_000, 3_600_000, 14_400_000, 86_400_000])
def test_a_column_holds_the_row_that_the_loop_finds_for_any_interval_and_timeframe(
    interval, timeframe_ms, tmp_path
):
    """Timeframes shorter than, equal to and longer than the interval, with a gap and a late row."""
    length = interval_ms(interval)
    times = [0, 1, 2, 4, 9, 10]  # a gap that stays within max_age, and one that does not
    series = Series("taker_volume", "BTC", interval)
    sent = [row for row in times if row != 1]
    provider = stored_provider(
        tmp_path,
        [
            (series, _taker(sent, length), None),
            (series, _taker([1], length), START + pd.Timedelta(20 * length, "ms")),  # late
        ],
    )
    edges = _critical_dates(times, length, timeframe_ms)
    frame = pd.DataFrame({"date": edges})
    as_of = frame["date"].max() + pd.Timedelta(timeframe_ms, "ms")
    rows = {("taker_volume", interval): provider.rows(series, as_of)}
    result = add_columns(
        frame,
        timeframe_ms,
        PairData(rows, {}),
        settings_with(datasets=("taker_volume",)),
        (interval,),
    )
    start = START.value // 1_000_000
    available = [None if row == 1 else start + (row + 1) * length + 60_000 for row in times]
    for date, value in zip(frame["date"], result[f"cg_taker_buy_usd_{interval}"], strict=True):
        decision = date.value // 1_000_000 + timeframe_ms
        row = oracle(available, decision, 3 * length)
        expected = np.nan if row is None else float(times[row] + 1)
        np.testing.assert_equal(value, expected, err_msg=f"{interval} {timeframe_ms} {date}")


def _taker(numbers: list[int], length: int) -> pd.DataFrame:
    times = [START + pd.Timedelta(number * length, "ms") for number in numbers]
    values = [float(number + 1) for number in numbers]
    return pd.DataFrame({"time": times, "taker_buy_usd": values, "taker_sell_usd": 1.0})


def _critical_dates(times: list[int], length: int, timeframe_ms: int) -> pd.DatetimeIndex:
    """Candle opens whose decision falls just before, at and after a release or its expiry."""
    moments = {
        START + pd.Timedelta((row + 1) * length + 60_000 + age + nudge - timeframe_ms, "ms")
        for row in times
        for age in (0, length, 3 * length)
        for nudge in (-1, 0, 1)
    }
    return pd.DatetimeIndex(sorted(moments)).as_unit("ms")


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("row_unit", UNITS)
def test_dates_of_any_resolution_meet(unit, row_unit):
    """Candles in ms, us or ns and rows in ms, us or ns give the same join."""
    dates = pd.Series(pd.date_range(START, periods=6, freq="30min")).dt.as_unit(unit)
    times = pd.Series(pd.date_range(START, periods=2, freq="1h")).dt.as_unit(row_unit)
    decisions = decision_times(dates, 1_800_000)
    available = epoch_ns(times + pd.Timedelta("1h"))
    assert last_known(available, decisions).tolist() == [-1, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("unit", UNITS)
def test_every_column_is_the_same_whatever_the_resolution_of_the_dates(unit):
    """The resolution of rows, candles and dates changes no cell."""
    plain = _small_frame("ms")
    other = _small_frame(unit)
    pd.testing.assert_frame_equal(plain.drop(columns="date"), other.drop(columns="date"))
    assert str(other["date"].dtype) == f"datetime64[{unit}, UTC]"


def _small_frame(unit: str, index: pd.Index | None = None) -> pd.DataFrame:
    hours = pd.Series(pd.date_range(START, periods=30, freq="1h"))
    known = (hours + pd.Timedelta("61min")).dt.as_unit(unit)
    rows = pd.DataFrame({"time": hours.dt.as_unit(unit), "available_at": known})
    rows["oi"] = 1000.0 + np.arange(30) ** 2
    close = 100.0 + np.arange(30) % 4
    candles = pd.DataFrame({"date": hours.dt.as_unit(unit), "open": close, "high": close + 3})
    candles = candles.assign(low=close - 3, close=close)
    dates = pd.Series(pd.date_range(START, periods=300, freq="5min")).dt.as_unit(unit)
    frame = pd.DataFrame({"date": dates, "close": 1.0})
    if index is not None:
        frame.index = index
    data = PairData({("open_interest", "1h"): rows}, {"1h": candles})
    return add_columns(frame, 300_000, data, settings_with(datasets=("open_interest",)), ("1h",))


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(7, 907, 3),
        pd.Index(np.repeat(np.arange(150), 2)),
        pd.Index([f"row {number}" for number in range(299, -1, -1)]),
        pd.date_range("2020-01-01", periods=300, tz="UTC", name="when"),
    ],
    ids=["range", "duplicated", "strings", "dates"],
)
def test_rows_order_index_and_length_stay_as_they_came(index):
    """An odd or a duplicated index comes out as it went in, and moves no value."""
    plain, other = _small_frame("us"), _small_frame("us", index)
    pd.testing.assert_index_equal(other.index, index)
    pd.testing.assert_frame_equal(plain, other.reset_index(drop=True))
    assert plain["cg_state"].nunique() > 2


def test_unsorted_candles_keep_their_order_and_each_gets_its_own_value():
    """The join goes by each candle's own decision, so a shuffled frame is the shuffled result."""
    plain = _small_frame("us")
    shuffled = plain[["date", "close"]].sample(frac=1.0, random_state=3)
    hours = pd.Series(pd.date_range(START, periods=30, freq="1h"))
    rows = pd.DataFrame({"time": hours, "available_at": hours + pd.Timedelta("61min")})
    rows["oi"] = 1000.0 + np.arange(30) ** 2
    result = add_columns(
        shuffled,
        300_000,
        PairData({("open_interest", "1h"): rows}, {"1h": _no_candles()}),
        settings_with(datasets=("open_interest",)),
        ("1h",),
    )
    pd.testing.assert_index_equal(result.index, shuffled.index)
    expected = plain.loc[shuffled.index, "cg_oi_1h"]
    pd.testing.assert_series_equal(result["cg_oi_1h"], expected)


def _no_candles() -> pd.DataFrame:
    times = pd.Series(dtype="datetime64[ms, UTC]")
    floats = dict.fromkeys(("open", "high", "low", "close"), pd.Series(dtype="float64"))
    return pd.DataFrame({"date": times, **floats})


@pytest.mark.parametrize("length", [0, 1])
def test_an_empty_frame_and_a_single_row_get_every_column(length):
    """The columns exist with their types even where there is nothing to put into them."""
    whole = _small_frame("us")
    frame = whole[["date", "close"]].iloc[290 : 290 + length]
    result = add_columns(frame, 300_000, PairData({}, {}), settings_with(), ("1h", "4h"))
    assert len(result) == length
    pd.testing.assert_index_equal(result.index, frame.index)
    assert {"cg_state", "cg_oi_4h", "cg_confidence_long", "cg_fresh"} <= set(result)


def test_no_row_means_the_empty_value_of_the_column():
    """Taking a value for NO_ROW gives the empty value, never the last row's."""
    rows = np.array([NO_ROW, 0, 1, NO_ROW])
    np.testing.assert_array_equal(take(np.array([1.0, 2.0]), rows, np.nan), [np.nan, 1, 2, np.nan])
    np.testing.assert_array_equal(take(np.array([], dtype=bool), rows[:1], False), [False])
