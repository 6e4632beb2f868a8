"""Sums over venues are computed anew for past rows now and then; nobody knew them before."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.support.served import ALL, BOOK, FUNDING, LIQUIDATION, OI, TAKER, F, Served
from vectra_freqtrade.simulator.coinglass.restatements import EVERY, Restatements
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.market.market import SimulatedMarket

DAY, HOUR = 86400, 3600
MARKET = SimulatedMarket(["BTC", "PEPE"], seed=4)
NOW = MARKET.start + 150.0 * DAY + 10 * HOUR
COIN = {"symbol": "BTC"}
LIST = {**COIN, "exchange_list": ALL}
SPAN = {"start_time": (MARKET.start + DAY) * 1000, "end_time": int(NOW) * 1000}
SUMS = {
    OI: (COIN, "close", "open interest"),
    TAKER: (LIST, "aggregated_sell_volume_usd", "taker"),
    LIQUIDATION: (LIST, "aggregated_long_liquidation_usd", "liquidation"),
}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    server = Served(MARKET, NOW, Rules(provisional=False, per_minute=10**9))
    yield server
    server.close()


def values(served: Served, path: str, at: float, **params) -> np.ndarray:
    _, field, _ = SUMS.get(path, ({}, "close", ""))
    rows = served(path, at=at, interval="4h", **SPAN, **params)
    return np.array([float(row[field]) for row in rows])


@pytest.mark.parametrize("path", SUMS)
def test_an_event_changes_some_months_of_the_past_by_a_little_at_its_moment(served, path: str):
    params, _, kind = SUMS[path]
    events = Restatements(MARKET).events("BTC", kind, NOW)
    assert len(events) == pytest.approx(NOW / EVERY - MARKET.start / EVERY, abs=1)
    changed = 0
    for event in events[10:20]:
        before = values(served, path, event.moment - 1, **params)
        after = values(served, path, event.moment, **params)[: len(before)]
        with np.errstate(invalid="ignore"):
            change = after[:-1] / before[:-1] - 1  # the last is open
        different = np.flatnonzero(np.abs(change) > 1e-6)
        changed += bool(len(different))
        assert 1e-4 < np.abs(change[different]).max() < 0.02
        assert (np.diff(different) == 1).all() and len(different) > 60
    assert changed == 10


@pytest.mark.parametrize("path", SUMS)
def test_between_two_events_nothing_changes_and_old_moments_stay_as_they_were(served, path: str):
    params, _, kind = SUMS[path]
    one, other = Restatements(MARKET).events("BTC", kind, NOW)[12:14]
    late = values(served, path, NOW, **params)
    first = values(served, path, one.moment, **params)
    again = values(served, path, other.moment - 1, **params)[: len(first)]
    np.testing.assert_array_equal(first[:-1], again[:-1])
    assert (np.abs(late[: len(first) - 1] / first[:-1] - 1) > 1e-6).mean() > 0.3
    np.testing.assert_array_equal(values(served, path, one.moment, **params), first)


def test_only_the_corrected_venues_sums_change(served: Served):
    event = Restatements(MARKET).events("BTC", "taker", NOW)[15]
    others = ",".join(venue for venue in ALL.split(",") if venue != event.venue)
    change = {}
    for venues in (event.venue, others):
        ask = {"symbol": "BTC", "exchange_list": venues}
        before = values(served, TAKER, event.moment - 1, **ask)[:-1]
        after = values(served, TAKER, event.moment, **ask)[: len(before)]
        change[venues] = np.abs(after / before - 1).max()
    assert change[event.venue] == pytest.approx(abs(event.correction), rel=1e-4)
    assert change[others] < 1e-8


def test_a_single_venues_own_series_books_and_funding_are_never_restated(served: Served):
    plain = Served(MARKET, NOW)
    pair = {"exchange": "Binance", "symbol": "BTCUSDT"}
    for path, params in (
        (f"{F}/open-interest/history", pair),
        (f"{F}/v2/taker-buy-sell-volume/history", pair),
        (f"{F}/liquidation/history", pair),
        (FUNDING, COIN),
        (BOOK, LIST),
    ):
        ask = {"interval": "4h", **SPAN, **params}
        assert served(path, **ask) == plain(path, **ask), path
    for path, (params, _, _) in SUMS.items():
        assert served(path, interval="4h", **SPAN, **params) != plain(
            path, interval="4h", **SPAN, **params
        )
    plain.close()


def test_rare_enough_and_small_enough_that_the_market_stays_the_same_market(served: Served):
    plain = Served(MARKET, NOW)
    for path, (params, _, _) in SUMS.items():
        change = values(served, path, NOW, **params) / values(plain, path, NOW, **params) - 1
        assert 0.0005 < np.std(change) < 0.03 and np.abs(change).max() < 0.06
    plain.close()
