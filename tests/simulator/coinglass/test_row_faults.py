"""Faults that were seen once on the real API, as a test may switch them on."""

import json
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.support.faults import ShortList
from tests.support.row_faults import Revised, TwiceOtherwise
from tests.support.served import LIQUIDATION, OI, PAIRS, F, Served
from tests.support.shared import require_shared
from vectra_freqtrade.simulator.market.market import SimulatedMarket

DAY, HOUR = 86400, 3600
MARKET = SimulatedMarket(["BTC", *(f"C{number:02}" for number in range(30))], seed=4)
NOW = MARKET.start + 20.0 * DAY + 754
LIST = {"symbol": "BTC", "exchange_list": "Binance,OKX", "interval": "4h", "limit": 9}


@pytest.fixture
def served() -> Iterator[Served]:
    server = Served(MARKET, NOW)
    yield server
    server.close()


def test_a_time_comes_twice_once_and_the_first_is_what_comes_before_and_after(served: Served):
    case = json.loads((require_shared() / "cases/coinglass/duplicate-time.json").read_text())
    real = [row["time"] for row in case["reply"]["data"]]
    before = served(LIQUIDATION, **LIST)
    time = before[3]["time"]
    served.server.faults.append(TwiceOtherwise(time / 1000, path="/liquidation/"))
    assert len(served(OI, symbol="BTC", interval="4h", limit=9)) == 9
    twice, after = served(LIQUIDATION, **LIST), served(LIQUIDATION, **LIST)
    assert after == before and len(twice) == 10
    assert [each for each in twice if each != twice[4]] == before
    assert twice[3]["time"] == twice[4]["time"] == time
    assert all(
        twice[4][name] != cell for name, cell in before[3].items() if name != "time" and cell
    )
    stamps = [row["time"] for row in twice]
    steps = [b - a for a, b in pairwise(stamps[2:6])]
    assert steps == [b - a for a, b in pairwise(real)] == [14_400_000, 0, 14_400_000]


def test_a_list_comes_much_too_short_once(served: Served):
    whole, coins = served(PAIRS), served(f"{F}/supported-coins")
    served.server.faults += [
        ShortList(path="exchange-pairs"),
        ShortList(0.5, path="supported-coins", skip=1),
    ]
    short = served(PAIRS)
    assert {venue: len(rows) for venue, rows in short.items()} == dict.fromkeys(whole, 3)
    assert served(PAIRS) == whole
    assert served(f"{F}/supported-coins") == coins
    assert served(f"{F}/supported-coins") == coins[:15]


def test_rows_are_revised_by_a_share_from_a_moment_on(served: Served):
    ask = {"symbol": "BTC", "interval": "4h", "limit": 9}
    before = served(OI, **ask)
    edge = before[4]["time"] / 1000
    served.server.faults.append(Revised(edge, 1.03, since=NOW + 10, path="open-interest"))
    assert served(OI, **ask) == before
    after = served(OI, at=NOW + 10, **ask)
    ratio = [float(b["open"]) / float(a["open"]) for a, b in zip(before, after, strict=True)]
    assert ratio == pytest.approx([1.03] * 4 + [1.0] * 5)
    assert [row["time"] for row in after] == [row["time"] for row in before]
