"""Strategy files as a user would write them, as text."""

import json

from tests.support.bot import Bot

_HEAD = """
import pandas as pd
from freqtrade.strategy import IStrategy
from vectra_freqtrade import CoinglassMixin, CoinglassTrailingMixin
"""

#: Trades on plain price changes, both sides, and adopts the columns with the mixin and one line.
ADOPTED = (
    _HEAD
    + """
class Adopted(CoinglassMixin, IStrategy):
    timeframe = "5m"
    can_short = True
    startup_candle_count = 30
    stoploss = -0.05
    minimal_roi = {"0": 0.01}

    def populate_indicators(self, dataframe, metadata):
        dataframe["gap"] = dataframe["close"] / dataframe["close"].rolling(20).mean() - 1
        dataframe = self.coinglass.add_columns(dataframe, metadata["pair"])
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        for side, sign in (("long", 1), ("short", -1)):
            gap = dataframe["gap"] * sign
            cross = (gap > 0.002) & (gap.shift(1) <= 0.002)
            dataframe.loc[cross, f"enter_{side}"] = 1
            dataframe.loc[cross, "enter_tag"] = dataframe["cg_state"]
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
)

#: freqtrade and nothing of ours.
PLAIN = (
    ADOPTED.replace("class Adopted(CoinglassMixin, IStrategy)", "class Plain(IStrategy)")
    .replace('        dataframe = self.coinglass.add_columns(dataframe, metadata["pair"])\n', "")
    .replace('dataframe["cg_state"]', '"plain"')
)

#: The usual mistake: rows joined on the open of their interval, so that a candle sees how the
#: interval will close.
LEAKING = (
    _HEAD
    + """
class Leaking(CoinglassMixin, IStrategy):
    timeframe = "5m"
    can_short = True
    startup_candle_count = 30
    stoploss = -0.5
    minimal_roi = {"0": 10}

    def populate_indicators(self, dataframe, metadata):
        dataframe = self.coinglass.add_columns(dataframe, metadata["pair"])
        series = self.coinglass.series_of("open_interest", metadata["pair"], "1h")
        as_of = dataframe["date"].max() + pd.Timedelta(minutes=5)
        rows = self.coinglass.provider.rows(series, as_of)
        change = rows["oi"].pct_change()
        known = pd.DataFrame({"date": rows["time"], "leak": change})
        known["date"] = known["date"].astype(dataframe["date"].dtype)
        return pd.merge_asof(dataframe, known, on="date")

    def populate_entry_trend(self, dataframe, metadata):
        rising = dataframe["leak"] > 0.004
        falling = dataframe["leak"] < -0.004
        dataframe.loc[rising & ~rising.shift(1, fill_value=False), "enter_long"] = 1
        dataframe.loc[falling & ~falling.shift(1, fill_value=False), "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["leak"] < -0.002, "exit_long"] = 1
        dataframe.loc[dataframe["leak"] > 0.002, "exit_short"] = 1
        return dataframe
"""
)

#: What hyperopt might find: parameters that let the rarer strategies trade more often.
LOOSE = {
    "VectraFundingRate": {"buy": {"crowd_shift": -0.06}, "sell": {"calm": 0.8}},
    "VectraLiquidationCascade": {
        "buy": {"rapid": 1.0, "volume_spike": 1.2},
        "sell": {"stall_candles": 2},
    },
}


def set_loose(bot: Bot) -> None:
    """Write LOOSE where freqtrade looks for what hyperopt found."""
    for name, params in LOOSE.items():
        content = {"strategy_name": name, "params": params, "ft_stratparam_v": 1}
        (bot.userdir / "strategies" / f"{name}.json").write_text(json.dumps(content))
