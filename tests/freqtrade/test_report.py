"""`vectra-freqtrade report` over results of the real `freqtrade backtesting`."""

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from tests.freqtrade.conftest import Backtested
from tests.support.bot import Bot
from tests.support.simulated import PAIRS, candles, timerange
from vectra_freqtrade.cli.main import app
from vectra_freqtrade.trailing.state import Phase

pytestmark = pytest.mark.freqtrade

DAYS = 30


def _report(bot: Bot, *arguments: str | Path) -> Result:
    done = CliRunner().invoke(app, ["report", "--userdir", str(bot.userdir), *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done


def _page(bot: Bot) -> str:
    return (bot.userdir / "plot" / "report.html").read_text(encoding="utf-8")


def _data(page: str) -> dict[str, Any]:
    held = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert held is not None
    return json.loads(held[1])


def _zip(bot: Bot) -> Path:
    return max((bot.userdir / "backtest_results").glob("*.zip"), key=lambda p: p.stat().st_mtime_ns)


class Reported(NamedTuple):
    """The report of the backtest without evidence, to read: what it printed, page and numbers."""

    result: dict[str, Any]
    output: str
    page: str
    numbers: dict[str, Any]


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory, shipped: Backtested) -> Reported:
    folder = tmp_path_factory.mktemp("reported")
    page, numbers = folder / "page.html", folder / "numbers.json"
    output = _report(shipped.bot, "--no-evidence", "--html", page, "--json", numbers).output
    told = json.loads(numbers.read_text())
    return Reported(shipped.result, output, page.read_text(encoding="utf-8"), told)


@pytest.fixture
def ran(tmp_path: Path, shipped: Backtested) -> Backtested:
    """A copy of the folder of a backtest, and its result."""
    bot, result, output = shipped
    userdir = tmp_path / "copied" / "user_data"
    shutil.copytree(bot.userdir, userdir)
    return Backtested(Bot(userdir, bot.config, bot.overlay), result, output)


def test_what_the_page_says_of_trades_is_what_the_zip_says(reported: Reported):
    result, output = reported.result, reported.output
    data, told = _data(reported.page), reported.numbers["backtest"]

    for name in ("total_trades", "profit_total_abs", "max_drawdown_abs", "max_drawdown_account"):
        assert told[name] == result[name]
    assert f"{result['profit_total_abs']:+,.2f} USDT" in output
    exits = {row["key"]: row for row in result["exit_reason_summary"] if row["key"] != "TOTAL"}
    shown = {row["key"]: row for row in told["groups"]["By exit"]}
    assert shown.keys() == exits.keys()
    for key, row in shown.items():
        assert row["trades"] == exits[key]["trades"]
        assert row["won"] * row["trades"] == pytest.approx(exits[key]["wins"])
        assert row["mean"] == pytest.approx(exits[key]["profit_mean"], abs=1e-8)
        assert row["profit"] == pytest.approx(exits[key]["profit_total_abs"])
        assert row["share"] == pytest.approx(exits[key]["profit_total"], abs=1e-8)
    for group in told["groups"].values():
        assert sum(row["trades"] for row in group) == result["total_trades"]
        assert sum(row["profit"] for row in group) == pytest.approx(result["profit_total_abs"])
    sides = {row["key"]: row["trades"] for row in told["groups"]["By side"]}
    assert sides == {"long": result["trade_count_long"], "short": result["trade_count_short"]}

    trades = sorted(result["trades"], key=lambda trade: trade["open_timestamp"])
    for shown_trade, trade in zip(data["trades"], trades, strict=True):
        for name in ("open_rate", "close_rate", "profit_abs", "exit_reason", "enter_tag"):
            assert shown_trade[name] == trade[name]
        assert shown_trade["opened"] == trade["open_timestamp"]


def test_the_stop_of_every_trade_is_computed_again_and_ends_where_freqtrades_did(
    reported: Reported,
):
    result, output = reported.result, reported.output
    count = result["total_trades"]
    assert f"{count} of {count} end at the stop freqtrade recorded" in " ".join(output.split())
    trades = sorted(result["trades"], key=lambda trade: trade["open_timestamp"])
    moved = 0
    for chart, trade in zip(_data(reported.page)["charts"], trades, strict=True):
        prices = [price for _, price in chart["stop"]]
        better = [-price for price in prices] if trade["is_short"] else prices
        assert better == sorted(better), "a stop never goes back"
        assert prices[-1] == pytest.approx(trade["stop_loss_abs"], rel=1e-4)
        moments = [moment for moment, _ in chart["stop"]]
        assert moments[0] == trade["open_timestamp"]
        assert moments[-1] <= trade["close_timestamp"]
        names = [phase for _, phase in chart["phase"]]
        assert names == sorted(names, key=lambda name: Phase[name])
        assert names[0] == "INITIAL"
        moved += len(set(prices)) > 2
    assert moved > 20


def test_the_state_at_entry_is_the_one_the_strategy_saw(reported: Reported):
    """VectraStrategy's tag is the state of its signal candle, and `lifted` behind it."""
    result, groups = reported.result, reported.numbers["backtest"]["groups"]
    states = {row["key"]: row["trades"] for row in groups["By market state at entry"]}
    seen: dict[str, int] = {}
    for trade in result["trades"]:
        state = trade["enter_tag"].split()[0]
        seen[state] = seen.get(state, 0) + 1
    assert states == seen
    assert len(seen) > 2


def test_charts_show_states_data_levels_trades_and_stops(reported: Reported):
    result, page = reported.result, reported.page
    assert page.count("data-pair=") == len(PAIRS)
    for figure, pair in zip(_data(page)["pairs"], PAIRS, strict=True):
        traces = {trace.get("name", "ribbon"): trace for trace in figure["data"]}
        assert {"open interest", "funding", "all accounts", "top accounts"} <= traces.keys()
        assert {"longs", "shorts", "on longs", "on shorts", "stops", "ribbon"} <= traces.keys()
        assert "liquidation levels (estimate)" in traces
        assert traces["ribbon"]["y"] == ["state 4h", "state 1h"]
        titles = [axis.get("title", {}).get("text", "") for axis in figure["layout"].values()
                  if isinstance(axis, dict)]  # fmt: skip
        for name in ("all accounts", "top accounts", "longs", "shorts", "on longs", "on shorts"):
            assert sum(f">{name}</span>" in title for title in titles) == 1, name
        seen = {state for row in traces["ribbon"]["text"] for state in row}
        assert {"CONFIRM_BULL", "CONFIRM_BEAR", "NEUTRAL"} <= seen
        own = [trade for trade in result["trades"] if trade["pair"] == pair]
        marks = {name: trace for name, trace in traces.items() if name.startswith("entry ")}
        assert sum(len(trace["x"]) for trace in marks.values()) == len(own)
        exits = {trade["exit_reason"] for trade in own}
        for reason in exits:
            assert any(name.startswith(f"exit {reason} (") for name in traces)
        candles = next(trace for trace in figure["data"] if trace["type"] == "candlestick")
        assert 500 < len(candles["x"]) <= 3000


def test_the_page_loads_nothing_and_says_that_the_demos_market_is_simulated(ran):
    """The loopback exchange in the config is enough to tell."""
    bot = ran.bot
    _report(bot)
    page = _page(bot)
    own = re.sub(r"<script>/\*\*?\s*\n?\* plotly\.js.*?</script>", "", page, flags=re.DOTALL)
    assert len(own) < len(page) - 3_000_000
    assert "default-src 'none'" in own
    assert not re.search(r"https?://|\bsrc=|<link|@import|url\(|fetch\(|XMLHttp", own)
    assert "Everything on this page is simulated" in page
    assert "claim of profit" in page
    assert 'id="evidence"' in page
    assert "showSendToCloud: false" in own  # plotly's own button sends the chart away
    assert len(page) < 15_000_000


def test_settings_of_the_run_and_of_the_strategy_count_not_those_of_today(bot: Bot):
    shipped = (bot.userdir / "strategies" / "VectraStrategy.py").read_text()
    own = """
    def trailing_parameters(self):
        return {"locked_lock": 0.9, "breakeven_from": 0.2}
"""
    bot.strategy("Tuned", shipped.replace("class VectraStrategy(", "class Tuned(") + own)
    bot.config["coinglass"] = {"trailing": {"initial_stop": 1.0, "trailing_from": 0.4}}
    count = bot.backtest("Tuned", "--timerange", timerange(DAYS))["total_trades"]
    assert count > 50
    bot.config["coinglass"] = {}
    (bot.userdir / "config.json").write_text(json.dumps(bot.config))
    output = " ".join(_report(bot, "--no-evidence").output.split())
    assert f"{count} of {count} end at the stop" in output


def test_a_run_with_detail_candles_agrees_as_well(bot: Bot):
    options = ("--timeframe", "15m", "--timeframe-detail", "5m", "--timerange", timerange(DAYS))
    folder = bot.userdir / "data" / "binance" / "futures"
    for pair in PAIRS:
        name = pair.replace("/", "_").replace(":", "_")
        base = pd.read_feather(folder / f"{name}-5m-futures.feather")
        longer = candles(base.rename(columns={"volume": "lots"}), "15min")
        longer.to_feather(folder / f"{name}-15m-futures.feather")
    count = bot.backtest("VectraStrategy", *options)["total_trades"]
    assert count > 10
    output = " ".join(_report(bot, "--no-evidence").output.split())
    assert f"{count} of {count} end at the stop" in output


def test_a_strategy_that_was_changed_or_is_gone_is_said_and_the_rest_still_shown(ran):
    bot, result, _ = ran
    file = bot.userdir / "strategies" / "VectraStrategy.py"
    file.write_text(file.read_text() + "\n# changed\n")
    assert "VectraStrategy was changed after this backtest" in _report(bot, "--no-evidence").output
    assert "was changed after this backtest" in _page(bot)
    file.unlink()
    output = " ".join(_report(bot, "--no-evidence").output.split())
    assert "The strategy's own columns and stops are not shown" in output
    page = _page(bot)
    assert page.count("data-trade=") == result["total_trades"]
    assert "leaves its stops to freqtrade" in " ".join(page.split())
    assert all(chart is not None and "stop" not in chart for chart in _data(page)["charts"])


def test_a_key_is_never_in_page_or_numbers_even_where_the_result_holds_one(
    ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    bot = ran.bot
    secret = "5e1fdeadbeef4marked0key9876543210"
    monkeypatch.setenv("COINGLASS_API_KEY", secret)
    old = _zip(bot)
    held = tmp_path / old.name
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(held, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("_config.json"):
                config = json.loads(content)
                config["coinglass"] = {"api_key": secret}
                content = json.dumps(config).encode()
            target.writestr(name, content)
    numbers = tmp_path / "n.json"
    done = _report(bot, held, "--no-evidence", "--json", numbers)
    for text in (done.output, _page(bot), numbers.read_text()):
        assert secret not in text


def test_a_zip_that_was_renamed_and_moved_is_read(ran, tmp_path: Path):
    bot, result, _ = ran
    moved = tmp_path / "mine.zip"
    moved.write_bytes(_zip(bot).read_bytes())
    assert f"{result['total_trades']} (" in _report(bot, moved, "--no-evidence").output
