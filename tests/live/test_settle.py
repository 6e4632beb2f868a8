"""
Live equals backtest when rows have to settle, and when the settings change between two runs of a
bot: its decisions are those of a backtest with the same settings over the store it left.

The server sends another value of a row until the row after it has closed, as the real one does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

from tests.live.replay import LiveReplay, StandIn
from tests.live.test_parity import DAY, HOUR, OI, Held, differing
from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.fault_hook import Call, Fault
from tests.support.simulated import DELAY
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.market.market import SimulatedMarket

PAIR = "BTC/USDT:USDT"
BOOK = "/api/futures/orderbook/aggregated-ask-bids-history"
DATASETS = ["open_interest", "order_book", "funding_rate", "long_short_ratio", "liquidation"]
SETTLE = {"order_book": 1, "open_interest": 1, "liquidation": 3}


@dataclass
class Provisional(Fault):
    """A row's value is another one until the row after it has closed."""

    path: str
    factor: float

    def rows(self, call: Call, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if call.path != self.path or call.interval is None:
            return rows
        return [
            {name: self._early(name, value) for name, value in row.items()}
            if call.now < row["time"] / 1000 + 2 * call.interval
            else row
            for row in rows
        ]

    def _early(self, name: str, value: Any) -> Any:
        return value if name == "time" else type(value)(float(value) * self.factor)


@dataclass
class Run:
    """What the bot saw between a start and a stop."""

    sections: dict[str, Any]
    start: float
    seen: pd.DataFrame


@dataclass
class Lived:
    replay: LiveReplay
    runs: list[Run]
    server: CoinglassServer


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    market = SimulatedMarket([PAIR], start="2026-01-01", seed=5)
    start = market.start + 45 * DAY + 1817
    server = CoinglassServer(
        market,
        SteppedClock(start),
        plans={DEMO_KEY: "professional"},
        rules=Rules.plain(),  # by how much a row changes is known
        faults=[
            Provisional(BOOK, 1.3),
            Provisional(OI, 1.01),
            Held(OI, every=11, seconds=3.2 * HOUR),
        ],
    )
    replay = LiveReplay(
        tmp_path_factory.mktemp("user_data"),
        server,
        [PAIR],
        "1h",
        start + 9 * DAY,
        datasets=DATASETS,
        settle={},
    )
    runs = []
    changes = [{}, {"settle": SETTLE}, {"settle": {}, "delay": 900}, {"settle": SETTLE}]
    for number, changed in enumerate(changes):
        if number:
            replay.start_bot(**changed)
        begun = server.clock.now()
        replay.run(start + (number + 1) * 2 * DAY)
        replay.stop_bot()
        runs.append(Run(dict(replay.sections), begun, replay.lived(PAIR)))
        replay.seen[PAIR] = []
        server.clock.advance(600.0 if number else 2.2 * HOUR)
    yield Lived(replay, runs, server)
    server.close()


@pytest.mark.parametrize("number", range(4))
def test_each_run_saw_what_a_backtest_with_its_settings_sees(lived: Lived, number: int) -> None:
    run, replay = lived.runs[number], lived.replay
    replay.sections = run.sections
    tested = StandIn(replay._config(), "1h", replay._candles(None)).columns(PAIR)
    tested = tested[tested["date"].isin(run.seen["date"])].reset_index(drop=True)
    assert len(run.seen) >= 45
    assert run.seen["cg_book_bids_usd_1h"].notna().mean() > 0.9
    assert run.seen["cg_liq_long_usd_1h"].notna().mean() > 0.9
    assert differing(run.seen, tested) == {}


def last_sent(server: CoinglassServer, path: str, field: str) -> dict[float, float]:
    """The last value of each hourly row, as the server's log has it."""
    return {
        row["time"] / 1000: float(row[field])
        for entry in server.log.entries(path, symbol="BTC", interval="1h")
        for row in entry.rows
    }


def test_a_bot_that_lets_rows_settle_uses_their_final_values_an_interval_later(
    lived: Lived,
) -> None:
    final = last_sent(lived.server, BOOK, "aggregated_bids_usd")
    for run, settle in zip(lived.runs, [0, 1, 0, 1], strict=True):
        delay = run.sections.get("delay", DELAY.total_seconds())
        shares = []
        for seen in run.seen.iloc[4:].itertuples():  # the first rows came before the change
            decision = seen.date.timestamp() + HOUR
            opened = (decision - delay) // HOUR * HOUR - (1 + settle) * HOUR
            shares.append(seen.cg_book_bids_usd_1h / final[opened])
        assert max(shares) == pytest.approx(min(shares)) == pytest.approx(1.0 if settle else 1.3)
