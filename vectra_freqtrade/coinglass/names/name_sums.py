"""
Rows of a coin's names → rows of the coin: summed, or weighted by open interest. Pure.

A name counts as nothing before its first row and, when no venue lists it any more, after its last
one. A row that it misses in between makes the sum missing: half a market is no value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.coin_names import Began

DAY_MS: Final = 86_400_000

_Floats = NDArray[np.float64]
_Stamps = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """
    One name's rows of a block.

    :param frame: time and values, sorted, one row per time
    :param begins: milliseconds; what is missing before is nothing, what is missing from there on
        is a hole
    :param ended: no venue lists the name any more
    """

    frame: pd.DataFrame
    begins: int
    ended: bool = False


def stamps(frame: pd.DataFrame) -> _Stamps:
    return frame["time"].to_numpy(dtype="datetime64[ms]").astype("int64")


def begin_of(began: Began, first: int | None, gap: int, end: int) -> int | None:
    """
    From when on what a name misses at the start of a block is a hole; None where that is not known.

    :param began: what is known of its first row
    :param first: its first row in the block, None where it has none there; milliseconds
    :param gap: first time that it misses
    :param end: the time after the last that it misses
    """
    if began.first is not None:
        # What of its first day is missing was before it; that day is known to the day only.
        same_day = first is not None and first // DAY_MS * DAY_MS <= began.first
        return first if same_day and first is not None else began.first
    if began.before is not None and began.before <= gap:
        return gap
    if began.none is not None:
        if first is None and end <= began.none + DAY_MS:
            return end
        if first is not None and first >= began.none - DAY_MS:
            return first
    return None


def began_by(days: pd.DataFrame, start: int, first: int | None, until: int) -> Began:
    """What daily rows, asked for from `start` to `until`, say; their leading zeros are padding."""
    held = stamps(days)
    if len(held):
        day = int(held[0]) if first is None else min(int(held[0]), first // DAY_MS * DAY_MS)
        return Began(before=start) if day < start + DAY_MS else Began(first=day)
    return Began(none=until) if first is None else Began(first=first // DAY_MS * DAY_MS)


def summed(parts: Sequence[Part], values: Sequence[str]) -> pd.DataFrame:
    """
    :param parts: one for each name
    :param values: columns that are summed; of others the largest stands
    :return: time and the columns; without rows that hold nothing
    """
    grid = _grid(parts)
    columns = {
        name: np.sum([_filled(part, name, grid) for part in parts], axis=0) for name in values
    }
    return _framed(grid, columns, parts, values)


def weighted(parts: Sequence[Part], weights: Sequence[Part], values: Sequence[str]) -> pd.DataFrame:
    """
    The mean, each name by its open interest at the same time.

    :param parts: one for each name
    :param weights: the same names', with a column `weight`
    :param values: columns
    :return: as `summed`; missing where a name has no weight or, with one, no value. While a name's
        values count as nothing, so does its weight
    """
    grid = _grid(parts)
    shares = np.array(
        [
            np.where(_nothing(part, grid), 0.0, _filled(weight, "weight", grid))
            for part, weight in zip(parts, weights, strict=True)
        ]
    )
    with np.errstate(invalid="ignore"):
        shares = shares / shares.sum(axis=0)
    columns = {}
    for name in values:
        held = np.array([_filled(part, name, grid) for part in parts])
        columns[name] = np.where(shares == 0.0, 0.0, held * shares).sum(axis=0)
    return _framed(grid, columns, parts, values)


def _grid(parts: Sequence[Part]) -> _Stamps:
    return np.unique(np.concatenate([stamps(part.frame) for part in parts]))


def _filled(part: Part, name: str, grid: _Stamps) -> _Floats:
    """A name's values at all times: 0 where it counts as nothing, NaN where it misses a row."""
    held = stamps(part.frame)
    filled = np.full(len(grid), np.nan)
    there = np.isin(held, grid)
    filled[np.searchsorted(grid, held[there])] = part.frame[name].to_numpy("float64")[there]
    filled[_nothing(part, grid)] = 0.0
    return filled


def _nothing(part: Part, grid: _Stamps) -> NDArray[np.bool_]:
    """Times at which a name counts as nothing: before it begins, and after it has ended."""
    held = stamps(part.frame)
    outside = grid < part.begins
    if part.ended:
        outside |= grid > (held[-1] if len(held) else -1)
    return outside & ~np.isin(grid, held)


def _framed(
    grid: _Stamps, columns: Mapping[str, _Floats], parts: Sequence[Part], values: Sequence[str]
) -> pd.DataFrame:
    time = pd.DatetimeIndex(grid.astype("datetime64[ms]"), tz="UTC")
    frame = pd.DataFrame({"time": time, **columns})
    first = parts[0].frame
    for other in (str(name) for name in first if name not in ("time", *values)):
        held = pd.concat([part.frame[["time", other]] for part in parts])
        frame[other] = frame["time"].map(held.groupby("time")[other].max())
    kept = frame[list(values)].notna().any(axis=1)
    return frame.loc[kept, list(first.columns)].reset_index(drop=True)
