"""
What is worth a message about an open trade, or about the data: decisions only, rows in, alerts out.

An alert is a change from one candle to the next, so a state that lasts is told once, and the same
rows always give the same alerts.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.columns import STATE_CODES, MarketState
from vectra_freqtrade.settings.alert_kinds import AlertKind
from vectra_freqtrade.trailing.exits import state_against
from vectra_freqtrade.trailing.plan import Side

Floats = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

#: Columns that each of them reads, beside the candles.
NEEDS: dict[AlertKind, tuple[str, ...]] = {
    AlertKind.STATE_FLIP: ("cg_state_code",),
    AlertKind.EXTREME_FUNDING: ("cg_funding_extreme",),
    AlertKind.LEVEL_REACHED: ("high", "low", "cg_liq_above_price", "cg_liq_below_price"),
    AlertKind.STALE: ("cg_fresh",),
}

_STATES = {code: state for state, code in STATE_CODES.items()}
_UNKNOWN = STATE_CODES[MarketState.UNKNOWN]


class Alert(NamedTuple):
    """
    :param row: index of the candle at whose close it came to be
    :param text: what happened, in words, without the pair
    """

    row: int
    text: str


def trade_alert(kind: AlertKind, columns: Columns, side: Side, first: int) -> Alert | None:
    """
    The newest alert of a kind about an open trade.

    :param kind: any but STALE
    :param columns: those of NEEDS[kind], each of shape (n,), closed candles in time order
    :param side: of the trade
    :param first: index of the first candle that has not been looked at yet; the one before it is
        what it is compared with
    :return: None where nothing happened
    """
    if kind is AlertKind.STATE_FLIP:
        return _state_flip(columns["cg_state_code"], side, first)
    if kind is AlertKind.EXTREME_FUNDING:
        return _extreme_funding(columns["cg_funding_extreme"], side, first)
    reached = [
        _level_reached(columns["high"], columns["cg_liq_above_price"], 1, first),
        _level_reached(columns["low"], columns["cg_liq_below_price"], -1, first),
    ]
    return max((alert for alert in reached if alert), key=lambda alert: alert.row, default=None)


def freshness_change(fresh: NDArray[Any], first: int) -> tuple[float, float] | None:
    """
    :param fresh: `cg_fresh`, share of the datasets with a row young enough, shape (n,)
    :param first: as in `trade_alert`
    :return: share before and now, None where it is the same
    """
    values = np.asarray(fresh, dtype=np.float64)
    if first < 1 or first >= values.size:
        return None
    before, now = values[first - 1].item(), values[-1].item()
    return (before, now) if before != now and not np.isnan(before + now) else None


def _state_flip(codes: NDArray[Any], side: Side, first: int) -> Alert | None:
    """The lower interval's state turned against the position; a gap in the data is no turn."""
    known = _held(np.asarray(codes, dtype=np.float64), nothing=float(_UNKNOWN))
    against = np.asarray(state_against(side, known))
    row = _newest(against[1:] & ~against[:-1], first)
    if row is None:
        return None
    now, before = (_STATES[int(known[place])] for place in (row, row - 1))
    return Alert(row, f"the market state turned from {before} to {now}")


def _extreme_funding(extremes: NDArray[Any], side: Side, first: int) -> Alert | None:
    values = _held(np.asarray(extremes, dtype=np.float64))
    row = _newest((values[1:] != values[:-1]) & (np.abs(values[1:]) == 1), first)
    if row is None:
        return None
    payers = "longs" if values[row] > 0 else "shorts"
    whose = "against this position" if values[row] == side else "in its favour"
    return Alert(row, f"funding is extreme: {payers} pay unusually much, {whose}")


def _level_reached(
    extremes: NDArray[Any], levels: NDArray[Any], toward: int, first: int
) -> Alert | None:
    """
    The candle touched the level that was known before it began: with its high above (`toward` 1),
    with its low below (-1).
    """
    reach = np.asarray(extremes, dtype=np.float64)[1:] * toward
    named = np.asarray(levels, dtype=np.float64)[:-1]
    touched = (named > 0) & (reach >= named * toward)
    # Still named after it was reached, a level is not reached again by each candle that stays.
    again = np.zeros_like(touched)
    again[1:] = touched[:-1] & (named[1:] == named[:-1])
    row = _newest(touched & ~again, first)
    if row is None:
        return None
    where = "above" if toward > 0 else "below"
    text = f"price reached the liquidation level {where}, {named[row - 1]:.8g}"
    return Alert(row, text)


def _newest(changed: NDArray[np.bool_], first: int) -> int | None:
    """The last candle, from `first` on, that differs from the one before it."""
    rows = np.flatnonzero(changed) + 1
    return int(rows[-1]) if rows.size and rows[-1] >= first else None


def _held(values: Floats, nothing: float = float("nan")) -> Floats:
    """Each value, or the last one before it that said something."""
    says = ~np.isnan(values) & (values != nothing)
    last = np.maximum.accumulate(np.where(says, np.arange(values.size), -1))
    blank = 0.0 if np.isnan(nothing) else nothing
    return np.where(last >= 0, values[last], blank)
