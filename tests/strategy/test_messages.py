"""Frames that go to freqtrade's messages, which it may send later and from another thread."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType

from tests.support.live_trades import HISTORY, PAIR, Bot, at, frame, opened, own_database, start
from vectra_freqtrade.signals.assemble import PairData, add_columns


class Columns(Bot):
    """A bot with columns out of rows made by hand, stops and alerts."""

    def populate_indicators(self, dataframe, metadata):
        times = pd.date_range("2026-03-02", periods=3, freq="1h", tz="UTC")
        rows = pd.DataFrame({"time": times, "funding": [0.01, 0.02, 0.03]})
        rows["available_at"] = times + pd.Timedelta("1h")
        known = PairData({("funding_rate", "1h"): rows}, {})
        return add_columns(dataframe, 300_000, known, self.coinglass.settings, ("1h",))


class Messages:
    """
    freqtrade's RPC as a queue that is read at the end: each frame, the whole one that it is part
    of, and how they were.
    """

    def __init__(self) -> None:
        self.dp: DataProvider | None = None
        self.frames: list[tuple[pd.DataFrame, pd.DataFrame]] = []

    def send_msg(self, message: dict[str, Any]) -> None:
        if isinstance(message["data"], dict):
            for sent in (message["data"]["df"], self.dp.get_analyzed_dataframe(PAIR, "5m")[0]):
                self.frames.append((sent, sent.copy(deep=True)))


class Candles(DataProvider):
    rows = HISTORY

    def ohlcv(self, *args: Any, **kwargs: Any) -> pd.DataFrame:
        return frame(self.rows)


def test_a_frame_that_was_sent_is_never_changed_afterwards(tmp_path):
    messages = Messages()
    with own_database():
        config = start(tmp_path, alerts=["state_flip", "stale"]).config
        config["candle_type_def"] = CandleType.FUTURES
        bot = Columns(config)
        pairlists = SimpleNamespace(whitelist=[PAIR])
        bot.dp = Candles(config, None, pairlists=pairlists, rpc=messages)
        messages.dp = bot.dp
        trade = opened()
        for candles in range(31, len(HISTORY) + 1):
            bot.dp.rows = HISTORY[:candles]
            bot.bot_loop_start(at(candles))
            bot.analyze([PAIR])
            bot.ft_stoploss_adjust(100.0, trade, at(candles), 0.0, 0)
            whole, _ = bot.dp.get_analyzed_dataframe(PAIR, "5m")
            bot.plot_annotations(PAIR, at(0), at(candles), whole)
    assert len(messages.frames) == 6
    assert "cg_funding_1h" in messages.frames[0][0]
    for sent, before in messages.frames:
        pd.testing.assert_frame_equal(sent, before)
