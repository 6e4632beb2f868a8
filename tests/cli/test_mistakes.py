"""Whatever a user gets wrong ends with what to do about it: no traceback, no work begun."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import PAIRS
from tests.support.simulated import candles, market_frame
from tests.support.stuck_locks import StuckLocks
from vectra_freqtrade.cli.errors import Exit
from vectra_freqtrade.cli.main import app

OI = "/api/futures/open-interest/aggregated-history"
MOMENT = ("--date", "2026-02-10 10:00")
BTC = ("-p", PAIRS[0])

#: command, options, what is said
OPTIONS = {
    "an unknown dataset to list": ("list-data", ["--dataset", "oi"], "Known: bitcoin_dominance"),
    "a timerange with dashes": ("download-data", ["--timerange", "2025-01-01"], "Write it as"),
    "a timerange to come": ("download-data", ["--timerange", "20991231-"], "in the future"),
    "days beyond all calendars": ("download-data", ["--days", "99999999"], "10000"),
    "no pair": ("download-data", ["-p", "BTC//"], "Write BTC/USDT:USDT"),
    "no pair to explain": ("explain", ["-p", "BTC//", *MOMENT], "Write BTC/USDT:USDT"),
    "no timeframe": ("explain", [*BTC, *MOMENT, "--timeframe", "7q"], "write 5m, 1h"),
    "no timeframe of a report": ("report", ["-i", "7q"], "write 5m, 1h"),
    "no timerange of a report": ("report", ["--timerange", "x"], "Write it as"),
    "a report into a folder": ("report", ["--html", "."], "name a file in it"),
    "numbers into a folder": ("report", ["--json", "."], "name a file in it"),
    "a report below a file": ("report", ["--html", "{file}/x.html"], "can't be made"),
    "an answer into a folder": ("query", [OI, "-o", "{folder}.csv"], "name a file in it"),
    "an answer below a file": ("query", [OI, "-o", "{file}/x.csv"], "no folder"),
    "a time that is no number": ("query", [OI, "-p", "start_time=today"], "whole number"),
    "a config that is a folder": ("plan", ["-c", "{folder}.csv"], "Is a directory"),
    "pairs for a spot demo": ("demo", ["-p", "BTC/USDT"], "write BTC/USDT:USDT"),
    "a demo of no days": ("demo", ["--days", "0"], "--days"),
    "a demo of a negative time": ("demo", ["--minutes", "-1"], "--minutes"),
    "a folder that is the user's": ("demo", [], "not made by the demo"),
    "two stake currencies": ("init", ["--yes", "-p", *PAIRS, "X/USDC:USDC"], "USDC, USDT"),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_a_wrong_option_is_told_with_how_to_write_it(server, run, tmp_path: Path, name):
    (tmp_path / "here.csv").mkdir()
    (tmp_path / "file").write_text("")
    command, words, said = OPTIONS[name]
    places = {"folder": tmp_path / "here", "file": tmp_path / "file"}
    result = run(command, *(word.format(**places) for word in words))
    assert result.exit_code == Exit.MISTAKE, result.output
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert "Traceback" not in result.output
    asked = {entry.path for entry in server.log.entries()}
    assert asked <= {"/api/user/account/subscription"}  # no data before


#: What stands in a config file in place of the right thing, what is said
CONFIGS: dict[str, tuple[Any, str]] = {
    "a list": ([1], "one JSON object"),
    "an exchange that is a list": ({"exchange": [1]}, "one JSON object"),
    "an exchange that is a name": ({"exchange": "binance"}, "one JSON object"),
    "an unknown trading mode": ({"trading_mode": "wrong"}, "spot or futures"),
    "a pair that is a number": ({"exchange": {"pair_whitelist": [1]}}, "must be a list"),
    "one pair without a list": ({"exchange": {"pair_whitelist": PAIRS[0]}}, "must be a list"),
    "no pairs at all": ({"exchange": {"pair_whitelist": None}}, "No pairs"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_of_the_wrong_shape_is_named(server, run, tmp_path: Path, name):
    content, said = CONFIGS[name]
    if isinstance(content, dict):
        content = {"dry_run": True, **content}
        if isinstance(content.get("exchange"), dict):
            content["exchange"]["name"] = "binance"
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(content))
    result = run("download-data", "-c", str(path), "--days", "1")
    assert result.exit_code == Exit.MISTAKE, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_a_folder_that_is_not_there_is_told_with_the_command_that_makes_one(run, tmp_path: Path):
    result = run("list-data", userdir=tmp_path / "nowhere")
    assert result.exit_code == Exit.MISTAKE
    assert "vectra-freqtrade init --userdir" in result.stderr


def test_in_an_empty_folder_the_command_that_makes_one_is_ours(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["plan"])
    assert result.exit_code == Exit.MISTAKE
    assert "vectra-freqtrade init" in result.stderr
    assert "create-userdir" not in result.stderr


@pytest.mark.parametrize("command", [("init", "--yes"), ("demo",)])
def test_a_file_is_never_taken_for_a_folder_and_nobody_is_asked_before(
    server, run, tmp_path: Path, command
):
    file = tmp_path / "file"
    file.write_text("mine")
    result = run(*command, userdir=file)
    assert result.exit_code == Exit.MISTAKE
    assert "name another" in result.output
    assert file.read_text() == "mine"
    assert server.log.entries() == []


@pytest.fixture
def stored(userdir: Path) -> Path:
    """Candles of both pairs, and nothing of CoinGlass."""
    folder = userdir / "data" / "binance" / "futures"
    folder.mkdir(parents=True)
    for pair in PAIRS:
        coin = pair.partition("/")[0]
        name = f"{coin}_USDT_USDT-1h-futures.feather"
        candles(market_frame(coin, 1), "1h").to_feather(folder / name)
    return userdir


def commands_of_a_store() -> list[tuple[str, ...]]:
    return [("explain", *BTC, *MOMENT, "--timeframe", "1h"), ("report", "--no-evidence")]


@pytest.mark.parametrize("command", [*commands_of_a_store(), ("report", "--evidence")])
def test_a_broken_file_of_the_store_is_a_mistake_to_mend_in_every_command(run, stored, command):
    """Another run of the same command would end the same, so it is not status 1."""
    file = stored / "data" / "coinglass" / "open_interest" / "BTC-1h.feather"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"nonsense")
    result = run(*command)
    assert result.exit_code == Exit.MISTAKE, result.output
    assert "Move it away" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "command", [*commands_of_a_store(), ("download-data", "--days", "1"), ("record", "--once")]
)
def test_a_store_that_is_a_file_is_named(server, run, stored, command):
    (stored / "data" / "coinglass").write_text("")
    result = run(*command)
    assert result.exit_code == Exit.MISTAKE, result.output
    assert "data/coinglass" in result.stderr and "can't be used" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", commands_of_a_store())
def test_candles_that_cant_be_read_are_named_without_freqtrades_traceback(
    run, stored, command, caplog
):
    for path in (stored / "data" / "binance" / "futures").iterdir():
        path.write_bytes(b"nonsense")
    with caplog.at_level(logging.ERROR):
        result = run(*command)
    assert result.exit_code == Exit.MISTAKE, result.output
    assert "freqtrade download-data" in result.stderr
    named = [record for record in caplog.records if "Error loading data" in record.message]
    assert named
    assert [record for record in named if record.exc_info] == []


@pytest.mark.parametrize("command", [("download-data", "--days", "1"), ("record", "--once")])
def test_a_lock_that_another_process_keeps_is_named_with_what_to_do(
    server, run, stored, command, monkeypatch
):
    """The same command continues once the lock is free, so it is status 1."""
    locks = StuckLocks(monkeypatch)
    locks.held = lambda name: name == ".lock"
    result = run(*command)
    assert result.exit_code == Exit.INCOMPLETE, result.output
    assert str(stored / "data" / "coinglass" / ".lock") in result.stderr
    assert "another process holds" in result.stderr and "suspended" in result.stderr
    assert "Traceback" not in result.output
    assert locks.seconds == 60.0
