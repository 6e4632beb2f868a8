"""`verify` asks the config's exchange, through freqtrade, for what CoinGlass is held against."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.contract_faults import EachRow, moved, scaled
from tests.support.freqtrade_process import base_config
from tests.support.served import FUNDING, PRICE
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.cli.main import app
from vectra_freqtrade.coinglass.budget import window
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.simulator.market.market import SimulatedMarket

pytestmark = pytest.mark.freqtrade
PAIRS = ["BTC/USDT:USDT", "ETH/USDT:USDT"]


def test_prices_and_funding_are_held_against_the_exchanges_own(tmp_path: Path, monkeypatch):
    market = SimulatedMarket(PAIRS, seed=2)
    clock = SteppedClock(market.start + 40 * 86400 + 5400)
    with LoopbackExchange(market, clock) as exchange, CoinglassServer(market, clock) as server:
        monkeypatch.setenv("COINGLASS_BASE_URL", server.url)
        monkeypatch.setenv("COINGLASS_API_KEY", DEMO_KEY)
        monkeypatch.setattr(window, "CATCH_UP", 60.0)
        userdir = tmp_path / "user_data"
        userdir.mkdir()
        config = base_config(PAIRS)
        config["exchange"] |= {"key": "an-account", "secret": "of-somebody"}
        files = {"config.json": config, "overlay.json": exchange.config_overlay()}
        for name, text in files.items():
            (userdir / name).write_text(json.dumps(text))
        command = ["verify", "--json", "--userdir", str(userdir)]
        for name in files:
            command += ["-c", str(userdir / name)]

        def findings() -> dict[tuple[str, str], dict]:
            told = json.loads(CliRunner().invoke(app, command).stdout)
            return {(each["promise"], each["outcome"]): each for each in told["findings"]}

        found = findings()
        assert not [key for key in found if key[1] == "broken"], found
        assert "÷ the exchange's is 1.0" in found["price", "kept"]["came"]
        assert "times the exchange's fractions" in found["unit of funding", "kept"]["came"]
        server.faults[:] = [
            EachRow(FUNDING, lambda row, _: scaled(row, 0.01)),
            EachRow(PRICE, moved),
        ]
        found = findings()
        broken = {key[0]: each for key, each in found.items() if key[1] == "broken"}
        assert set(broken) == {"unit of funding", "stamp"}
        assert "the exchange's own fractions" in broken["unit of funding"]["came"]
