"""
What a strategy derives from: `CoinglassMixin` for columns, `CoinglassTrailingMixin` for exits.

    columns_mixin    columns, and no callbacks
    trailing_mixin   callbacks, and no rules: those are in `vectra_freqtrade.trailing`
    freqtrade_hooks  the methods that freqtrade calls for itself
    overrides        a user's methods that would take the place of ours
    positions        open trades: freqtrade's on one side, the rules on the other
    trailing_frame   an analyzed frame as the arrays that callbacks read
    trade_data       what is kept with a trade in freqtrade's database
    alerting         what `alerts` finds in the rows, once per candle, live
    charted          plot_config, marks and lines for freqtrade's own charts
"""

from vectra_freqtrade.strategy.columns_mixin import CoinglassMixin
from vectra_freqtrade.strategy.trailing_mixin import CoinglassTrailingMixin

__all__ = ["CoinglassMixin", "CoinglassTrailingMixin"]
