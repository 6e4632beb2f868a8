"""
From levels to the nearest cluster: one grid and one rule for the estimate, the heatmap and the map.

Levels lie on a grid of 0.1 % in the logarithm of the price, counted from a price of 1, so that a
level's bin depends on nothing but its price. Above the close bins are counted downwards from zero
(mirrored), so that on either side a smaller bin number lies farther from the close.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.settings.opinions import Levels
from vectra_freqtrade.signals.native import BoolArray, FloatArray

#: Width of a bin, in the logarithm of the price.
GRID = 0.001

IntArray = NDArray[np.int64]


class CloseSide(IntEnum):
    """The value mirrors bins: BELOW counts upwards with the price, ABOVE down."""

    BELOW = 1  # longs are liquidated there
    ABOVE = -1  # shorts are


def bins_of(prices: FloatArray, side: CloseSide) -> IntArray:
    """The bin that each price, above 0, is rounded to."""
    return np.floor(side * np.log(prices) / GRID + 0.5).astype(np.int64)


def price_of(bins: IntArray, side: CloseSide) -> FloatArray:
    """The price in the middle of each bin."""
    prices: FloatArray = np.exp(side * GRID * bins)
    return prices


def edge_bins(prices: FloatArray, side: CloseSide) -> IntArray:
    """
    The first bin whose middle is at each price, above 0, or nearer to the close than it: a candle
    that went as far as the price has reached it and all later ones.
    """
    return np.ceil(side * np.log(prices) / GRID).astype(np.int64)


def width(rule: Levels) -> int:
    """Bins that hold every level within reach of the close, on either side."""
    return int(-np.log1p(-rule.within) / GRID) + 2


@dataclass(slots=True)
class _Scan:
    """The cluster being gathered on each row, and the first one that was far enough away."""

    strength: FloatArray
    weighted: FloatArray
    last: IntArray
    found: BoolArray
    price: FloatArray
    total: FloatArray


def nearest(
    windows: FloatArray, first: IntArray, close: FloatArray, side: CloseSide, rule: Levels
) -> tuple[FloatArray, FloatArray]:
    """
    The nearest cluster of each row on one side of its close.

    Kept are the bins with at least `strongest` of the side's strongest within `within` of the
    close; kept bins within `merge` of each other are one cluster; its price is the
    strength-weighted mean; taken is the nearest cluster at least `away` from the close.

    :param windows: strength per row and bin on that side, the bin nearest to the close first
    :param first: each row's nearest bin
    :param close: each row's close
    :param side: of the close
    :param rule: the thresholds
    :return: price and strength of the cluster, NaN where there is none
    """
    rows, columns = windows.shape
    distance = side * (close[:, None] - price_of(first[:, None] - np.arange(columns), side))
    inside = (distance > 0) & (distance <= rule.within * close[:, None]) & (windows > 0)
    strengths = np.where(inside, windows, 0.0)
    kept = inside & (strengths >= rule.strongest * strengths.max(axis=1, initial=0.0)[:, None])
    reach = int(rule.merge / GRID + 1e-9)
    scan = _Scan(
        strength=np.zeros(rows),
        weighted=np.zeros(rows),
        last=np.full(rows, -1 - reach, dtype=np.int64),
        found=np.zeros(rows, dtype=bool),
        price=np.full(rows, np.nan),
        total=np.full(rows, np.nan),
    )
    for column in np.flatnonzero(kept.any(axis=0)):
        here = kept[:, column] & ~scan.found
        starts = here & (column - scan.last > reach)
        _settle(scan, starts, close, side, rule)
        here &= ~scan.found
        strength = np.where(here, strengths[:, column], 0.0)
        scan.strength += strength
        scan.weighted += strength * price_of(first - column, side)
        scan.last[here] = column
    _settle(scan, ~scan.found, close, side, rule)
    return scan.price, scan.total


def _settle(scan: _Scan, ends: BoolArray, close: FloatArray, side: CloseSide, rule: Levels) -> None:
    """Where a gathered cluster ends: take it if it is far enough away, else forget it."""
    ended = np.flatnonzero(ends & (scan.strength > 0))
    price = scan.weighted[ended] / scan.strength[ended]
    far = side * (close[ended] - price) >= rule.away * close[ended]
    taken = ended[far]
    scan.price[taken], scan.total[taken] = price[far], scan.strength[taken]
    scan.found[taken] = True
    scan.strength[ended] = scan.weighted[ended] = 0.0
