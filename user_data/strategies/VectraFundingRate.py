"""
VectraFundingRate: against a crowd that pays unusually much to hold its position.

Longs pay far more than usual: short. Shorts pay: long. Funding alone is no reason, so at least two
of four confirmations must hold on the candle: open interest is high against its own past (many sit
in the same boat), price is exhausted (RSI or Bollinger band), volume turns against the crowd, and
open interest × price says that the crowd is already leaving. The profit is the crowd's return to
normal; where that has not come after eight hours, the idea was wrong.

Its own confidence is 0.60 + 0.05 for each confirmation. Times the combined CoinGlass factor it must
reach `min_confidence` (0.70).

Yours to edit. It proves no profit.
"""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import talib
from freqtrade.persistence import Trade
from freqtrade.strategy import DecimalParameter, IntParameter, IStrategy
from pandas import DataFrame

from vectra_freqtrade import CoinglassMixin, CoinglassTrailingMixin

BASE_CONFIDENCE = 0.60
PER_CONFIRMATION = 0.05
HOLD_LIMIT = timedelta(hours=8)

#: States in which the market moves a side's way: the other side leaves, or new money joins.
WITH = {
    "long": ["CONFIRM_BULL", "SHORT_SQUEEZE"],
    "short": ["CONFIRM_BEAR", "LONG_LIQUIDATION"],
}


class VectraFundingRate(CoinglassTrailingMixin, CoinglassMixin, IStrategy):
    INTERFACE_VERSION = 3

    needed_datasets = ("funding_rate",)
    timeframe = "5m"
    # freqtrade loads as many candles of every timeframe: liquidation levels are estimated from 20
    # days of hourly ones. RSI, the slowest indicator here, would be content with 186.
    startup_candle_count = 490

    minimal_roi = {"0": 10.0}  # noqa: RUF012 - freqtrade's way
    stoploss = -0.05  # the outermost stop; the trailing one lies inside
    use_exit_signal = True
    process_only_new_candles = True

    # Relative to the config: 0.0 leaves the config's percentiles as they are.
    crowd_shift = DecimalParameter(-0.06, 0.04, default=0.0, decimals=2, space="buy")
    needed = IntParameter(2, 4, default=2, space="buy")
    oi_high = DecimalParameter(0.50, 0.95, default=0.75, decimals=2, space="buy")
    rsi_reach = IntParameter(10, 30, default=20, space="buy")
    volume_factor = DecimalParameter(1.0, 3.0, default=1.5, decimals=1, space="buy")
    calm = DecimalParameter(0.30, 0.80, default=0.50, decimals=2, space="sell")
    # Relative to the config's distances.
    target_scale = DecimalParameter(0.6, 2.0, default=1.0, decimals=2, space="cg_trailing")
    trail_scale = DecimalParameter(0.5, 2.0, default=1.0, decimals=2, space="cg_trailing")

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.can_short = config.get("trading_mode", "spot") != "spot"

    @property
    def plot_config(self) -> dict[str, Any]:
        lower = self.coinglass.intervals[0]
        return {
            "main_plot": {"bb_upper": {"color": "#909090"}, "bb_lower": {"color": "#909090"}},
            "subplots": {
                "funding": {f"cg_funding_{lower}": {"color": "#a060a0"}},
                "percentile": {
                    f"cg_funding_pct_{lower}": {"color": "#a060a0"},
                    f"cg_oi_pct_{lower}": {"color": "#3080c0"},
                },
                "crowd": {"cg_funding_extreme": {"color": "#c04040", "type": "bar"}},
                "rsi": {"rsi": {"color": "#c0a030"}},
            },
        }

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        close = dataframe["close"]
        dataframe["rsi"] = talib.RSI(close, 14)
        dataframe["bb_upper"], _, dataframe["bb_lower"] = talib.BBANDS(close, 20, 2.0, 2.0)
        dataframe["volume_mean"] = talib.SMA(dataframe["volume"], 20)
        return self.coinglass.add_columns(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        dataframe = self.coinglass.judge(dataframe, extremes={"funding": self._crowd()})
        bar = self.coinglass.settings.min_confidence
        for side, crowd in (("long", -1), ("short", 1)):
            held = self._confirmations(dataframe, side)
            count = sum(met.astype(int) for met in held.values())
            confidence = BASE_CONFIDENCE + PER_CONFIRMATION * count
            ready = (
                (dataframe["cg_funding_extreme"] == crowd)
                & (count >= self.needed.value)
                & (confidence * dataframe[f"cg_confidence_{side}"] >= bar)
                & ~dataframe[f"cg_wait_{side}"]
                & (dataframe["volume"] > 0)
            )
            enter = ready & ~ready.shift(1, fill_value=False)  # once, not on every candle of it
            tag = pd.Series("crowded_shorts" if side == "long" else "crowded_longs", ready.index)
            for name, met in held.items():
                tag += met.map({True: f" {name}", False: ""})
            dataframe.loc[enter, f"enter_{side}"] = 1
            dataframe.loc[enter, "enter_tag"] = tag[enter]
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """The crowd is gone: funding is back among its usual values."""
        share = dataframe[f"cg_funding_pct_{self.coinglass.intervals[0]}"]
        gone = {"long": share > 1 - self.calm.value, "short": share < self.calm.value}
        for side, met in gone.items():
            dataframe.loc[met, f"exit_{side}"] = 1
            dataframe.loc[met, "exit_tag"] = "crowd_gone"
        return dataframe

    def trailing_parameters(self) -> dict[str, Any]:
        return self.coinglass.settings.trailing.scaled(
            target=self.target_scale.value, trail=self.trail_scale.value
        )

    def custom_exit(
        self, pair: str, trade: Trade, current_time: datetime, **kwargs: Any
    ) -> str | None:
        tag = super().custom_exit(pair=pair, trade=trade, current_time=current_time, **kwargs)
        if tag is None and current_time - trade.open_date_utc >= HOLD_LIMIT:
            return "hold_limit"
        return tag

    def _confirmations(self, df: DataFrame, side: str) -> dict[str, pd.Series]:
        """What else speaks for a side that stands against the crowd. No data confirms no."""
        up = 1 if side == "long" else -1
        crowded = df.get(f"cg_oi_pct_{self.coinglass.intervals[0]}", default=float("nan"))
        state = df.get("cg_state", default="UNKNOWN")
        beyond = df["close"] < df["bb_lower"] if side == "long" else df["close"] > df["bb_upper"]
        return {
            "oi": pd.Series(crowded, df.index) >= self.oi_high.value,
            "exhaustion": ((50 - df["rsi"]) * up >= self.rsi_reach.value) | beyond,
            "volume": (df["volume"] > df["volume_mean"] * self.volume_factor.value)
            & ((df["close"] - df["open"]) * up > 0),
            "state": pd.Series(state, df.index).isin(WITH[side]),
        }

    def _crowd(self) -> dict[str, float]:
        """Where funding counts as crowded, in the settings' words."""
        extreme, shift = self.coinglass.settings.extremes.funding, self.crowd_shift.value
        return {"high": min(extreme.high + shift, 1.0), "low": max(extreme.low - shift, 0.0)}
