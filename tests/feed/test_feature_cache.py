"""Features between two candles of a live bot: made again when anything they are made of changes."""

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import utc
from tests.support.replay import INTERVALS, Replay
from vectra_freqtrade.feed.feature_cache import FeatureCache
from vectra_freqtrade.signals.assemble import Key, PairData, native_features
from vectra_freqtrade.signals.native import Features

PAIR = "BTC/USDT:USDT"
HOUR = 12  # candles


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return Replay(tmp_path_factory.mktemp("store"), utc("2025-03-02"), 600)


def same(left: dict[Key, Features], right: dict[Key, Features]) -> None:
    """To the bit."""
    assert set(left) == set(right)
    for key, features in left.items():
        np.testing.assert_array_equal(features.available_at, right[key].available_at)
        for name, values in features.columns.items():
            np.testing.assert_array_equal(values, right[key].columns[name], err_msg=f"{key} {name}")


def test_candle_by_candle_they_are_those_that_are_made_anew(replay: Replay) -> None:
    cache = FeatureCache(replay.settings, INTERVALS)
    for count in range(300, 600, 7):
        data = replay.data(count)
        same(cache.features(PAIR, data), native_features(data, replay.settings, INTERVALS))


def test_a_candle_that_the_exchange_corrects_counts(replay: Replay) -> None:
    cache = FeatureCache(replay.settings, INTERVALS)
    data = replay.data(500)
    for column in ("high", "low", "close"):
        first = cache.features(PAIR, data)
        candles = {interval: frame.copy() for interval, frame in data.candles.items()}
        candles["1h"].loc[candles["1h"].index[-5], column] *= 1.05
        corrected = PairData(data.rows, candles, data.coin)
        found = cache.features(PAIR, corrected)
        same(found, native_features(corrected, replay.settings, INTERVALS))
        assert found["open_interest", "1h"] is not first["open_interest", "1h"]


def test_what_nothing_new_came_for_is_not_made_again(replay: Replay) -> None:
    cache = FeatureCache(replay.settings, INTERVALS)
    data = replay.data(500)
    first = cache.features(PAIR, data)
    again = cache.features(PAIR, PairData(dict(data.rows), data.candles, data.coin))
    assert all(again[key] is first[key] for key in first)
    rows = {key: frame.copy() for key, frame in data.rows.items()}  # other objects, the same rows
    again = cache.features(PAIR, PairData(rows, data.candles, data.coin))
    assert all(again[key] is first[key] for key in first)


def test_a_pair_never_gets_another_ones(replay: Replay) -> None:
    cache = FeatureCache(replay.settings, INTERVALS)
    data = replay.data(500)
    cache.features(PAIR, data)
    doubled = {
        key: rows.assign(oi=2 * rows["oi"]) if "oi" in rows else rows
        for key, rows in data.rows.items()
    }
    other = PairData(doubled, data.candles, "ETH")
    found = cache.features("ETH/USDT:USDT", other)
    same(found, native_features(other, replay.settings, INTERVALS))
    oi = found["open_interest", "1h"].columns["oi"]
    known = pd.Series(oi).dropna()
    assert not known.empty
