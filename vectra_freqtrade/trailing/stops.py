"""Small questions about one stop price."""

import math

from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.settings import TrailingSettings


def exchange_step(
    old: float, new: float, atr: float, side: Side, settings: TrailingSettings
) -> float:
    """
    The stop to rest on the exchange: every move is an order cancelled and placed again.

    :param old: price of the resting stop, NaN where there is none
    :param new: price it should have
    :param atr: of the plan
    :param side: of the trade
    :param settings: `exchange_step`
    :return: `new` once it is that much better, else `old`
    """
    if math.isnan(old):
        return new
    return new if side * (new - old) >= settings.exchange_step * atr else old
