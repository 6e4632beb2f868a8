"""Trailing's callbacks and freqtrade's database: read in each, written to by none of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from freqtrade.persistence import Order, Trade
from sqlalchemy import event, inspect

from tests.support.live_trades import ENTRY, HISTORY, PAIR, at, filled, frame, loop, opened, said
from vectra_freqtrade.strategy.trade_data import CHECKPOINT_KEY, PLAN_KEY
from vectra_freqtrade.trailing.state import Phase

pytestmark = [pytest.mark.freqtrade, pytest.mark.usefixtures("database")]


def test_no_callback_writes_to_a_trade_of_the_database(started):
    """
    So the copy that `skip_trade_copy` spares is not needed, and reading lazily loaded orders is no
    writing; test_trailing.py has the same for a backtest.
    """
    bot, trade = started(at_target="close"), opened(leverage=3.0)
    loop(bot, HISTORY)
    written: list[str] = []

    def note(target, *_):
        written.append(repr(target))

    watched = [
        getattr(kind, attribute.key)
        for kind in (Trade, Order)
        for attribute in inspect(kind).attrs
        if attribute.key != "custom_data"
    ]
    for attribute in watched:
        event.listen(attribute, "set", note)
    event.listen(Trade.session(), "before_flush", note)
    again, now = started(at_target="close"), at(len(HISTORY))
    again.advise_exit(frame(HISTORY), {"pair": PAIR})
    asked = {"current_rate": 103.0, "current_profit": 0.0}
    for method, answers in (
        ("custom_stoploss", {"after_fill": False} | asked),
        ("custom_exit", asked),
        ("custom_roi", {"trade_duration": 5, "entry_tag": None, "side": "long"}),
    ):
        Trade.session.expire_all()
        trade.stop_loss = 90.0
        written.clear()
        given = {"pair": PAIR, "trade": trade, "current_time": now}
        getattr(again, method)(**given, **answers)
        assert written == []
    trade.stop_loss = 91.0
    assert len(written) == 1
    for attribute in watched:
        event.remove(attribute, "set", note)


@pytest.mark.parametrize("broken", ["no plan", {"version": 1}, {"version": 9, "entry": 1}, 7])
def test_what_is_kept_may_be_foreign(started, broken):
    bot, trade = started(), opened()
    trade.set_custom_data(PLAN_KEY, broken)
    trade.set_custom_data(CHECKPOINT_KEY, broken)
    loop(bot, HISTORY)
    assert trade.stop_loss == pytest.approx(103.5)
    assert trade.get_custom_data(PLAN_KEY)["entry"] == 100.0


def test_what_is_kept_may_be_unreadable(started, caplog):
    """No exception out of a callback: freqtrade would swallow it, and the old stop would stay."""
    bot, trade = started(), opened()
    trade.set_custom_data(PLAN_KEY, {"a": 1})
    trade.get_custom_data_entry(PLAN_KEY).cd_value = "{broken"
    Trade.commit()
    loop(bot, HISTORY)
    loop(bot, HISTORY)
    assert trade.stop_loss == pytest.approx(103.5)
    assert said(caplog, "cg_plan can't be read") == 1
    assert trade.get_custom_data(PLAN_KEY)["entry"] == 100.0


@contextmanager
def failing(statement_start: str) -> Iterator[None]:
    """The database, while it fails at such statements about what is kept with trades."""

    def fail(connection, cursor, statement, *rest):
        if statement.startswith(statement_start) and "trade_custom_data" in statement:
            raise sqlite3.OperationalError("database is locked")

    engine = Trade.session.get_bind()
    event.listen(engine, "before_cursor_execute", fail)
    yield
    event.remove(engine, "before_cursor_execute", fail)


def test_the_state_is_written_once_per_candle_however_often_the_bot_loops(started):
    bot, written = started(), []

    def note(connection, cursor, statement, *rest):
        if "trade_custom_data" in statement and not statement.startswith("SELECT"):
            written.append(statement)

    opened()
    event.listen(Trade.session.get_bind(), "before_cursor_execute", note)
    loop(bot, HISTORY)
    assert len(written) == 2, "plan and state"
    loop(bot, HISTORY)
    assert len(written) == 2
    loop(bot, [*HISTORY, HISTORY[-1]])
    assert len(written) == 3


def test_a_database_that_takes_nothing_for_a_while_costs_neither_plans_nor_stops(started, caplog):
    """SQLAlchemy refuses whatever follows a failed write, of every trade, until it is told."""
    bot, first, second = started(), opened(), opened()
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, first)
    plan = first.get_custom_data(PLAN_KEY)
    with failing("INSERT"):
        loop(bot, HISTORY)
        assert first.get_custom_data(PLAN_KEY) == plan
        assert (first.stop_loss, second.stop_loss) == pytest.approx((103.5, 103.5))
    assert said(caplog, "cg_trail can't be kept") == 1
    assert said(caplog, "cg_plan can't be kept") == 1
    loop(bot, HISTORY)
    for trade in (first, second):
        assert trade.get_custom_data(CHECKPOINT_KEY)["phase"] == Phase.LOCKED


def test_a_plan_that_can_not_be_read_for_a_while_is_not_replaced(started, caplog):
    bot, trade = started(), opened()
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, trade)
    plan = trade.get_custom_data(PLAN_KEY)
    wide = [*HISTORY, *[(104.6, 105.6, 102.6, 104.6)] * 20]  # another ATR, the entry out of memory
    with failing("SELECT"):
        assert loop(bot, wide, first=len(HISTORY) + 1) is None
        bot.order_filled(PAIR, trade, trade.orders[0], at(len(wide)))
    assert said(caplog, "cg_plan can't be read") == 1
    assert trade.stop_loss == pytest.approx(70.0)
    loop(bot, wide, first=len(HISTORY) + 1)
    assert trade.get_custom_data(PLAN_KEY) == plan
    assert trade.stop_loss == pytest.approx(105.6 - 1.6)
