"""`vectra-freqtrade report --evidence` over a user's folder."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.support.simulated import PAIRS, fill
from vectra_freqtrade.cli.errors import Exit
from vectra_freqtrade.cli.main import build


@pytest.fixture(scope="module")
def userdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "user_data"
    fill(folder, days=30, timeframes=("1h", "4h"))
    return folder


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(build(["report"]), ["report", *map(str, arguments)])


def test_one_command_makes_page_and_numbers_from_a_users_store(userdir: Path, tmp_path: Path):
    page, numbers = tmp_path / "e.html", tmp_path / "e.json"
    done = _run("--evidence", "--userdir", userdir, "--html", page, "--json", numbers)
    assert done.exit_code == 0, done.output
    assert "no promise of profit" in done.output
    (held,) = json.loads(numbers.read_text())["sets"]
    assert held["pairs"] == list(PAIRS)
    columns = {line["column"] for line in held["table"]}
    assert {"cg_state_1h", "cg_state_4h", "cg_funding_extreme", "cg_confidence_long"} <= columns
    assert {"cg_taker_ratio_1h", "cg_liq_imbalance_1h", "cg_mod_taker_short"} <= columns
    tested = sum(line["tested"] + line["too_few"] for line in held["comparisons"])
    assert tested == len(held["table"])
    text = page.read_text()
    assert "src=" not in text.partition("<body>")[2]  # nothing is loaded from elsewhere
    assert text.count('class="plotly-graph-div"') == 2

    again = tmp_path / "again.json"
    _run("--evidence", "--userdir", userdir, "--json", again)
    assert again.read_text() == numbers.read_text()


def test_a_week_of_data_is_too_little_to_say_anything_and_no_error(tmp_path: Path):
    fill(tmp_path, days=5, timeframes=("1h", "4h"))
    done = _run("--evidence", "--userdir", tmp_path, "--html", tmp_path / "e.html")
    assert done.exit_code == 0, done.output
    assert "0 supported, 0 contradicted, 0 nothing shown" in done.output


def test_a_store_elsewhere_and_without_history_is_said(userdir: Path, tmp_path: Path):
    done = _run("--evidence", "--userdir", userdir, "--store-dir", tmp_path / "none")
    assert done.exit_code == Exit.MISTAKE
    assert "vectra-freqtrade download-data" in done.output


def test_trades_need_a_config(userdir: Path):
    done = _run("--evidence", "--userdir", userdir, "--trades")
    assert done.exit_code == Exit.MISTAKE and "--config" in done.output


def test_it_says_which_reports_there_are(userdir: Path):
    done = _run("--userdir", userdir)
    assert done.exit_code == Exit.MISTAKE and "--evidence" in done.output
