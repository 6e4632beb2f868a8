"""A row that has closed is sent with other values until the next one has closed, then no more.

How far off and how often is held against what was measured on real captures.
"""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from tests.support.served import ALL, BOOK, FUNDING, LIQUIDATION, OI, PRICE, RATIO, TAKER, F, Served
from tests.support.shared import require_shared
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.market.market import SimulatedMarket

DAY, HOUR = 86400, 3600
MARKET = SimulatedMarket(["BTC", "PEPE"], seed=4)
NOW = MARKET.start + 30.0 * DAY + 10 * HOUR
COIN = {"symbol": "BTC"}
LIST = {**COIN, "exchange_list": ALL}
PAIR = {"exchange": "Binance", "symbol": "BTCUSDT"}
RULES = Rules(restated=False, per_minute=10**9)
BOOK_OF_A_PAIR = f"{F}/orderbook/ask-bids-history"
LONGS = "aggregated_long_liquidation_usd"
#: path -> parameters, a value, share that is final at once, median and 95th percentile of change
MEASURED = {
    BOOK: (LIST, "aggregated_bids_usd", (0.0, 0.0), (0.11, 0.15), (0.27, 0.40)),
    BOOK_OF_A_PAIR: (PAIR, "asks_usd", (0.0, 0.05), (0.055, 0.085), (0.15, 0.31)),
    RATIO: (PAIR, "global_account_long_short_ratio", (0.74, 0.88), (0.0, 0.0), (0.03, 0.10)),
    FUNDING: (COIN, "close", (0.82, 0.95), (0.0, 0.0), (0.0, 0.09)),
    OI: (COIN, "close", (0.70, 0.98), (0.0, 0.0), (0.0, 0.02)),
    TAKER: (LIST, "aggregated_buy_volume_usd", (0.04, 0.2), (0.001, 0.006), (0.005, 0.025)),
    LIQUIDATION: (LIST, LONGS, (0.45, 0.67), (0.0, 0.001), (0.014, 0.05)),
}  # fmt: skip


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    server = Served(MARKET, NOW, RULES)
    yield server
    server.close()


def value(served: Served, path: str, at: float, opened: float, **params) -> dict:
    """One row of an answer, its last but the open one and what came before."""
    stamp = int(opened) * 1000
    rows = served(path, at=at, interval="4h", start_time=stamp, limit=3, **params)
    assert rows[0]["time"] == stamp
    return rows[0]


@pytest.mark.parametrize("path", MEASURED)
def test_a_closed_row_is_as_far_off_as_measured_and_final_with_the_next_close(served, path: str):
    params, field, equal, median, far = MEASURED[path]
    changes = []
    for place in range(600):
        opened = MARKET.start + DAY + place * 4 * HOUR
        first = value(served, path, opened + 4 * HOUR + 90, opened, **params)
        final = value(served, path, opened + 8 * HOUR, opened, **params)
        later = value(served, path, opened + 400 * HOUR, opened, **params)
        assert later == final
        changes.append(abs(float(first[field]) / float(final[field]) - 1))
    found = np.array(changes)
    assert equal[0] <= (found == 0).mean() <= equal[1]
    assert median[0] <= np.median(found) <= median[1]
    assert far[0] <= np.quantile(found, 0.95) <= far[1]


def test_both_sides_of_a_book_are_off_together_so_that_its_imbalance_is_nearly_right(served):
    first, final = [], []
    for place in range(600):
        opened = MARKET.start + DAY + place * 4 * HOUR
        for at, kept in ((opened + 5 * HOUR, first), (opened + 8 * HOUR, final)):
            row = value(served, BOOK, at, opened, **LIST)
            bids, asks = row["aggregated_bids_usd"], row["aggregated_asks_usd"]
            kept.append((bids - asks) / (bids + asks))
    off = np.abs(np.array(first) - np.array(final))
    assert 0.015 < np.median(off) < 0.035
    assert np.corrcoef(first, final)[0, 1] > 0.95


def test_the_captured_cases_lie_within_what_the_server_does():
    cases = json.loads(
        (require_shared() / "cases/coinglass/closed-row-is-provisional.json").read_text()
    )
    for case in cases["order book, aggregated BTC 8h"]:
        was, later = (np.array(list(case[name].values())) for name in (
            "sent then", "sent a day later and ever after"))  # fmt: skip
        both = np.log(was / later)
        assert np.abs(both).max() < 3 * 0.17 and np.ptp(both) < 3 * 0.055 * np.sqrt(2)


def test_it_is_off_at_once_and_drifts_but_an_old_moment_gives_the_same_answer_again(served):
    opened = NOW - 10 * HOUR
    moments = [opened + 4 * HOUR + minute * 60 for minute in (0, 1, 59, 60, 130, 190, 239)]
    seen = [value(served, BOOK, at, opened, **LIST) for at in moments]
    final = value(served, BOOK, opened + 8 * HOUR, opened, **LIST)
    assert all(row != final for row in seen)
    assert seen[0] == seen[1] == seen[2] != seen[3]
    assert len({row["aggregated_bids_usd"] for row in seen}) == 4
    again = Served(SimulatedMarket(["BTC", "PEPE"], seed=4), NOW, RULES)
    assert [value(again, BOOK, at, opened, **LIST) for at in reversed(moments)] == seen[::-1]
    again.close()


def test_only_the_newest_closed_row_is_off(served: Served):
    plain = Served(MARKET, NOW)
    at = NOW + 1000
    for path, params in ((BOOK, LIST), (OI, COIN), (TAKER, LIST)):
        sent, final = (each(path, at=at, interval="1h", **params) for each in (served, plain))
        differing = [a["time"] for a, b in zip(sent, final, strict=True) if a != b]
        assert differing in ([], [(NOW - HOUR) * 1000])
        assert path != BOOK or differing
        assert sent[-1] == final[-1] and sent[-1]["time"] == NOW * 1000, "the open row, as ever"
    plain.close()


def test_high_and_low_hold_the_close_and_percent_and_ratio_agree(served: Served):
    for place in range(300):
        at = NOW + place * HOUR + 61
        for path, params in ((OI, COIN), (FUNDING, COIN), (PRICE, {**PAIR, "limit": 2})):
            row = served(path, at=at, interval="1h", **{"limit": 2, **params})[0]
            opened, high, low, close = (float(row[n]) for n in ("open", "high", "low", "close"))
            assert low <= min(opened, close) <= max(opened, close) <= high
        row = served(RATIO, at=at, interval="1h", limit=2, **PAIR)[0]
        longs, shorts, ratio = (
            row[f"global_account_{n}"]
            for n in ("long_percent", "short_percent", "long_short_ratio")
        )
        assert longs + shorts == pytest.approx(100) and ratio == round(longs / shorts, 2)


def test_an_open_ratio_begins_at_its_final_value_and_drifts(served: Served):
    moments = (NOW, NOW + 1800, NOW + 3599, NOW + 2 * HOUR)
    seen = []
    for at in moments:
        rows = served(RATIO, at=at + 0.001, interval="1h", limit=5, **PAIR)
        [row] = [row for row in rows if row["time"] == NOW * 1000]
        seen.append(row["global_account_long_percent"])
    assert seen[0] == seen[3]
    assert len(set(seen[:3])) > 1


def test_with_a_publication_delay_a_row_is_off_when_it_appears():
    served = Served(MARKET, NOW, RULES, delays={BOOK: 120.0})
    plain = Served(MARKET, NOW)
    opened = NOW - 10 * HOUR
    early = served(BOOK, at=opened + 4 * HOUR + 119, interval="4h", **LIST)
    assert early[-1]["time"] < opened * 1000
    first = served(BOOK, at=opened + 4 * HOUR + 120, interval="4h", **LIST)[-1]
    final = value(plain, BOOK, NOW, opened, **LIST)
    assert first["time"] == final["time"] and first != final
    assert served(BOOK, at=opened + 8 * HOUR, interval="4h", **LIST)[-1] == final
    served.close()
    plain.close()


def test_the_log_says_what_was_sent_when_and_knowable_says_the_same(served: Served):
    served.server.log.clear()
    opened = NOW - 10 * HOUR
    first, final = opened + 4 * HOUR + 60, opened + 8 * HOUR + 60
    ask = {"interval": "4h", "limit": 5, **LIST}
    sent = {at: served(BOOK, at=at, **ask) for at in (first, final)}
    params = {name: str(each) for name, each in ask.items()}
    for at, rows in sent.items():
        assert served.server.knowable(BOOK, params, at) == rows[:-1]
        assert served.server.log.served_rows(BOOK, until=at)[opened * 1000][0] == at
    early = served.server.log.first_served(BOOK, symbol="BTC")[int(opened) * 1000]
    late = served.server.log.served_rows(BOOK, symbol="BTC")[int(opened) * 1000]
    assert (early[0], late[0]) == (first, final)
    assert early[1] != late[1]
