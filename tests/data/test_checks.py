"""What is said at the start about candles that liquidation levels would lack."""

import pandas as pd
import pytest

from tests.support.frames import DELAY, native_rows, random_candles, settings_with, utc
from vectra_freqtrade.catalogue.intervals import levels_interval
from vectra_freqtrade.data.checks import (
    adaptive_startup,
    check_adaptive,
    few_candles_for_levels,
    levels_startup,
    resolve_intervals,
)
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.signals.assemble import PairData, add_columns

START = utc("2025-01-01")


def warning(candles=240, intervals=("1h", "4h"), **sections):
    return few_candles_for_levels(settings_with(**sections), intervals, candles, "Mine")


def test_a_startup_that_is_too_short_for_levels_is_named_with_the_figure_and_what_happens_else():
    # Two blocks of ten days are 480 hours; a row may be three hours old, and closes after one.
    assert levels_startup(settings_with(), "1h") == 484
    said = warning(240)
    assert "startup_candle_count of Mine to at least 484 (it is 240)" in said
    assert "no levels in its first 11 days" in said  # 244 hours
    assert warning(483) is not None
    assert warning(484) is None


@pytest.mark.parametrize("neutral", [True, ["open_interest"]])
def test_levels_that_are_left_out_on_purpose_need_no_candles(neutral):
    assert warning(240, neutral=neutral) is None


def test_the_figure_follows_interval_half_life_and_max_age():
    assert levels_startup(settings_with(), "4h") == 124
    assert levels_startup(settings_with(levels={"half_life_days": 3.5}), "1h") == 244
    assert levels_startup(settings_with(max_age_intervals=10), "1h") == 491
    assert warning(240, levels={"half_life_days": 3.0}) is None


def test_nothing_is_said_where_nothing_is_estimated():
    assert warning(30, levels_source="heatmap") is None
    assert warning(30, datasets=("funding_rate",)) is None
    assert warning(30) is not None


@pytest.mark.parametrize(
    ("intervals", "chosen"),
    [
        (("1h", "4h"), "1h"),
        (("5m", "1h"), "1h"),
        (("30m", "4h"), "4h"),
        (("4h", "12h"), "4h"),
        (("5m",), "5m"),
        (("5m", "15m"), "15m"),
    ],
)
def test_levels_are_estimated_on_an_interval_whose_candles_a_bot_can_have(intervals, chosen):
    assert levels_interval(intervals) == chosen
    assert f"candles of {chosen}:" in warning(30, intervals)


def test_adaptive_bands_need_a_startup_that_holds_their_window():
    adaptive = settings_with(bands="adaptive")
    with pytest.raises(SettingsError, match="startup_candle_count of Mine to at least 206"):
        check_adaptive(adaptive, 205, "Mine")
    check_adaptive(adaptive, 206, "Mine")
    check_adaptive(settings_with(), 0, "Mine")


@pytest.mark.parametrize(("lookback", "max_age"), [(1, 3), (5, 3), (2, 6)])
def test_that_startup_makes_adaptive_bands_what_they_are_after_years(lookback, max_age):
    """Also where the last row is the oldest that is still used, and for the row before it."""
    settings = settings_with(
        datasets=["open_interest"], bands="adaptive", lookback=lookback, max_age_intervals=max_age
    )
    hour, count = 3_600_000, 300
    sent = native_rows("open_interest", START, count, hour, 1)
    rows = sent.assign(available_at=sent["time"] + pd.Timedelta("61min"))
    candles = random_candles(START, count, hour, 1)
    first = START + pd.Timedelta(240, "h")
    frame = pd.DataFrame({"date": [first], "close": 100.0})  # a 1m candle, closed with the delay
    stopped = rows[rows["available_at"] <= first + pd.Timedelta(1 - 60 * max_age, "min")]

    def columns(startup: int) -> pd.DataFrame:
        loaded = candles[candles["date"] >= first - pd.Timedelta(startup, "h")]
        data = PairData({("open_interest", "1h"): stopped}, {"1h": loaded.reset_index(drop=True)})
        return add_columns(frame, 60_000, data, settings, ("1h",))

    needed = adaptive_startup(settings)
    pd.testing.assert_frame_equal(columns(needed), columns(240))
    assert columns(needed)["cg_price_sigma_prev_1h"].notna().all()
    assert not columns(needed - 1).equals(columns(240))


@pytest.mark.parametrize(
    ("held", "datasets", "used"),
    [
        ({}, ["open_interest"], ("1h", "4h")),
        ({"open_interest": ("4h", "12h", "1d")}, ["open_interest"], ("4h", "12h")),
        ({"open_interest": ("5m", "1h")}, ["open_interest"], ("1h",)),
        # Off, or not there: what a plan without 1h has downloaded of the others decides.
        ({"funding_rate": ("4h", "12h")}, ["funding_rate"], ("4h", "12h")),
        ({"funding_rate": ("4h", "12h")}, ["open_interest", "funding_rate"], ("4h", "12h")),
        (
            {"open_interest": ("1h", "4h"), "funding_rate": ("4h", "12h")},
            ["funding_rate"],
            ("4h", "12h"),
        ),
        (
            {"open_interest": ("1d",), "funding_rate": ("4h",)},
            ["funding_rate", "open_interest"],
            ("1d",),
        ),
        ({"exchange_netflow": ("1d",)}, ["exchange_netflow"], ("1h", "4h")),
    ],
)
def test_auto_intervals_of_a_backtest_are_those_that_the_store_holds(
    tmp_path, held, datasets, used
):
    store = Store(tmp_path)
    for dataset, intervals in held.items():
        for interval in intervals:
            series = Series(dataset, "BTC", interval)
            values = dict.fromkeys(series.spec.values, 1.0)
            store.add(series, downloaded(series, pd.DataFrame({"time": [START], **values}), DELAY))
    assert resolve_intervals(settings_with(datasets=datasets), store) == used
    assert resolve_intervals(settings_with(intervals=["30m"]), store) == ("30m",)
