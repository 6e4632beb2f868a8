"""Open interest and candles, step by step, as the estimate of liquidation levels folds them."""

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.signals.align import take
from vectra_freqtrade.signals.divergence import jumps
from vectra_freqtrade.signals.native import FloatArray, row_at, times_ms


@dataclass(frozen=True, slots=True)
class LevelSteps:
    """
    One array entry per row of open interest.

    :param time: milliseconds
    :param opened: coins opened within the row; 0 where that can't be told
    :param fallen: coins by which open interest fell since the row before
    :param low: lowest price since the row before, inf where no candle tells
    :param high: highest, 0 where no candle tells
    :param typical: (high + low + close) / 3 of the row's own candle, NaN where it is missing
    :param close: of the row's own candle, NaN where it is missing
    :param since: milliseconds; from then on there are both rows and candles
    """

    time: NDArray[np.int64]
    opened: FloatArray
    fallen: FloatArray
    low: FloatArray
    high: FloatArray
    typical: FloatArray
    close: FloatArray
    since: int

    def of(self, rows: slice) -> "LevelSteps":
        names = (field.name for field in fields(self) if field.name != "since")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def steps_of(rows: pd.DataFrame, candles: pd.DataFrame, length_ms: int) -> LevelSteps:
    """
    :param rows: time and oi (coins, above 0), in time order, at least one
    :param candles: date, high, low, close, the same
    :param length_ms: the interval
    """
    times, dates = times_ms(rows["time"]), times_ms(candles["date"])
    oi = rows["oi"].to_numpy()
    own = row_at(dates, times)
    high, low, close = (candles[name].to_numpy() for name in ("high", "low", "close"))

    def of_own(values: FloatArray) -> FloatArray:
        return take(values, own, np.nan)

    difference = np.diff(oi, prepend=np.nan)
    row_before = np.diff(times, prepend=times[:1] - 2 * length_ms) == length_ms
    # A venue joining the sum opened nothing, and over a gap no one knows at which price.
    joined = jumps(oi, times, length_ms, of_own((high - low) / close))
    opens = row_before & (own >= 0) & (difference > 0) & ~joined
    return LevelSteps(
        time=times,
        opened=np.where(opens, difference, 0.0),
        fallen=np.where(difference < 0, -difference, 0.0),
        low=_since_row_before(np.minimum, low, dates, times, np.inf),
        high=_since_row_before(np.maximum, high, dates, times, 0.0),
        typical=of_own((high + low + close) / 3),
        close=of_own(close),
        since=int(max(times[0], dates[0])),
    )


def _since_row_before(
    extreme: np.ufunc,
    values: FloatArray,
    dates: NDArray[np.int64],
    times: NDArray[np.int64],
    empty: float,
) -> FloatArray:
    """The extreme of the candles after the row before, up to this row's own."""
    upto = np.searchsorted(dates, times, side="right")
    after = np.concatenate([[0], upto[:-1]]) if len(upto) else upto
    result = np.full(len(times), empty)
    single = upto - after == 1
    result[single] = values[upto[single] - 1]
    for row in np.flatnonzero(upto - after > 1):
        result[row] = extreme.reduce(values[after[row] : upto[row]])
    return result
