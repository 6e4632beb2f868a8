"""The recipe of any endpoint's column, word by word: query, settings, download, backtest."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.docs.pages import Block, blocks
from tests.support.bot import Bot, base_config
from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.simulated import HISTORY_DAYS, PAIRS, START, fill, timerange
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.simulator.market.market import SimulatedMarket

pytestmark = pytest.mark.freqtrade

DAYS = 8
PAIR = PAIRS[0]
END = pd.Timestamp(START, tz="UTC") + pd.Timedelta(days=HISTORY_DAYS + DAYS)


def of_page(language: str, word: str) -> str:
    found: list[Block] = [b for b in blocks(language) if b.page == "docs/recipes.md"]
    (text,) = (block.text for block in found if word in block.text)
    return text


def run(line: str, server: CoinglassServer, folder: Path) -> str:
    """A line of the page in a shell, in the folder that holds user_data."""
    program = f"{sys.executable} -c 'from vectra_freqtrade.cli.main import main; main()'"
    done = subprocess.run(
        line.replace("vectra-freqtrade", program),
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "COINGLASS_BASE_URL": server.url, "COINGLASS_API_KEY": DEMO_KEY},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_basis_is_queried_downloaded_and_decides_in_a_backtest(tmp_path: Path):
    market = SimulatedMarket(["BTC"], start=START, seed=7)
    clock = SteppedClock(END.timestamp() + 3000.0)
    userdir = tmp_path / "user_data"
    fill(userdir, pairs=(PAIR,), days=DAYS, datasets=())
    section = json.loads(of_page("json", '"basis"'))["coinglass"]
    with CoinglassServer(market, clock) as server, LoopbackExchange(market, clock) as exchange:
        bot = Bot(userdir, base_config([PAIR], coinglass=section), exchange.config_overlay())
        (userdir / "config.json").write_text(json.dumps(bot.config))
        assert "close_basis" in run(of_page("bash", "query"), server, tmp_path)
        run(of_page("bash", "download-data"), server, tmp_path)
        code = of_page("python", "class NotAboveSpot")
        bot.strategy("NotAboveSpot", code)
        mine = bot.backtest("NotAboveSpot", "--timerange", timerange(DAYS))
        bot.strategy("NotAboveSpot", code.replace("basis > 0.0005", "basis > 1.0"))
        all_of_them = bot.backtest("NotAboveSpot", "--timerange", timerange(DAYS))
    (stored,) = (userdir / "data" / "coinglass" / "custom_basis").glob("*-1h.feather")
    rows = pd.read_feather(stored)
    funding = market.column("BTC", "funding", 0, market.step_at(END.timestamp()) + 1)
    # The row before the newest: that one is provisional until the next has closed.
    settled = rows[rows["time"] == END - pd.Timedelta("2h")]["basis"].item()
    step = market.step_at(END.timestamp() - 3600.0) - 1
    assert settled == pytest.approx(5.0 * funding[step], abs=1e-6)
    known = rows.sort_values("available_at")

    def dear(trade: dict[str, Any]) -> bool:
        before = known["available_at"] <= pd.Timestamp(trade["open_date"])
        return bool(known["basis"][before].iloc[-1] > 0.0005)

    assert mine["trades"] and not any(dear(trade) for trade in mine["trades"])
    assert any(dear(trade) for trade in all_of_them["trades"])
