"""What callbacks read, taken out of an analyzed frame."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.strategy.trailing_frame import frame_arrays, side_columns
from vectra_freqtrade.trailing.exits import EXIT_TAGS
from vectra_freqtrade.trailing.plan import Side

HOUR, FIVE_MINUTES = 3_600_000, 300_000
START = pd.Timestamp("2026-03-02", tz="UTC")
SETTINGS = CoinglassSettings.model_validate({"trailing": {"atr_period": 2}})
INTERVALS = ("1h", "4h")


def candles(n: int, freq: str, half: float = 1.0, **columns: Any) -> pd.DataFrame:
    dates = pd.date_range(START, periods=n, freq=freq)
    prices = {"date": dates, "high": 100.0 + half, "low": 100.0 - half, "close": 100.0}
    return pd.DataFrame(prices | columns)


def atr_of(dataframe: pd.DataFrame, hourly: pd.DataFrame) -> np.ndarray:
    return frame_arrays(dataframe, FIVE_MINUTES, hourly, SETTINGS, INTERVALS).atr


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_the_atr_is_of_candles_that_had_closed_at_the_decision(unit):
    """The hour from 03:00 on is ten times as wide; the decision at 04:00 is the first to see it."""
    hourly = candles(5, "1h", half=np.array([1.0, 1.0, 1.0, 10.0, 1.0]))
    hourly["date"] = hourly["date"].dt.as_unit(unit)
    dataframe = candles(60, "5min")
    found = pd.Series(atr_of(dataframe, hourly), dataframe["date"] + pd.Timedelta("5min"))
    expected = {"02:55": math.nan, "03:00": 2.0, "03:55": 2.0, "04:00": 11.0, "04:55": 11.0}
    for time, value in expected.items():
        assert found[f"2026-03-02 {time}+00:00"] == pytest.approx(value, nan_ok=True), time


def test_an_atr_of_three_hours_ago_is_the_last_one():
    dataframe = candles(12 * 8, "5min")
    found = pd.Series(atr_of(dataframe, candles(4, "1h")), dataframe["date"] + pd.Timedelta("5min"))
    known = found.dropna().index
    assert known[0] == START + pd.Timedelta("3h")
    assert known[-1] == START + pd.Timedelta("4h") + pd.Timedelta("3h")
    assert len(known) == 12 * 4 + 1


def test_without_candles_there_is_no_atr():
    assert np.isnan(atr_of(candles(24, "5min"), candles(0, "1h"))).all()


def test_whales_are_against_from_the_thresholds_of_the_settings_on():
    dataframe = candles(
        4,
        "5min",
        cg_whale_flow=[-0.35, -0.45, math.nan, math.nan],
        cg_whale_ask_price=[math.nan, math.nan, 100.45, 100.55],
        cg_whale_bid_price=math.nan,
    )
    for whale, expected in (
        ({}, [True, True, True, False]),
        ({"flow": 0.4, "wall": 0.006}, [False, True, True, True]),
    ):
        settings = CoinglassSettings.model_validate({"extremes": {"whale": whale}})
        long, short = (side_columns(dataframe, side, settings, "1h") for side in Side)
        assert long.whale_against.tolist() == expected
        assert not short.whale_against.any()


def test_each_side_reads_its_own_columns():
    """Swapped, a long would be tightened by what speaks for it."""
    dataframe = candles(
        2,
        "5min",
        cg_funding_change_1h=[0.0001, -0.0001],
        cg_funding_extreme=0,
        cg_liq_above_price=110.0,
        cg_liq_below_price=90.0,
        cg_state_1h=["CONFIRM_BEAR", "CONFIRM_BULL"],
        cg_state_prev_1h=["CONFIRM_BEAR", "NEUTRAL"],
        cg_state_4h=["CONFIRM_BEAR", "CONFIRM_BULL"],
        cg_confidence_long=0.9,
        cg_confidence_short=1.1,
    )
    arrays = frame_arrays(dataframe, FIVE_MINUTES, candles(2, "1h"), SETTINGS, INTERVALS)
    long, short = (arrays.sides[side] for side in Side)
    assert (long.extreme[0], short.extreme[0]) == (101.0, 99.0)
    assert long.funding_adverse.tolist() == [True, False]
    assert short.funding_adverse.tolist() == [False, True]
    assert (long.level[0], short.level[0]) == (110.0, 90.0)
    assert (long.confidence[0], short.confidence[0]) == (0.9, 1.1)
    assert [arrays.exits[side].tolist() for side in Side] == [[1, 0], [0, 1]]
    one = frame_arrays(dataframe, FIVE_MINUTES, candles(2, "1h"), SETTINGS, INTERVALS[:1])
    assert [one.exits[side].tolist() for side in Side] == [[2, 0], [0, 0]]


def test_two_rows_running_are_the_row_now_and_the_native_one_before_it():
    """Two candles of one hour show the same row twice."""
    dataframe = candles(
        2,
        "5min",
        cg_state_1h="CONFIRM_BEAR",
        cg_state_prev_1h=["NEUTRAL", "LONG_LIQUIDATION"],
        cg_confidence_long=0.8,
    )
    arrays = frame_arrays(dataframe, FIVE_MINUTES, candles(2, "1h"), SETTINGS, INTERVALS[:1])
    assert [EXIT_TAGS[code] for code in arrays.exits[Side.LONG]] == [None, "cg_low_confidence"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_dates_of_any_resolution_are_the_same_instants(unit):
    dataframe = candles(3, "5min")
    dataframe["date"] = dataframe["date"].dt.as_unit(unit)
    arrays = frame_arrays(dataframe, FIVE_MINUTES, candles(2, "1h"), SETTINGS, INTERVALS)
    opened = int(START.timestamp() * 1000)
    assert arrays.close_ms.tolist() == [opened + k * FIVE_MINUTES for k in (1, 2, 3)]
