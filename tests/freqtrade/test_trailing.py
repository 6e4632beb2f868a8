"""CG-aware trailing in the real `freqtrade backtesting`, over the simulated market."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from tests.freqtrade.conftest import DAYS, Backtested
from tests.support.bot import Bot
from tests.support.simulated import PAIRS, timerange
from tests.trailing.market import candles_of
from tests.trailing.oracle import told
from vectra_freqtrade.data.accessor import CoinglassAccessor
from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.simulator.market.instruments import Instrument
from vectra_freqtrade.strategy.trailing_frame import frame_arrays
from vectra_freqtrade.trailing.plan import Side, make_plan

pytestmark = pytest.mark.freqtrade

RANGE = ("--timerange", timerange(DAYS))
CANDLE = 300_000
#: A little more than one; freqtrade rounds a stop to the tick on the side of profit.
TICKS = {pair: 1.01 * 10.0 ** -Instrument.of(pair[:3]).price_digits for pair in PAIRS}
DEFAULTS = TrailingSettings()

#: What an assertion raises here ends up in the log, where `Bot.run` looks for it.
WATCHED = '''
from contextlib import contextmanager

from VectraStrategy import VectraStrategy


@contextmanager
def untouched(trade):
    """freqtrade's trade and what is kept with it, before and after."""
    before, kept = state(trade), data(trade)
    yield
    assert state(trade) == before
    assert data(trade) == kept


def state(trade):
    own = {name: value for name, value in trade.__dict__.items() if name[0] != "_"}
    return own | {"orders": [order.to_json(trade.entry_side) for order in trade.orders]}


def data(trade):
    return {entry.cd_key: entry.cd_value for entry in trade.get_all_custom_data()}


class Watched(VectraStrategy):
    def custom_stoploss(self, *args, trade, **kwargs):
        with untouched(trade):
            return super().custom_stoploss(*args, trade=trade, **kwargs)

    def custom_exit(self, *args, trade, **kwargs):
        with untouched(trade):
            return super().custom_exit(*args, trade=trade, **kwargs)

    def custom_roi(self, *args, trade, **kwargs):
        with untouched(trade):
            return super().custom_roi(*args, trade=trade, **kwargs)
'''


def columns(bot: Bot, pair: str) -> tuple[pd.DataFrame, Any]:
    """The pair's candles with their columns and arrays, from files alone, without a backtest."""
    folder = bot.userdir / "data" / "binance" / "futures"
    name = pair.replace("/", "_").replace(":", "_")

    def candles(_pair: str, timeframe: str) -> pd.DataFrame:
        return pd.read_feather(folder / f"{name}-{timeframe}-futures.feather")

    config = {**bot.config, "user_data_dir": bot.userdir}
    strategy = SimpleNamespace(
        config=config, timeframe="5m", dp=SimpleNamespace(get_pair_dataframe=candles)
    )
    accessor = CoinglassAccessor(strategy)
    frame = accessor.add_columns(candles(pair, "5m"), pair)
    hourly = accessor.candles(frame, pair, "1h")
    return frame, frame_arrays(frame, CANDLE, hourly, accessor.settings, accessor.intervals)


def recomputed(trade: dict[str, Any], frame: pd.DataFrame, arrays: Any) -> tuple[float, set[int]]:
    """
    :return: the stop that freqtrade must have had at the end, as it asks for it: once per candle,
        with what was closed by then, and not in a candle that reaches the old one; and the phases
    """
    side = Side.SHORT if trade["is_short"] else Side.LONG
    settings = DEFAULTS
    opened, closed = trade["open_timestamp"], trade["close_timestamp"]
    signal = arrays.last_closed(opened)
    plan = make_plan(
        side=side,
        entry=trade["open_rate"],
        atr=float(arrays.atr[signal]),
        fees=trade["fee_open"] + trade["fee_close"],
        opened=opened,
        settings=settings,
        level_above=float(arrays.sides[Side.LONG].level[signal]),
        level_below=float(arrays.sides[Side.SHORT].level[signal]),
    )
    first, last = signal + 1, arrays.last_closed(closed)
    states = told(plan, candles_of(arrays.sides, range(first, last + 1)), settings)
    hard_stop = plan.entry * (1 - side * 0.10 / trade["leverage"])
    stop = side * max(side * hard_stop, side * plan.stop)
    near, far = ("low", "high") if side is Side.LONG else ("high", "low")
    for row in range(first - 1, last + 1):
        forming = frame.iloc[row + 1]
        if side * stop >= side * forming[near]:
            break
        wanted = plan.stop if row < first else states[row - first][2]
        reach = side * forming[far]
        if row >= first:
            reach = min(reach, side * arrays.close[row])
        if side * stop < side * wanted < reach:
            stop = wanted
    return stop, {state[0] for state in states}


def test_each_trades_final_stop_is_the_one_recomputed_from_store_and_candles(shipped: Backtested):
    bot, result, _ = shipped
    pairs = {pair: columns(bot, pair) for pair in PAIRS}
    phases: set[int] = set()
    for trade in result["trades"]:
        if trade["exit_reason"] == "force_exit":
            continue
        stop, seen = recomputed(trade, *pairs[trade["pair"]])
        phases |= seen
        assert trade["stop_loss_abs"] == pytest.approx(stop, abs=TICKS[trade["pair"]]), trade
    assert len(result["trades"]) > 50
    assert phases == {0, 1, 2, 3}


def test_callbacks_that_are_handed_a_copy_of_the_trade_make_the_same_trades(
    bot: Bot, shipped: Backtested
):
    """So the copy that `skip_trade_copy` spares is not needed."""
    bot.config["coinglass"] = {"trailing": {"skip_trade_copy": False}}
    assert bot.backtest("VectraStrategy", *RANGE)["trades"] == shipped.result["trades"]


def test_no_callback_writes_to_the_trade_that_it_is_handed(bot: Bot):
    bot.strategy("Watched", WATCHED)
    bot.config["coinglass"] = {"trailing": {"at_target": "close"}}
    trades = bot.backtest("Watched", "--timerange", timerange(8))["trades"]
    assert {"roi", "cg_stop", "trailing_stop_loss"} <= {trade["exit_reason"] for trade in trades}
