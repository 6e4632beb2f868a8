"""Every command as its own process would run it, against a loopback CoinGlass."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.support.coinglass_server import CoinglassServer
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.cli.main import app
from vectra_freqtrade.coinglass import http
from vectra_freqtrade.coinglass.budget import window
from vectra_freqtrade.coinglass.retry import RetryPolicy
from vectra_freqtrade.simulator.market.market import SimulatedMarket

KEY = "5ecret0marked0key0f00d"
NOW = datetime(2025, 3, 1, 0, 30, tzinfo=UTC)
PAIRS = ["BTC/USDT:USDT", "ETH/USDT:USDT"]


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A command sets up freqtrade's logging, for its whole process."""
    root, ours = logging.getLogger(), logging.getLogger("vectra_freqtrade")
    handlers, level, own = list(root.handlers), root.level, ours.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    ours.setLevel(own)
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="session")
def market() -> SimulatedMarket:
    return SimulatedMarket(PAIRS, start=datetime(2024, 12, 1, tzinfo=UTC), seed=1)


@pytest.fixture
def server(market: SimulatedMarket, monkeypatch: pytest.MonkeyPatch) -> Iterator[CoinglassServer]:
    clock = SteppedClock(NOW.timestamp())
    with CoinglassServer(market, clock, plans={KEY: "professional"}, keep_rows=False) as server:
        monkeypatch.setenv("COINGLASS_BASE_URL", server.url)
        # The commands wait in real time: no pause between retries, no spreading of few requests.
        monkeypatch.setattr(http, "BACKFILL", RetryPolicy(initial_wait=0.001, max_wait=0.001))
        monkeypatch.setattr(window, "CATCH_UP", 60.0)
        monkeypatch.setenv("COINGLASS_API_KEY", KEY)
        yield server


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    folder = tmp_path / "user_data"
    folder.mkdir()
    config = {
        "trading_mode": "futures",
        "margin_mode": "isolated",
        "stake_currency": "USDT",
        "stake_amount": 100,
        "dry_run": True,
        "exchange": {"name": "binance", "pair_whitelist": PAIRS},
        "pairlists": [{"method": "StaticPairList"}],
        "coinglass": {"datasets": ["open_interest", "long_short_ratio", "exchange_netflow"]},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


Run = Callable[..., Result]


@pytest.fixture
def run(userdir: Path) -> Run:
    """Run a command with the user_data folder of the test."""

    def command(name: str, *words: str, userdir: Path = userdir) -> Result:
        arguments = [name, *words, "--userdir", str(userdir)]
        return CliRunner().invoke(app, arguments)

    return command
