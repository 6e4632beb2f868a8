"""Rows lie in the memory they were read into; hours that series have alike are held once."""

import pickle
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import DELAY, utc
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.history.arrays import SharedTimes
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.release import Release

START = utc("2025-03-01")
BTC = Series("open_interest", "BTC", "1h")
ETH = Series("open_interest", "ETH", "1h")
FUNDING = Series("funding_rate", "BTC", "1h")
TAKER = Series("taker_volume", "BTC", "1h")


def rows(series: Series, first: int, count: int) -> pd.DataFrame:
    times = pd.date_range(START + pd.Timedelta(first, "h"), periods=count, freq="1h")
    frame = pd.DataFrame({"time": times, **dict.fromkeys(series.spec.values, np.arange(count) / 7)})
    frame.loc[frame.index % 7 == 3, list(series.spec.values[1:])] = np.nan
    return downloaded(series, frame, DELAY)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path, Release(timedelta(seconds=600)))
    store.add(BTC, rows(BTC, 0, 500))
    store.add(ETH, rows(ETH, 100, 300))
    store.add(FUNDING, rows(FUNDING, 0, 500))
    return store


def memory(frame: pd.DataFrame, name: str) -> np.ndarray:
    return frame[name].array.asi8


@pytest.mark.parametrize("name", ["time", "available_at"])
def test_hours_that_series_have_alike_are_held_once(store, name):
    """Also those of a coin that was listed later, and by settings that changed since."""
    provider = HistoryProvider(store)
    held = [provider.rows(series, utc("2030")) for series in (BTC, ETH, FUNDING)]
    assert [len(frame) for frame in held] == [500, 300, 500]
    for frame in held[1:]:
        assert np.shares_memory(memory(held[0], name), memory(frame, name))
    assert held[1][name].iloc[0] - held[0][name].iloc[0] == pd.Timedelta("100h")


@pytest.mark.parametrize("name", ["time", "available_at", "first_seen"])
def test_nobody_can_write_into_hours_that_others_read(store, name):
    first, other = store.read(BTC), store.read(FUNDING)
    before = memory(other, name).tolist()
    with pytest.raises((TypeError, ValueError)):
        first.loc[0, name] = START
    first[name] = START
    assert memory(other, name).tolist() == before


@pytest.mark.parametrize("count", [1, 500, 70_000])
def test_columns_are_what_read_feather_gives_to_the_bit(tmp_path, count):
    """A file of more than 65,536 rows is in several pieces."""
    store = Store(tmp_path)
    store.add(TAKER, rows(TAKER, 0, count))
    plain, ours = pd.read_feather(TAKER.path(tmp_path)), store.read(TAKER)
    assert plain.dtypes.tolist() == ours.dtypes.tolist()
    for name in ("time", "available_at", "first_seen"):
        assert memory(plain, name).tobytes() == memory(ours, name).tobytes()
    for name in TAKER.spec.values:
        assert plain[name].to_numpy().tobytes() == ours[name].to_numpy().tobytes()


def test_times_are_shared_only_where_they_are_the_same():
    """In the middle of one, at its end, with a gap, and none at all."""
    hours = np.arange(10).astype("datetime64[h]").astype("datetime64[ms]")
    shared = SharedTimes()
    held = shared.share(hours.copy())
    for part in (hours[3:7], hours[8:], hours[:1], hours[:0]):
        found = shared.share(part.copy())
        assert found.tolist() == part.tolist()
        assert not len(part) or np.shares_memory(found, held)
    for other in (
        hours[[1, 2, 4]],
        hours + np.timedelta64(1, "ms"),
        hours[::-1],
        np.full(3, "NaT", "datetime64[ms]"),
    ):
        found = shared.share(other.copy())
        assert found.view("int64").tolist() == other.view("int64").tolist()
        assert not np.shares_memory(found, held)


def test_another_process_is_sent_no_times(store):
    store.read(BTC)
    assert len(pickle.dumps(store)) < 2000
