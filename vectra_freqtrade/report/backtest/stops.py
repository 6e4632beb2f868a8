"""The stop of each trade of a backtest, computed again from candles and columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import EntryPlan, Side
from vectra_freqtrade.trailing.prepare import PairArrays, plan_from
from vectra_freqtrade.trailing.state import Floats
from vectra_freqtrade.trailing.trade_path import TradePath


@dataclass(frozen=True, slots=True)
class TradeStops:
    """
    One value per candle from the one the trade was opened in to the one it was closed in; each is
    what stood during that candle, so what the candle before it had led to.

    :param plan: of the trade
    :param opens_ms: open of each candle, milliseconds since 1970 UTC, shape (n,)
    :param stop: as freqtrade had it, prices, shape (n,)
    :param target: prices, shape (n,)
    :param phase: values of Phase, shape (n,)
    :param agrees: whether the last stop is the one that freqtrade recorded
    """

    plan: EntryPlan
    opens_ms: Any
    stop: Floats
    target: Floats
    phase: Any
    agrees: bool


def trade_stops(
    trade: Mapping[str, Any], arrays: PairArrays, settings: TrailingSettings, step: float
) -> TradeStops | None:
    """
    :param trade: of a `BacktestResult`
    :param arrays: of its pair
    :param settings: of trailing
    :param step: of the pair's prices, to which freqtrade rounds a stop
    :return: None where the candles don't reach over the trade, or had no ATR when it was opened
    """
    side = Side.SHORT if trade["is_short"] else Side.LONG
    entries = [order for order in trade["orders"] if order["ft_is_entry"]]
    filled = entries[0] if entries else None
    opened = int((filled or {}).get("order_filled_timestamp") or trade["open_timestamp"])
    entry = float(filled["safe_price"] if filled and len(entries) > 1 else trade["open_rate"])
    if not len(arrays) or not arrays.covers(opened):
        return None
    plan = plan_from(
        arrays,
        (int(trade["open_timestamp"]), opened),
        side=side,
        entry=entry,
        fees=trade["fee_open"] + (trade["fee_close"] or trade["fee_open"]),
        opened=opened,
        settings=settings,
    )
    first = arrays.after(opened)
    last = min(arrays.after(int(trade["close_timestamp"])), len(arrays) - 1)
    if plan is None or first > last:
        return None
    path = TradePath(plan, arrays, settings)
    states = [path.at(row - 1) for row in range(first, last + 1)]
    hard_stop = float(trade["initial_stop_loss_abs"])
    stop, agrees = _in_force(
        side,
        np.array([state.stop for state in states]),
        arrays.close[first:last],
        hard_stop,
        float(trade["stop_loss_abs"]),
        step,
    )
    return TradeStops(
        plan=plan,
        opens_ms=arrays.close_ms[first : last + 1] - arrays.timeframe_ms,
        stop=stop,
        target=np.array([state.target for state in states]),
        phase=np.array([state.phase for state in states]),
        agrees=agrees,
    )


def _in_force(
    side: Side, proposed: Floats, close: Floats, hard_stop: float, recorded: float, step: float
) -> tuple[Floats, bool]:
    """
    What freqtrade made of the stops that it was handed: one at or through the trade's last close is
    not set (`cg_stop` leaves instead), and in the candle that reaches the old stop no new one is
    asked for, unless the candle was looked at in detail.
    """
    known = np.append(np.nan, close)
    usable = ~(side * proposed >= side * known)
    signed = np.where(usable, side * proposed, -np.inf)
    stop = side * np.maximum(np.maximum.accumulate(signed), side * hard_stop)
    held = np.abs(np.array([hard_stop, *stop]) - recorded) <= step * 1.001
    if held[-2] and not held[-1]:
        stop[-1] = stop[-2] if stop.size > 1 else hard_stop
    return stop, bool(held[-2:].any())
