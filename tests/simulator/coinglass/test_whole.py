"""Answers that are one snapshot or a whole history: the map, balances, bitcoin's dominance."""

import json
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from tests.support.served import DOMINANCE, MAP, Served
from tests.support.shared import require_shared
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.venues import VENUES

DAY, HOUR = 86400, 3600
MARKET = SimulatedMarket(["BTC", "PEPE"], seed=4)
NOW = MARKET.start + 60 * DAY + 13 * HOUR + 754.0


@pytest.fixture
def served() -> Iterator[Served]:
    server = Served(MARKET, NOW)
    yield server
    server.close()


def test_the_map_is_one_item_a_venue_as_captured_or_one_as_documented():
    ask = {"symbol": "BTC", "range": "1d"}
    captured = Served(MARKET, NOW)
    documented = Served(MARKET, NOW, Rules.plain(map_shape="documented"))
    items = captured(MAP, **ask)["data"]
    levels = documented(MAP, **ask)["data"]
    assert [item["instrument"]["exName"] for item in items] == list(VENUES)
    for text, [row] in levels.items():
        assert row[0] == float(text) and row[2:] == [None, None]
        of_venues = [item["liqMapV2"][text][0] for item in items]
        assert {each[0] for each in of_venues} == {row[0]}
        assert sum(each[1] for each in of_venues) == pytest.approx(row[1], abs=0.1)
    assert all(item["liqMapV2"].keys() == levels.keys() for item in items)
    captured.close()
    documented.close()


def test_balances_have_one_list_per_venue_with_nulls_before_it_is_tracked(served: Served):
    [chart] = served("/api/exchange/balance/chart", symbol="BTC")
    assert len(chart["time_list"]) == len(chart["price_list"]) == 61
    assert all(len(values) == 61 for values in chart["data_map"].values())
    assert chart["data_map"]["Gate"][0] is None and chart["data_map"]["Gate"][-1] > 0
    assert chart["time_list"][0] == MARKET.start * 1000


def test_dominance_is_three_days_apart_and_ascending_with_a_live_last_row(served: Served):
    rows = served(DOMINANCE)
    names = {"timestamp", "price", "bitcoin_dominance", "market_cap"}
    assert len(rows) == 20 and set(rows[0]) == names
    assert {b["timestamp"] - a["timestamp"] for a, b in pairwise(rows)} == {3 * DAY * 1000}
    percent = np.array([row["bitcoin_dominance"] for row in rows])
    assert 40 < percent.min() < percent.max() < 75 and np.abs(np.diff(percent)).max() < 9
    later = served(DOMINANCE, at=NOW + HOUR)
    assert later[:-1] == rows[:-1] and later[-1] != rows[-1]


def test_dominance_has_the_stamps_of_the_real_one():
    """Its documentation's first, and the newest of a capture and of a probe."""
    case = json.loads((require_shared() / "cases/coinglass/dominance-spacing.json").read_text())
    stamps = [row["timestamp"] for row in case["reply"]["data"]]
    probe = pd.Timestamp("2026-06-09T12:00Z").timestamp()
    served = Served(SimulatedMarket(["BTC"], start=probe - 30 * DAY, seed=4), probe)
    rows = served(DOMINANCE)
    assert [row["timestamp"] for row in rows][-4:] == stamps
    first = case["evidence"]["documentation example"][0]
    assert (stamps[-1] - first) // (3 * DAY * 1000) + 1 == 1596, "as the probe counted them"
    served.close()


def test_dominances_spacing_may_be_another_in_the_next_answer():
    rules = Rules.plain(dominance_days=lambda now: 3 if now < NOW else 1)
    served = Served(MARKET, NOW, rules)
    wide, narrow = served(DOMINANCE, at=NOW - 1), served(DOMINANCE, at=NOW)
    assert (len(wide), len(narrow)) == (20, 61)
    days = {row["timestamp"]: row for row in narrow}
    for row in wide[:-1]:  # a row tells of the last of its days
        assert (
            row["bitcoin_dominance"] == days[row["timestamp"] + 2 * DAY * 1000]["bitcoin_dominance"]
        )
    assert served(DOMINANCE, at=NOW - 1) == wide
    served.close()
