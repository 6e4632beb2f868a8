"""
A bot with trailing callbacks as a live one calls them, loop by loop, on freqtrade's own database.

In process, on candles that move by hand.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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

    def get_pair_dataframe(self, pair: str, timeframe: str) -> pd.DataFrame:
        raise AssertionError("nothing here reads candles of another timeframe")


@contextmanager
def own_database() -> Iterator[None]:
    """freqtrade's tables in memory, for one test."""
    init_db("sqlite://")
    yield
    engine = Trade.session.get_bind()
    Trade.session.remove()
    engine.dispose()
    CustomDataWrapper.reset_custom_data()


def start(folder: Path, alerts: Sequence[str] = (), **trailing: Any) -> Bot:
    """A bot; nothing is left of the one before but what is in the database."""
    section = {"datasets": ["funding_rate"], "intervals": ["1h"], "alerts": alerts}
    config = {
        "runmode": RunMode.DRY_RUN,
        "user_data_dir": folder,
        "datadir": folder / "data" / "binance",
        "exchange": {"name": "binance"},
        "timeframe": "5m",
        "stake_currency": "USDT",
        "coinglass": section | {"trailing": {"atr_interval": "5m"} | trailing},
    }
    return Bot(config)


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


def order(
    price: float, when: datetime, *, amount: float = 1.0, done: float | None = None, **other: Any
) -> Order:
    """An order of `amount`, of which `done` is filled: all of it, if None."""
    done = amount if done is None else done
    facts = {"status": "closed", "ft_is_open": False, "ft_order_side": "buy", "side": "buy"}
    return Order(
        **facts | other,
        ft_pair=PAIR,
        symbol=PAIR,
        order_id=str(next(NUMBERS)),
        order_type="market",
        ft_amount=amount,
        amount=amount,
        filled=done,
        remaining=amount - done,
        ft_price=price,
        price=price,
        average=price,
        cost=price,
        order_date=when,
        order_filled_date=when,
    )


def opened(
    *orders: Order,
    open_rate: float = 100.0,
    leverage: float = 1.0,
    stoploss: float = Bot.stoploss,
) -> Trade:
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
    trade.adjust_stop_loss(trade.open_rate, stoploss, initial=True)
    return trade


def filled(bot: Bot, trade: Trade, number: int = 0) -> None:
    bot.order_filled(PAIR, trade, trade.orders[number], at(ENTRY))


def said(caplog: pytest.LogCaptureFixture, *words: str) -> int:
    return sum(all(word in record.message for word in words) for record in caplog.records)
