"""
Whole-history series, pure: each row has a spacing, and an answer on another grid is a new series.

Their frames carry the column spacing (timedelta64[ms]) after first_seen.
"""

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.datasets import Kind
from vectra_freqtrade.coinglass.answers.spacing import Int64
from vectra_freqtrade.history.layout import Series

SPACING = "spacing"
SPACING_DTYPE = "timedelta64[ms]"


def whole(series: Series) -> bool:
    """Whether an answer holds all there is of the series."""
    return series.spec.kind is Kind.DAILY


def lengths(rows: pd.DataFrame, length_ms: int) -> Int64:
    """Milliseconds that each row spans, in a series of an interval or of a whole history."""
    if SPACING not in rows:
        return np.full(len(rows), length_ms, dtype=np.int64)
    return rows[SPACING].to_numpy(dtype=SPACING_DTYPE).astype("int64")


def another_grid(held: pd.DataFrame, new: pd.DataFrame) -> bool:
    """
    Over the span that both cover, fewer than two thirds of either's rows are at times of the other:
    a row that was missing makes no other grid, nor do those that a bot recorded.
    """
    held = held[held["first_seen"].isna()]
    if held.empty or new.empty:
        return False
    first = max(held["time"].iloc[0], new["time"].iloc[0])
    last = min(held["time"].iloc[-1], new["time"].iloc[-1])
    mine = held.loc[held["time"].between(first, last), "time"]
    theirs = new.loc[new["time"].between(first, last), "time"]
    most = max(len(mine), len(theirs))
    return most > 0 and 3 * int(mine.isin(theirs).sum()) < 2 * most


def gaps(rows: pd.DataFrame, length_ms: int) -> list[tuple[pd.Timestamp, pd.Timestamp, int]]:
    """Of each run of missing rows its first time, the time after its last, and how many."""
    if len(rows) < 2:
        return []
    each = lengths(rows, length_ms)
    span = np.maximum(each[:-1], each[1:])  # where the grid changes nothing is missing
    times = rows["time"].to_numpy(dtype="datetime64[ms]").astype("int64")
    count = np.rint(np.diff(times) / span).astype(int) - 1
    found = []
    for place in np.flatnonzero(count > 0):
        start = rows["time"].iloc[place] + pd.Timedelta(int(span[place]), "ms")
        found.append((start, rows["time"].iloc[place + 1], int(count[place])))
    return found
