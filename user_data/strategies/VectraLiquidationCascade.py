"""
VectraLiquidationCascade: with a cascade of forced closes, for minutes, not hours.

Open interest falls fast while price falls: longs are being liquidated, short. Open interest falls
fast while price rises: shorts are squeezed, long. That is the trigger, and it is CoinGlass's. Two
things must show on the candle that it runs right now: a spike of volume, and price accelerating
its way. Two more raise the confidence where there is such data: liquidations on the one side, and
a cluster of liquidation levels ahead that the move can still reach and feed on.

Its own confidence is 0.60 + 0.05 for each of the four. Times the combined CoinGlass factor it must
reach `min_confidence` (0.70). The stop is tight, and a move that stalls is left.

CoinGlass's rows are as long as their interval: hourly rows show a cascade when its first hour is
over. A plan with shorter ones (`coinglass.intervals`, such as 30m and 4h) sees it earlier.

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
HOLD_LIMIT = timedelta(hours=2)
THRUST_CANDLES = 3

TRIGGER = {"long": "SHORT_SQUEEZE", "short": "LONG_LIQUIDATION"}


class VectraLiquidationCascade(CoinglassTrailingMixin, CoinglassMixin, IStrategy):
    INTERFACE_VERSION = 3

    needed_datasets = ("open_interest",)
    timeframe = "5m"
    # freqtrade loads as many candles of every timeframe: liquidation levels are estimated from 20
    # days of hourly ones. ATR, the slowest indicator here, would be content with 186.
    startup_candle_count = 490

    minimal_roi = {"0": 10.0}  # noqa: RUF012 - freqtrade's way
    stoploss = -0.012  # tight: 1.2 % of the price; the trailing stop lies inside
    use_exit_signal = True
    process_only_new_candles = True

    # How many times the config's band open interest must fall by to be a cascade.
    rapid = DecimalParameter(1.0, 4.0, default=2.0, decimals=1, space="buy")
    volume_spike = DecimalParameter(1.2, 4.0, default=2.0, decimals=1, space="buy")
    push = DecimalParameter(0.5, 3.0, default=1.0, decimals=1, space="buy")
    one_sided = DecimalParameter(0.0, 0.8, default=0.3, decimals=1, space="buy")
    reach = DecimalParameter(0.01, 0.05, default=0.03, decimals=3, space="buy")
    stall_candles = IntParameter(2, 12, default=4, space="sell")
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
            "main_plot": {
                "cg_liq_above_price": {"color": "#c04040", "type": "scatter"},
                "cg_liq_below_price": {"color": "#30a060", "type": "scatter"},
            },
            "subplots": {
                "open interest": {f"cg_oi_{lower}": {"color": "#3080c0"}},
                "change": {
                    f"cg_oi_change_{lower}": {"color": "#3080c0"},
                    f"cg_price_change_{lower}": {"color": "#c0a030"},
                },
                "thrust": {"thrust": {"color": "#808080"}},
                "liquidations": {f"cg_liq_imbalance_{lower}": {"color": "#a060a0"}},
            },
        }

    def populate_indicators(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        high, low, close = dataframe["high"], dataframe["low"], dataframe["close"]
        dataframe["atr"] = talib.ATR(high, low, close, 14)
        # How far price went in three candles, in ATR.
        dataframe["thrust"] = (close - close.shift(THRUST_CANDLES)) / dataframe["atr"]
        dataframe["volume_mean"] = talib.SMA(dataframe["volume"], 20)
        return self.coinglass.add_columns(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        # Only the trigger asks for a rapid fall; factors and exits keep the config's bands.
        state = self.coinglass.judge(dataframe, bands=self._rapid_bands())["cg_state"]
        bar = self.coinglass.settings.min_confidence
        for side, trigger in TRIGGER.items():
            held = self._confirmations(dataframe, side)
            count = sum(met.astype(int) for met in held.values())
            confidence = BASE_CONFIDENCE + PER_CONFIRMATION * count
            enter = (
                (state == trigger)
                & held["volume"]
                & held["acceleration"]
                & (confidence * dataframe[f"cg_confidence_{side}"] >= bar)
                & ~dataframe[f"cg_wait_{side}"]
            )
            tag = pd.Series(trigger.lower(), dataframe.index)
            for name, met in held.items():
                tag += met.map({True: f" {name}", False: ""})
            dataframe.loc[enter, f"enter_{side}"] = 1
            dataframe.loc[enter, "enter_tag"] = tag[enter]
        return dataframe

    def populate_exit_trend(self, dataframe: DataFrame, metadata: dict) -> DataFrame:
        """Exhaustion: price has come no further for some candles, and the volume is gone."""
        moved = dataframe["close"].diff(self.stall_candles.value)
        quiet = dataframe["volume"] < dataframe["volume_mean"]
        for side, stalled in (("long", moved <= 0), ("short", moved >= 0)):
            dataframe.loc[stalled & quiet, f"exit_{side}"] = 1
            dataframe.loc[stalled & quiet, "exit_tag"] = "exhausted"
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
        """What shows that a cascade runs a side's way, and has room to run. No data confirms no."""
        up, ahead = (1, "above") if side == "long" else (-1, "below")
        thrust = df["thrust"] * up
        imbalance = df.get(f"cg_liq_imbalance_{self.coinglass.intervals[0]}", default=float("nan"))
        distance = (df[f"cg_liq_{ahead}_price"] / df["close"] - 1).abs()
        return {
            "volume": df["volume"] > df["volume_mean"] * self.volume_spike.value,
            "acceleration": (thrust > self.push.value) & (thrust > thrust.shift(THRUST_CANDLES)),
            # Squeezed shorts make the imbalance positive, liquidated longs negative.
            "liquidations": pd.Series(imbalance, df.index) * up > self.one_sided.value,
            "level": distance <= self.reach.value,
        }

    def _rapid_bands(self) -> dict[str, float]:
        """In the settings' words; with adaptive bands k is the one that counts."""
        bands, rapid = self.coinglass.settings.bands, self.rapid.value
        if bands.adaptive:
            return {"k": bands.k * rapid}
        return {"oi": bands.oi * rapid}
