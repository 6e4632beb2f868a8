"""The real `freqtrade backtesting`, offline, over the simulated market."""

import zipfile
from collections import Counter
from collections.abc import Callable

import pandas as pd
import pytest

from tests.freqtrade.conftest import DAYS, FEW_DAYS, Backtested
from tests.support.bot import Bot
from tests.support.seen import expected_vectra, seen_frames
from tests.support.simulated import fill, timerange
from tests.support.strategies import ADOPTED, PLAIN
from vectra_freqtrade.catalogue.columns import columns_for
from vectra_freqtrade.settings.section import CoinglassSettings

pytestmark = pytest.mark.freqtrade

RANGE = ("--timerange", timerange(DAYS))
FEW = ("--timerange", timerange(FEW_DAYS))
Played = Callable[[str], Backtested]


def test_vectra_strategy_trades_both_sides_and_leaves_by_stops_and_cg_tags(played: Played):
    """Every entry is the one that its six confluences and the factor make, and none is missed."""
    bot, result, _ = played("VectraStrategy")
    exits = Counter(trade["exit_reason"] for trade in result["trades"])
    assert {trade["is_short"] for trade in result["trades"]} == {True, False}
    assert exits["trailing_stop_loss"] and exits["stop_loss"]
    assert exits["cg_stop"] and exits["cg_oi_divergence"]
    states = {trade["enter_tag"].split()[0] for trade in result["trades"]}
    assert states & {"CONFIRM_BULL", "CONFIRM_BEAR"}
    for side in ("long", "short"):
        kinds: Counter[str] = Counter()
        for frame in seen_frames(bot.userdir, "VectraStrategy").values():
            expected = expected_vectra(frame, side).iloc[490:]  # the candles before are the startup
            got = frame["enter_tag"].where(frame[f"enter_{side}"] == 1, "").iloc[490:]
            pd.testing.assert_series_equal(got.astype(object), expected, check_names=False)
            kinds.update("lifted" in tag for tag in expected if tag)
        assert kinds[True] and kinds[False]


def test_one_mixin_and_one_line_give_any_strategy_every_column_and_the_same_trades(bot: Bot):
    bot.strategy("Adopted", ADOPTED)
    bot.strategy("Plain", PLAIN)
    bot.strategy(
        "Checked",
        ADOPTED.replace("class Adopted", "class Checked")
        .replace(
            "        return dataframe\n\n    def populate_entry",
            "        assert len(dataframe) == before\n"
            '        dataframe.to_feather(self.config["user_data_dir"] / '
            "f\"seen-{metadata['pair'][:3]}.feather\")\n"
            "        return dataframe\n\n    def populate_entry",
            1,
        )
        .replace(
            '        dataframe["gap"]',
            '        before = len(dataframe)\n        dataframe["gap"]',
            1,
        ),
    )
    plain = bot.backtest("Plain", *FEW)["trades"]
    adopted = bot.backtest("Checked", *FEW)["trades"]
    assert len(plain) > 20
    times = [("open_date", "close_date", "pair", "profit_abs")]
    assert [[t[k] for k in times[0]] for t in plain] == [[t[k] for k in times[0]] for t in adopted]
    seen = pd.read_feather(bot.userdir / "seen-BTC.feather")
    expected = [c.name for c in columns_for(CoinglassSettings().datasets, ("1h", "4h"))]
    assert [name for name in seen if name.startswith("cg_")] == expected


def test_a_list_of_strategies_runs_in_one_process(bot: Bot, shipped: Backtested):
    bot.strategy("Plain", PLAIN)
    bot.strategy("Adopted", ADOPTED)
    names = ("VectraStrategy", "Plain", "Adopted")
    bot.run("backtesting", "--timeframe", "5m", *RANGE, "--strategy-list", *names)
    strategies = bot.last_result()["strategy"]
    assert set(strategies) == set(names)
    assert strategies["VectraStrategy"]["trades"] == shipped.result["trades"]


def test_new_history_is_never_answered_with_a_cached_result(bot: Bot):
    """freqtrade's own cache stays on; it is asked again with other rows in the store."""
    bot.strategy("Adopted", ADOPTED)
    first = bot.run("backtesting", "--strategy", "Adopted", *FEW).output
    again = bot.run("backtesting", "--strategy", "Adopted", *FEW).output
    assert "Reusing result of previous backtest" not in first
    assert "Reusing result of previous backtest" in again
    for path in (bot.userdir / "data" / "coinglass").rglob("*.feather"):
        path.unlink()
    fill(bot.userdir, days=DAYS, seed=8)
    changed = bot.run("backtesting", "--strategy", "Adopted", *FEW).output
    assert "Reusing result of previous backtest" not in changed


def test_a_changed_setting_is_never_answered_with_a_cached_result(bot: Bot):
    bot.strategy("Adopted", ADOPTED)
    bot.run("backtesting", "--strategy", "Adopted", *FEW)
    bot.config["coinglass"] = {"lookback": 2}
    changed = bot.run("backtesting", "--strategy", "Adopted", *FEW).output
    assert "Reusing result of previous backtest" not in changed


def test_adaptive_bands_run_on_real_candles(bot: Bot):
    bot.config["coinglass"] = {"bands": "adaptive"}
    tags = {t["enter_tag"].split()[0] for t in bot.backtest("VectraStrategy", *FEW)["trades"]}
    assert tags & {"CONFIRM_BULL", "CONFIRM_BEAR", "LONG_LIQUIDATION", "SHORT_SQUEEZE"}
    assert "UNKNOWN" not in tags


def test_freqtrade_plots_the_strategy_with_its_columns(bot: Bot):
    pair = ("-p", "BTC/USDT:USDT")
    bot.run("plot-dataframe", "--strategy", "VectraStrategy", *pair, "--no-trades", *FEW)
    page = next((bot.userdir / "plot").glob("*BTC*.html")).read_text()
    assert all(name in page for name in ("cg_oi_1h", "cg_state_code", "confidence_long"))


def test_the_key_is_in_nothing_that_a_backtest_writes_or_prints(bot: Bot):
    key = "marked-key-7f3a9c"
    bot.environment["COINGLASS_API_KEY"] = key
    arguments = ("--strategy", "VectraStrategy", "--cache", "none", "--export", "signals", *FEW)
    run = bot.run("backtesting", *arguments, "-vv", "--logfile", str(bot.userdir / "bot.log"))
    assert key not in run.output
    archives = list((bot.userdir / "backtest_results").glob("*.zip"))
    assert archives
    for archive in archives:
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                assert key not in name
                assert key.encode() not in opened.read(name)
    for path in bot.userdir.rglob("*"):
        assert key not in path.name
        assert path.is_dir() or key.encode() not in path.read_bytes()
