"""Small questions about one stop price."""

import math

from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.settings import TrailingSettings


def clamp_stop(stop: float, outermost: float, side: Side) -> float:
    """
    :param stop: a price
    :param outermost: the strategy's own stoploss as a price; NaN where there is none
    :param side: of the trade
    :return: the one nearer to profit
    """
    if math.isnan(outermost) or side * stop >= side * outermost:
        return stop
    return outermost


def stop_through(stop: float, price: float, side: Side) -> bool:
    """
    Whether a stop can't be placed any more, because the price has come to it.

    freqtrade then silently keeps the old one, so the caller leaves by itself, tag `cg_stop`.

    :param stop: a price
    :param price: now
    :param side: of the trade
    :return: False where either is NaN
    """
    return side * stop >= side * price


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
