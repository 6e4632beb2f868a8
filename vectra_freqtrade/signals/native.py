"""Features of one dataset on its own rows, before they meet any candle."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from vectra_freqtrade.signals.align import Int64, epoch_ns, take

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_DAY_MS = 86_400_000
#: Of a whole history's rows: what each spans.
SPACING = "spacing"

#: Windows that are summed at once: bounds the memory.
_WINDOWS = 4096
#: Fewer earlier rows than this: no percentile.
PERCENTILE_ROWS_MIN = 100


@dataclass(frozen=True, slots=True)
class Features:
    """
    :param available_at: when each row may first be used, nanoseconds, never going back
    :param columns: name of the column without prefix cg_ and suffix _{interval} -> one value a row
    :param spacing: of a whole history what each row spans, nanoseconds; None: its interval
    """

    available_at: Int64
    columns: dict[str, NDArray[np.generic]]
    spacing: Int64 | None = None

    def max_age(self, intervals: int, length_ms: int) -> Int64:
        """The oldest age at which each row is still used, nanoseconds."""
        if self.spacing is not None:
            return intervals * self.spacing
        return np.full(self.available_at.shape, intervals * length_ms * 1_000_000)

    def upto(self, count: int) -> "Features":
        first = {name: values[:count] for name, values in self.columns.items()}
        spacing = None if self.spacing is None else self.spacing[:count]
        return Features(self.available_at[:count], first, spacing)


def features_of(rows: pd.DataFrame, **columns: NDArray[np.generic]) -> Features:
    """
    :param rows: native rows, released, in time order
    :param columns: features, each from this row and earlier ones only
    """
    # Rows are released in time order, so this row's own available_at is the latest of those used.
    spacing = spacing_ms(rows) * 1_000_000 if SPACING in rows else None
    return Features(epoch_ns(rows["available_at"]), columns, spacing)


def spacing_ms(rows: pd.DataFrame) -> Int64:
    """Milliseconds that each row of a whole history spans."""
    return rows[SPACING].to_numpy(dtype="timedelta64[ms]").astype(np.int64)


def words(vocabulary: Sequence[str], codes: NDArray[np.integer[Any]]) -> ExtensionArray:
    """The strings that codes, as indices, stand for, ready to be a column."""
    return _column_of(tuple(str(word) for word in vocabulary)).take(codes)


@cache
def _column_of(vocabulary: tuple[str, ...]) -> ExtensionArray:
    return pd.Series(vocabulary, dtype="str").array


def beyond(
    values: FloatArray, low: FloatArray | float, high: FloatArray | float
) -> NDArray[np.int8]:
    """1 above `high`, -1 below `low`, 0 between them and for NaN."""
    return (values > high).astype(np.int8) - (values < low).astype(np.int8)


def quotient(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """NaN where the denominator is not above 0."""
    result = np.full(denominator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator > 0)
    return result


def times_ms(times: pd.Series) -> Int64:
    """Milliseconds since 1970 UTC of tz-aware datetimes of any resolution."""
    return epoch_ns(times) // 1_000_000


def row_at(times: Int64, wanted: Int64) -> NDArray[np.intp]:
    """
    :param times: milliseconds, sorted, unique
    :param wanted: milliseconds
    :return: index of the row with exactly that time, -1 where there is none
    """
    place = np.searchsorted(times, wanted)
    inside = np.minimum(place, max(times.size - 1, 0))
    hit = times[inside] == wanted if times.size else np.zeros(wanted.shape, dtype=bool)
    return np.where(hit, inside, -1)


def previous(values: NDArray[np.generic], times: Int64, length_ms: int) -> FloatArray:
    """The value, a number or a flag, of the row one interval earlier; NaN where it is missing."""
    return take(values.astype(np.float64), row_at(times, times - length_ms), np.nan)


def change(values: FloatArray, times: Int64, length_ms: int, lookback: int) -> FloatArray:
    """
    Relative change over `lookback` rows; a missing row in between makes it missing.

    :param values: one per row
    :param times: milliseconds, one row per interval
    :param length_ms: the interval
    :param lookback: rows
    :return: fraction; NaN where it can't be told
    """
    result = np.full(values.shape, np.nan)
    now, then = values[lookback:], values[:-lookback]
    # Times are unique and on the interval's grid: the right distance means no row is missing.
    whole = (times[lookback:] - times[:-lookback] == lookback * length_ms) & (then > 0)
    np.divide(now, then, out=result[lookback:], where=whole)
    result[lookback:] -= 1.0
    return result


def trailing_moments(
    values: FloatArray, window: int, minimum: int
) -> tuple[FloatArray, FloatArray]:
    """
    Mean and sample standard deviation of the rows before each row.

    Every window is summed by itself: a running sum's rounding would depend on where the frame
    starts, and a live bot's starts later than a backtest's.

    :param values: one per row, NaN where missing
    :param window: rows before this one
    :param minimum: values needed, else NaN
    """
    if values.size == 0:
        return values, values
    padded = np.concatenate([np.full(window, np.nan), values])[:-1]
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)
    mean, deviation = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    for start in range(0, len(windows), _WINDOWS):
        part = slice(start, start + _WINDOWS)
        mean[part], deviation[part] = _moments(windows[part], minimum)
    return mean, deviation


def _moments(windows: FloatArray, minimum: int) -> tuple[FloatArray, FloatArray]:
    there = ~np.isnan(windows)
    count = there.sum(axis=1)
    mean = np.where(there, windows, 0.0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(there, (windows - mean[:, None]) ** 2, 0.0).sum(axis=1)
    enough = count >= max(minimum, 2)
    deviation = np.sqrt(squares / np.maximum(count - 1, 1))
    return np.where(enough, mean, np.nan), np.where(enough, deviation, np.nan)


def percentile_rows(length_ms: int) -> int:
    """How many earlier rows a percentile is taken over: 30 days, at least 120; daily 365."""
    return 365 if length_ms >= _DAY_MS else max(120, 30 * _DAY_MS // length_ms)


def percentile(values: FloatArray, length_ms: int) -> FloatArray:
    """
    Share of the earlier rows that are below each row; ties count half.

    :param values: one per row, NaN where missing
    :param length_ms: the interval, which sets how many rows are looked at
    :return: 0 to 1, NaN with fewer than PERCENTILE_ROWS_MIN earlier rows
    """
    there, longest = ~np.isnan(values), percentile_rows(length_ms)
    held = pd.Series(values[there])
    rank = held.rolling(longest + 1, min_periods=PERCENTILE_ROWS_MIN + 1).rank().to_numpy()
    # The average rank counts the row itself once and half of its ties, so that rank - 1 is
    # "below, and half of the equal ones" of the rows before it.
    before = np.minimum(np.arange(len(held)), longest)
    result = np.full(values.shape, np.nan)
    result[there] = (rank - 1) / np.maximum(before, 1)
    return result
