"""Alerts of a live bot: freqtrade's own analysis and message queue, on candles made by hand."""

import logging
from typing import Any

import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType, RunMode

from tests.support.live_trades import HISTORY, PAIR, Bot, at, frame, opened, order, said
from vectra_freqtrade.catalogue.columns import STATE_CODES, MarketState

pytestmark = [pytest.mark.freqtrade, pytest.mark.usefixtures("database")]

ALL = ["state_flip", "extreme_funding", "level_reached", "stale"]
OTHER = "ETH/USDT:USDT"
CALM = {
    "cg_state_code": STATE_CODES[MarketState.NEUTRAL],
    "cg_funding_extreme": 0.0,
    "cg_liq_above_price": 150.0,
    "cg_liq_below_price": 50.0,
    "cg_fresh": 1.0,
}


class Candles(DataProvider):
    """freqtrade's own, but for where candles come from: each pair's, with columns already."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config, exchange=None)
        self.frames: dict[str, pd.DataFrame] = {}

    def ohlcv(
        self, pair: str, timeframe: str | None = None, copy: bool = True, candle_type: str = ""
    ) -> pd.DataFrame:
        return self.frames[pair].copy()

    def sent(self) -> list[str]:
        """What is in the queue to freqtrade's messengers, taken out of it."""
        messages = list(self._msg_queue)
        self._msg_queue.clear()
        return messages


@pytest.fixture
def watched(started):
    """A started bot with its candles: `watched(alerts)`."""

    def make(alerts: list[str] = ALL) -> Bot:
        bot = started(alerts=alerts)
        bot.config["candle_type_def"] = CandleType.FUTURES
        bot.dp = Candles(bot.config)
        return bot

    return make


def loop(bot: Bot, candles: int, *changed: dict[str, Any], pairs: tuple[str, ...] = (PAIR,)):
    """
    freqtrade's analysis after so many closed candles, twice, as a bot's loop runs between candles.

    :param changed: columns of the last candles, the others are calm
    :return: the messages
    """
    rows = [*HISTORY, *[HISTORY[-1]] * 99][:candles]
    for pair in pairs:
        cells = frame(rows).assign(**CALM)
        for back, cell in enumerate(reversed(changed), start=1):
            for name, value in cell.items():
                cells.loc[len(cells) - back, name] = value
        bot.dp.frames[pair] = cells
    bot.analyze(list(pairs))
    bot.analyze(list(pairs))
    return bot.dp.sent()


BEAR = {"cg_state_code": STATE_CODES[MarketState.CONFIRM_BEAR]}
TURNED = f"{PAIR} long: the market state turned from NEUTRAL to CONFIRM_BEAR."


def test_an_event_is_sent_once_and_logged(watched, caplog):
    caplog.set_level(logging.INFO)
    bot = watched()
    opened()
    assert loop(bot, 33) == []
    assert loop(bot, 34, BEAR) == [TURNED]
    assert loop(bot, 35, BEAR, BEAR) == []
    assert said(caplog, TURNED) == 1
    assert said(caplog, "Unexpected error") == 0


def test_every_kind_comes_through(watched):
    bot = watched()
    opened()
    near = {"cg_liq_above_price": 105.0}
    assert loop(bot, 33, {}, near) == []
    now = BEAR | {"cg_funding_extreme": 1.0, "cg_fresh": 0.75}
    assert loop(bot, 34, near, now) == [
        f"CoinGlass data is stale: {PAIR} 75% fresh. Stale columns hold no opinion.",
        TURNED,
        f"{PAIR} long: funding is extreme: longs pay unusually much, against this position.",
        f"{PAIR} long: price reached the liquidation level above, 105.",
    ]
    assert loop(bot, 35, now, now | {"cg_fresh": 1.0}) == [
        f"CoinGlass data is back: {PAIR} 100% fresh."
    ]


@pytest.mark.parametrize("wanted", [[], ["extreme_funding"]])
def test_what_was_not_asked_for_is_not_sent(watched, wanted):
    bot = watched(wanted)
    opened()
    assert loop(bot, 33) == []
    assert loop(bot, 34, BEAR | {"cg_fresh": 0.5}) == []


def test_without_an_open_trade_only_stale_data_is_news(watched):
    bot = watched()
    loop(bot, 33)
    assert loop(bot, 34, BEAR | {"cg_funding_extreme": 1.0}) == []
    assert "stale" in loop(bot, 35, {"cg_fresh": 0.5})[0]


def test_a_restart_repeats_nothing_and_tells_what_came_while_it_was_away(watched):
    first = watched()
    opened()
    loop(first, 33)
    assert loop(first, 34, BEAR) == [TURNED]
    again = watched()
    assert loop(again, 34, BEAR) == []
    extreme = {"cg_funding_extreme": -1.0}
    away = watched()
    assert loop(away, 37, BEAR, BEAR, BEAR | extreme, BEAR | extreme) == [
        f"{PAIR} long: funding is extreme: shorts pay unusually much, in its favour "
        "(candle of 2026-03-02 02:55 UTC)."
    ]


def test_what_was_so_before_the_trade_was_opened_is_not_news(watched):
    bot = watched()
    opened(order(104.0, at(34)), open_rate=104.0)
    loop(bot, 33)
    assert loop(bot, 35, BEAR, BEAR) == []


def test_candles_are_as_long_as_the_config_says(watched):
    """freqtrade sets the config's timeframe when the strategy has been made."""
    bot = watched()
    opened()  # at 02:30
    bot.timeframe = "1h"
    cells = frame([HISTORY[0]] * 4).assign(**CALM)
    cells["date"] = pd.date_range("2026-03-02 00:00", periods=4, freq="1h", tz="UTC")
    bot.dp.frames[PAIR] = cells[:2]
    bot.analyze([PAIR])
    cells.loc[2, "cg_state_code"] = BEAR["cg_state_code"]  # closes at 03:00
    bot.dp.frames[PAIR] = cells[:3]
    bot.analyze([PAIR])
    assert bot.dp.sent() == [TURNED]


def test_an_outage_is_one_message_for_all_pairs(watched):
    bot = watched(["stale"])
    pairs = (PAIR, OTHER)
    loop(bot, 33, pairs=pairs)
    [message] = loop(bot, 34, {"cg_fresh": 0.0}, pairs=pairs)
    assert f"{PAIR} 0% fresh, {OTHER} 0% fresh" in message
    assert loop(bot, 35, {"cg_fresh": 0.0}, {"cg_fresh": 0.0}, pairs=pairs) == []


def test_stacked_trades_are_told_of_once(watched):
    bot = watched()
    opened()
    opened()
    loop(bot, 33)
    assert loop(bot, 34, BEAR) == [TURNED]


def test_an_alert_without_its_column_says_so_at_once_and_only_once(watched, caplog):
    bot = watched()
    opened()
    del CALM["cg_fresh"]
    try:
        for candles in (33, 34, 35):
            loop(bot, candles)
    finally:
        CALM["cg_fresh"] = 1.0
    assert said(caplog, "coinglass.alerts names stale", "no column cg_fresh") == 1


def test_a_backtest_never_looks_for_alerts(started):
    """freqtrade analyzes a backtest without `analyze`, and nothing of ours hangs on a candle."""
    plain, asked = started(), started(alerts=ALL)
    asked.config["runmode"] = RunMode.BACKTEST
    assert plain._alerting is None
    dp = Candles(asked.config)
    asked.dp = dp
    cells = frame(HISTORY).assign(**CALM)
    cells.loc[len(cells) - 1, "cg_state_code"] = BEAR["cg_state_code"]
    opened()
    asked.advise_all_indicators({PAIR: cells})
    asked.ft_advise_signals(cells, {"pair": PAIR})
    assert dp.sent() == []
