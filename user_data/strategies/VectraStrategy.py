"""
VectraStrategy: a MACD cross with six confluences, gated by CoinGlass data.

Its own confidence is 0.52 + 0.05 for each confluence met. Times the combined CoinGlass factor it
must reach `min_confidence` (0.70): four confluences enter alone, three need a tailwind, six are
stopped only by a strong headwind. CoinGlass data never makes a signal, it lifts or holds back one.

Yours to edit. It proves no profit.
"""

from datetime import datetime
from typing import Any

import pandas as pd
import talib
from freqtrade.strategy import DecimalParameter, IntParameter, IStrategy
from pandas import DataFrame

from vectra_freqtrade import CoinglassMixin, CoinglassTrailingMixin

BASE_CONFIDENCE = 0.52
PER_CONFLUENCE = 0.05


class VectraStrategy(CoinglassTrailingMixin, CoinglassMixin, IStrategy):
    INTERFACE_VERSION = 3

    timeframe = "5m"
    # freqtrade loads as many candles of every timeframe: liquidation levels are estimated from 20
    # days of hourly ones. The slowest indicator here would be content with 240.
    startup_candle_count = 490

    minimal_roi = {"0": 10.0}  # noqa: RUF012 - freqtrade's way
    stoploss = -0.10  # the outermost stop; the trailing one lies inside
    use_exit_signal = True
    process_only_new_candles = True

    # Relative to the config: 1.0 leaves the config's bands and factors as they are.
    band_scale = DecimalParameter(0.5, 2.0, default=1.0, decimals=2, space="buy")
    conviction = DecimalParameter(0.0, 1.0, default=1.0, decimals=2, space="buy")
    bar_shift = DecimalParameter(-0.06, 0.06, default=0.0, decimals=2, space="buy")
    adx_min = IntParameter(15, 35, default=20, space="buy")
    rsi_room = IntParameter(10, 30, default=20, space="buy")

    # As well: 1.0 leaves the config's stops and targets; at 0.0 adverse funding moves no stop.
    stop_scale = DecimalParameter(0.6, 2.0, default=1.0, decimals=2, space="cg_trailing")
    target_scale = DecimalParameter(0.6, 2.0, default=1.0, decimals=2, space="cg_trailing")
    trail_scale = DecimalParameter(0.5, 2.0, default=1.0, decimals=2, space="cg_trailing")
    funding_weight = DecimalParameter(0.0, 2.0, default=1.0, decimals=1, space="cg_trailing")

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.can_short = config.get("trading_mode", "spot") != "spot"

    @property
    def plot_config(self) -> dict[str, Any]:
        lower = self.coinglass.intervals[0]
        return {
            "main_plot": {
                "sma_50": {"color": "#c0a030"},
                "sma_200": {"color": "#7060c0"},
                "cg_liq_above_price": {"color": "#c06060", "type": "scatter"},
                "cg_liq_below_price": {"color": "#60a060", "type": "scatter"},
            },
            "subplots": {
                "open interest": {f"cg_oi_{lower}": {"color": "#3080c0"}},
                "state": {"cg_state_code": {"color": "#808080"}},
                "factor": {
                    "cg_confidence_long": {"color": "#30a060"},
                    "cg_confidence_short": {"color": "#c04040"},
                },
                "confidence": {
                    "confidence_long": {"color": "#30a060"},
                    "confidence_short": {"color": "#c04040"},
                },
                "funding": {f"cg_funding_{lower}": {"color": "#a060a0"}},
            },
        }

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        close = dataframe["close"]
        dataframe["sma_50"] = talib.SMA(close, 50)
        dataframe["sma_200"] = talib.SMA(close, 200)
        dataframe["macd"], dataframe["macd_signal"], _ = talib.MACD(close)
        dataframe["rsi"] = talib.RSI(close, 14)
        high, low = dataframe["high"], dataframe["low"]
        dataframe["adx"] = talib.ADX(high, low, close, 14)
        dataframe["di_plus"] = talib.PLUS_DI(high, low, close, 14)
        dataframe["di_minus"] = talib.MINUS_DI(high, low, close, 14)
        dataframe["volume_mean"] = talib.SMA(dataframe["volume"], 20)
        return self.coinglass.add_columns(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe = self.coinglass.judge(dataframe, **self._opinions())
        bar = self.coinglass.settings.min_confidence + self.bar_shift.value
        state = dataframe.get("cg_state", default="")  # not there without open interest
        for side in ("long", "short"):
            own = BASE_CONFIDENCE + PER_CONFLUENCE * self._confluences(dataframe, side)
            carried = own * dataframe[f"cg_confidence_{side}"]
            enter = (
                self._cross(dataframe, side)
                & (carried >= bar)
                & ~dataframe[f"cg_wait_{side}"]
                & (dataframe["volume"] > 0)
            )
            lifted = (own < bar).map({True: " lifted", False: ""})
            dataframe[f"confidence_{side}"] = carried
            dataframe.loc[enter, f"enter_{side}"] = 1
            dataframe.loc[enter, "enter_tag"] = (state + lifted)[enter]
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        return dataframe

    def _cross(self, df: DataFrame, side: str) -> pd.Series:
        """The signal: MACD crosses its signal line."""
        gap = df["macd"] - df["macd_signal"]
        if side == "short":
            gap = -gap
        return (gap > 0) & (gap.shift(1) <= 0)

    def _confluences(self, df: DataFrame, side: str) -> pd.Series:
        """How many of six technical reasons speak for the side."""
        up = 1 if side == "long" else -1
        room = self.rsi_room.value
        strength = (df["rsi"] - 50) * up
        met = (
            (df["sma_50"] - df["sma_200"]) * up > 0,  # trend
            (df["close"] - df["sma_50"]) * up > 0,  # on the trend's side
            (strength > 0) & (strength < room),  # momentum with room left
            df["adx"] > self.adx_min.value,  # a trend at all
            (df["di_plus"] - df["di_minus"]) * up > 0,  # in this direction
            df["volume"] > df["volume_mean"],  # with participation
        )
        return sum(part.astype(int) for part in met)

    def _opinions(self) -> dict[str, Any]:
        """The parameters, in the settings' words."""
        settings = self.coinglass.settings
        scale, conviction = self.band_scale.value, self.conviction.value
        bands = settings.bands
        states = settings.modifiers.states.model_dump()
        return {
            "bands": {"oi": bands.oi * scale, "price": bands.price * scale, "k": bands.k * scale},
            "modifiers": {
                "states": {
                    state: {side: 1 + (factor - 1) * conviction for side, factor in sides.items()}
                    for state, sides in states.items()
                }
            },
        }

    def trailing_parameters(self) -> dict[str, Any]:
        return self.coinglass.settings.trailing.scaled(
            stop=self.stop_scale.value,
            target=self.target_scale.value,
            trail=self.trail_scale.value,
            funding=self.funding_weight.value,
        )

    def leverage(
        self,
        pair: str,
        current_time: datetime,
        current_rate: float,
        proposed_leverage: float,
        max_leverage: float,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float:
        return min(3.0, max_leverage)
