"""In which spans a range is asked for, and which of its rows are missing. Pure."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.datasets import ROW_LIMIT, Dataset, Kind
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.times import ceil_to, from_ms, to_ms


def blocks(
    spec: Dataset, interval: str, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """
    The spans in which a range is asked for, oldest first; explicit starts and ends, because nobody
    documents which side of a longer range is cut. Daily datasets come whole.
    """
    if start >= end:
        return
    if spec.kind is not Kind.INTERVAL:
        yield start, end
        return
    length = interval_ms(interval)
    place, last = ceil_to(to_ms(start), length), to_ms(end)
    while place < last:
        following = min(place + length * ROW_LIMIT, last)
        yield from_ms(place), from_ms(following)
        place = following


def missing_runs(
    time: "pd.Series[pd.Timestamp]",
    start: datetime,
    end: datetime,
    interval: str,
    now: datetime | None = None,
) -> list[tuple[datetime, datetime]]:
    """
    Runs of missing rows inside a span, oldest first: first missing time, and the one after the
    last.

    :param time: of the rows there are, tz-aware, sorted
    :param now: rows that have not closed by then are not missing
    """
    length = interval_ms(interval)
    first = ceil_to(to_ms(start), length)
    last = to_ms(end)
    if now is not None:
        last = min(last, to_ms(now) - length + 1)
    grid = np.arange(first, last, length, dtype="int64")
    held = time.to_numpy(dtype="datetime64[ms]").astype("int64")
    gone = grid[~np.isin(grid, held)]
    if not len(gone):
        return []
    breaks = np.flatnonzero(np.diff(gone) != length)
    starts = gone[np.append(0, breaks + 1)]
    ends = gone[np.append(breaks, len(gone) - 1)] + length
    return [(from_ms(int(a)), from_ms(int(b))) for a, b in zip(starts, ends, strict=True)]
