"""
Large orders: what they executed, and where they rest.

Rows are orders, not intervals: an order is known from its start + delay on, what it executed and
that it is gone from its end + delay on. Between two decisions any number of orders may come and
go, so the values belong to decisions, not to rows.

An order without an end rests until the price passes it or its end becomes known. When no order
has started or ended for 24 h, that may be a quiet market or data that stopped: no opinion.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.signals.align import Int64, epoch_ns
from vectra_freqtrade.signals.native import BoolArray, FloatArray
from vectra_freqtrade.thresholds import WhaleExtreme

#: How long what was executed counts, and how long silence is taken for quiet.
WINDOW_NS = 24 * 3_600_000_000_000

_NEVER = np.iinfo(np.int64).max


def features(orders: pd.DataFrame, decisions: Int64, close: FloatArray) -> dict[str, FloatArray]:
    """
    What large orders did and do, at each decision.

    :param orders: one row per order: side (1 buy, -1 sell), price, start_usd, executed_usd, end,
        available_at (its start is known), end_available_at (its end is); end and end_available_at
        are NaT while it rests
    :param decisions: nanoseconds, never going back
    :param close: the price at each decision
    :return: whale_flow, whale_usd, whale_bid_price, whale_bid_usd, whale_ask_price, whale_ask_usd
    """
    orders = orders[orders["available_at"].notna()]
    start, end = epoch_ns(orders["available_at"]), _or_never(orders["end_available_at"])
    bought, sold = (_executed(orders, end, decisions, side) for side in (1.0, -1.0))
    total = bought + sold
    flow = np.divide(bought - sold, total, out=np.full(total.shape, np.nan), where=total > 0)
    columns = {"whale_flow": flow, "whale_usd": total}
    for name, side in (("bid", 1.0), ("ask", -1.0)):
        mine = (orders["side"] == side).to_numpy() & (orders["price"] > 0).to_numpy()
        price, usd = _walls(orders[mine], start[mine], end[mine], decisions, close)
        columns |= {f"whale_{name}_price": price, f"whale_{name}_usd": usd}
    known = age(orders, decisions) <= 1.0
    return {name: np.where(known, values, np.nan) for name, values in columns.items()}


def age(orders: pd.DataFrame, decisions: Int64) -> FloatArray:
    """
    :param orders: as in `features`
    :param decisions: as there
    :return: time since the last start or end became known, in multiples of 24 h; NaN before any
    """
    ends = orders["end_available_at"].dropna()
    events = np.sort(np.concatenate([epoch_ns(orders["available_at"].dropna()), epoch_ns(ends)]))
    last = np.searchsorted(events, decisions, side="right") - 1
    if not events.size:
        return np.full(decisions.shape, np.nan)
    return np.where(last >= 0, (decisions - events[last]) / WINDOW_NS, np.nan)


def _or_never(times: pd.Series) -> Int64:
    there = times.notna().to_numpy()
    result = np.full(len(times), _NEVER)
    result[there] = epoch_ns(times[there])
    return result


def _executed(orders: pd.DataFrame, known: Int64, decisions: Int64, side: float) -> FloatArray:
    """USD of one side that is known and whose end lies within the window."""
    mine = (orders["side"] == side).to_numpy() & (known < _NEVER)
    known, until = known[mine], epoch_ns(orders["end"][mine]) + WINDOW_NS
    counts = until > known
    # Whole cents: sums of integers leave no rounding behind when orders leave the window.
    cents = np.rint(orders["executed_usd"].to_numpy()[mine][counts] * 100).astype(np.int64)
    total = _sum_until(known[counts], cents, decisions) - _sum_until(
        until[counts], cents, decisions
    )
    return total / 100.0


def _sum_until(moments: Int64, cents: Int64, decisions: Int64) -> Int64:
    order = np.argsort(moments, kind="stable")
    sums = np.concatenate([[0], np.cumsum(cents[order])])
    return sums[np.searchsorted(moments[order], decisions, side="right")]


def _walls(
    orders: pd.DataFrame, start: Int64, end: Int64, decisions: Int64, close: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The nearest resting order of one side, and the USD at its price."""
    best, usd = np.full(decisions.shape, np.nan), np.full(decisions.shape, np.nan)
    first = np.searchsorted(decisions, start, side="left")
    last = np.searchsorted(decisions, end, side="left")
    # Most orders come and go between two decisions; only the others are walked through.
    sides, prices, sizes = (orders[name].to_numpy() for name in ("side", "price", "start_usd"))
    for row in np.flatnonzero(last > first):
        side, price, size = sides[row], prices[row], sizes[row]
        part = slice(first[row], last[row])
        held, ahead = best[part], side * (close[part] - price) >= 0
        nearer = ahead & ~(side * held >= side * price)
        usd[part] = np.where(nearer, size, usd[part] + np.where(held == price, size, 0.0))
        best[part] = np.where(nearer, price, held)
    return best, usd


def lean(flow: FloatArray, bounds: WhaleExtreme) -> NDArray[np.int8]:
    """
    :param flow: -1 to 1, NaN where there is no opinion
    :param bounds: beyond which it counts
    :return: 1 large orders bought, -1 they sold, 0 neither
    """
    return (flow > bounds.flow).astype(np.int8) - (flow < -bounds.flow).astype(np.int8)


def wait(
    close: FloatArray, bid: FloatArray, ask: FloatArray, bounds: WhaleExtreme
) -> tuple[BoolArray, BoolArray]:
    """
    :param close: the price at each decision
    :param bid: nearest large bid, NaN where there is none
    :param ask: nearest large ask, NaN where there is none
    :param bounds: how near a wall must be
    :return: whether a long has an ask in its way, whether a short has a bid
    """
    long: Any = (ask - close <= bounds.wall * close) & (ask >= close)
    short: Any = (close - bid <= bounds.wall * close) & (bid <= close)
    return long, short
