"""
Live equals backtest for a coin that CoinGlass lists under several names: what the bot of
1000PEPE saw is what a backtest over its store sees, and both are the sums of what the server sent
under each name, in single coins.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from tests.live.knowable import knowable
from tests.live.replay import LiveReplay
from tests.live.test_parity import DAY, differing
from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.named_coins import counted
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.simulator.market.market import SimulatedMarket

PAIR = "1000PEPE/USDT:USDT"
#: What `unit=coin` counts under each name, in single coins, on this server.
COUNTS = {"1000PEPE": 1000.0, "PEPE": 1.0, "kPEPE": 1.0}
#: Names of Binance, OKX and Bybit: sums over an exchange_list know no other.
LISTED = ("1000PEPE", "PEPE")


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveReplay]:
    market = SimulatedMarket(
        counted([PAIR, "BTC/USDT:USDT"], {"1000PEPE": "contracts", "kPEPE": "coins"}),
        start="2026-01-01",
        seed=5,
    )
    start = market.start + 40 * DAY + 1817
    server = CoinglassServer(market, SteppedClock(start), plans={DEMO_KEY: "professional"})
    replay = LiveReplay(
        tmp_path_factory.mktemp("user_data"),
        server,
        [PAIR],
        "1h",
        start + 3 * DAY,
        shared=True,
        datasets=["open_interest", "funding_rate", "taker_volume", "liquidation", "order_book"],
    )
    replay.run(start + DAY)
    replay.stop_bot()
    replay.start_bot()
    replay.run(start + 2 * DAY)
    yield replay
    server.close()


def test_a_backtest_sees_of_all_names_what_the_bot_saw(replay: LiveReplay) -> None:
    seen = replay.lived(PAIR)
    assert len(seen) >= 47
    for name in ("cg_oi_1h", "cg_funding_1h", "cg_taker_buy_usd_1h", "cg_book_bids_usd_4h"):
        assert seen[name].notna().mean() > 0.9, name
    assert differing(seen, replay.backtested(PAIR)) == {}


def test_open_interest_and_flows_are_the_sums_over_the_names(replay: LiveReplay) -> None:
    seen = replay.lived(PAIR)
    decisions = seen["date"] + pd.Timedelta("1h")
    told = {name: knowable(replay.server.log, name, decisions) for name in COUNTS}
    sums = {"cg_oi": [name for name in COUNTS]}
    sums |= dict.fromkeys(("cg_taker_buy_usd", "cg_liq_long_usd", "cg_book_bids_usd"), LISTED)
    for interval in ("1h", "4h"):
        for column, names in sums.items():
            factors = COUNTS if column == "cg_oi" else dict.fromkeys(COUNTS, 1.0)
            column = f"{column}_{interval}"
            total = sum(told[name][column] * factors[name] for name in names)
            there = seen[column].notna()
            assert there.sum() >= 40
            np.testing.assert_allclose(seen.loc[there, column], total[there], rtol=1e-12)
