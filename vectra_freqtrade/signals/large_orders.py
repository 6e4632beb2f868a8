"""
Large orders: what they executed, and where they rest.

Rows are orders, not intervals: an order is known from its start + delay on, what it executed and
that it is gone from its end + delay on. Between two decisions any number of orders may come and
go, so the values belong to decisions, not to rows.

An order without an end rests until the price passes it or its end becomes known. When no order
has started or ended for 24 h, that may be a quiet market or data that stopped: neutral.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.settings.opinions import WhaleExtreme
from vectra_freqtrade.signals.align import Int64, epoch_ns
from vectra_freqtrade.signals.native import BoolArray, FloatArray, beyond, quotient

#: How long what was executed counts, and how long silence is taken for quiet.
WINDOW_NS = 24 * 3_600_000_000_000

#: An order that rests at more decisions than this is walked through by itself.
_SHORT = 300

_NEVER = np.iinfo(np.int64).max
_NAT = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class _Orders:
    """
    Orders that any of the decisions can see.

    :param known: nanoseconds; its start is known
    :param gone: its end is known, _NEVER while it rests
    :param until: what it executed counts until then, _NEVER while it rests
    :param side: 1 buy, -1 sell
    :param size: USD at its start, in cents
    :param executed: USD, in cents
    """

    known: Int64
    gone: Int64
    until: Int64
    side: FloatArray
    price: FloatArray
    size: Int64
    executed: Int64

    def those(self, chosen: BoolArray) -> "_Orders":
        return _Orders(*(getattr(self, name)[chosen] for name in self.__slots__))


def features(
    orders: pd.DataFrame, decisions: Int64, close: FloatArray, aged: FloatArray | None = None
) -> dict[str, FloatArray]:
    """
    What large orders did and do, at each decision.

    :param orders: one row per order: side (1 buy, -1 sell), price, start_usd, executed_usd, end,
        available_at (its start is known), end_available_at (its end is); end and end_available_at
        are NaT while it rests
    :param decisions: nanoseconds, never going back
    :param close: the price at each decision
    :param aged: of `age` for these, where it is known already
    :return: whale_flow, whale_usd, whale_bid_price, whale_bid_usd, whale_ask_price, whale_ask_usd
    """
    seen = _seen(orders, decisions)
    bought, sold = (_executed(seen.those(seen.side == side), decisions) for side in (1.0, -1.0))
    total = bought + sold
    columns = {"whale_flow": quotient(bought - sold, total), "whale_usd": total}
    for name, side in (("bid", 1.0), ("ask", -1.0)):
        mine = seen.those((seen.side == side) & (seen.price > 0))
        price, usd = _walls(mine, side, decisions, close)
        columns |= {f"whale_{name}_price": price, f"whale_{name}_usd": usd}
    known = (age(orders, decisions) if aged is None else aged) <= 1.0
    return {name: np.where(known, values, np.nan) for name, values in columns.items()}


def age(orders: pd.DataFrame, decisions: Int64) -> FloatArray:
    """Time since the last start or end became known, in multiples of 24 h; NaN before any."""
    events = np.concatenate([_or_never(orders[name]) for name in _EVENTS])
    first = decisions.min(initial=_NEVER)
    # Of what lies before all decisions only the last counts: history is long, a bot's frame short.
    last = events[events <= first].max(initial=-1)
    events = np.sort(np.append(events[(events > first) & (events < _NEVER)], last))
    held = events[np.searchsorted(events, decisions, side="right") - 1]
    return np.where(held >= 0, (decisions - held) / WINDOW_NS, np.nan)


def seen(orders: pd.DataFrame, first: int, last: int) -> list[NDArray[Any]]:
    """All that decides what `features` and `age` find from the first decision to the last."""
    known, ended = (_or_never(orders[name]) for name in _EVENTS)
    gone = np.where(ended > last, _NEVER, ended)
    rests = gone == _NEVER
    until = np.where(rests, _NEVER, _counted_until(orders))
    chosen = (known <= last) & (np.maximum(gone, until) > first)
    executed = np.where(rests, np.nan, orders["executed_usd"].to_numpy())
    others = (orders[name].to_numpy() for name in ("side", "price", "start_usd"))
    aged = age(orders, np.array([first]))
    return [aged, *(each[chosen] for each in (known, gone, until, executed, *others))]


_EVENTS = ("available_at", "end_available_at")


def _counted_until(orders: pd.DataFrame) -> Int64:
    """Until when what an order executed counts, _NEVER while it rests."""
    return np.minimum(_or_never(orders["end"]), _NEVER - WINDOW_NS) + WINDOW_NS


def _or_never(times: pd.Series) -> Int64:
    result = epoch_ns(times)
    return np.where(result == _NAT, _NEVER, result)


def _seen(orders: pd.DataFrame, decisions: Int64) -> _Orders:
    known, gone = (_or_never(orders[name]) for name in _EVENTS)
    until = _counted_until(orders)
    first, last = decisions.min(initial=_NEVER), decisions.max(initial=-1)
    chosen = (known <= last) & (np.maximum(gone, until) > first)

    def cents(name: str) -> Int64:
        # Sums of integers leave no rounding behind, in whatever order they are made. What an order
        # executed is not known while it rests, and not counted then.
        usd: FloatArray = np.nan_to_num(orders[name].to_numpy()[chosen])
        return np.rint(usd * 100).astype(np.int64)

    return _Orders(
        known=known[chosen],
        gone=gone[chosen],
        until=until[chosen],
        side=orders["side"].to_numpy()[chosen],
        price=orders["price"].to_numpy()[chosen],
        size=cents("start_usd"),
        executed=cents("executed_usd"),
    )


def _executed(orders: _Orders, decisions: Int64) -> FloatArray:
    """USD that is known and whose end lies within the window."""
    counting = orders.those((orders.gone < _NEVER) & (orders.until > orders.gone))
    total = _sum_until(counting.gone, counting.executed, decisions) - _sum_until(
        counting.until, counting.executed, decisions
    )
    return total / 100.0


def _sum_until(moments: Int64, cents: Int64, decisions: Int64) -> Int64:
    """What came up to each decision, its own moment included."""
    sums = np.zeros(len(decisions) + 1, dtype=np.int64)  # the last: after all decisions
    np.add.at(sums, np.searchsorted(decisions, moments, side="left"), cents)
    return np.cumsum(sums[:-1])


def _walls(
    orders: _Orders, side: float, decisions: Int64, close: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The nearest resting order of one side, and the USD at its price."""
    first = np.searchsorted(decisions, orders.known, side="left")
    last = np.searchsorted(decisions, orders.gone, side="left")
    # As prices that rise toward the close on either side.
    best, cents = np.full(decisions.shape, -np.inf), np.zeros(decisions.shape, dtype=np.int64)
    prices, line = side * orders.price, side * close
    short = (last > first) & (last - first <= _SHORT)
    # Each short-lived order once per decision that it rests at, all in one go.
    spans = (last - first)[short]
    which = np.repeat(np.flatnonzero(short), spans)
    at = np.arange(len(which)) - np.repeat(np.cumsum(spans) - spans, spans) + first[which]
    ahead = prices[which] <= line[at]
    which, at = which[ahead], at[ahead]
    np.maximum.at(best, at, prices[which])
    nearest = prices[which] == best[at]
    np.add.at(cents, at[nearest], orders.size[which[nearest]])
    # The others one by one, over all their decisions.
    for row in np.flatnonzero(last - first > _SHORT):
        part = slice(first[row], last[row])
        held, ahead = best[part], prices[row] <= line[part]
        nearer = ahead & (prices[row] > held)
        same = ahead & (prices[row] == held)
        cents[part] = np.where(nearer, 0, cents[part]) + np.where(
            nearer | same, orders.size[row], 0
        )
        best[part] = np.where(nearer, prices[row], held)
    there = np.isfinite(best)
    return np.where(there, side * best, np.nan), np.where(there, cents / 100.0, np.nan)


def direction(flow: FloatArray, bounds: WhaleExtreme) -> NDArray[np.int8]:
    """1 large orders bought, -1 they sold, 0 neither."""
    return beyond(flow, -bounds.flow, bounds.flow)


def veto(
    close: FloatArray, bid: FloatArray, ask: FloatArray, bounds: WhaleExtreme
) -> tuple[BoolArray, BoolArray]:
    """
    :param close: the price at each decision
    :param bid: price of the nearest large bid, NaN where there is none
    :param ask: ... ask
    :param bounds: how near a wall must be
    :return: whether a long has an ask in its way, whether a short has a bid
    """
    long: Any = (ask - close <= bounds.wall * close) & (ask >= close)
    short: Any = (close - bid <= bounds.wall * close) & (bid <= close)
    return long, short
