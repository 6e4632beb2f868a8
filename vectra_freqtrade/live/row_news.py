"""What of an answer is new to a bot."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray


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
