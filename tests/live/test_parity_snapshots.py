"""Live equals backtest for heatmaps and maps, which have no history but what the bot recorded."""

from pathlib import Path

import pandas as pd
import pytest

from tests.live.replay import LiveReplay
from tests.live.test_parity import DAY, HOUR, Gone, differing
from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.simulator.market.market import SimulatedMarket

PAIR = "BTC/USDT:USDT"


@pytest.mark.parametrize("source", ["heatmap", "map"])
def test_a_backtest_sees_the_snapshots_that_the_bot_had(source: str, tmp_path: Path) -> None:
    market = SimulatedMarket([PAIR], start="2026-01-01", seed=5)
    start = market.start + 3 * DAY + 1817
    gone = Gone(start + 2 * HOUR, start + 5 * HOUR)
    server = CoinglassServer(
        market, SteppedClock(start), plans={DEMO_KEY: "professional"}, faults=[gone]
    )
    replay = LiveReplay(
        tmp_path,
        server,
        [PAIR],
        "15m",
        start + 2 * DAY,
        datasets=["open_interest"],
        levels_source=source,
    )
    replay.run(start + 8 * HOUR)
    replay.stop_bot()
    server.clock.advance(0.4 * HOUR)
    replay.start_bot()
    replay.run(start + 11 * HOUR)
    replay.stop_bot()
    seen = replay.lived(PAIR)
    assert differing(seen, replay.backtested(PAIR)) == {}
    assert (seen["cg_liq_source"] == source).mean() > 0.7
    hours = (seen["date"] + pd.Timedelta("15min") - pd.Timestamp(start, unit="s", tz="UTC")).dt
    during = hours.total_seconds().between(3 * HOUR, 5 * HOUR)
    assert seen.loc[during, "cg_liq_above_price"].isna().all()  # three snapshots old: gone
    server.close()
