"""
What a pair-year of 5m candles costs, and a live bot's frame. Run once and over a week unless:

    python -m pytest tests/benchmarks --benchmark-enable --benchmark-only --benchmark-disable-gc

`align_and_judge` is to be at most three times `bare_merge_asof`, `native_features` at most 1.5 s,
and a live frame whose native features are known already at most 5 ms.
"""

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import native_rows, random_candles, random_orders, settings_with, utc
from tests.support.replay import INTERVALS, ROW_DATASETS
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.signals import assemble, large_orders
from vectra_freqtrade.signals.align import decision_times

CANDLES = 105_120
WEEK = 7 * 288  # where nothing is timed
LIVE_CANDLES = 1000
TIMEFRAME_MS = 300_000
START = utc("2025-01-01")
WARMUP = pd.Timedelta("60D")
#: All that has a history: rows of an interval, daily rows, large orders.
SETTINGS = settings_with(datasets=(*ROW_DATASETS, "large_orders"))
ORDERS_PER_DAY = 50


def pair_data(seed: int, days: int = 365) -> assemble.PairData:
    """As a provider hands it out: every dataset, from 60 days before the first candle."""
    span, first = pd.Timedelta(days, "D") + WARMUP, START - WARMUP
    rows, prices = {}, {}
    for dataset, interval in assemble.native_keys(SETTINGS, INTERVALS):
        length = pd.Timedelta(interval_ms(interval), "ms")
        frame = native_rows(dataset, first, int(span / length), interval_ms(interval), seed)
        frame["time"] = frame["time"].dt.as_unit("ms")
        frame.insert(1, "available_at", frame["time"] + length + pd.Timedelta("60s"))
        rows[dataset, interval] = frame
    for interval in INTERVALS:
        length_ms = interval_ms(interval)
        count = int(span / pd.Timedelta(length_ms, "ms"))
        prices[interval] = random_candles(first, count, length_ms, seed + 1)
    orders = random_orders(first, span.days, ORDERS_PER_DAY, seed)
    return assemble.PairData(rows, prices, "BTC", orders)


@pytest.fixture(scope="module")
def candles(pytestconfig: pytest.Config) -> pd.DataFrame:
    timed = pytestconfig.getoption("benchmark_enable")
    return random_candles(START, CANDLES if timed else WEEK, TIMEFRAME_MS, 1)


@pytest.fixture(scope="module")
def data(candles: pd.DataFrame) -> assemble.PairData:
    return pair_data(1, days=len(candles) // 288)


@pytest.fixture(scope="module")
def features(data: assemble.PairData):
    return assemble.native_features(data, SETTINGS, INTERVALS)


@pytest.fixture(scope="module")
def native_frames(candles, data, features) -> list[pd.DataFrame]:
    """The features as frames to merge: the same columns, in the candles' resolution."""
    tables = [(native.available_at, native.columns) for native in features.values()]
    # Of large orders what they say at each start of one, joined like a row.
    known = data.orders["available_at"]
    moments = decision_times(known, 0)
    close = np.resize(candles["close"].to_numpy(), len(moments))
    tables.append((moments, large_orders.features(data.orders, moments, close)))
    return [
        pd.DataFrame({"known": pd.to_datetime(moment, utc=True).as_unit("us"), **values})
        for moment, values in tables
    ]


@pytest.mark.benchmark(group="pair-year of 5m")
def test_align_and_judge(benchmark, candles, data, features):
    """The join of all features, large orders, states, factors, confidence, the frame of it all."""

    def run() -> pd.DataFrame:
        return assemble.add_columns(candles, TIMEFRAME_MS, data, SETTINGS, INTERVALS, features)

    assert len(benchmark(run)) == len(candles)


@pytest.mark.benchmark(group="pair-year of 5m")
def test_bare_merge_asof(benchmark, candles, native_frames):
    """One `pd.merge_asof` per dataset and interval, carrying the same feature columns."""
    left = pd.DataFrame({"decision": candles["date"] + pd.Timedelta("5min")})

    def run() -> list[pd.DataFrame]:
        return [
            pd.merge_asof(left, frame, left_on="decision", right_on="known")
            for frame in native_frames
        ]

    assert len(benchmark(run)) == len(native_frames)


@pytest.mark.benchmark(group="native")
def test_native_features(benchmark, data):
    """Changes, percentiles, z-scores, liquidation levels, on the datasets' own rows."""
    assert benchmark(assemble.native_features, data, SETTINGS, INTERVALS)


@pytest.mark.benchmark(group="native")
def test_native_features_with_adaptive_bands(benchmark, data):
    """The same with the standard deviations that adaptive bands need."""
    adaptive = SETTINGS.override(bands="adaptive")
    assert benchmark(assemble.native_features, data, adaptive, INTERVALS)


@pytest.mark.benchmark(group="whole")
def test_add_columns(benchmark, candles, data):
    """All of it, as a strategy calls it."""
    result = benchmark(assemble.add_columns, candles, TIMEFRAME_MS, data, SETTINGS, INTERVALS)
    assert len(result) == len(candles)


@pytest.mark.benchmark(group="live")
def test_a_live_frame(benchmark):
    """1000 candles of 5m and 60 days of history, native features known from a candle ago."""
    frame = random_candles(START, LIVE_CANDLES, TIMEFRAME_MS, 1)
    known = pair_data(1, days=4)
    held = assemble.native_features(known, SETTINGS, INTERVALS)

    def run() -> pd.DataFrame:
        return assemble.add_columns(frame, TIMEFRAME_MS, known, SETTINGS, INTERVALS, held)

    assert len(benchmark(run)) == LIVE_CANDLES
