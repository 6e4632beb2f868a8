"""
What the vendor sent again with another value, kept beside a series: `BTC-1h.revisions.feather`.

Columns never read it. It has the columns time (of the row), field, first (the value that the file
holds, or held until a refresh), later (what came instead) and seen (when); the same later value of
a row's field is there once.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.layout import SUFFIX

#: Between a series' name and the suffix: no interval, so no reader takes it for a series.
_MARK: Final = ".revisions"
_TIME: Final = "datetime64[ms, UTC]"
_TYPES: Final = {
    "time": _TIME,
    "field": "object",
    "first": "float64",
    "later": "float64",
    "seen": _TIME,
}
#: What the percentages of an `Extent` are of.
FIRST_VALUE: Final = "first value"
TYPICAL_SIZE: Final = "typical size"
_SAME: Final = ["time", "field", "later"]


def beside(path: Path) -> Path:
    """Where the revisions of a series' file are kept."""
    return path.with_name(f"{path.name.removesuffix(SUFFIX)}{_MARK}{SUFFIX}")


def differing(held: pd.DataFrame, again: pd.DataFrame) -> pd.DataFrame:
    """
    :param held: rows of a series
    :param again: rows that were sent now; those whose time is not held are no revisions
    :return: time, field, first, later of each value that is another one; missing is one too
    """
    values = [name for name in again if str(again[name].dtype) == "float64" and name in held]
    again = again[again["time"].isin(held["time"])]
    old = held.set_index("time").loc[again["time"], values].to_numpy()
    new = again[values].to_numpy()
    other = (old != new) & ~(np.isnan(old) & np.isnan(new))
    row, column = np.nonzero(other)
    frame = pd.DataFrame(
        {
            "time": again["time"].array[row],
            "field": np.array(values, dtype=object)[column],
            "first": old[other],
            "later": new[other],
        }
    )
    return frame.astype({name: kind for name, kind in _TYPES.items() if name != "seen"})


def joined(kept: pd.DataFrame | None, found: pd.DataFrame, seen: pd.Timestamp) -> pd.DataFrame:
    """What the file should hold now; as long as before where nothing found is new."""
    found = found.assign(seen=seen).astype(_TYPES)
    if kept is not None:
        found = pd.concat([kept, found], ignore_index=True)
    return found.drop_duplicates(_SAME, ignore_index=True)


def count(kept: pd.DataFrame) -> int:
    """How often a row came with another value: that of the field that changed most often."""
    return int(kept.groupby(["time", "field"]).size().groupby("time").max().sum())


def check(frame: pd.DataFrame) -> pd.DataFrame:
    """A file's rows in this module's types, or a StoreError that names what is wrong."""
    if list(frame.columns) != list(_TYPES):
        raise StoreError(f"expected the columns {', '.join(_TYPES)}")
    if any(getattr(frame[name].dtype, "tz", None) is None for name in ("time", "seen")):
        raise StoreError("its times have no timezone")
    return frame.astype(_TYPES)


@dataclass(frozen=True, slots=True)
class Extent:
    """
    How many rows were revised, and how far.

    :param rows: that came again with another value
    :param share: of all rows, 0 to 1
    :param median: of the changes, percent; NaN where none can be measured
    :param p95: their 95th percentile, percent
    :param against: FIRST_VALUE where every field's are above zero, else TYPICAL_SIZE: a change of
        a rate near zero would be thousands of percent of it
    """

    rows: int
    share: float
    median: float
    p95: float
    against: str


def extent(rows: pd.DataFrame, kept: pd.DataFrame) -> Extent:
    """
    Each revised row counts once, by the last value that came of it, with its field that changed
    most. A field that can be zero or negative is measured against the median size of its values.

    :param rows: of the series, not empty
    :param kept: its revisions
    """
    kept = kept[kept["time"].isin(rows["time"])]
    last = kept.drop_duplicates(["time", "field"], keep="last")
    parts, signed = [], False
    for field, changes in last.groupby("field"):
        values = rows[str(field)].to_numpy() if field in rows else np.empty(0)
        scale = changes["first"].abs()
        if not (values[~np.isnan(values)] > 0).all():
            sizes = np.abs(values[(values != 0) & ~np.isnan(values)])
            scale = pd.Series(np.median(sizes) if sizes.size else np.nan, index=changes.index)
            signed = True
        parts.append((changes["later"] - changes["first"]).abs() / scale * 100)
    size = pd.concat(parts) if parts else pd.Series(dtype="float64")
    size = size.replace([np.inf], np.nan).groupby(last["time"]).max().dropna()
    count = int(last["time"].nunique())
    return Extent(
        count,
        count / len(rows),
        float(size.median()) if len(size) else float("nan"),
        float(size.quantile(0.95)) if len(size) else float("nan"),
        TYPICAL_SIZE if signed else FIRST_VALUE,
    )
