from datetime import timedelta

import pandas as pd
import pytest

from tests.support.frames import utc
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.snapshots import Snapshots

NAME, COIN = "liquidation_heatmap", "BTC"
START = utc("2025-01-01 23:50")


def levels(*pairs: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["price", "usd"], dtype="float64")


def test_snapshots_come_back_with_the_moment_they_were_taken(tmp_path):
    store = Snapshots(tmp_path)
    for number in range(3):
        taken = START + timedelta(minutes=15 * number)
        store.add(NAME, COIN, taken, levels((100.0, number + 1.0), (101.0, 2.0)))
    frame = store.read(NAME, COIN)
    assert len(store.days(NAME, COIN)) == 2
    assert frame["available_at"].drop_duplicates().tolist() == [
        START + timedelta(minutes=15 * number) for number in range(3)
    ]
    assert frame["usd"].iloc[::2].tolist() == [1.0, 2.0, 3.0]
    assert store.symbols(NAME) == [COIN]


def test_a_range_gives_the_snapshots_inside_it(tmp_path):
    store = Snapshots(tmp_path)
    for number in range(4):
        store.add(NAME, COIN, START + timedelta(minutes=15 * number), levels((100.0, 1.0)))
    frame = store.read(NAME, COIN, START + timedelta(minutes=1), START + timedelta(minutes=30))
    assert len(frame) == 2
    assert store.read(NAME, "ETH").empty


def test_a_snapshot_without_levels_is_known_to_have_none(tmp_path):
    store = Snapshots(tmp_path)
    store.add(NAME, COIN, START, levels())
    frame = store.read(NAME, COIN)
    assert len(frame) == 1
    assert frame["price"].isna().all()


def test_an_older_or_equal_snapshot_changes_nothing(tmp_path):
    store = Snapshots(tmp_path)
    store.add(NAME, COIN, START, levels((100.0, 1.0)))
    store.add(NAME, COIN, START, levels((100.0, 9.0)))
    store.add(NAME, COIN, START - timedelta(minutes=5), levels((100.0, 9.0)))
    assert store.read(NAME, COIN)["usd"].tolist() == [1.0]


def test_a_broken_day_is_left_as_it_is(tmp_path):
    store = Snapshots(tmp_path)
    store.add(NAME, COIN, START, levels((100.0, 1.0)))
    day = store.days(NAME, COIN)[0]
    day.write_bytes(b"nonsense")
    with pytest.raises(StoreError, match="left as it is"):
        store.add(NAME, COIN, START + timedelta(minutes=1), levels((100.0, 1.0)))
    assert day.read_bytes() == b"nonsense"
