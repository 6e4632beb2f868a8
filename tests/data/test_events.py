"""Large orders and snapshots of levels, as a provider hands them out."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import utc
from vectra_freqtrade.data.history import HistoryProvider, events_fingerprint
from vectra_freqtrade.history.orders import Orders, with_availability
from vectra_freqtrade.history.snapshots import Snapshots
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
def root(tmp_path):
    return tmp_path / "coinglass"


def _provider(root):
    return HistoryProvider(Store(root))


def test_a_downloaded_order_is_known_a_delay_after_its_start_and_its_end(root):
    Orders(root).add(SYMBOL, with_availability(_sent((1, 0, 30, 5e5), (2, 10, None, 7e5)), DELAY))
    provider = _provider(root)
    early = provider.orders(SYMBOL, START + 30 * MINUTE)
    assert early["available_at"].tolist() == [START + MINUTE, START + 11 * MINUTE]
    assert early["end"].isna().all() and early["executed_usd"].isna().all()
    later = provider.orders(SYMBOL, START + 31 * MINUTE)
    assert later["end_available_at"].iloc[0] == START + 31 * MINUTE
    assert later["executed_usd"].iloc[0] == 5e5
    assert provider.orders(SYMBOL, START).empty
    assert provider.orders("Binance_ETHUSDT", START) is None


def test_a_recorded_order_is_known_when_it_was_seen_and_its_end_when_that_was(root):
    first, second = START + 20 * MINUTE, START + 45 * MINUTE
    Orders(root).add(SYMBOL, with_availability(_sent((1, 0, None, 0.0)), DELAY, first))
    Orders(root).add(SYMBOL, with_availability(_sent((1, 0, 30, 5e5)), DELAY, second))
    provider = _provider(root)
    assert provider.orders(SYMBOL, first - MINUTE).empty
    assert provider.orders(SYMBOL, second - MINUTE)["end"].isna().all()
    assert provider.orders(SYMBOL, second)["executed_usd"].tolist() == [5e5]


def test_a_file_is_read_again_when_it_was_replaced(root):
    provider = _provider(root)
    Orders(root).add(SYMBOL, with_availability(_sent((1, 0, 5, 1.0)), DELAY))
    assert len(provider.orders(SYMBOL, START + 60 * MINUTE)) == 1
    Orders(root).add(SYMBOL, with_availability(_sent((2, 1, 5, 1.0)), DELAY))
    assert len(provider.orders(SYMBOL, START + 60 * MINUTE)) == 2


def test_snapshots_come_as_far_as_they_are_known_over_the_end_of_a_day(root):
    evening = START + pd.Timedelta(hours=23, minutes=50)
    for step, levels in enumerate((((100, 1e6), (101, 2e6)), (), ((102, 3e6),))):
        Snapshots(root).add(HEATMAP, "BTC", evening + 15 * step * MINUTE, _levels(*levels))
    provider = _provider(root)
    seen = provider.snapshots(HEATMAP, "BTC", START, evening + 15 * MINUTE)
    assert seen["price"].tolist()[:2] == [100.0, 101.0] and np.isnan(seen["price"].iloc[2])
    late = provider.snapshots(HEATMAP, "BTC", evening + MINUTE, evening + 60 * MINUTE)
    assert late["available_at"].nunique() == 2
    assert provider.snapshots(HEATMAP, "BTC", START, START) is None
    assert provider.snapshots("liquidation_map", "BTC", START, evening) is None


def test_the_fingerprint_follows_both_kinds_of_files(root):
    seen = {events_fingerprint(root)}
    Orders(root).add(SYMBOL, with_availability(_sent((1, 0, 5, 1.0)), DELAY))
    seen.add(events_fingerprint(root))
    for minute in (0, 15):
        Snapshots(root).add(HEATMAP, "BTC", START + minute * MINUTE, _levels((100, 1e6)))
        seen.add(events_fingerprint(root))
    assert len(seen) == 4
