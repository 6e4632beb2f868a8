from datetime import UTC, datetime, timedelta

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.coinglass.spans import blocks, missing_runs
from vectra_freqtrade.times import from_ms, to_ms

START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
OI = DATASETS["open_interest"]


@given(st.integers(0, 5000), st.integers(0, 3599))
def test_blocks_cover_a_range_without_overlap_and_hold_no_more_than_the_limit(hours, seconds):
    start, end = START + timedelta(seconds=seconds), START + hours * HOUR
    parts = list(blocks(OI, "1h", start, end))
    rows = [
        hour
        for a, b in parts
        for hour in range(-(-to_ms(a) // 3_600_000), -(-to_ms(b) // 3_600_000))
    ]
    first = -(-to_ms(start) // 3_600_000)
    assert rows == list(range(first, max(first, to_ms(end) // 3_600_000)))
    assert all(b - a <= 1000 * HOUR for a, b in parts)


def test_a_daily_history_comes_whole():
    spec = DATASETS["bitcoin_dominance"]
    assert list(blocks(spec, "1d", START, START + 9000 * HOUR)) == [(START, START + 9000 * HOUR)]


@given(st.sets(st.integers(0, 30)))
def test_missing_runs_are_the_rows_that_are_not_there(gone):
    there = pd.Series(
        [START + n * HOUR for n in range(31) if n not in gone], dtype="datetime64[ms, UTC]"
    )
    runs = missing_runs(there, START, START + 31 * HOUR, "1h")
    named = [n for a, b in runs for n in range((a - START) // HOUR, (b - START) // HOUR)]
    assert named == sorted(gone)


def test_rows_that_have_not_closed_are_not_missing():
    none = pd.Series(dtype="datetime64[ms, UTC]")
    now = START + 2 * HOUR + timedelta(minutes=59)
    assert missing_runs(none, START, START + 9 * HOUR, "1h", now) == [(START, START + 2 * HOUR)]


@given(st.integers(0, 2**42))
def test_milliseconds_survive(stamp):
    assert to_ms(from_ms(stamp)) == stamp
