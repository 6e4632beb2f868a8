"""The demo runs the real commands, gives the same trades for a seed, and leaves nothing behind."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from vectra_freqtrade.cli.demo import demo
from vectra_freqtrade.demo import run
from vectra_freqtrade.demo.processes import CommandFailed, run_command
from vectra_freqtrade.demo.run import run_demo
from vectra_freqtrade.demo.workspace import (
    MARKER,
    DemoWorkspace,
    WorkspaceTaken,
    child_environment,
    demo_config,
)


def test_a_folder_that_is_not_the_demos_is_left_alone(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "mine.feather").write_text("precious")
    with pytest.raises(WorkspaceTaken):
        DemoWorkspace(tmp_path)
    assert (tmp_path / "data" / "mine.feather").read_text() == "precious"


def test_its_own_folder_starts_afresh_and_says_that_it_is_simulated(tmp_path: Path):
    folder = tmp_path / "user_data"
    first = DemoWorkspace(folder)
    (folder / "data" / "old.feather").write_text("old")
    first.write(demo_config(["BTC/USDT:USDT"]), {"exchange": {}})
    DemoWorkspace(folder)
    assert not (folder / "data" / "old.feather").exists()
    assert "simulated" in (folder / MARKER).read_text()
    assert (folder / "strategies" / "VectraStrategy.py").exists()
    assert "simulated" in json.loads(first.config.read_text())["bot_name"]


def test_a_users_variables_for_freqtrade_stay_out_of_it(monkeypatch: pytest.MonkeyPatch):
    """They come before a config: the demo would ask a real exchange, with a real key."""
    monkeypatch.setenv("FREQTRADE__EXCHANGE__KEY", "real")
    monkeypatch.setenv("PLAIN", "stays")
    environment = child_environment("http://127.0.0.1:1", "demo")
    assert environment["PLAIN"] == "stays"
    assert [name for name in environment if name.startswith("FREQTRADE__")] == []


def test_a_failing_command_shows_the_end_of_its_log(tmp_path: Path):
    code = "import sys; print('what went wrong', file=sys.stderr); sys.exit(3)"
    with pytest.raises(CommandFailed, match=r"status 3[\s\S]*what went wrong"):
        run_command([sys.executable, "-c", code], {}, tmp_path / "log")


def test_a_bot_is_stopped_after_its_time(tmp_path: Path):
    code = "import time; time.sleep(60)"
    assert run_command([sys.executable, "-c", code], {}, tmp_path / "log", seconds=0.2) < 20


def test_an_unknown_plan_is_refused_before_anything_runs(tmp_path: Path):
    app = typer.Typer()
    app.command()(demo)
    folder = tmp_path / "none"
    result = CliRunner().invoke(app, ["--plan", "gold", "--userdir", str(folder)])
    assert result.exit_code == 2 and "hobbyist" in result.output
    assert not folder.exists()


def test_a_coin_is_traded_as_binance_lists_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seen: list[list[str]] = []
    monkeypatch.setattr(run, "_backtest", lambda demo, space, pairs, *other: seen.append(pairs))
    monkeypatch.setattr(run, "_farewell", lambda *anything: None)
    pairs = ["PEPE/USDT:USDT", "BTC/USDT:USDT", "1000PEPE/USDT:USDT"]
    run_demo(pairs=pairs, userdir=tmp_path / "demo")
    assert seen == [["1000PEPE/USDT:USDT", "BTC/USDT:USDT"]]


def trades(folder: Path) -> list[dict]:
    results = folder / "backtest_results"
    newest = json.loads((results / ".last_result.json").read_text())["latest_backtest"]
    with zipfile.ZipFile(results / newest) as archive:
        name = newest.replace(".zip", ".json")
        return json.loads(archive.read(name))["strategy"]["VectraStrategy"]["trades"]


@pytest.mark.freqtrade
def test_the_same_seed_gives_the_same_trades_to_the_last_digit(tmp_path: Path):
    pytest.importorskip("vectra_freqtrade.cli.main")
    runs = []
    for name in ("first", "second"):
        pairs = ["BTC/USDT:USDT", "ETH/USDT:USDT"]
        run_demo(pairs=pairs, days=3, seed=3, userdir=tmp_path / name)
        runs.append(trades(tmp_path / name))
    assert runs[0] == runs[1] and len(runs[0]) > 5
    page = (tmp_path / "first" / "plot" / "report.html").read_text(encoding="utf-8")
    assert "Everything on this page is simulated" in page
    assert page.count("data-trade=") == len(runs[0])
    children = subprocess.run(
        ["ps", "-o", "args", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert "freqtrade" not in children
