"""
Entries that come in pieces, are added to, taken from, forced, or were there before the plugin.

Live, in process; `test_trailing_adds.py` has additions in the real backtest.
"""

import logging

import pytest
from freqtrade.persistence import Order, Trade

from tests.support.live_trades import (
    ENTRY,
    HISTORY,
    PAIR,
    at,
    filled,
    frame,
    loop,
    opened,
    order,
    said,
)
from vectra_freqtrade.strategy.trade_data import CHECKPOINT_KEY, PLAN_KEY

pytestmark = [pytest.mark.freqtrade, pytest.mark.usefixtures("database")]


def resting(price: float, done: float) -> Order:
    """An entry order that still rests on the exchange, some of it filled."""
    waiting = order(price, at(ENTRY), done=done, status="open")
    waiting.ft_is_open = True
    waiting.order_filled_date = None
    return waiting


def cancel(rest: Order) -> None:
    """What freqtrade makes of it when the rest times out."""
    rest.status, rest.ft_is_open = "canceled", False
    rest.order_filled_date = at(ENTRY)


def add(trade: Trade, new: Order) -> None:
    """As freqtrade books a fill: amounts, average price, and its own idea of the stop."""
    trade.orders.append(new)
    trade.recalc_trade_from_orders()


def test_an_entry_that_still_rests_has_no_plan_kept_though_part_of_it_is_filled(started):
    bot, rest = started(), resting(100.0, done=0.4)
    trade = opened(rest)
    for rows in (HISTORY[:ENTRY], HISTORY):
        loop(bot, rows)
    assert trade.get_all_custom_data() == []


def test_what_was_filled_of_an_entry_before_it_was_cancelled_has_a_plan(started, caplog):
    caplog.set_level(logging.INFO)
    bot, rest = started(), resting(100.0, done=0.4)
    trade = opened(rest)
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    rest.average = 99.9
    cancel(rest)
    trade.recalc_trade_from_orders()
    filled(bot, trade)
    plan = trade.get_custom_data(PLAN_KEY)
    assert trade.amount == pytest.approx(0.4)
    assert (plan["entry"], plan["stop"]) == pytest.approx((99.9, 96.9))
    loop(bot, HISTORY)
    assert trade.stop_loss == pytest.approx(99.9 + 0.7 * (105 - 99.9))
    assert said(caplog, "stop 96.9 (1.50 ATR)") == 1


def test_an_entry_filled_in_two_orders_is_planned_at_the_first_and_only_once(started, caplog):
    """An order that was replaced: the first part at one price, the rest at another."""
    caplog.set_level(logging.INFO)
    bot, first = started(), resting(100.0, done=0.5)
    trade = opened(first)
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    cancel(first)
    filled(bot, trade)
    add(trade, order(100.8, at(ENTRY), amount=0.5))
    filled(bot, trade, 1)
    assert trade.open_rate == pytest.approx(100.4)
    assert trade.get_custom_data(PLAN_KEY)["entry"] == 100.0
    assert said(caplog, "target") == 1


def test_an_order_that_rested_is_planned_from_its_signal_and_followed_from_its_fill(started):
    """The price went to 105, and so to LOCKED, while the order still waited."""
    bot = started()
    trade = opened(order(100.0, at(len(HISTORY))))
    fell = (100.4, 100.6, 99.5, 100.5)
    bot.advise_exit(frame(HISTORY), {"pair": PAIR})
    bot.order_filled(PAIR, trade, trade.orders[0], at(len(HISTORY)))
    plan = trade.get_custom_data(PLAN_KEY)
    assert plan["atr"] == 2.0, "of the candle before the order was placed; the last one's is wider"
    assert loop(bot, [*HISTORY, fell]) is None
    assert trade.stop_loss == pytest.approx(97.0)


def test_a_later_fill_changes_no_plan_and_loosens_nothing(started):
    bot, trade = started(), opened()
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, trade)
    plan = trade.get_custom_data(PLAN_KEY)
    loop(bot, HISTORY)
    stop = trade.stop_loss
    add(trade, order(104.0, at(len(HISTORY))))
    filled(bot, trade, 1)
    now = at(len(HISTORY))
    bot.ft_stoploss_adjust(104.5, trade, now, 0.0, 0, after_fill=True)
    assert trade.open_rate == 102.0
    assert trade.get_custom_data(PLAN_KEY) == plan
    assert trade.stop_loss == stop
    trade.stop_loss = 104.2  # where freqtrade's own reckoning may put it at a fill
    bot.ft_stoploss_adjust(104.5, trade, now, 0.0, 0, after_fill=True)
    assert trade.stop_loss == 104.2


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("leverage", [1.0, 3.0])
def test_the_outermost_stop_is_measured_from_the_first_fill(started, leverage, restarted):
    """A stoploss of 2 %, inside the plan's 3 %; fills below would put it at 97.02 and less."""
    bot = started()
    bot.stoploss = -0.02 * leverage
    trade = opened(leverage=leverage, stoploss=bot.stoploss)
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, trade)
    assert trade.stop_loss == pytest.approx(98.0)
    fallen = (100.0, 100.0, 98.3, 98.4)
    for number in (1, 2):
        add(trade, order(98.5, at(ENTRY + number)))
        filled(bot, trade, number)
    assert trade.open_rate == pytest.approx(99.0)
    if restarted:
        bot = started()
        bot.stoploss = -0.02 * leverage
    # As if freqtrade had never had a stop: what we ask for is the outermost, not 99 - 2 %.
    trade.stop_loss = 90.0
    loop(bot, [*HISTORY[:ENTRY], fallen])
    assert trade.stop_loss == pytest.approx(98.0)


def test_freqtrade_may_end_a_losing_position_that_is_added_to_as_the_docs_warn(started):
    """It lays the last stop's distance from the price then on the new average price, unasked."""
    bot, trade = started(), opened()
    loop(bot, [*HISTORY[:ENTRY], (100.0, 100.0, 97.4, 97.5)])  # 97, when the price is at 97.5
    assert trade.stop_loss == pytest.approx(97.0)
    add(trade, order(97.5, at(ENTRY + 1)))
    assert trade.open_rate == pytest.approx(98.75)
    assert trade.stop_loss == pytest.approx(98.75 * 97.0 / 97.5, abs=0.001)
    assert trade.stop_loss > 97.5


def test_a_part_that_is_sold_leaves_the_stop_on_its_path(started):
    bot, trade = started(), opened()
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, trade)
    loop(bot, HISTORY[:-1])
    assert trade.stop_loss == pytest.approx(101.2)
    half = order(102.5, at(len(HISTORY) - 1), amount=0.5)
    half.ft_order_side = half.side = "sell"
    add(trade, half)
    bot.order_filled(PAIR, trade, half, at(len(HISTORY) - 1))
    assert trade.amount == pytest.approx(0.5)
    loop(bot, HISTORY)
    assert trade.stop_loss == pytest.approx(103.5)
    assert trade.get_custom_data(CHECKPOINT_KEY)["phase"] == 3


def test_a_trade_forced_in_a_pair_not_analyzed_yet_has_its_plan_from_its_first_analysis_on(
    started, caplog
):
    caplog.set_level(logging.INFO)
    bot, trade = started(), opened()
    filled(bot, trade)
    assert trade.get_all_custom_data() == []
    bot.ft_stoploss_adjust(100.0, trade, at(ENTRY), 0.0, 0, after_fill=True)
    assert trade.stop_loss == pytest.approx(70.0), "the strategy's own until then"
    loop(bot, HISTORY[:ENTRY])
    assert trade.stop_loss == pytest.approx(97.0)
    assert trade.get_custom_data(PLAN_KEY)["entry"] == 100.0
    assert said(caplog, "A plan for a trade that had none") == 1


def test_a_trade_made_before_there_is_an_atr_has_a_plan_as_soon_as_there_is_one(started):
    """As a backtest asks: all candles are in memory from the beginning."""
    bot, trade = started(), opened(order(100.0, at(5)))
    trade.open_date = at(5)
    bot.advise_exit(frame(HISTORY), {"pair": PAIR})
    asked = [
        bot.custom_stoploss(PAIR, trade, at(closed), 100.0, 0.0, False) for closed in (6, 14, 15)
    ]
    assert asked == [None, None, pytest.approx(0.03)]


def test_a_trade_without_a_plan_gets_its_signal_candles_and_callbacks_do_not_write_it(
    started, caplog
):
    """Opened before the plugin was installed."""
    caplog.set_level(logging.INFO)
    bot, trade = started(), opened()
    bot.advise_exit(frame(HISTORY), {"pair": PAIR})
    now = at(len(HISTORY))
    answer = bot.custom_stoploss(PAIR, trade, now, 104.6, 0.0, False)
    assert 104.6 * (1 - answer) == pytest.approx(103.5)
    assert trade.get_all_custom_data() == []
    for _ in range(3):
        bot.bot_loop_start(now)
    assert trade.get_custom_data(PLAN_KEY)["atr"] == 2.0
    assert said(caplog, "A plan for a trade that had none") == 1


def test_a_trade_without_a_plan_older_than_the_candles_is_planned_from_the_last_one(started):
    bot, trade = (
        started(),
        opened(order(100.0, at(ENTRY)), order(102.0, at(32)), open_rate=101),
    )
    wide = [(107.0, 107.6, 104.6, 107.0)] * 20  # a true range of 3
    loop(bot, [*HISTORY, *wide], first=len(HISTORY) + 1)
    plan = trade.get_custom_data(PLAN_KEY)
    assert plan["atr"] == pytest.approx(3.0)
    assert plan["entry"] == 100.0, "of the first fill; later ones moved open_rate"
    assert trade.stop_loss == pytest.approx(100 + 0.7 * 7.6)


def test_a_trade_without_a_plan_that_is_beyond_its_stop_already_is_left_at_once(started):
    bot, trade = started(), opened()
    lost = [*HISTORY[:ENTRY], (100.0, 100.0, 95.0, 95.5), (95.5, 96.0, 95.0, 95.8)]
    assert loop(bot, lost) == "cg_stop"
    assert trade.stop_loss == pytest.approx(70.0)


def test_stacked_trades_of_a_pair_have_each_its_own_stop(started):
    bot, first = started(), opened()
    second = opened(order(101.5, at(ENTRY + 1)), open_rate=101.5)
    for _ in range(2):
        loop(bot, HISTORY)
        assert first.stop_loss == pytest.approx(103.5)
        assert second.stop_loss == pytest.approx(105 - 2.0)
