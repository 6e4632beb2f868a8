"""
What a strategy derives from: `CoinglassMixin` for columns, `CoinglassTrailingMixin` for exits.

    columns_mixin   columns, and no callbacks
    trailing_mixin  callbacks, and no rules: those are in `vectra_freqtrade.trailing`
    positions       open trades: freqtrade's on one side, the rules on the other
    trailing_frame  an analyzed frame as the arrays that callbacks read
    trade_data      what is kept with a trade: its plan and checkpoint
    keeping         ... and once per candle, live, its state
    overrides       a user's callbacks that would take the place of ours
    no_copy         sparing freqtrade the copy of the trade
    alerting        what `vectra_freqtrade.strategy.alerts` finds, once per candle, live
    charted         plot_config and marks for freqtrade's own charts
    visible         plan, phase and levels as log lines and chart annotations
"""

from vectra_freqtrade.strategy.columns_mixin import CoinglassMixin
from vectra_freqtrade.strategy.trailing_mixin import CoinglassTrailingMixin

__all__ = ["CoinglassMixin", "CoinglassTrailingMixin"]
