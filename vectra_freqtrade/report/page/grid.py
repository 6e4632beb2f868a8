"""Long ranges made short enough to draw: candles and columns on a regular grid of times."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.signals.native import FloatArray

MINUTE = 60_000

#: Lengths that candles are put together to, minutes.
_LENGTHS = (1, 3, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 4320, 10080)

_PRICES = {"open": "first", "high": "max", "low": "min", "close": "last"}


@dataclass(frozen=True, slots=True)
class Grid:
    """
    :param frame: date, prices and columns; one row per `length_ms`, NaN where there is a gap.
        Columns hold what was known at the close of the last candle put into a row.
    :param length_ms: of a row
    :param together: how many candles a row holds
    """

    frame: pd.DataFrame
    length_ms: int
    together: int

    @property
    def start(self) -> str:
        """Of the first row, as plotly reads it."""
        return f"{self.frame['date'].iloc[0]:%Y-%m-%d %H:%M}"

    @property
    def label(self) -> str:
        """Length of a row, as a timeframe."""
        minutes = self.length_ms // MINUTE
        for size, letter in ((1440, "d"), (60, "h")):
            if minutes % size == 0:
                return f"{minutes // size}{letter}"
        return f"{minutes}m"


def gridded(frame: pd.DataFrame, timeframe_ms: int, most: int) -> Grid:
    """At most so many rows; the frame is ascending, and has one at least."""
    span = int((frame["date"].iloc[-1] - frame["date"].iloc[0]) / pd.Timedelta(1, "ms"))
    lengths = [n * MINUTE for n in _LENGTHS if n * MINUTE % timeframe_ms == 0]
    length = next((n for n in lengths if span / n < most), (lengths or [timeframe_ms])[-1])
    if length == timeframe_ms and len(frame) == span // length + 1:
        return Grid(frame.reset_index(drop=True), length, 1)
    rows = frame.resample(pd.Timedelta(length, "ms"), on="date")
    others = [name for name in frame if name != "date" and name not in _PRICES]
    columns = rows[others].last(skipna=False)  # what is empty now was not known either
    regular = pd.concat([rows.agg(_PRICES), columns], axis=1).reset_index()
    return Grid(regular, length, length // timeframe_ms)


def changes(values: FloatArray) -> "np.ndarray[Any, np.dtype[np.intp]]":
    """Indices where a value differs from the one before it, the first included."""
    return np.flatnonzero(np.append(True, values[1:] != values[:-1]))


def steps(values: FloatArray) -> "np.ndarray[Any, np.dtype[np.intp]]":
    """The points that a stepped line through the values needs: `changes`, and the last."""
    return np.unique(np.append(changes(values), len(values) - 1))
