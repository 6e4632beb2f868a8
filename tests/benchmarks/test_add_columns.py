"""
What a pair-year of 5m candles costs. Skipped unless asked for:

    python -m pytest tests/benchmarks/test_add_columns.py --benchmark-only --benchmark-disable-gc

`align_and_judge` is to be at most three times `bare_merge_asof`, `native_features` at most 1.5 s.
"""

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import native_rows, random_candles, settings_with, utc
from tests.support.replay import INTERVALS, ROW_DATASETS
from vectra_freqtrade.intervals import interval_ms
from vectra_freqtrade.signals import assemble
from vectra_freqtrade.signals.judge import judge

CANDLES = 105_120
TIMEFRAME_MS = 300_000
START = utc("2025-01-01")
WARMUP = pd.Timedelta("60D")
SETTINGS = settings_with(datasets=ROW_DATASETS)


@pytest.fixture(scope="module")
def candles() -> pd.DataFrame:
    return random_candles(START, CANDLES, TIMEFRAME_MS, 1)


@pytest.fixture(scope="module")
def data() -> assemble.PairData:
    """Every dataset of rows at both intervals (or daily), from 60 days before the first candle."""
    rows = {}
    for dataset, interval in assemble.native_keys(SETTINGS, INTERVALS):
        length = pd.Timedelta(interval_ms(interval), "ms")
        count = int((pd.Timedelta("365D") + WARMUP) / length)
        frame = native_rows(dataset, START - WARMUP, count, interval_ms(interval), 1)
        frame["time"] = frame["time"].dt.as_unit("ms")
        frame.insert(1, "available_at", frame["time"] + length + pd.Timedelta("60s"))
        rows[dataset, interval] = frame
    prices = {
        interval: random_candles(
            START - WARMUP, int(425 * 86_400_000 / interval_ms(interval)), interval_ms(interval), 2
        )
        for interval in INTERVALS
    }
    return assemble.PairData(rows, prices, "BTC")


@pytest.fixture(scope="module")
def features(data: assemble.PairData):
    return assemble.native_features(data, SETTINGS, INTERVALS)


@pytest.fixture(scope="module")
def native_frames(features) -> list[pd.DataFrame]:
    """The features as frames to merge: the same columns, in the candles' resolution."""
    return [
        pd.DataFrame(
            {"known": pd.to_datetime(native.available_at, utc=True).as_unit("us"), **native.columns}
        )
        for native in features.values()
    ]


@pytest.mark.benchmark(group="pair-year of 5m")
def test_align_and_judge(benchmark, candles, features):
    """The join of all features, the states, factors and confidence, and the frame of it all."""

    def run() -> pd.DataFrame:
        values, _ = assemble.feature_columns(
            candles["date"], TIMEFRAME_MS, features, SETTINGS, INTERVALS
        )
        values["cg_dominance_is_btc"] = np.ones(CANDLES, dtype=bool)
        frame = pd.DataFrame(values, index=candles.index)
        return frame.assign(**judge(frame, SETTINGS, INTERVALS))

    assert len(benchmark(run)) == CANDLES


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
    assert len(result) == CANDLES
