"""
The one as-of join: which native row a decision may use.

Backward, on available_at against decision time, with a tolerance. A row is used on a candle iff
available_at <= decision time <= available_at + max_age. All datasets that share a vector of
available_at share the index that this finds.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

#: Index of "no row".
NO_ROW = -1


def epoch_ns(times: pd.Series) -> Int64:
    """
    :param times: tz-aware datetimes of any resolution
    :return: nanoseconds since 1970 UTC, so that ms, us and ns can be compared
    """
    held: Any = times.array  # not times.dt, which takes longer than all the rest
    return np.asarray(held.as_unit("ns").asi8)


def decision_times(dates: pd.Series, timeframe_ms: int) -> Int64:
    """
    :param dates: candles' opens
    :param timeframe_ms: their length
    :return: when each candle is acted on, its close: nanoseconds since 1970 UTC
    """
    return epoch_ns(dates) + timeframe_ms * 1_000_000


def last_known(available_at: Int64, decisions: Int64) -> NDArray[np.intp]:
    """
    :param available_at: nanoseconds, never going back
    :param decisions: nanoseconds, any order
    :return: per decision the last row known by then, NO_ROW where there is none, however old
    """
    return np.searchsorted(available_at, decisions, side="right") - 1


def within(
    rows: NDArray[np.intp], available_at: Int64, decisions: Int64, max_age_ns: int | Int64
) -> NDArray[np.intp]:
    """
    :param rows: from `last_known` for these `available_at` and `decisions`
    :param max_age_ns: oldest age that is still used, inclusive; one, or one for each native row
    :return: `rows`, with NO_ROW where the row is older
    """
    if available_at.size == 0:
        return rows
    oldest = max_age_ns[rows] if isinstance(max_age_ns, np.ndarray) else max_age_ns
    stale = decisions - available_at[rows] > oldest
    return np.where(stale, NO_ROW, rows)


def take(values: NDArray[Any], rows: NDArray[np.intp], empty: Any) -> NDArray[Any]:
    """
    :param values: one per native row
    :param rows: index per decision, NO_ROW where there is none
    :param empty: what stands there then
    :return: one value per decision
    """
    if values.size == 0:
        return np.full(rows.shape, empty, dtype=values.dtype)
    taken = values[rows]
    taken[rows == NO_ROW] = empty
    return taken
