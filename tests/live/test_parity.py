"""
Live equals backtest: three days of a bot's life, with more going wrong than in most weeks.

Rows whose values are final an interval after they are used, past sums that are restated, rows that
appear after the decision, rows that never do, revised rows, an outage of three hours, one of
CoinGlass's endpoints hours behind, and a restart. What the bot saw at each candle, what a
backtest over its store sees, and what the server's own log says was knowable are the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.live.knowable import knowable
from tests.live.replay import LiveReplay
from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.fault_hook import Call, Fault
from tests.support.row_faults import Revised
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.catalogue.columns import DATASET_CODES
from vectra_freqtrade.simulator.loopback import Reply
from vectra_freqtrade.simulator.market.market import SimulatedMarket

PAIRS = ["BTC/USDT:USDT", "ETH/USDT:USDT"]
HOUR, DAY = 3600.0, 86_400.0
DAYS = 3
OUTAGE = 0.75 * DAY + 1000  # seconds after the start
OI = "/api/futures/open-interest/aggregated-history"
FUNDING = "/api/futures/funding-rate/oi-weight-history"
TAKER = "/api/futures/aggregated-taker-buy-sell-volume/history"
BOOK = "/api/futures/orderbook/aggregated-ask-bids-history"
LSR = "/api/futures/global-long-short-account-ratio/history"


@dataclass
class Gone(Fault):
    """CoinGlass answers nobody between two moments."""

    start: float
    end: float

    def before(self, call: Call) -> Reply | None:
        return Reply({}, 503) if self.start <= call.now < self.end else None


@dataclass
class Held(Fault):
    """Every n-th row of a path appears only so long after its interval has closed, if ever."""

    path: str
    every: int
    seconds: float

    def rows(self, call: Call, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if call.path != self.path or call.interval is None:
            return rows
        kept = []
        for row in rows:
            opened = row["time"] / 1000
            held = opened // call.interval % self.every == 0 and opened > self.seconds
            if not held or call.now >= opened + call.interval + self.seconds:
                kept.append(row)
        return kept


def later(moment: float, path: str, factor: float = 1.01) -> Revised:
    """Values are other ones from a moment on, for rows before it."""
    return Revised(moment, factor, since=moment, path=path)


@dataclass
class Lived:
    """A replay that is over."""

    replay: LiveReplay
    start: float


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    market = SimulatedMarket(PAIRS, start="2026-01-01", seed=3)
    start = market.start + 45 * DAY + 1817
    server = CoinglassServer(
        market,
        SteppedClock(start),
        plans={DEMO_KEY: "professional"},
        faults=[
            Gone(start + OUTAGE, start + OUTAGE + 3 * HOUR),
            Held(OI, every=11, seconds=2.2 * HOUR),
            Held(FUNDING, every=5, seconds=400.0),
            Held(TAKER, every=7, seconds=0.9 * HOUR),
            Held(LSR, every=17, seconds=400 * DAY),
            later(start + 1.25 * DAY, "/api/futures/liquidation/aggregated-history"),
            later(start + 2.25 * DAY, OI, 1.03),
        ],
    )
    replay = LiveReplay(
        tmp_path_factory.mktemp("user_data"),
        server,
        PAIRS,
        "1h",
        start + 4 * DAY,
        datasets=list(DATASET_CODES),
        snapshot_every=60,
    )
    replay.run(start + 1.75 * DAY)
    replay.stop_bot()
    server.clock.advance(2.2 * HOUR)  # nobody asks meanwhile
    replay.start_bot()
    replay.run(start + DAYS * DAY)
    replay.stop_bot()
    yield Lived(replay, start)
    server.close()


def differing(lived: pd.DataFrame, other: pd.DataFrame) -> dict[str, int]:
    """Cells of each column that are not the same."""
    assert list(lived.columns) == list(other.columns)
    assert len(lived) == len(other)
    found = {}
    for name in lived.columns:
        same = (lived[name] == other[name]) | (lived[name].isna() & other[name].isna())
        if not same.all():
            found[str(name)] = int((~same).sum())
    return found


@pytest.mark.parametrize("pair", PAIRS)
def test_a_backtest_over_the_bots_store_sees_what_the_bot_saw(lived: Lived, pair: str) -> None:
    seen = lived.replay.lived(pair)
    assert len(seen) >= DAYS * 24 - 3
    assert differing(seen, lived.replay.backtested(pair)) == {}


@pytest.mark.parametrize("pair", PAIRS)
def test_both_are_what_the_servers_log_says_was_knowable(lived: Lived, pair: str) -> None:
    seen = lived.replay.lived(pair)
    decisions = seen["date"] + pd.Timedelta("1h")
    coin = pair.split("/")[0]
    expected = knowable(lived.replay.server.log, coin, decisions)
    assert len(expected.columns) == 16
    for name in expected:
        left, right = seen[name].to_numpy(float), expected[name].to_numpy(float)
        np.testing.assert_array_equal(left, right, err_msg=str(name))


def changed_later(lived: Lived, path: str) -> float:
    """Share of the hours that bots lived through whose row was another one in the end."""
    server = lived.replay.server
    first: dict[int, dict[str, Any]] = {}
    for entry in server.log.entries(path, symbol="BTC", interval="1h"):
        for row in entry.rows if entry.served else ():
            if lived.start <= row["time"] / 1000 <= entry.time - HOUR:
                first.setdefault(row["time"], row)
    params = {name: value for name, value in entry.params.items() if not name.endswith("_time")}
    stamps = {"start_time": str(min(first)), "end_time": str(max(first) + 1)}
    final = server.knowable(path, {**params, **stamps, "limit": "1000"}, server.clock.now())
    return float(np.mean([first[row["time"]] != row for row in final if row["time"] in first]))


def test_what_the_bot_used_was_mostly_not_what_it_is_now(lived: Lived) -> None:
    assert changed_later(lived, BOOK) > 0.75
    assert changed_later(lived, TAKER) > 0.75
    assert 0.02 < changed_later(lived, FUNDING) < 0.4


def test_these_days_held_what_it_was_meant_to(lived: Lived) -> None:
    store = lived.replay.bot.coinglass.store
    late = {series.dataset: 0 for series in store.series()}
    revised = dict(late)
    for series in store.series():
        rows = store.read(series)
        assert rows is not None
        late[series.dataset] += int(rows["available_at"].isna().sum())
        revised[series.dataset] += store.revisions(series)
    assert late["open_interest"] > 10
    assert revised["liquidation"] > 0
    assert revised["open_interest"] > 0
    btc = lived.replay.lived(PAIRS[0])
    outage = lived.start + OUTAGE
    hours = (btc["date"].astype("datetime64[ms, UTC]").astype("int64") / 1000 - outage) / HOUR
    assert btc.loc[hours.between(2.8, 3.2), "cg_funding_1h"].isna().all()  # stale, so empty
    assert btc["cg_oi_1h"].notna().mean() > 0.9
    for name in ("cg_liq_above_price", "cg_whale_flow", "cg_netflow", "cg_dominance"):
        assert btc[name].notna().any(), name
