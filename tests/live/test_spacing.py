"""
Live equals backtest for whole histories at any spacing: dominance and netflow of every third day,
and a history that comes on another grid from one answer to the next.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.live.replay import LiveReplay, StandIn
from tests.live.test_parity import DAY, differing
from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.fault_hook import Call, Fault
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.loopback import Reply
from vectra_freqtrade.simulator.market.market import SimulatedMarket

PAIR = "BTC/USDT:USDT"
SHARE = Series("bitcoin_dominance", "BTC", "1d")


@dataclass
class EveryThird(Fault):
    """Whole histories have every third day only, as long as it is so."""

    now: Callable[[float], bool]

    def after(self, call: Call, reply: Reply) -> Reply:
        if not self.now(call.now) or not isinstance(reply.payload, dict):
            return reply
        data = reply.payload.get("data")
        if call.path == "/api/index/bitcoin-dominance":
            kept: Any = [row for row in data if self._kept(row["timestamp"])]
        elif call.path == "/api/exchange/balance/chart":
            whole = data[0]
            places = [n for n, time in enumerate(whole["time_list"]) if self._kept(time)]
            venues = whole["data_map"].items()
            kept = [
                whole
                | {"time_list": [whole["time_list"][n] for n in places]}
                | {"data_map": {name: [coins[n] for n in places] for name, coins in venues}}
            ]
        else:
            return reply
        return replace(reply, payload=reply.payload | {"data": kept})

    def _kept(self, time: int) -> bool:
        return time // 86_400_000 % 3 == 0


def lived(folder: Path, sparse: Callable[[float, float], bool], days: int) -> LiveReplay:
    market = SimulatedMarket([PAIR], start="2026-01-01", seed=4)
    start = market.start + 120 * DAY + 1817
    server = CoinglassServer(
        market,
        SteppedClock(start),
        plans={DEMO_KEY: "professional"},
        rules=Rules(dominance_days=1),
        faults=[EveryThird(lambda now: sparse(now, start))],
    )
    replay = LiveReplay(
        folder,
        server,
        [PAIR],
        "4h",
        start + 40 * DAY,
        datasets=["bitcoin_dominance", "exchange_netflow"],
    )
    replay.run(start + days / 2 * DAY)
    replay.stop_bot()
    replay.start_bot()
    replay.run(start + days * DAY)
    replay.stop_bot()
    server.close()
    return replay


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveReplay]:
    yield lived(tmp_path_factory.mktemp("user_data"), lambda now, start: True, 14)


def test_a_bot_sees_rows_three_days_apart_as_a_backtest_over_its_store_does(
    sparse: LiveReplay,
) -> None:
    seen = sparse.lived(PAIR)
    assert seen["cg_dominance_change"].notna().all()
    assert seen["cg_netflow"].notna().all()
    assert seen["cg_dominance"].nunique() >= 4
    assert differing(seen, sparse.backtested(PAIR)) == {}


def test_each_row_is_asked_for_when_it_is_due_and_known_by_its_own_spacing(
    sparse: LiveReplay,
) -> None:
    rows = sparse.bot.coinglass.store.read(SHARE)
    assert rows is not None
    recorded = rows[rows["first_seen"].notna()]
    assert len(recorded) >= 3
    waited = recorded["first_seen"] - recorded["time"]
    assert waited.min() >= pd.Timedelta("4D") + pd.Timedelta("60s")
    assert waited.max() < pd.Timedelta("4D") + pd.Timedelta("120s")


@pytest.mark.parametrize("first", [True, False])
def test_after_an_answer_on_another_grid_live_is_still_what_the_store_shows(
    tmp_path: Path, first: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """From every third day to every day, and back."""
    changed = 6 * DAY
    replay = lived(tmp_path, lambda now, start: (now < start + changed) is first, 14)
    assert "bitcoin_dominance BTC 1d on another grid" in caplog.text
    since = replay.server.market.start + 120 * DAY + changed + 4 * DAY
    after = replay.lived(PAIR)
    after = after[after["date"].astype("datetime64[ms, UTC]").astype("int64") / 1000 > since]
    strategy = StandIn(replay._config(), "4h", replay._candles(None))
    tested = strategy.columns(PAIR)
    tested = tested[tested["date"].isin(after["date"])]
    assert len(after) > 15 and after["cg_dominance"].notna().all()
    assert differing(after.reset_index(drop=True), tested.reset_index(drop=True)) == {}
