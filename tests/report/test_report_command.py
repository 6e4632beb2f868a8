"""`vectra-freqtrade report` over a user's folder, with no backtest in it."""

import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from tests.support.simulated import HISTORY_DAYS, PAIRS, START, fill
from vectra_freqtrade.cli.errors import Exit
from vectra_freqtrade.cli.main import app
from vectra_freqtrade.demo.workspace import MARKER
from vectra_freqtrade.history.snapshots import Snapshots


@pytest.fixture(scope="module")
def userdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report") / "user_data"
    fill(folder, days=14, timeframes=("1h", "4h"))
    return folder


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One dataset: the study of it takes a second."""
    folder = tmp_path_factory.mktemp("little") / "user_data"
    fill(folder, days=30, timeframes=("1h",), datasets=("funding_rate",), intervals=("1h",))
    return folder


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


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


def test_the_same_store_gives_the_same_numbers(little: Path, tmp_path: Path):
    once, again = tmp_path / "once.json", tmp_path / "again.json"
    for numbers in (once, again):
        assert _run("--evidence", "--userdir", little, "--json", numbers).exit_code == 0
    assert again.read_text() == once.read_text()
    assert json.loads(once.read_text())["sets"][0]["comparisons"]


def test_a_week_of_data_is_too_little_to_say_anything_and_no_error(tmp_path: Path):
    fill(tmp_path, days=5, timeframes=("1h", "4h"))
    done = _run("--evidence", "--userdir", tmp_path, "--html", tmp_path / "e.html")
    assert done.exit_code == 0, done.output
    assert "0 supported, 0 contradicted, 0 nothing shown" in done.output
    assert "too few out-of-sample rows for a verdict" in " ".join(done.output.split())
    assert "Claims of the settings" not in done.output  # a table of dashes


def test_a_store_elsewhere_and_without_history_is_said(userdir: Path, tmp_path: Path):
    done = _run("--evidence", "--userdir", userdir, "--store-dir", tmp_path / "none")
    assert done.exit_code == Exit.MISTAKE
    assert "vectra-freqtrade download-data" in done.output


def test_trades_need_a_config(userdir: Path):
    done = _run("--evidence", "--userdir", userdir, "--trades")
    assert done.exit_code == Exit.MISTAKE and "--config" in done.output


def test_without_a_backtest_the_page_is_market_and_data_from_the_store_alone(tmp_path: Path):
    userdir, page = tmp_path / "user_data", tmp_path / "page.html"
    datasets = ("open_interest", "funding_rate")
    fill(userdir, days=10, timeframes=("1h", "4h"), datasets=datasets)
    done = _run("--userdir", userdir, "--html", page, "--json", tmp_path / "n.json")
    assert done.exit_code == 0, done.output
    assert "no backtest" in done.output
    text = page.read_text()
    assert "<h1>CoinGlass data</h1>" in text
    assert 'id="evidence"' in text and 'id="market"' in text
    assert 'id="result"' not in text and 'id="trades"' not in text
    assert "simulated" not in text.partition("<body>")[2].partition("<main>")[0]
    data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    assert set(data) == {"pairs"} and len(data["pairs"]) == len(PAIRS)
    names = {trace.get("name") for trace in data["pairs"][0]["data"]}
    assert {"open interest", "funding", "price, 1h"} <= names
    assert "backtest" not in json.loads((tmp_path / "n.json").read_text())


def test_the_page_goes_to_the_plot_folder_unless_another_place_is_named(tmp_path: Path):
    fill(tmp_path, days=3, timeframes=("1h", "4h"))
    assert _run("--userdir", tmp_path, "--no-evidence").exit_code == 0
    assert (tmp_path / "plot" / "report.html").is_file()


def test_the_demos_folder_is_known_by_its_mark(tmp_path: Path):
    fill(tmp_path, days=3, timeframes=("1h", "4h"))
    (tmp_path / MARKER).write_text("x")
    done = _run("--userdir", tmp_path, "--no-evidence")
    assert "Simulated" in done.output
    assert "Everything on this page is simulated" in (tmp_path / "plot/report.html").read_text()


def test_a_recorded_heatmap_is_drawn(tmp_path: Path):
    store = fill(tmp_path, days=3, timeframes=("1h", "4h"))
    taken = pd.Timestamp(START, tz="UTC") + pd.Timedelta(days=HISTORY_DAYS + 1)
    price = pd.read_feather(tmp_path / "data/binance/futures/BTC_USDT_USDT-1h-futures.feather")
    level = float(price["close"].iloc[-1]) * 1.01
    for hour in range(5):
        levels = pd.DataFrame({"price": [level, 2 * level], "usd": [5e6, 1e9]})
        moment = taken + pd.Timedelta(hours=hour)
        Snapshots(store.root).add("liquidation_heatmap", "BTC", moment, levels)
    assert _run("--userdir", tmp_path, "--no-evidence").exit_code == 0
    text = (tmp_path / "plot" / "report.html").read_text()
    data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    named = [{trace.get("name") for trace in figure["data"]} for figure in data["pairs"]]
    drawn = ["liquidation heatmap (recorded)" in names for names in named]
    assert drawn == [True, False]


def _zip_of(folder: Path, **parts: str) -> Path:
    path = folder / "result.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(f"{name}.json", text)
    return path


_CONFIG = json.dumps({"exchange": {"name": "binance"}})


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda folder: folder / "none.zip", "There is no"),
        (lambda folder: Path(__file__), "can't be read as a backtest result"),
        (lambda folder: folder, "can't be read as a backtest result"),
        (lambda folder: _zip_of(folder, other="{}"), "but no backtest result"),
        (lambda folder: _zip_of(folder, r="{", r_config=_CONFIG), "can't be read"),
        (lambda folder: _zip_of(folder, r="[]", r_config=_CONFIG), "can't be read"),
        (
            lambda folder: _zip_of(folder, r='{"strategy": {"A": {}, "B": {}}}', r_config=_CONFIG),
            "holds A, B: name one of them with --strategy",
        ),
        (
            lambda folder: _zip_of(
                folder, r='{"strategy": {"A": {"trades": [{"pair": "x"}]}}}', r_config=_CONFIG
            ),
            "is of another freqtrade",
        ),
    ],
)
def test_what_is_no_backtest_result_is_said_with_the_mend(made, said, userdir, tmp_path):
    done = _run(made(tmp_path), "--userdir", userdir, "--html", tmp_path / "page.html")
    assert done.exit_code == Exit.MISTAKE
    assert said in done.output
    assert "freqtrade backtesting" in done.output or "--strategy" in done.output
    assert not (tmp_path / "page.html").exists()


def test_a_zip_and_no_backtest_at_once_is_refused(userdir: Path):
    for option in ("--store-only", "--evidence"):
        done = _run("some.zip", option, "--userdir", userdir)
        assert done.exit_code == Exit.MISTAKE and "leave out the zip" in done.output


def test_without_candles_it_says_how_to_fetch_them(tmp_path: Path):
    done = _run("--userdir", tmp_path, "--pairs", "BTC/USDT:USDT")
    assert done.exit_code == Exit.MISTAKE
    assert "No candles of BTC/USDT:USDT" in done.output
    assert "freqtrade download-data" in done.output


def test_without_history_the_page_is_made_and_says_so(tmp_path: Path, caplog):
    fill(tmp_path, days=3, timeframes=("1h", "4h"), datasets=())
    done = _run("--userdir", tmp_path)
    assert done.exit_code == 0, done.output
    assert "no evidence" in caplog.text
    assert 'id="evidence"' not in (tmp_path / "plot" / "report.html").read_text()


def test_on_a_terminal_it_says_what_takes_so_long(little: Path, tmp_path: Path, monkeypatch):
    said = io.StringIO()
    terminal = Console(file=said, force_terminal=True, width=100)
    monkeypatch.setattr("vectra_freqtrade.cli.report.err", terminal)
    done = _run("--userdir", little, "--html", tmp_path / "page.html")
    assert done.exit_code == 0, done.output
    for words in ("Computing columns of BTC/USDT:USDT", "Studying what price did"):
        assert words in said.getvalue() and words not in done.stdout
