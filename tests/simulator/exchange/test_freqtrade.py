"""Real freqtrade commands run offline against the loopback exchange over the simulated market."""

import csv
import json
import signal
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.freqtrade_process import Workspace, base_config
from tests.support.market_steps import market_steps
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.simulator.clock import RealClock
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.simulator.market.market import SimulatedMarket

pytestmark = pytest.mark.freqtrade
DAY = 86400
DAYS = 14
PAIRS = ["BTC/USDT:USDT", "ETH/USDT:USDT", "1000PEPE/USDT:USDT"]
TIMERANGE = "20260103-20260115"
QUIET = ("WARNING", "ERROR", "Traceback")


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return SimulatedMarket(PAIRS, seed=2)


@pytest.fixture(scope="module")
def exchange(market: SimulatedMarket) -> Iterator[LoopbackExchange]:
    with LoopbackExchange(market, SteppedClock(market.start + DAYS * DAY + 777)) as running:
        yield running


@pytest.fixture(scope="module")
def space(exchange: LoopbackExchange, tmp_path_factory) -> Workspace:
    """A user_data with every candle downloaded by freqtrade itself."""
    folder = tmp_path_factory.mktemp("futures")
    space = Workspace(folder, exchange.config_overlay(), base_config(PAIRS))
    types = ("--candle-types", "futures", "mark", "funding_rate", "open_interest")
    log = space.run("download-data", "--timerange", "20260101-", "-t", "5m", "1h", *types)
    assert not [line for line in log.splitlines() if any(word in line for word in QUIET)]
    return space


def stored(space: Workspace, name: str) -> pd.DataFrame:
    return pd.read_feather(space.userdir / "data" / "binance" / "futures" / f"{name}.feather")


def test_download_data_stores_the_market_itself(space: Workspace, market: SimulatedMarket):
    candles = stored(space, "1000PEPE_USDT_USDT-5m-futures")
    frame = market_steps(market, "PEPE", market.start, market.start + DAYS * DAY)
    assert len(candles) >= len(frame) == DAYS * 288
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(candles[name].to_numpy()[: len(frame)], frame[name])
    funding = stored(space, "BTC_USDT_USDT-1h-funding_rate")
    assert len(funding) >= DAYS * 3 - 1 and funding.funding_rate.nunique() > 20
    interest = stored(space, "BTC_USDT_USDT-1h-open_interest")
    assert interest.open_interest_amount.gt(0).all() and len(interest) > 300


def trades(space: Workspace, *extra: str) -> list[dict]:
    options = ("--strategy", "Plain", "--timerange", TIMERANGE, "--cache", "none", *extra)
    space.run("backtesting", *options)
    results = space.userdir / "backtest_results"
    newest = json.loads((results / ".last_result.json").read_text())["latest_backtest"]
    with zipfile.ZipFile(results / newest) as archive:
        result = json.loads(archive.read(newest.replace(".zip", ".json")))
    return result["strategy"]["Plain"]["trades"]


def test_backtesting_gives_the_same_trades_twice_long_and_short(space: Workspace):
    first, second = trades(space), trades(space)
    assert first == second and len(first) > 30
    assert {trade["is_short"] for trade in first} == {True, False}
    assert any(abs(trade["funding_fees"]) > 0 for trade in first)


def test_lookahead_analysis_finds_nothing_in_a_clean_strategy(space: Workspace):
    report = space.userdir / "lookahead.csv"
    space.run(
        "lookahead-analysis",
        *("--strategy", "Plain", "--timerange", TIMERANGE),
        *("--lookahead-analysis-exportfilename", str(report)),
    )
    with report.open() as file:
        [row] = csv.DictReader(file)
    assert row["has_bias"] == "False" and int(row["total_signals"]) >= 20


def test_recursive_analysis_and_hyperopt_run(space: Workspace):
    options = ("--strategy", "Plain", "--timerange", TIMERANGE)
    words = " ".join(space.run("recursive-analysis", *options, "-p", PAIRS[0]).split())
    assert "No variance on indicator(s) found due to recursive formula" in words
    epochs = ("-e", "2", "-j", "1", "--spaces", "roi", "--random-state", "1")
    loss = ("--hyperopt-loss", "SharpeHyperOptLossDaily")
    assert "Best result" in space.run("hyperopt", *options, *epochs, *loss)


ALWAYS = '''
from freqtrade.strategy import IStrategy


class Always(IStrategy):
    """Buys on every candle: the shortest way to see an order filled."""

    timeframe = "1m"
    stoploss = -0.5
    startup_candle_count = 10

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
'''


def test_a_dry_run_bot_trades_on_the_machines_own_time(tmp_path: Path):
    now = RealClock().now()
    market = SimulatedMarket(["BTC", "ETH"], start=now - 3 * DAY, seed=2)
    with LoopbackExchange(market) as exchange:
        config = base_config(PAIRS[:2]) | {"timeframe": "1m", "initial_state": "running"}
        space = Workspace(tmp_path, exchange.config_overlay(), config)
        (space.userdir / "strategies" / "Always.py").write_text(ALWAYS)
        bot = subprocess.Popen(
            [
                *space.command("trade", "--dry-run", "--strategy", "Always"),
                *("--db-url", f"sqlite:///{tmp_path / 'dry.sqlite'}"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = threading.Timer(300, bot.kill)
        deadline.start()
        lines: list[str] = []
        assert bot.stdout is not None
        for line in bot.stdout:
            lines.append(line)
            if "has been fulfilled for Trade" in line:
                bot.send_signal(signal.SIGTERM)
                break  # what it says as it is interrupted anywhere is its own end
        bot.stdout.read()
        bot.wait()
        deadline.cancel()
        bot.stdout.close()
    log = "".join(lines)
    assert "has been fulfilled for Trade" in log, log[-3000:]
    assert not [line for line in lines if any(word in line for word in QUIET)]
    assert exchange.requests["/fapi/v1/depth"] and exchange.requests["/fapi/v1/klines"]
