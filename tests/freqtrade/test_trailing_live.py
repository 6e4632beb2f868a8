"""
The trailing callbacks as a live bot calls them; `test_trailing_bot.py` has the real bot.

Later fills are in `test_trailing_fills.py`, what the database keeps in `test_trailing_database.py`.
"""

import logging

import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import Trade

from tests.support.live_trades import (
    ENTRY,
    HISTORY,
    PAIR,
    QUIET,
    START,
    STEP,
    Messages,
    at,
    filled,
    frame,
    loop,
    opened,
    order,
    said,
)
from vectra_freqtrade.strategy.trade_data import CHECKPOINT_KEY, PLAN_KEY
from vectra_freqtrade.trailing.state import Phase

pytestmark = [pytest.mark.freqtrade, pytest.mark.usefixtures("database")]


def test_the_plan_is_kept_with_the_trade_at_its_first_fill_and_said(started, caplog):
    caplog.set_level(logging.INFO)
    bot, trade = started(), opened()
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, trade)
    plan = trade.get_custom_data(PLAN_KEY)
    assert (plan["entry"], plan["atr"], plan["stop"], plan["target"]) == (100.0, 2.0, 97.0, 106.0)
    assert said(caplog, "long at 100: stop 97 (1.50 ATR), target 106 (3.00 ATR)") == 1
    loop(bot, HISTORY[:ENTRY])
    assert trade.stop_loss == pytest.approx(97.0)


def test_each_phase_is_said_once_with_its_reason_and_not_again_after_a_restart(started, caplog):
    caplog.set_level(logging.INFO)
    bot, trade = started(), opened()
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, trade)
    for last in range(ENTRY, len(HISTORY) + 1):
        loop(bot, HISTORY[:last])
        loop(bot, HISTORY[:last])
    again = started()
    loop(again, HISTORY)
    loop(again, [*HISTORY, QUIET])
    assert said(caplog, "from INITIAL to BREAKEVEN", "stop 100.1 (entry plus fees)") == 1
    assert said(caplog, "from BREAKEVEN to TRAILING", "stop 101.2 (a lock on the best move)") == 1
    assert said(caplog, "from TRAILING to LOCKED", "stop 103.5 (a lock on the best move)") == 1
    assert said(caplog, "from ") == 3


def test_messages_are_sent_only_if_asked_for(started):
    for wanted, expected in ((False, 0), (True, 2)):
        bot, messages = started(send_messages=wanted), Messages()
        trade = opened()
        bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
        bot.dp = messages
        filled(bot, trade)
        bot.advise_exit(frame(HISTORY), {"pair": PAIR})
        bot.bot_loop_start(at(len(HISTORY)))
        assert len(messages.sent) == expected
        trade.is_open = False
        Trade.commit()


def test_a_restart_in_locked_continues_with_the_same_stop_though_the_entry_is_out_of_memory(
    started, caplog
):
    bot, trade = started(), opened(leverage=3.0)
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, trade)
    loop(bot, HISTORY)
    stop = trade.stop_loss
    assert stop == pytest.approx(103.5)
    kept = trade.get_custom_data(CHECKPOINT_KEY)
    assert kept["phase"] == Phase.LOCKED
    Trade.session.expire_all()
    again = started()
    still = (104.5, 104.6, 104.4, 104.5)
    loop(again, [*HISTORY, still], first=len(HISTORY) - 2)
    assert said(caplog, "not all candles") == 0
    assert trade.stop_loss == stop
    later = trade.get_custom_data(CHECKPOINT_KEY)
    assert (later["phase"], later["best"], later["stop"]) == (3, kept["best"], kept["stop"])
    assert later["at"] > kept["at"]


def test_a_bot_that_was_away_for_longer_than_its_memory_goes_on_from_there_and_says_so(
    started, caplog
):
    bot, trade = started(), opened()
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, trade)
    loop(bot, HISTORY)
    missed = [(104.5, 110.0, 104.4, 104.5)] * 3
    still = (104.5, 104.6, 104.4, 104.5)
    again = started()
    for _ in range(2):
        loop(again, [*HISTORY, *missed, still], first=len(HISTORY) + len(missed))
    assert trade.stop_loss == pytest.approx(103.5)
    assert said(caplog, PAIR, "not all candles") == 1


def test_candles_that_are_missing_in_flight_take_no_stop_from_a_trade(started, caplog):
    """The ATR's candles did not come, and can't be made from the strategy's own longer ones."""
    bot, trade = started(), opened()
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, trade)
    again = started(atr_interval="1m")
    again.dp = Messages()
    again.dp.get_pair_dataframe = lambda *_: frame([])
    for _ in range(2):
        loop(again, HISTORY)
    assert trade.stop_loss == pytest.approx(103.5)
    assert said(caplog, "no new trade has a plan for now", "BTC/USDT:USDT has no 1m candles") == 1
    again.config["runmode"] = RunMode.BACKTEST
    with pytest.raises(OperationalException, match="has no 1m candles"):
        again.advise_exit(frame(HISTORY), {"pair": PAIR})


def test_a_stop_that_freqtrade_has_is_freqtrades_to_execute(started):
    """With its own kind of order; `cg_stop` is for a stop that it can't place."""
    bot = started()
    trade = opened()
    loop(bot, HISTORY)
    assert trade.stop_loss == pytest.approx(103.5)
    assert loop(bot, HISTORY, rate=103.0) is None
    fallen = [*HISTORY[:-1], (102.5, 105.0, 102.4, 103.0)]  # closes below the stop it arms
    trade.stop_loss = 101.2
    for rate in (103.2, 103.8):  # also where the price is back above it: the close was not
        assert loop(bot, fallen, rate=rate) == "cg_stop"
        assert trade.stop_loss == 101.2
    assert loop(bot, HISTORY, rate=103.4) == "cg_stop"  # fell through it before it was set
    assert trade.stop_loss == 101.2


def test_a_close_from_before_the_entry_ends_no_trade(started):
    """The price leaps from 100 to 104 within the candle that it is bought in."""
    bot = started()
    trade = opened(order(104.0, at(ENTRY)), open_rate=104.0)
    assert loop(bot, HISTORY[:ENTRY], rate=104.0) is None
    assert trade.stop_loss == pytest.approx(101.0)


@pytest.mark.parametrize("state", ["CONFIRM_BEAR", "NEUTRAL"])
def test_a_turned_market_is_left_once_the_grace_of_an_hour_is_over(started, state):
    """Filled a second into the candle of 02:30: 03:30 is the first decision that may leave."""
    bot, trade = started(), opened()
    turned = {"cg_state_1h": state, "cg_state_prev_1h": state, "cg_confidence_long": 0.8}
    tags = []
    for closed in (ENTRY, ENTRY + 11, ENTRY + 12):
        bot.advise_exit(frame([QUIET] * closed).assign(**turned), {"pair": PAIR})
        asked = {"current_time": at(closed), "current_rate": 100.0, "current_profit": 0.0}
        tags.append(bot.custom_exit(PAIR, trade, **asked))
    assert tags == [None, None, "cg_low_confidence" if state == "CONFIRM_BEAR" else None]


def test_a_stop_on_the_exchange_moves_in_steps(started):
    bot, trade = started(), opened()
    bot.order_types = {**bot.order_types, "stoploss_on_exchange": True}
    loop(bot, HISTORY)
    trade.stop_loss = 103.4  # 0.05 ATR from where it should be
    assert loop(bot, HISTORY) is None
    assert trade.stop_loss == 103.4
    trade.stop_loss = 103.29
    loop(bot, HISTORY)
    assert trade.stop_loss == pytest.approx(103.5)


def test_the_chart_shows_levels_target_and_stop_path_as_freqtrade_accepts_them(started, caplog):
    bot, _ = started(), opened()
    loop(bot, HISTORY)
    chart = frame(HISTORY).assign(cg_liq_above_price=110.0, cg_liq_below_price=float("nan"))
    lines = bot.ft_plot_annotations(PAIR, chart)
    assert said(caplog, "Invalid annotation") == 0
    named = [line for line in lines if line["label"]]
    assert sorted(line["label"] for line in named) == ["entry", "liquidations", "stop", "target"]
    (newest,) = (line for line in named if line["label"] == "stop")
    steps = [line for line in lines if line["color"] == newest["color"]]
    assert [line["y_start"] for line in steps] == pytest.approx([97.0, 100.1, 101.2, 103.5])
    assert steps[-1] is newest  # the others would be a row of names
    starts = [line["start"] for line in steps]
    assert starts == [at(ENTRY), *(START + n * STEP for n in (31, 32, 33))]
