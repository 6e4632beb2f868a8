"""Average true range as a plain mean, so that a value never depends on where a frame starts."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def true_range(high: ArrayLike, low: ArrayLike, close: ArrayLike) -> NDArray[np.float64]:
    """
    The candle's range, widened by the gap from the close before it; NaN on the first candle, which
    has none before it, and where a price it needs is NaN.
    """
    highs, lows, closes = (np.asarray(values, dtype=np.float64) for values in (high, low, close))
    ranges = np.full(highs.shape, np.nan)
    before = closes[:-1]
    ranges[1:] = np.maximum(highs[1:], before) - np.minimum(lows[1:], before)
    return ranges


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int) -> NDArray[np.float64]:
    """
    The simple mean of the last `period` true ranges, the candle's own included.

    Wilder's smoothing would remember the frame's first candle; this forgets. The sum is taken term
    by term, oldest first, because a running sum would remember it too, in the last bits.

    :param high: prices of closed candles, shape (n,); so are `low` and `close`
    :param period: true ranges in the mean
    :return: shape (n,), in price units; NaN on the first `period` candles (a mean of `period` true
        ranges takes `period` + 1 candles) and where a NaN is among the ranges
    """
    ranges = true_range(high, low, close)
    means = np.full(ranges.shape, np.nan)
    count = ranges.size - period
    if count <= 0:
        return means
    total = np.zeros(count)
    for first in range(1, period + 1):
        total += ranges[first : first + count]
    means[period:] = total / period
    return means
