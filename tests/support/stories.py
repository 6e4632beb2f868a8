"""A strategy that enters where a story says, on two pairs, and what a backtest makes of it."""

from typing import Any

from tests.support.bot import Bot
from tests.support.crafted import Bar, told, write

LONG, SHORT = "BTC/USDT:USDT", "ETH/USDT:USDT"

#: Volume of the signal candle -> leverage, and whether to add to the position on the way.
MARKS = {771.0: (1, False), 773.0: (3, False), 775.0: (5, False), 779.0: (3, True)}

STORY = f"""
from freqtrade.strategy import IStrategy
from vectra_freqtrade import CoinglassMixin, CoinglassTrailingMixin

MARKS = {MARKS}


class Story(CoinglassTrailingMixin, CoinglassMixin, IStrategy):
    timeframe = "5m"
    can_short = True
    stoploss = -0.6
    minimal_roi = {{}}
    position_adjustment_enable = True

    def populate_indicators(self, dataframe, metadata):
        return self.coinglass.add_columns(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe, metadata):
        side = "long" if metadata["pair"].startswith("BTC") else "short"
        for mark in MARKS:
            dataframe.loc[dataframe["volume"] == mark, [f"enter_{{side}}", "enter_tag"]] = (
                1, str(mark)
            )
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def leverage(self, *args, entry_tag, **kwargs):
        return MARKS[float(entry_tag)][0]

    def adjust_trade_position(self, trade, current_time, current_rate, *args, **kwargs):
        away = abs(current_rate - 100)
        if MARKS[float(trade.enter_tag)][1] and trade.nr_of_successful_entries == 1 and away > 0.9:
            return trade.stake_amount
"""

#: For each pair its stories: the volume that marks the signal candle, and the candles.
Stories = dict[str, list[tuple[float, list[Bar]]]]


def tell(bot: Bot, stories: Stories, code: str = STORY) -> list[dict[str, Any]]:
    """
    :param bot: with nothing on disk yet
    :param stories: for LONG and SHORT
    :param code: of a strategy named Story
    :return: freqtrade's trade of each, in order, longs first
    """
    bot.strategy("Story", code)
    for pair in (LONG, SHORT):
        write(bot.userdir, pair, told(stories[pair]))
    trades = bot.backtest("Story", "--fee", "0.0005")["trades"]
    ordered = sorted(trades, key=lambda trade: (trade["pair"], trade["open_timestamp"]))
    assert len(ordered) == sum(map(len, stories.values()))
    return ordered
