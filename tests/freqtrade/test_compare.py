"""`vectra-freqtrade compare` with the real `freqtrade backtesting`, over the simulated market."""

import json
import os
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import freqtrade.templates
import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.freqtrade.conftest import FEW_DAYS
from tests.support import fork_server
from tests.support.bot import Bot
from tests.support.frames import native_rows, utc
from tests.support.simulated import timerange
from vectra_freqtrade.cli.errors import Exit
from vectra_freqtrade.cli.main import app
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.report.compare import runs

pytestmark = pytest.mark.freqtrade

SAMPLE = Path(freqtrade.templates.__path__[0]) / "sample_strategy.py"
RANGE = ("--timerange", timerange(FEW_DAYS))
SHORT_RANGE = ("--timerange", timerange(4))

#: Enters every other hour, long, where the gate lets it.
CODE = """
from freqtrade.strategy import IStrategy

from vectra_freqtrade import CoinglassMixin


class Mine(CoinglassMixin, IStrategy):
    timeframe = "5m"
    startup_candle_count = 30
    minimal_roi = {{"60": 0.0}}
    stoploss = -0.05

    def populate_indicators(self, dataframe, metadata):
        dataframe = self.coinglass.add_columns(dataframe, metadata["pair"])
        {indicators}
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        enter = dataframe["date"].dt.minute.eq(30) & dataframe["date"].dt.hour.mod(2).eq(0)
        dataframe.loc[enter & ({gate}), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
GATE = 'dataframe["cg_state"] != "CONFIRM_BEAR"'


def write(bot: Bot, gate: str = "True", indicators: str = "pass") -> None:
    bot.strategy("Mine", CODE.format(gate=gate, indicators=indicators))


class ForkedProcess:
    """What runs need of a `subprocess.Popen`, of a process that has imported freqtrade."""

    def __init__(self, words: Sequence[str], out: IO[bytes]) -> None:
        environment = {**os.environ, "COLUMNS": "1000"}
        self._forked = fork_server.run(words, environment, out.fileno(), out.fileno())
        self.returncode: int | None = None
        self._waiting = threading.Thread(target=self._wait)
        self._waiting.start()
        self.kill = self._forked.kill
        self.terminate = self._forked.kill

    def _wait(self) -> None:
        self.returncode = self._forked.wait()

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> None:
        self._waiting.join(timeout)


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three seconds less for each backtest; the first test starts freqtrade as a user's does."""
    monkeypatch.setattr(runs, "started", ForkedProcess)


def compared(bot: Bot, *words: str, strategy: str = "Mine", status: int = Exit.DONE) -> Result:
    files = [word for word in bot.command("backtesting") if word.endswith(".json")]
    given = ["compare", "--strategy", strategy, "--userdir", str(bot.userdir)]
    given += [word for file in files for word in ("-c", file)]
    done = CliRunner().invoke(app, [*given, *words])
    assert done.exit_code == status, done.output
    assert "Traceback" not in done.output
    return done


def numbers(bot: Bot) -> dict[str, Any]:
    newest = max((bot.userdir / "coinglass_compare").glob("*/compare.json"))
    return json.loads(newest.read_text(encoding="utf-8"))


def said(done: Result) -> str:
    return " ".join(done.output.split())


def test_an_entry_gate_is_what_the_data_blocked_and_no_more(bot: Bot):
    """Every trade is told, the sums are freqtrade's own, and nothing of the user's is touched."""
    write(bot, GATE)
    own = bot.backtest("Mine", *RANGE)
    results = sorted((bot.userdir / "backtest_results").iterdir())
    done = compared(bot, *RANGE, "--capital", "5000")
    told = numbers(bot)

    assert sorted((bot.userdir / "backtest_results").iterdir()) == results
    main = told["coinglass"]
    assert main["own"]["with"]["trades"] == own["total_trades"]
    assert main["own"]["with"]["profit_abs"] == pytest.approx(own["profit_total_abs"])
    assert set(main["groups"]) == {"entry blocked"}
    assert 0 < main["changed"] == len(told["trades"]) < main["trades"]
    assert {trade["closed_with"] for trade in told["trades"]} == {None}
    lost = sum(trade["profit_abs_without"] for trade in told["trades"])
    assert sum(trade["difference"] for trade in told["trades"]) == pytest.approx(-lost)
    assert f"CoinGlass changed {main['changed']} of {main['trades']} trades of Mine" in said(done)
    assert "At 5,000 USDT" in said(done) and "USD for " in said(done)

    folder = next((bot.userdir / "coinglass_compare").iterdir())
    page = (folder / "compare.html").read_text(encoding="utf-8")
    assert told["answer"] in page and "What changed" in page
    assert told["simulated"] and "Simulated" in said(done)  # an exchange on this machine
    archives = list(folder.glob("runs/*/*.zip"))
    assert len(archives) == 4
    assert not list(bot.userdir.glob("**/overlay*"))


def test_two_runs_give_the_same_numbers_and_each_dataset_what_it_decides(forked: None, bot: Bot):
    write(bot, GATE)
    bot.config["coinglass"] = {"datasets": ["open_interest", "funding_rate"]}
    compared(bot, *SHORT_RANGE, "--datasets", "-j", "2")
    first = numbers(bot)
    shutil.rmtree(bot.userdir / "coinglass_compare")
    compared(bot, *SHORT_RANGE)
    assert numbers(bot) == first | {"left_out": []}
    parts = {part["name"]: part for part in first["left_out"]}
    assert parts["open_interest"]["changed"] == first["coinglass"]["changed"] > 0
    assert parts["funding_rate"]["nothing"]


def test_a_plan_without_the_interval_has_no_say_and_one_with_all_has_the_same(
    forked: None, bot: Bot
):
    write(bot, GATE)
    bot.config["coinglass"] = {"datasets": ["open_interest"], "intervals": ["1h"]}
    compared(bot, *SHORT_RANGE, "--plans")
    told = numbers(bot)
    plans = {part["name"]: part for part in told["plans"]}
    assert "Hobbyist has none of the intervals 1h" in plans["Hobbyist"]["why_not"]
    for name in ("Startup", "Standard", "Professional"):
        assert plans[name]["own"] == told["coinglass"]["own"]
    assert [part["usd_a_month"] for part in told["plans"]] == [29, 79, 299, 699]
    assert told["plan"]["name"] == "startup"


def test_freqtrades_sample_strategy_comes_out_as_changed_nothing(forked: None, bot: Bot):
    bot.strategy("SampleStrategy", SAMPLE.read_text(encoding="utf-8"))
    done = compared(bot, *SHORT_RANGE, "--datasets", strategy="SampleStrategy")
    assert "CoinGlass changed nothing" in said(done) and "no CoinGlass columns" in said(done)
    told = numbers(bot)
    assert told["coinglass"]["nothing"] and told["coinglass"]["trades"] > 0
    assert told["left_out"] == []


def test_a_strategy_that_the_data_triggers_does_not_trade_without_it(forked: None, bot: Bot):
    write(bot, 'dataframe["cg_state"] == "CONFIRM_BULL"')
    done = compared(bot, *SHORT_RANGE)
    assert "Without it there is no trade at all" in said(done)
    assert numbers(bot)["coinglass"]["own"]["without"]["trades"] == 0


#: gate, what is done to the columns, words of the command, what is said
MISTAKES = {
    "a strategy that makes no trade": ("False", "pass", SHORT_RANGE, "makes no trade"),
    "a strategy that fails on empty columns": (
        "True",
        'assert dataframe["cg_oi_1h"].notna().any(), "where is my data"',
        SHORT_RANGE,
        "fails when its CoinGlass columns are empty",
    ),
    "a time without candles": ("True", "pass", ("--timerange", "20200101-20200110"), "candles"),
    "a timerange with dashes": ("True", "pass", ("--timerange", "2026-01-01"), "Write it as"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_leaves_nothing_to_compare_is_a_sentence(forked: None, bot: Bot, name: str):
    gate, indicators, words, expected = MISTAKES[name]
    write(bot, gate, indicators)
    assert expected in said(compared(bot, *words, status=Exit.MISTAKE))


def test_an_unknown_strategy_is_a_sentence(forked: None, bot: Bot):
    assert "Nobody" in said(compared(bot, strategy="Nobody", status=Exit.MISTAKE))


def test_no_store_is_a_sentence_with_the_command(forked: None, bot: Bot):
    write(bot, GATE)
    shutil.rmtree(bot.userdir / "data" / "coinglass")
    done = compared(bot, *SHORT_RANGE, status=Exit.MISTAKE)
    assert "vectra-freqtrade download-data" in said(done)
    assert not (bot.userdir / "coinglass_compare").exists()


def test_a_store_of_another_time_is_a_sentence_with_both(forked: None, bot: Bot):
    """Its rows end before the backtest begins."""
    write(bot, GATE)
    for path in (bot.userdir / "data" / "coinglass").glob("*/*.feather"):
        path.unlink()
    series = Series("open_interest", "BTC", "1h")
    rows = native_rows("open_interest", utc("2024-01-01"), 48, 3_600_000, 1)
    delay = pd.Timedelta("60s").to_pytimedelta()
    Store(bot.userdir / "data" / "coinglass").add(series, downloaded(series, rows, delay))
    done = compared(bot, *SHORT_RANGE, status=Exit.MISTAKE)
    assert "from 2024-01-01 to 2024-01-03" in said(done) and "--timerange" in said(done)
