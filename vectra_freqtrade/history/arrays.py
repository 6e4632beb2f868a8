"""A file's rows as arrays over the memory that Arrow read them into: checked, never copied."""

from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from vectra_freqtrade.errors import OutdatedError, StoreError
from vectra_freqtrade.history.grids import SPACING, whole
from vectra_freqtrade.history.layout import Series

#: Each column's values; times are datetime64[ms], in UTC.
Arrays = dict[str, NDArray[Any]]

TIME_DTYPE: Final = "datetime64[ms, UTC]"
TIMES: Final = ("time", "available_at", "first_seen")
_TIME: Final = pa.timestamp("ms", tz="UTC")
_DTYPE: Final = pd.DatetimeTZDtype("ms", "UTC")


def arrays_of(series: Series, table: pa.Table) -> Arrays:
    """
    :param series: whose rows the table should hold
    :param table: of a file, or to become one
    :return: its columns, not to be written to
    :raises StoreError: naming what is wrong
    """
    apart = [SPACING] if SPACING in table.column_names else []
    types = dict.fromkeys(TIMES, _TIME) | dict.fromkeys(apart, pa.duration("ms"))
    types |= dict.fromkeys(series.spec.values, pa.float64())
    foreign = bool(apart) and not whole(series) and bool(series.spec.endpoints)
    if table.column_names != list(types) or foreign:
        held = ", ".join(table.column_names) or "none"
        raise StoreError(f"expected the columns {', '.join(types)}; it has {held}")
    wrong = [name for name, kind in types.items() if table.schema.field(name).type != kind]
    if wrong:
        raise StoreError(f"wrong types in {', '.join(wrong)}")
    arrays = {name: table[name].to_numpy() for name in types}
    _check_times(arrays, arrays[SPACING] if apart else np.timedelta64(series.length_ms, "ms"))
    if whole(series) and not apart:
        raise OutdatedError("it was written before rows had a spacing")
    return arrays


def _check_times(arrays: Arrays, length: Any) -> None:
    time, known = arrays["time"], arrays["available_at"]
    if np.isnat(time[:1]).any() or not (time[1:] > time[:-1]).all():
        raise StoreError("rows are not sorted by time, one row per time")
    late = np.isnat(known)
    used = known[~late] if late.any() else known
    if (used[1:] < used[:-1]).any():
        raise StoreError("available_at goes back in time")
    if (known < time + length).any():
        raise StoreError("a row is available before its interval has closed")


def frame_of(arrays: Arrays) -> pd.DataFrame:
    """The frame lies in the arrays' memory."""
    columns = {
        # The one way to name a timezone without a copy.
        name: pd.array(values, copy=False).view(_DTYPE) if name in TIMES else values
        for name, values in arrays.items()
    }
    return pd.DataFrame(columns, copy=False)


class SharedTimes:
    """
    Times that many series have alike, held once: most of what a pair list reads are the same hours.
    A shorter run of the same times is a part of the longer one.
    """

    #: Fewer are looked through sooner; series of one pair come one after the other.
    _MOST: Final = 16

    def __init__(self) -> None:
        self._held: tuple[NDArray[Any], ...] = ()

    def __getstate__(self) -> dict[str, object]:
        return {"_held": ()}  # another process shares none of this memory

    def share(self, times: NDArray[Any]) -> NDArray[Any]:
        """The same times, in memory that is held already where it can be; not to be written to."""
        for held in self._held:
            place = int(np.searchsorted(held, times[:1])[0]) if len(times) else 0
            part = held[place : place + len(times)]
            if np.array_equal(part.view("int64"), times.view("int64")):
                return part
        times.flags.writeable = False
        self._held = (times, *self._held[: self._MOST - 1])
        return times
