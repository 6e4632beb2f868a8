"""
VectraFreqai: a model of FreqAI's that learns from CoinGlass data, as an example to start from.

The model is asked where the mean price of the next two hours will be, from technical features and
every stationary cg_ column. What it expects must stand out from what it usually expects. Entries
keep out of a side while the order book or a large order stands in its way; stops and exits are
`CoinglassTrailingMixin`'s.

It needs the extra `vectra-freqtrade[freqai]` and a `freqai` section in the config, see the docs.
Without them nothing but a backtest or bot of this strategy is affected.

Yours to edit. It proves no profit.
"""

from typing import Any

import talib
from freqtrade.strategy import DecimalParameter, IStrategy
from pandas import DataFrame, to_datetime

from vectra_freqtrade import CoinglassMixin, CoinglassTrailingMixin

TARGET = "&-move"


class VectraFreqai(CoinglassTrailingMixin, CoinglassMixin, IStrategy):
    INTERFACE_VERSION = 3

    timeframe = "5m"
    startup_candle_count = 200

    minimal_roi = {"0": 10.0}  # noqa: RUF012 - freqtrade's way
    stoploss = -0.05  # the outermost stop; the trailing one lies inside
    use_exit_signal = True
    process_only_new_candles = True

    # How many standard deviations of its usual answers an answer must stand out by.
    stand_out = DecimalParameter(0.5, 3.0, default=1.5, decimals=1, space="buy")

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.can_short = config.get("trading_mode", "spot") != "spot"

    @property
    def plot_config(self) -> dict[str, Any]:
        return {
            "main_plot": {},
            "subplots": {
                "expected move": {TARGET: {"color": "#3080c0"}},
                "predicts": {"do_predict": {"color": "#808080"}},
            },
        }

    def feature_engineering_expand_all(
        self, dataframe: DataFrame, period: int, metadata: dict, **kwargs: Any
    ) -> DataFrame:
        """For each of `indicator_periods_candles` and `include_timeframes`."""
        close = dataframe["close"]
        ranges = talib.ATR(dataframe["high"], dataframe["low"], close, period)
        dataframe["%-rsi-period"] = talib.RSI(close, period)
        dataframe["%-atr-period"] = ranges / close
        dataframe["%-distance-period"] = close / talib.SMA(close, period) - 1
        return dataframe

    def feature_engineering_expand_basic(
        self, dataframe: DataFrame, metadata: dict, **kwargs: Any
    ) -> DataFrame:
        dataframe["%-change"] = dataframe["close"].pct_change()
        return dataframe

    def feature_engineering_standard(
        self, dataframe: DataFrame, metadata: dict, **kwargs: Any
    ) -> DataFrame:
        """Once, at the strategy's timeframe: here CoinGlass's features are right in time."""
        # A bot's candles come with dates as objects here, which have no `.dt`.
        dataframe["%-hour"] = to_datetime(dataframe["date"], utc=True).dt.hour
        return self.coinglass.add_features(dataframe, metadata["pair"])

    def set_freqai_targets(self, dataframe: DataFrame, metadata: dict, **kwargs: Any) -> DataFrame:
        candles = self.freqai_info["feature_parameters"]["label_period_candles"]
        ahead = dataframe["close"].rolling(candles).mean().shift(-candles)
        dataframe[TARGET] = ahead / dataframe["close"] - 1
        return dataframe

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe = self.freqai.start(dataframe, metadata, self)
        return self.coinglass.add_columns(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        usual, spread = dataframe[f"{TARGET}_mean"], dataframe[f"{TARGET}_std"]
        expected = (dataframe[TARGET] - usual) / spread
        for side, signal in (("long", expected), ("short", -expected)):
            # do_predict is 1 where the model has seen such a candle before.
            enter = (
                (dataframe["do_predict"] == 1)
                & (signal > self.stand_out.value)
                & ~dataframe[f"cg_wait_{side}"]
                & (dataframe["volume"] > 0)
            )
            dataframe.loc[enter, f"enter_{side}"] = 1
            dataframe.loc[enter, "enter_tag"] = dataframe.get("cg_state", default="")
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe
