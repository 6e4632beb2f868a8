"""Real `freqtrade backtesting` over real data: trades, exits, states, freshness."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.real.build import build_daily, build_hourly, hourly_rows
from tests.support.bot import Bot, base_config
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

pytestmark = [pytest.mark.real, pytest.mark.freqtrade]

DELAY = pd.Timedelta(seconds=60)
CANDLE = pd.Timedelta(minutes=5)
MAX_AGE = pd.Timedelta(hours=3)

#: VectraStrategy, which also leaves what it saw on disk.
SEEN = """
from VectraStrategy import VectraStrategy


class Seen(VectraStrategy):
    def populate_exit_trend(self, dataframe, metadata):
        name = f"seen-{metadata['pair'][:3]}.feather"
        dataframe.to_feather(self.config["user_data_dir"] / name)
        return super().populate_exit_trend(dataframe, metadata)
"""


@pytest.fixture(scope="module")
def exchange() -> Iterator[LoopbackExchange]:
    with LoopbackExchange(["BTC", "ETH"]) as running:
        yield running


@pytest.fixture(scope="module")
def hourly(
    tmp_path_factory: pytest.TempPathFactory, exchange: LoopbackExchange, shared: Path
) -> tuple[Bot, dict[str, Any]]:
    """BTC and ETH, 5m candles 2025-11-30 to 2026-01-29, and the result of one backtest."""
    userdir = tmp_path_factory.mktemp("hourly") / "user_data"
    build_hourly(shared, userdir)
    config = base_config(
        ["BTC/USDT:USDT", "ETH/USDT:USDT"],
        coinglass={"datasets": ["open_interest", "funding_rate"]},
    )
    bot = Bot(userdir, config, exchange.config_overlay())
    bot.strategy("Seen", SEEN)
    return bot, bot.backtest("Seen", "--timerange", "20251201-20260129")


def seen(bot: Bot, coin: str) -> pd.DataFrame:
    frame = pd.read_feather(bot.userdir / f"seen-{coin}.feather")
    return frame[frame["date"] >= "2025-12-01"].reset_index(drop=True)


def show(result: dict[str, Any]) -> None:
    """What freqtrade counted, for who runs this with -s."""
    trades = pd.DataFrame(result["trades"])
    trades["side"] = trades["is_short"].map({True: "short", False: "long"})
    trades["entry"] = trades["enter_tag"].str.split().str[0]
    drawdown, total = result["max_drawdown_account"], result["profit_total_abs"]
    won = (trades["profit_abs"] > 0).mean()
    print(f"{len(trades)} trades, {won:.0%} won, {total:+.2f} USDT, drawdown {drawdown:.1%}")
    for keys in (["side"], ["exit_reason"], ["entry"]):
        groups = trades.groupby(keys)
        table = groups.agg(trades=("pair", "size"), mean_profit=("profit_ratio", "mean"))
        print(table.assign(usdt=groups["profit_abs"].sum()).round(4))


def test_the_hourly_set_trades_both_sides_and_leaves_by_cg_tags_and_stops(hourly):
    _, result = hourly
    show(result)
    exits = Counter(trade["exit_reason"] for trade in result["trades"])
    assert {trade["is_short"] for trade in result["trades"]} == {True, False}
    assert {"cg_stop", "cg_oi_divergence", "trailing_stop_loss", "stop_loss"} <= set(exits)
    carried = {trade["enter_tag"].split()[0] for trade in result["trades"]}
    assert {"CONFIRM_BULL", "CONFIRM_BEAR", "LONG_LIQUIDATION", "SHORT_SQUEEZE"} <= carried


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_unknown_stands_only_where_the_source_has_a_gap_or_a_jump(hourly, shared: Path, coin: str):
    frame = seen(hourly[0], coin)
    source = next(rows for series, rows in hourly_rows(shared) if series.symbol == coin)
    known = source.dropna(subset="oi").assign(
        available=lambda rows: rows["time"] + pd.Timedelta("1h") + DELAY
    )
    decisions = pd.DataFrame(
        {"decision": (frame["date"] + CANDLE).astype(known["available"].dtype)}
    )
    last = pd.merge_asof(decisions, known, left_on="decision", right_on="available")
    has_previous = (last["time"] - pd.Timedelta("1h")).isin(known["time"])
    stale = last["decision"] - last["available"] > MAX_AGE
    expected = ~has_previous | stale | frame["cg_oi_jump_1h"]
    unknown = frame["cg_state"] == "UNKNOWN"
    entries = frame["enter_long"].eq(1) | frame["enter_short"].eq(1)
    print(
        f"{coin}: {unknown.sum()} of {len(frame)} candles UNKNOWN, {frame['cg_oi_jump_1h'].sum()} "
        f"at a jump, {entries.sum()} entries, {(entries & unknown).sum()} of them UNKNOWN"
    )
    assert (unknown == expected).all()
    assert unknown.mean() < 0.02


@pytest.mark.parametrize("coin", ["BTC", "ETH"])
def test_both_datasets_are_fresh_wherever_the_source_has_them(hourly, shared: Path, coin: str):
    frame = seen(hourly[0], coin)
    fresh = frame["cg_fresh"] == 1.0
    print(f"{coin}: cg_fresh is 1.0 on {fresh.sum()} of {len(frame)} candles")
    decisions = frame["date"] + CANDLE
    for series, rows in hourly_rows(shared):
        if (series.symbol, series.interval) != (coin, "1h"):
            continue
        available = rows.dropna()["time"] + pd.Timedelta("1h") + DELAY
        reach = pd.DataFrame({"at": available.astype(decisions.dtype), "last": available})
        last = pd.merge_asof(
            decisions.to_frame("decision"), reach, left_on="decision", right_on="at"
        )
        fresh |= decisions - last["last"] > MAX_AGE  # nothing to be fresh with
    assert fresh.all()


@pytest.fixture(scope="module")
def daily(
    tmp_path_factory: pytest.TempPathFactory, exchange: LoopbackExchange, shared: Path
) -> tuple[Bot, dict[str, Any]]:
    """BTC 1h candles since 2021-08 with CoinGlass's own daily history."""
    userdir = tmp_path_factory.mktemp("daily") / "user_data"
    build_daily(shared, userdir)
    datasets = ["open_interest", "funding_rate", "long_short_ratio", "taker_volume", "liquidation"]
    config = base_config(["BTC/USDT:USDT"], timeframe="1h", coinglass={"datasets": datasets})
    bot = Bot(userdir, config, exchange.config_overlay())
    bot.strategy("Seen", SEEN)
    return bot, bot.backtest("Seen", "--timerange", "20210901-20250602")


def test_the_daily_set_trades_both_sides_on_all_five_datasets(daily):
    bot, result = daily
    show(result)
    assert {trade["is_short"] for trade in result["trades"]} == {True, False}
    assert {"cg_stop", "trailing_stop_loss"} <= {t["exit_reason"] for t in result["trades"]}
    frame = pd.read_feather(bot.userdir / "seen-BTC.feather")
    frame = frame[frame["date"] >= "2021-09-01"]
    assert (frame["cg_fresh"] == 1.0).all()
    assert (frame["cg_state"] != "UNKNOWN").all()
    assert not frame["cg_oi_conflict"].any()  # one interval: no conflict to see
    for code in ("oi", "funding", "lsr", "taker"):
        shares = [(frame[f"cg_mod_{code}_{side}"] != 1.0).mean() for side in ("long", "short")]
        print(f"{code}: share of rows with an opinion, long and short: {shares}")
        assert min(shares) > 0
