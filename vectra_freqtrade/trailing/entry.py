"""The plan of a trade from its pair's arrays: the same for a bot, a backtest and a report."""

import math
from collections.abc import Iterable

from vectra_freqtrade.trailing.plan import EntryPlan, Side, make_plan
from vectra_freqtrade.trailing.prepare import PairArrays
from vectra_freqtrade.trailing.settings import TrailingSettings


def plan_from(
    arrays: PairArrays,
    times: Iterable[int],
    *,
    side: Side,
    entry: float,
    fees: float,
    opened: int,
    settings: TrailingSettings,
) -> EntryPlan | None:
    """
    :param arrays: of the pair
    :param times: whose last closed candles' rows may give the plan, the best first, milliseconds
        since 1970 UTC
    :param side: of the trade
    :param entry: price of the first fill
    :param fees: of entry and exit together, as a fraction
    :param opened: time of the first fill, milliseconds since 1970 UTC
    :param settings: all distances
    :return: None where none of these candles is there, or has an ATR
    """
    above, below = arrays.candles.level_above, arrays.candles.level_below
    for time in times:
        row = arrays.last_closed(time)
        if row is None:
            continue
        plan = make_plan(
            side=side,
            entry=entry,
            atr=float(arrays.atr[row]),
            fees=fees,
            opened=opened,
            settings=settings,
            level_above=math.nan if above is None else float(above[row]),
            level_below=math.nan if below is None else float(below[row]),
        )
        if plan is not None:
            return plan
    return None
