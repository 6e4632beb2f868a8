"""What of a series a bot can see, replaced as a whole, and what of an answer is new to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import empty_rows, usable
from vectra_freqtrade.signals.align import Int64, epoch_ns


@dataclass(frozen=True, slots=True)
class Visible:
    """
    :param rows: as `history.rows` describes
    :param released: those that may be used, as `Provider.rows` hands them out
    :param available_at: of those, nanoseconds
    """

    rows: pd.DataFrame
    released: pd.DataFrame
    available_at: Int64

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Self:
        released = usable(rows)
        return cls(rows, released, epoch_ns(released["available_at"]))


def no_rows(series: Series) -> pd.DataFrame:
    rows = empty_rows(series)
    rows.insert(2, "first_seen", rows["time"])
    return rows


class News:
    """Of one series; remembers which revisions were told."""

    def __init__(self, values: Sequence[str]) -> None:
        self._values = list(values)
        self._resent: dict[pd.Timestamp, NDArray[np.float64]] = {}

    def of(self, held: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
        """
        :param held: rows there are
        :param frame: of an answer
        :return: without what is there; a revision is news once, not each time it is sent
        """
        if held.empty or frame.empty:
            return frame
        first = held["time"].iloc[0]
        near = held.iloc[int(held["time"].searchsorted(frame["time"].iloc[0])) :]
        known = dict(zip(near["time"], near[self._values].to_numpy(), strict=True))
        keep, resent = [], {}
        for time, sent in zip(frame["time"], frame[self._values].to_numpy(), strict=True):
            if time not in known:
                keep.append(bool(time > first))  # what is before isn't kept in memory
                continue
            other = not np.array_equal(known[time], sent, equal_nan=True)
            told = self._resent.get(time)
            keep.append(other and (told is None or not np.array_equal(told, sent, equal_nan=True)))
            if other:
                resent[time] = sent
        self._resent = resent
        return frame[keep].reset_index(drop=True)
