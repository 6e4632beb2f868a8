"""The tools of this folder that no test calls otherwise, each for a moment: none may rot."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.real import ablation, build, compare, evidence

pytestmark = pytest.mark.real


@pytest.mark.parametrize(("chosen", "file"), [("hourly", "ETH-4h"), ("daily", "BTC-1d")])
def test_build(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen, file):
    given = ["build", "--shared", str(shared), "--userdir", str(tmp_path), "--set", chosen]
    monkeypatch.setattr(sys, "argv", given)
    build.main()
    assert (tmp_path / "data" / "coinglass" / "open_interest" / f"{file}.feather").is_file()


@pytest.mark.freqtrade
@pytest.mark.parametrize("chosen", ["hourly", "demo"])
def test_ablation(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str):
    monkeypatch.setattr(ablation, "DEMO_PAIRS", ["BTC/USDT:USDT"])
    monkeypatch.setattr(ablation, "DEMO_DAYS", 3)
    monkeypatch.setattr(ablation, "WARM_UP_DAYS", 5)
    with ablation.SETS[chosen](shared, tmp_path) as (bot, span):
        section = bot.config["coinglass"]
        bot.config["coinglass"] = section | {"trailing": ablation.PARTS["ATR trail alone"]}
        days = span if chosen == "demo" else "20251203-20251206"
        line = ablation.row("alone", bot.backtest("VectraStrategy", "--timerange", days))
    assert line.startswith("| alone | ") and "stop_loss" in line


def test_evidence(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    """A month of the hourly set, without backtests."""
    month = replace(evidence.SETS[0], timerange="20260101-20260201", traded=False)
    monkeypatch.setattr(evidence, "SETS", (month,))
    monkeypatch.setattr(evidence, "BUILDERS", {"year": evidence.BUILDERS["year"]})
    html, json = tmp_path / "e.html", tmp_path / "e.json"
    given = ["evidence", "--shared", str(shared), "--html", str(html), "--json", str(json)]
    monkeypatch.setattr(sys, "argv", given)
    evidence.main()
    assert month.name in capsys.readouterr().out
    assert month.name in html.read_text() and month.name in json.read_text()


@pytest.mark.freqtrade
def test_compare(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    """Three days of five coins."""
    given = ["compare", "--shared", str(shared), "--userdir", str(tmp_path / "user_data")]
    given += ["--set", "coins", "--", "--strategy", "SampleStrategy"]
    given += ["--timerange", "20230601-20230604"]
    monkeypatch.setattr(sys, "argv", given)
    with pytest.raises(SystemExit) as ended:
        compare.main()
    assert ended.value.code == 0
    assert "CoinGlass changed nothing" in capsys.readouterr().out
