"""`init`: what it writes, leaves alone and never writes, and that freqtrade takes it."""

import json
import os
from pathlib import Path

import pytest
from click.testing import Result
from freqtrade.exchange import list_available_exchanges
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from typer.testing import CliRunner

from tests.support import fork_server
from tests.support.coinglass_server import CoinglassServer
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.cli.errors import Exit
from vectra_freqtrade.cli.main import app
from vectra_freqtrade.cli.new_userdir import EXCHANGES, Choices, coinglass_section
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.shipped import shipped_strategies
from vectra_freqtrade.simulator.market.market import SimulatedMarket

KEY = "5ecret0marked0key0f00d"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COINGLASS_API_KEY", raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "user_data"


def init(folder: Path, *words: str) -> Result:
    arguments = ["init", "--userdir", str(folder), *words]
    return CliRunner().invoke(app, arguments)


def answer(folder: Path, keys: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    """Run it as in a terminal in which these keys are pressed."""
    monkeypatch.setattr("vectra_freqtrade.cli.init._has_terminal", lambda: True)
    with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
        pipe.send_text(keys)
        return init(folder, *words)


def config_of(folder: Path) -> dict:
    return json.loads((folder / "config.json").read_text())


def test_without_a_terminal_it_takes_options_and_defaults(folder):
    result = init(folder, "--yes", "--exchange", "bybit", "--pairs", "sol, ETH/USDT:USDT")
    assert result.exit_code == 0, result.output
    config = config_of(folder)
    assert config["exchange"] == {
        "name": "bybit",
        "pair_whitelist": ["SOL/USDT:USDT", "ETH/USDT:USDT"],
    }
    assert (config["trading_mode"], config["stake_currency"]) == ("futures", "USDT")
    assert config["dry_run"] is True
    for strategy in shipped_strategies():
        assert (folder / "strategies" / strategy.name).read_bytes() == strategy.read_bytes()
    CoinglassSettings.from_config(config)


def test_without_a_terminal_and_without_yes_it_writes_nothing_and_says_so(folder):
    result = init(folder)
    assert result.exit_code == Exit.MISTAKE
    assert "--yes" in result.output
    assert not folder.exists()


def following(result: Result) -> list[str]:
    return [line.strip() for line in result.stdout.partition("Next:")[2].split("\n")[1:4]]


@pytest.mark.parametrize(
    ("mode", "second"),
    [
        ("futures", "freqtrade download-data --userdir"),
        ("spot", "vectra-freqtrade plan --userdir"),
    ],
)
def test_without_a_key_the_plan_is_free_and_the_next_commands_are_told(folder, mode, second):
    result = init(folder, "--yes", "--trading-mode", mode)
    assert "Plan: FREE (no key)" in result.output
    commands = following(result)
    assert commands[0].startswith("freqtrade download-data --userdir")
    assert commands[1].startswith(second)
    assert ("--candle-types open_interest funding_rate" in commands[1]) == (mode == "futures")
    assert commands[2].startswith("freqtrade backtesting --userdir")
    assert all(f"--userdir {folder}" in command for command in commands)


def test_questions_are_answered_in_a_terminal(folder, tmp_path, monkeypatch):
    # Exchange and trading mode as proposed, a pair, no key.
    result = answer(folder, "\r\r" + "\x7f" * 10 + "XRP\r" + "\x1b[B\x1b[B\r", monkeypatch)
    assert result.exit_code == 0, result.output
    assert config_of(folder)["exchange"]["name"] == "binance"
    assert config_of(folder)["exchange"]["pair_whitelist"] == ["XRP/USDT:USDT"]
    assert "api_key_file" not in config_of(folder)["coinglass"]


def test_ctrl_c_at_a_question_leaves_nothing(folder, monkeypatch):
    result = answer(folder, "\x03", monkeypatch)
    assert result.exit_code == Exit.INTERRUPTED
    assert not folder.exists()


def test_what_is_there_is_left_alone(folder):
    (folder / "strategies").mkdir(parents=True)
    (folder / "config.json").write_text('{"mine": 1}')
    (folder / "strategies" / "VectraStrategy.py").write_text("# mine")
    result = init(folder, "--yes")
    assert (folder / "config.json").read_text() == '{"mine": 1}'
    assert (folder / "strategies" / "VectraStrategy.py").read_text() == "# mine"
    assert (folder / "strategies" / "VectraFundingRate.py").exists()
    assert "Your config has no coinglass section" in result.output


def test_what_is_there_is_replaced_on_request_only(folder, monkeypatch):
    given = ["--exchange", "okx", "--trading-mode", "spot", "--pairs", "BTC"]
    folder.mkdir()
    (folder / "config.json").write_text('{"mine": 1}')
    answer(folder, "\rn", monkeypatch, *given)
    assert config_of(folder) == {"mine": 1}
    answer(folder, "\ry", monkeypatch, *given)
    assert config_of(folder)["exchange"]["pair_whitelist"] == ["BTC/USDT"]
    (folder / "config.json").write_text('{"mine": 2}')
    assert init(folder, "--yes", "--overwrite").exit_code == 0
    assert config_of(folder)["exchange"]["name"] == "binance"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--exchange", "mtgox"], "does not support the exchange 'mtgox'"),
        (["--exchange", "kraken", "--trading-mode", "futures"], "has no trading mode"),
        (["--pairs", "BTC/USDT"], "no futures pair: write BTC/USDT:USDT"),
        (["--trading-mode", "spot", "--pairs", "BTC/USDT:USDT"], "no spot pair"),
        (["--pairs", "BTC/USDT:USDT ETH/USDC:USDC"], "one stake currency"),
        (["--api-key-file", "nowhere/key"], "coinglass.api_key_file: No such file"),
    ],
)
def test_a_mistake_is_told_plainly_and_nothing_is_written(folder, given, said):
    result = init(folder, "--yes", *given)
    assert result.exit_code == Exit.MISTAKE
    assert said in result.output.replace("\n", " ")
    assert not (folder / "config.json").exists()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch):
    market = SimulatedMarket(["BTC/USDT:USDT"], start="2025-01-01", seed=1)
    clock = SteppedClock(market.start + 86400 * 40)
    with CoinglassServer(market, clock, plans={KEY: "standard"}, keep_rows=False) as running:
        monkeypatch.setenv("COINGLASS_BASE_URL", running.url)
        yield running


def test_the_plan_is_detected_and_the_key_is_written_nowhere(folder, tmp_path, server):
    key_file = tmp_path / "key"
    key_file.write_text(KEY)
    result = init(folder, "--yes", "--api-key-file", str(key_file))
    assert "Plan: CoinGlass Standard (tier PRO), 300 requests a minute." in result.output
    assert config_of(folder)["coinglass"]["api_key_file"] == str(key_file)
    assert following(result)[1].startswith("vectra-freqtrade download-data --userdir")
    assert "large_orders" in config_of(folder)["coinglass"]["datasets"]
    assert KEY not in result.output
    for path in folder.rglob("*"):
        assert KEY not in path.name
        assert not path.is_file() or KEY.encode() not in path.read_bytes()


def test_a_key_that_coinglass_does_not_know_is_told_with_its_own_exit_code(
    folder, server, monkeypatch
):
    monkeypatch.setenv("COINGLASS_API_KEY", "another")
    result = init(folder, "--yes")
    assert result.exit_code == Exit.KEY
    assert (folder / "config.json").exists()


@pytest.mark.parametrize("plan", list(Plan))
def test_every_plans_section_is_a_valid_one(plan):
    choices = Choices("binance", "futures", ("BTC/USDT:USDT",), "~/key")
    settings = CoinglassSettings.from_config({"coinglass": coinglass_section(choices, plan)})
    assert ("large_orders" in settings.datasets) == (plan.rank >= Plan.STANDARD.rank)


def test_the_exchanges_are_those_that_freqtrade_supports():
    told = {
        found["classname"]: {str(mode["trading_mode"]) for mode in found["trade_modes"]}
        for found in list_available_exchanges(all_exchanges=False)
        if found["supported"]
    }
    assert {name: set(modes) for name, modes in EXCHANGES.items()} == told


@pytest.mark.freqtrade
@pytest.mark.parametrize("mode", ["futures", "spot"])
def test_freqtrade_accepts_what_it_wrote(folder, mode, monkeypatch, capfd):
    assert init(folder, "--yes", "--trading-mode", mode).exit_code == 0
    monkeypatch.chdir(folder.parent)
    for command in (["show-config"], ["list-strategies", "-1"]):
        words = [*command, "--userdir", str(folder)]
        status = fork_server.run(words, os.environ, 1, 2).wait()
        printed, logged = capfd.readouterr()
        assert status == 0 and "error" not in (printed + logged).lower(), printed + logged
    for strategy in shipped_strategies():
        assert strategy.stem in printed
