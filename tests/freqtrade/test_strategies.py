"""The two strategies that CoinGlass data triggers, in real backtests on the simulated market."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from tests.freqtrade.conftest import DAYS, FEW_DAYS, Backtested
from tests.support.bot import Bot
from tests.support.seen import expected_cascade, expected_funding, seen_frames
from tests.support.simulated import DELAY, fill, timerange
from tests.support.strategies import set_loose
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store

pytestmark = pytest.mark.freqtrade

RANGE = ("--timerange", timerange(DAYS))
FUNDING, CASCADE = "VectraFundingRate", "VectraLiquidationCascade"
EXPECTED = {FUNDING: expected_funding, CASCADE: expected_cascade}
LIMITS = {FUNDING: 8 * 60, CASCADE: 2 * 60}
CANDLE = pd.Timedelta(minutes=5)

Frames = tuple[dict[str, pd.DataFrame], dict[str, Any]]


@pytest.fixture(params=[FUNDING, CASCADE])
def seen(request: pytest.FixtureRequest, played: Callable[[str], Backtested]) -> tuple[str, Frames]:
    """A strategy's name, the frames it decided on and the result of its backtest."""
    bot, result, _ = played(request.param)
    return request.param, (seen_frames(bot.userdir, request.param), result)


def test_both_sides_are_traded(seen: tuple[str, Frames]):
    _, (_, result) = seen
    sides = Counter(trade["is_short"] for trade in result["trades"])
    assert sides[True] and sides[False]
    assert len(result["trades"]) >= 10


@pytest.mark.parametrize("side", ["long", "short"])
def test_every_entry_has_its_trigger_and_its_confirmations_and_none_is_missed(
    seen: tuple[str, Frames], side: str
):
    """Against the strategy's own words, computed anew from candles and cg_ columns."""
    name, (frames, _) = seen
    assert set(frames) == {"BTC", "ETH"}
    entries = 0
    for frame in frames.values():
        expected = EXPECTED[name](frame, "1h", side)
        signal = frame.get(f"enter_{side}", default=pd.Series(0, frame.index)) == 1
        got = frame["enter_tag"].where(signal, "")
        settled = frame.index >= 200  # the candles before are the startup
        pd.testing.assert_series_equal(
            got[settled].astype(object), expected[settled].astype(object), check_names=False
        )
        entries += int((expected != "").sum())
    assert entries >= 2


def test_every_trade_was_entered_on_its_signals_candle_and_says_why(seen: tuple[str, Frames]):
    _, (frames, result) = seen
    for trade in result["trades"]:
        frame = frames[trade["pair"][:3]].set_index("date")
        signal = frame.loc[pd.Timestamp(trade["open_date"]) - CANDLE]
        assert signal["enter_short" if trade["is_short"] else "enter_long"] == 1
        assert trade["enter_tag"] == signal["enter_tag"]


def test_no_trade_is_held_longer_than_a_candle_beyond_the_limit(seen: tuple[str, Frames]):
    name, (_, result) = seen
    assert max(trade["trade_duration"] for trade in result["trades"]) <= LIMITS[name] + 5


#: Nothing but the limit ends its trades.
PATIENT = """
from {name} import {name}


class Patient({name}):
    stoploss = -0.9

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
#: Stop and target out of reach, and no early exit.
FAR_AWAY = {
    "levels": False,
    "early_exit": False,
    **{"initial_stop": 50, "initial_stop_max": 50, "target_default": 50, "target_max": 50},
}


@pytest.mark.parametrize("name", [FUNDING, CASCADE])
def test_the_hold_limit_ends_what_nothing_else_has_ended(bot: Bot, name: str):
    bot.config["coinglass"] = {"trailing": FAR_AWAY}
    bot.strategy("Patient", PATIENT.format(name=name))
    trades = bot.backtest("Patient", *RANGE)["trades"]
    exits = Counter(trade["exit_reason"] for trade in trades)
    assert set(exits) <= {"hold_limit", "force_exit"}  # the end of the candles
    assert exits["hold_limit"] >= 5
    held = {t["trade_duration"] for t in trades if t["exit_reason"] == "hold_limit"}
    assert held == {LIMITS[name]}


@pytest.mark.parametrize("seen", [CASCADE], indirect=True)
def test_a_cascade_that_stalls_is_left_by_a_column(seen: tuple[str, Frames]):
    _, (frames, result) = seen
    stalled = [trade for trade in result["trades"] if trade["exit_reason"] == "exhausted"]
    assert stalled
    for trade in stalled:
        frame = frames[trade["pair"][:3]].set_index("date")
        last = pd.Timestamp(trade["close_date"]) - CANDLE
        moved = frame.loc[last, "close"] - frame.loc[last - 4 * CANDLE, "close"]
        assert moved >= 0 if trade["is_short"] else moved <= 0
        assert frame.loc[last, "volume"] < frame.loc[:last, "volume"].iloc[-20:].mean()


@pytest.mark.parametrize("name", [FUNDING, CASCADE])
def test_parameters_of_hyperopt_change_entries_and_exits(
    bot: Bot, played: Callable[[str], Backtested], name: str
):
    first = played(name).result["trades"]
    set_loose(bot)
    loose = bot.backtest(name, *RANGE)["trades"]
    assert len(loose) > len(first)
    assert {t["exit_reason"] for t in loose} & {"crowd_gone", "exhausted"}


@pytest.mark.parametrize("name", [FUNDING, CASCADE])
def test_on_spot_only_longs_are_traded(empty_bot: Callable[..., Bot], name: str):
    pairs = ("BTC/USDT", "ETH/USDT")
    bot = empty_bot(list(pairs), "spot")
    fill(bot.userdir, pairs=pairs, days=DAYS)
    trades = bot.backtest(name, *RANGE)["trades"]
    assert trades
    assert not any(trade["is_short"] for trade in trades)


@pytest.mark.parametrize("name", [FUNDING, CASCADE])
def test_without_history_there_is_no_trigger_and_no_trade(bot: Bot, name: str):
    for path in (bot.userdir / "data" / "coinglass").rglob("*.feather"):
        path.unlink()
    assert bot.backtest(name, "--timerange", timerange(FEW_DAYS))["trades"] == []


@pytest.mark.parametrize("name", ["VectraStrategy", FUNDING, CASCADE])
def test_a_book_that_presses_against_a_side_keeps_it_out(bot: Bot, name: str):
    """Three times as many asks as bids stand within 1 %, all the time."""
    store = Store(bot.userdir / "data" / "coinglass")
    for series in store.series("open_interest"):
        book = Series("order_book", series.symbol, series.interval)
        rows = store.read(series)[["time"]].assign(book_bids_usd=1e6, book_asks_usd=3e6)
        store.add(book, downloaded(book, rows, DELAY))
    sides = {trade["is_short"] for trade in bot.backtest(name, *RANGE)["trades"]}
    assert sides == {True}


@pytest.mark.parametrize(
    ("name", "dataset"),
    [("VectraStrategy", "taker_volume"), (FUNDING, "funding_rate"), (CASCADE, "open_interest")],
)
def test_one_dataset_is_enough_where_it_is_the_one_that_triggers(bot: Bot, name: str, dataset: str):
    bot.config["coinglass"] = {"datasets": [dataset]}
    trades = bot.backtest(name, *RANGE)["trades"]
    assert trades
    assert all(trade["enter_tag"] != "nan" for trade in trades)


def test_settings_without_the_trigger_are_refused_by_name(bot: Bot):
    bot.config["coinglass"] = {"datasets": ["open_interest", "taker_volume"]}
    run = bot.run("backtesting", "--strategy", FUNDING, "--cache", "none", *RANGE, fails=True)
    assert f"leaves out funding_rate, which {FUNDING} can't trade without" in run.output
