"""
The trailing callbacks as a live bot calls them, loop by loop, on freqtrade's own database.

In process, on candles that move by hand; `test_trailing_bot.py` has the real bot.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.enums import RunMode
from freqtrade.persistence import CustomDataWrapper, Order, Trade, init_db
from freqtrade.strategy import IStrategy

from vectra_freqtrade import CoinglassMixin, CoinglassTrailingMixin
from vectra_freqtrade.strategy.trade_data import CHECKPOINT_KEY, PLAN_KEY
from vectra_freqtrade.trailing.state import Phase

pytestmark = pytest.mark.freqtrade

PAIR = "BTC/USDT:USDT"
START = datetime(2026, 3, 2, tzinfo=UTC)
STEP = timedelta(minutes=5)
#: True ranges of 2 around 100: with the ATR on 5m, a plan as in the stories of `tests/trailing`.
QUIET = (100.0, 101.0, 99.0, 100.0)
ENTRY = 30  # the candle in which the trade is filled
RISE = [(100.0, 102.0, 99.5, 101.5), (101.5, 103.0, 101.4, 102.5), (102.5, 105.0, 102.4, 104.6)]


class Bot(CoinglassTrailingMixin, CoinglassMixin, IStrategy):
    timeframe = "5m"
    can_short = True
    stoploss = -0.30
    minimal_roi = {}  # noqa: RUF012 - freqtrade's way

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe


class Messages:
    """Stands where freqtrade's data provider stands."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send_msg(self, message: str) -> None:
        self.sent.append(message)


@pytest.fixture(autouse=True)
def database() -> Iterator[None]:
    init_db("sqlite://")
    yield
    engine = Trade.session.get_bind()
    Trade.session.remove()
    engine.dispose()
    CustomDataWrapper.reset_custom_data()


@pytest.fixture
def started(tmp_path: Path):
    """Start a bot, as often as a test likes: nothing is left of the one before."""

    def start(**trailing: Any) -> Bot:
        section = {"datasets": ["funding_rate"], "intervals": ["1h"]}
        config = {
            "runmode": RunMode.DRY_RUN,
            "user_data_dir": tmp_path,
            "datadir": tmp_path / "data" / "binance",
            "exchange": {"name": "binance"},
            "timeframe": "5m",
            "stake_currency": "USDT",
            "coinglass": section | {"trailing": {"atr_interval": "5m"} | trailing},
        }
        return Bot(config)

    return start


def frame(rows: list[tuple[float, ...]], first: int = 0) -> pd.DataFrame:
    candles = pd.DataFrame(rows, columns=["open", "high", "low", "close"]).assign(volume=1.0)
    candles.insert(0, "date", pd.date_range(START, periods=len(rows), freq="5min"))
    return candles[first:].reset_index(drop=True)


HISTORY = [QUIET] * ENTRY + RISE


def at(candles: int) -> datetime:
    """A second after so many candles have closed."""
    return START + candles * STEP + timedelta(seconds=1)


def loop(bot: Bot, rows: list[tuple[float, ...]], first: int = 0, rate: float | None = None):
    """
    One loop of freqtrade's over closed candles, as `FreqtradeBot.process` goes.

    :return: what custom_exit said
    """
    now = at(len(rows))
    bot.bot_loop_start(now)
    bot.advise_exit(frame(rows, first), {"pair": PAIR})
    rate = rows[-1][3] if rate is None else rate
    tag = None
    for trade in Trade.get_open_trades():
        bot.ft_stoploss_adjust(rate, trade, now, trade.calc_profit_ratio(rate), 0)
        found = {"current_time": now, "current_rate": rate, "current_profit": 0.0}
        tag = bot.custom_exit(pair=PAIR, trade=trade, **found)
    bot.bot_loop_start(now)
    return tag


NUMBERS = count(1)


def order(price: float, filled: datetime, **other: Any) -> Order:
    facts = {"status": "closed", "ft_is_open": False, "ft_order_side": "buy", "side": "buy"}
    return Order(
        **facts | other,
        ft_pair=PAIR,
        symbol=PAIR,
        order_id=str(next(NUMBERS)),
        order_type="market",
        ft_amount=1.0,
        amount=1.0,
        filled=1.0,
        remaining=0.0,
        ft_price=price,
        price=price,
        average=price,
        cost=price,
        order_date=filled,
        order_filled_date=filled,
    )


def opened(*orders: Order, open_rate: float = 100.0, leverage: float = 1.0) -> Trade:
    """A trade as freqtrade's database holds it, opened in candle ENTRY."""
    filled = list(orders) or [order(100.0, at(ENTRY))]
    trade = Trade(
        pair=PAIR,
        exchange="binance",
        is_open=True,
        is_short=False,
        open_date=at(ENTRY),
        open_rate=open_rate,
        amount=float(len(filled)),
        stake_amount=100.0,
        leverage=leverage,
        fee_open=0.0005,
        fee_close=0.0005,
        orders=filled,
        price_precision=0.001,
        precision_mode_price=4,
    )
    Trade.session.add(trade)
    Trade.commit()
    trade.adjust_stop_loss(trade.open_rate, Bot.stoploss, initial=True)
    return trade


def filled(bot: Bot, trade: Trade, number: int = 0) -> None:
    bot.order_filled(PAIR, trade, trade.orders[number], at(ENTRY))


def said(caplog: pytest.LogCaptureFixture, *words: str) -> int:
    return sum(all(word in record.message for word in words) for record in caplog.records)


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
    started,
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
    assert trade.stop_loss == stop
    later = trade.get_custom_data(CHECKPOINT_KEY)
    assert (later["phase"], later["best"], later["stop"]) == (3, kept["best"], kept["stop"])
    assert later["at"] > kept["at"]


def test_a_trade_without_a_plan_gets_its_signal_candles_and_callbacks_do_not_write_it(
    started, caplog
):
    """Opened before the plugin was installed, or forced in a pair that was not analyzed yet."""
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


def test_a_later_fill_changes_nothing_and_loosens_nothing(started):
    bot, trade = started(), opened()
    bot.advise_exit(frame(HISTORY[:ENTRY]), {"pair": PAIR})
    filled(bot, trade)
    plan = trade.get_custom_data(PLAN_KEY)
    loop(bot, HISTORY)
    stop = trade.stop_loss
    trade.orders.append(order(104.0, at(len(HISTORY))))
    trade.open_rate = 102.0
    filled(bot, trade, 1)
    now = at(len(HISTORY))
    bot.ft_stoploss_adjust(104.5, trade, now, 0.0, 0, after_fill=True)
    assert trade.get_custom_data(PLAN_KEY) == plan
    assert trade.stop_loss == stop


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


def test_a_stop_that_freqtrade_has_is_freqtrades_to_execute(started):
    """With its own kind of order; `cg_stop` is for a stop that it can't place."""
    bot = started()
    trade = opened()
    loop(bot, HISTORY)
    assert trade.stop_loss == pytest.approx(103.5)
    assert loop(bot, HISTORY, rate=103.0) is None
    fallen = [*HISTORY[:-1], (102.5, 105.0, 102.4, 103.0)]  # closes below the stop it arms
    trade.stop_loss = 101.2
    assert loop(bot, fallen, rate=103.2) == "cg_stop"
    assert trade.stop_loss == 101.2


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


def test_stacked_trades_of_a_pair_have_each_its_own_stop(started):
    bot, first = started(), opened()
    second = opened(order(101.5, at(ENTRY + 1)), open_rate=101.5)
    for _ in range(2):
        loop(bot, HISTORY)
        assert first.stop_loss == pytest.approx(103.5)
        assert second.stop_loss == pytest.approx(105 - 2.0)


def test_the_chart_shows_levels_target_and_stop_path_as_freqtrade_accepts_them(started, caplog):
    bot, _ = started(), opened()
    loop(bot, HISTORY)
    chart = frame(HISTORY).assign(cg_liq_above_price=110.0, cg_liq_below_price=float("nan"))
    lines = bot.ft_plot_annotations(PAIR, chart)
    assert said(caplog, "Invalid annotation") == 0
    shown = {
        label: [x for x in lines if x["label"] == label] for label in {x["label"] for x in lines}
    }
    assert {label: len(found) for label, found in shown.items()} == {
        "liquidations": 1,
        "entry": 1,
        "target": 1,
        "stop": 4,
    }
    assert [line["y_start"] for line in shown["stop"]] == pytest.approx([97.0, 100.1, 101.2, 103.5])
    starts = [line["start"] for line in shown["stop"]]
    assert starts == [at(ENTRY), *(START + n * STEP for n in (31, 32, 33))]
