"""Features between two candles of a live bot: made again when anything they are made of changes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import utc
from tests.support.replay import INTERVALS, Replay
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.live import feature_cache
from vectra_freqtrade.live.feature_cache import FeatureCache
from vectra_freqtrade.signals.assemble import Key, PairData, native_features
from vectra_freqtrade.signals.native import Features

PAIR = "BTC/USDT:USDT"
HOUR = 12  # candles


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return Replay(tmp_path_factory.mktemp("store"), utc("2025-03-02"), 600)


def cache_of(replay: Replay) -> FeatureCache:
    return FeatureCache(replay.settings, INTERVALS, series_of)


def found_in(cache: FeatureCache, pair: str, data: PairData) -> dict[Key, Features]:
    return cache.features(pair, data)[0]


def series_of(dataset: str, pair: str, interval: str) -> Series:
    return Series(dataset, pair[:3], interval)


def same(left: dict[Key, Features], right: dict[Key, Features]) -> None:
    """To the bit."""
    assert set(left) == set(right)
    for key, features in left.items():
        np.testing.assert_array_equal(features.available_at, right[key].available_at)
        for name, values in features.columns.items():
            np.testing.assert_array_equal(values, right[key].columns[name], err_msg=f"{key} {name}")


def test_candle_by_candle_they_are_those_that_are_made_anew(replay: Replay) -> None:
    cache = cache_of(replay)
    for count in range(300, 600, 7):
        data = replay.data(count)
        same(found_in(cache, PAIR, data), native_features(data, replay.settings, INTERVALS))


def test_a_candle_that_the_exchange_corrects_counts(replay: Replay) -> None:
    cache = cache_of(replay)
    data = replay.data(500)
    for column in ("high", "low", "close"):
        first = found_in(cache, PAIR, data)
        candles = {interval: frame.copy() for interval, frame in data.candles.items()}
        candles["1h"].loc[candles["1h"].index[-5], column] *= 1.05
        corrected = PairData(data.rows, candles, data.coin)
        found = found_in(cache, PAIR, corrected)
        same(found, native_features(corrected, replay.settings, INTERVALS))
        assert found["open_interest", "1h"] is not first["open_interest", "1h"]


def test_what_nothing_new_came_for_is_not_made_again(replay: Replay) -> None:
    cache = cache_of(replay)
    data = replay.data(500)
    first = found_in(cache, PAIR, data)
    again = found_in(cache, PAIR, PairData(dict(data.rows), data.candles, data.coin))
    assert all(again[key] is first[key] for key in first)
    rows = {key: frame.copy() for key, frame in data.rows.items()}  # other objects, the same rows
    again = found_in(cache, PAIR, PairData(rows, data.candles, data.coin))
    assert all(again[key] is first[key] for key in first)


def test_a_pair_never_gets_another_ones(replay: Replay) -> None:
    cache = cache_of(replay)
    data = replay.data(500)
    found_in(cache, PAIR, data)
    doubled = {
        key: rows.assign(oi=2 * rows["oi"]) if "oi" in rows else rows
        for key, rows in data.rows.items()
    }
    other = PairData(doubled, data.candles, "ETH")
    found = found_in(cache, "ETH/USDT:USDT", other)
    same(found, native_features(other, replay.settings, INTERVALS))
    oi = found["open_interest", "1h"].columns["oi"]
    known = pd.Series(oi).dropna()
    assert not known.empty


def renew(cache: FeatureCache, data: PairData) -> None:
    """As a thread of the feed does, row by row."""
    for (dataset, interval), rows in data.rows.items():
        cache.renew(series_of(dataset, PAIR, interval), rows)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Key]:
    """What is made from now on."""
    noted: list[Key] = []

    def noting(data: PairData, *rest: Any) -> dict[Key, Features]:
        noted.extend(data.rows)
        return native_features(data, *rest)

    monkeypatch.setattr(feature_cache, "native_features", noting)
    return noted


def test_what_was_made_as_the_rows_came_is_there_at_the_next_candle(
    replay: Replay, made: list[Key]
) -> None:
    cache, before = cache_of(replay), replay.data(5 * HOUR - 1)
    found_in(cache, PAIR, before)
    after = replay.data(7 * HOUR)
    new = [key for key, rows in after.rows.items() if len(rows) > len(before.rows[key])]
    assert ("open_interest", "1h") in new and ("funding_rate", "1h") in new
    found_in(cache, PAIR, replace(after, rows=before.rows))  # the candle is there, its rows are not
    renew(cache, after)
    made.clear()
    found = found_in(cache, PAIR, replay.data(7 * HOUR))
    assert made == []
    same(found, native_features(after, replay.settings, INTERVALS))


def test_rows_that_a_decision_may_not_see_yet_are_in_none_of_its_features(
    replay: Replay, made: list[Key]
) -> None:
    cache, now = cache_of(replay), replay.data(300)
    ahead = replay.data(400)
    found_in(cache, PAIR, ahead)
    made.clear()
    found = found_in(cache, PAIR, replace(now, candles=ahead.candles))
    assert made == []
    same(found, native_features(now, replay.settings, INTERVALS))
    assert len(found["funding_rate", "1h"].available_at) < len(ahead.rows["funding_rate", "1h"])


def test_a_candle_whose_row_has_not_come_makes_nothing_new(replay: Replay, made: list[Key]) -> None:
    cache, data, later = cache_of(replay), replay.data(300), replay.data(350)
    found_in(cache, PAIR, data)
    made.clear()
    found = found_in(cache, PAIR, replace(later, rows=data.rows))
    assert made == []
    same(found, native_features(replace(later, rows=data.rows), replay.settings, INTERVALS))


def test_candles_that_leave_a_frame_at_its_start_make_nothing_new(
    replay: Replay, made: list[Key]
) -> None:
    cache, data = cache_of(replay), replay.data(500)
    first = found_in(cache, PAIR, data)
    made.clear()
    shorter = {interval: frame.iloc[30:] for interval, frame in data.candles.items()}
    found = found_in(cache, PAIR, replace(data, candles=shorter))
    assert made == []
    same(found, first)
    shortest = {interval: frame.iloc[5:] for interval, frame in shorter.items()}
    longer = found_in(cache, PAIR, replace(data, candles=shortest))
    assert made == [] and longer["open_interest", "1h"] is first["open_interest", "1h"]


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.drop(index=frame.index[-9]),
        lambda frame: frame.iloc[:0],
        lambda frame: frame.assign(low=frame["low"].where(frame.index != frame.index[0], 1.0)),
    ],
    ids=["one is gone", "all are gone", "the first is another"],
)
def test_candles_that_are_not_the_same_count(
    change: Callable[[pd.DataFrame], pd.DataFrame], replay: Replay, made: list[Key]
) -> None:
    cache, data = cache_of(replay), replay.data(500)
    found_in(cache, PAIR, data)
    made.clear()
    changed = replace(data, candles={i: change(frame) for i, frame in data.candles.items()})
    found = found_in(cache, PAIR, changed)
    assert set(made) == {("open_interest", interval) for interval in INTERVALS}
    same(found, native_features(changed, replay.settings, INTERVALS))


def test_candles_that_reach_further_back_count(replay: Replay, made: list[Key]) -> None:
    cache, data = cache_of(replay), replay.data(500)
    shorter = {interval: frame.iloc[100:] for interval, frame in data.candles.items()}
    found_in(cache, PAIR, replace(data, candles=shorter))
    made.clear()
    found = found_in(cache, PAIR, data)
    assert set(made) == {("open_interest", interval) for interval in INTERVALS}
    same(found, native_features(data, replay.settings, INTERVALS))


def test_nothing_is_made_for_a_pair_that_nobody_looked_at(replay: Replay, made: list[Key]) -> None:
    cache, data = cache_of(replay), replay.data(500)
    found_in(cache, "ETH/USDT:USDT", data)
    made.clear()
    renew(cache, data)
    assert made == []


def test_the_loop_and_the_feed_at_once_find_what_is_made_anew(replay: Replay) -> None:
    cache = cache_of(replay)
    steps = [replay.data(count) for count in range(300, 600, 3)]
    whole = steps[-1]

    def feed() -> None:
        for data in steps:
            renew(cache, data)

    with ThreadPoolExecutor(2) as threads:
        working = [threads.submit(feed) for _ in range(2)]
        for data in steps:
            found = found_in(cache, PAIR, replace(data, candles=whole.candles))
            same(found, native_features(data, replay.settings, INTERVALS))
        for each in working:
            each.result()


def test_rows_that_are_dropped_in_time_make_nothing_new(replay: Replay, made: list[Key]) -> None:
    """Between two moments of the feed: rows are shown, their features are still being made."""
    cache, data = cache_of(replay), replay.data(500)
    first = found_in(cache, PAIR, data)
    made.clear()
    fewer = {key: rows.iloc[3:] for key, rows in data.rows.items()}
    found = found_in(cache, PAIR, replace(data, rows=fewer))
    assert made == []
    same(found, first)


def test_rows_that_reach_further_back_count(replay: Replay, made: list[Key]) -> None:
    cache, data = cache_of(replay), replay.data(500)
    fewer = {key: rows.iloc[3:] for key, rows in data.rows.items()}
    found_in(cache, PAIR, replace(data, rows=fewer))
    made.clear()
    same(found_in(cache, PAIR, data), native_features(data, replay.settings, INTERVALS))
    assert set(made) == set(data.rows)
