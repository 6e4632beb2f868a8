"""Large orders and pictures of levels on disk, and as a provider hands them out."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import utc
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.feed.provider import HistoryProvider
from vectra_freqtrade.history.event_store import EventStore
from vectra_freqtrade.history.orders import downloaded_orders, recorded_orders
from vectra_freqtrade.history.store import Store

START = utc("2025-01-01")
MINUTE = pd.Timedelta(minutes=1)
DELAY = timedelta(seconds=60)
SYMBOL = "Binance_BTCUSDT"
HEATMAP = "liquidation_heatmap"


def _sent(*orders):
    """Each: id, start and end in minutes (None while it rests), executed USD."""
    frame = pd.DataFrame(orders, columns=["id", "start", "end", "executed_usd"])
    for name in ("start", "end"):
        minutes = pd.to_numeric(frame[name]).astype(float)
        frame[name] = (START + pd.to_timedelta(minutes, unit="m")).dt.as_unit("ms")
    frame["executed_usd"] = frame["executed_usd"].astype(float)
    return frame.assign(side=1.0, price=100.0, start_usd=2e6)


def _levels(*levels):
    return pd.DataFrame(levels, columns=["price", "usd"], dtype="float64")


@pytest.fixture
def store(tmp_path):
    return EventStore(tmp_path / "coinglass")


def _provider(store):
    return HistoryProvider(Store(store.root))


def test_a_downloaded_order_is_known_a_delay_after_its_start_and_its_end(store):
    store.add_orders(SYMBOL, downloaded_orders(_sent((1, 0, 30, 5e5), (2, 10, None, 7e5)), DELAY))
    provider = _provider(store)
    early = provider.orders(SYMBOL, START + 30 * MINUTE)
    assert early["available_at"].tolist() == [START + MINUTE, START + 11 * MINUTE]
    assert early["end"].isna().all() and early["executed_usd"].isna().all()
    later = provider.orders(SYMBOL, START + 31 * MINUTE)
    assert later["end_available_at"].iloc[0] == START + 31 * MINUTE
    assert later["executed_usd"].iloc[0] == 5e5
    assert provider.orders(SYMBOL, START).empty
    assert provider.orders("Binance_ETHUSDT", START) is None


def test_a_recorded_order_is_known_when_it_was_seen_and_its_end_when_that_was(store):
    first, second = START + 20 * MINUTE, START + 45 * MINUTE
    store.add_orders(SYMBOL, recorded_orders(_sent((1, 0, None, 0.0)), DELAY, first))
    merged = store.add_orders(SYMBOL, recorded_orders(_sent((1, 0, 30, 5e5)), DELAY, second))
    assert (merged.added, merged.ended, merged.late) == (0, 1, 0)
    order = store.read_orders(SYMBOL).iloc[0]
    assert order["available_at"] == order["first_seen"] == first
    assert order["end_available_at"] == order["end_first_seen"] == second
    assert order["executed_usd"] == 5e5


def test_what_was_first_seen_of_an_order_stays(store):
    store.add_orders(SYMBOL, downloaded_orders(_sent((1, 0, 30, 5e5)), DELAY))
    again = store.add_orders(SYMBOL, downloaded_orders(_sent((1, 0, 40, 9e5)), DELAY))
    assert (again.added, again.ended) == (0, 0)
    assert store.read_orders(SYMBOL)["executed_usd"].tolist() == [5e5]


def test_an_order_that_a_running_bot_never_had_is_kept_and_never_used(store):
    for minute, order in ((10, (1, 5, None, 0.0)), (60, (2, 55, None, 0.0))):
        seen = START + minute * MINUTE
        store.add_orders(SYMBOL, recorded_orders(_sent(order), DELAY, seen))
    missed = downloaded_orders(_sent((3, 20, 30, 1e6), (4, 2, 3, 1e6)), DELAY)
    merged = store.add_orders(SYMBOL, missed)
    assert (merged.added, merged.late) == (1, 1)
    assert len(store.read_orders(SYMBOL)) == 4
    assert set(_provider(store).orders(SYMBOL, START + 600 * MINUTE)["id"]) == {1, 2, 4}


def test_pictures_lie_in_daily_files_and_come_back_as_far_as_they_are_known(store):
    evening = START + pd.Timedelta(hours=23, minutes=50)
    for step, levels in enumerate((((100, 1e6), (101, 2e6)), (), ((102, 3e6),))):
        assert store.add_picture(HEATMAP, "BTC", _levels(*levels), evening + 15 * step * MINUTE)
    names = [path.name for path in store.picture_paths(HEATMAP, "BTC")]
    assert names == ["2025-01-01.feather", "2025-01-02.feather"]
    provider = _provider(store)
    known = provider.pictures(HEATMAP, "BTC", START, evening + 15 * MINUTE)
    assert known["price"].tolist()[:2] == [100.0, 101.0] and np.isnan(known["price"].iloc[2])
    late = provider.pictures(HEATMAP, "BTC", evening + MINUTE, evening + 60 * MINUTE)
    assert late["available_at"].nunique() == 2
    assert provider.pictures(HEATMAP, "BTC", START, START) is None
    assert provider.pictures("liquidation_map", "BTC", START, evening) is None


def test_a_picture_is_never_put_before_one_that_is_there(store):
    assert store.add_picture(HEATMAP, "BTC", _levels((100, 1e6)), START + 15 * MINUTE)
    assert not store.add_picture(HEATMAP, "BTC", _levels((99, 1e6)), START + 15 * MINUTE)
    assert not store.add_picture(HEATMAP, "BTC", _levels((99, 1e6)), START)
    (path,) = store.picture_paths(HEATMAP, "BTC")
    assert store.read_pictures(path)["price"].tolist() == [100.0]


def test_a_held_file_is_read_again_when_it_was_replaced(store):
    provider = _provider(store)
    store.add_orders(SYMBOL, downloaded_orders(_sent((1, 0, 5, 1.0)), DELAY))
    assert len(provider.orders(SYMBOL, START + 60 * MINUTE)) == 1
    store.add_orders(SYMBOL, downloaded_orders(_sent((2, 1, 5, 1.0)), DELAY))
    assert len(provider.orders(SYMBOL, START + 60 * MINUTE)) == 2


def test_the_fingerprint_follows_both_kinds_of_files(store):
    seen = {store.fingerprint()}
    store.add_orders(SYMBOL, downloaded_orders(_sent((1, 0, 5, 1.0)), DELAY))
    seen.add(store.fingerprint())
    store.add_picture(HEATMAP, "BTC", _levels((100, 1e6)), START)
    seen.add(store.fingerprint())
    store.add_picture(HEATMAP, "BTC", _levels((100, 1e6)), START + MINUTE)
    seen.add(store.fingerprint())
    assert len(seen) == 4


def test_a_broken_or_foreign_file_is_named_and_left_as_it_is(store):
    path = store.orders_path(SYMBOL)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no feather")
    with pytest.raises(StoreError, match=SYMBOL):
        store.read_orders(SYMBOL)
    _levels((1, 2)).to_feather(path)
    with pytest.raises(StoreError, match="expected the columns"):
        store.read_orders(SYMBOL)
    picture = store.root / HEATMAP / "BTC" / "2025-01-01.feather"
    picture.parent.mkdir(parents=True)
    _levels((1, 2)).to_feather(picture)
    with pytest.raises(StoreError, match="expected the columns"):
        store.read_pictures(picture)
