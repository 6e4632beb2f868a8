"""
Liquidation levels from recorded snapshots of CoinGlass's heatmap or map.

The snapshot is the last one known at a decision, the price the decision's own: levels that the
price has passed since the snapshot was taken are no longer on that side. Before the first snapshot,
and when the last one is too old, there are no levels.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.settings.opinions import Levels
from vectra_freqtrade.signals.align import Int64, epoch_ns, last_known, within
from vectra_freqtrade.signals.levels.level_clusters import (
    CloseSide,
    bins_of,
    edge_bins,
    nearest,
    width,
)
from vectra_freqtrade.signals.native import FloatArray

#: Decisions whose clusters are looked for at once: bounds the memory.
_CHUNK = 4096


def features(
    snapshots: pd.DataFrame, decisions: Int64, close: FloatArray, *, max_age_ns: int, rule: Levels
) -> dict[str, FloatArray]:
    """
    The nearest clusters at each decision.

    :param snapshots: one row per level: available_at, price, usd; sorted by available_at, a
        snapshot's levels share theirs; a snapshot without levels is one row with a NaN price
    :param decisions: nanoseconds
    :param close: the price at each decision
    :param max_age_ns: oldest snapshot that is still used
    :param rule: how levels are summed up
    :return: liq_above_price, liq_above_usd, liq_below_price, liq_below_usd
    """
    taken = epoch_ns(snapshots["available_at"])
    starts = np.flatnonzero(np.diff(taken, prepend=taken[:1] - 1))
    taken_at = taken[starts]
    used = within(last_known(taken_at, decisions), taken_at, decisions, max_age_ns)
    bounds = np.append(starts, len(snapshots))
    prices, usd = snapshots["price"].to_numpy(), snapshots["usd"].to_numpy()
    columns: dict[str, FloatArray] = {}
    for side in (CloseSide.ABOVE, CloseSide.BELOW):
        price, strength = np.full(close.shape, np.nan), np.full(close.shape, np.nan)
        there = np.flatnonzero((used >= 0) & (close > 0))
        for start in range(0, len(there), _CHUNK):
            rows = there[start : start + _CHUNK]
            first = edge_bins(close[rows], side) - 1
            windows = np.zeros((len(rows), width(rule)))
            for snapshot in np.unique(used[rows]):
                part = slice(bounds[snapshot], bounds[snapshot + 1])
                under = used[rows] == snapshot
                windows[under] = _windows(prices[part], usd[part], first[under], side, rule)
            price[rows], strength[rows] = nearest(windows, first, close[rows], side, rule)
        name = f"liq_{side.name.lower()}"
        columns |= {f"{name}_price": price, f"{name}_usd": strength}
    return columns


def _windows(
    prices: FloatArray, usd: FloatArray, first: NDArray[np.int64], side: CloseSide, rule: Levels
) -> FloatArray:
    """One snapshot's levels summed on the grid, as each decision sees them."""
    columns = width(rule)
    real = (prices > 0) & (usd > 0)
    if not real.any():
        return np.zeros((len(first), columns))
    bins = bins_of(prices[real], side)
    base = int(bins.min())
    # An empty bin at the end is what every bin outside the snapshot is looked up in.
    held = np.append(np.bincount(bins - base, weights=usd[real]), 0.0)
    wanted = first[:, None] - np.arange(columns) - base
    outside = (wanted < 0) | (wanted >= len(held) - 1)
    return held[np.where(outside, len(held) - 1, wanted)]
