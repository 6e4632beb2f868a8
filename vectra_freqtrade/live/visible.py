"""What of a series a bot can see; replaced as a whole."""

from dataclasses import dataclass
from typing import Self

import pandas as pd

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
        """:param rows: as `history.rows` describes"""
        released = usable(rows)
        return cls(rows, released, epoch_ns(released["available_at"]))


def no_rows(series: Series) -> pd.DataFrame:
    """None of a series, as `history.rows` describes."""
    rows = empty_rows(series)
    rows.insert(2, "first_seen", rows["time"])
    return rows
