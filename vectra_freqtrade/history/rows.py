"""
The rows of one series, pure: when each may be known, and how new rows join the old ones.

A frame of rows has the columns time, available_at, first_seen (all datetime64[ms, UTC]), of a whole
history the spacing of each row (timedelta64[ms]), and the dataset's values (float64), sorted by
time, one row per time. available_at never goes back from one row to the next; it is NaT where a row
came after a later one was released: such a row is kept and counted, never used. first_seen is NaT
for downloaded rows.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.coinglass.answers.spacing import spacings
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.arrays import TIME_DTYPE, TIMES, Arrays
from vectra_freqtrade.history.grids import SPACING, SPACING_DTYPE, another_grid, whole
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.revisions import differing
from vectra_freqtrade.settings.release import wait_ms


def downloaded(
    series: Series,
    frame: pd.DataFrame,
    delay: timedelta,
    settle: int = 0,
    *,
    first_seen: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """
    Rows from a history endpoint: known as `vectra_freqtrade.settings.release` says.

    :param frame: column time and the series' values, any order, tz-aware; of duplicates the first
        counts; of a whole history spacing, else it is told by the times
    :param settle: the setting for this dataset
    :param first_seen: when a live bot had them, tz-aware: they are known no sooner
    :return: rows as this module describes
    :raises StoreError: where a column or the timezone is missing
    """
    values = list(series.spec.values)
    missing = [name for name in ("time", *values) if name not in frame]
    if missing:
        raise StoreError(f"Rows of {series} lack the columns {', '.join(missing)}.")
    if getattr(frame["time"].dtype, "tz", None) is None:
        raise StoreError(f"Rows of {series} have a time without a timezone.")
    columns = ["time", *([SPACING] if whole(series) and SPACING in frame else []), *values]
    rows = frame[columns].astype({"time": TIME_DTYPE, **dict.fromkeys(values, "float64")})
    rows = rows.dropna(subset=values, how="all").drop_duplicates("time", keep="first")
    rows = rows.sort_values("time", ignore_index=True)
    if whole(series) and SPACING not in rows:
        times = rows["time"].to_numpy(dtype="datetime64[ms]").astype("int64")
        rows.insert(1, SPACING, spacings(times).astype(SPACING_DTYPE))
    rows.insert(1, "available_at", rows["time"])  # none is late yet
    seen = pd.Series(first_seen or pd.NaT, index=rows.index, dtype=TIME_DTYPE)
    rows.insert(2, "first_seen", seen)
    arrays = {name: rows[name].to_numpy(dtype="datetime64[ms]") for name in TIMES}
    if SPACING in rows:
        arrays[SPACING] = rows[SPACING].to_numpy()
    known = released(series, arrays, delay, settle)
    rows["available_at"] = pd.DatetimeIndex(known, tz="UTC")
    return rows


def recorded(
    series: Series,
    frame: pd.DataFrame,
    delay: timedelta,
    first_seen: pd.Timestamp,
    settle: int = 0,
) -> pd.DataFrame:
    """As `downloaded`, of rows that a live bot fetched: known no sooner than it saw them."""
    return downloaded(series, frame, delay, settle, first_seen=first_seen)


def released(series: Series, arrays: Arrays, delay: timedelta, settle: int) -> NDArray[Any]:
    """
    When rows may be known by what the settings say now, whatever they were written with.

    :param arrays: time, available_at, first_seen and of a whole history spacing; what is late, and
        so has no available_at, stays late
    :return: available_at, datetime64[ms]; it never goes back in time order
    """
    held = arrays["available_at"]
    length = arrays[SPACING].astype("int64") if SPACING in arrays else np.int64(series.length_ms)
    wait = wait_ms(series.spec, np.asarray(length), delay, settle).astype("timedelta64[ms]")
    late = np.isnat(held)
    known = np.fmax(arrays["time"] + wait, arrays["first_seen"])  # of NaT and a time, the time
    known[late] = np.datetime64("NaT", "ms")
    known = np.fmax.accumulate(known)
    known[late] = np.datetime64("NaT", "ms")
    return known


def usable(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that are not late, as `Provider.rows` hands them out: without first_seen."""
    known = rows.drop(columns="first_seen")
    late = known["available_at"].isna()
    return known[~late].reset_index(drop=True) if late.any() else known


@dataclass(frozen=True, slots=True)
class Merged:
    """
    :param rows: old and new ones, joined
    :param added: new rows that can be used
    :param late: new rows that came after a later one was released, kept with available_at NaT
    :param revised: rows sent again with another value; the first one stays
    :param revisions: of `revisions.differing`; None where there are none
    """

    rows: pd.DataFrame
    added: int
    late: int
    revised: int
    revisions: pd.DataFrame | None = None


def merge(old: pd.DataFrame | None, new: pd.DataFrame) -> Merged:
    """
    Join new rows to those of the file, if there is one; a row first seen stays as it is.

    Rows before the first old one extend history and keep the available_at they come with. Rows
    missing between old ones are late: a bot that ran then never had them.
    """
    if old is None or old.empty:
        return Merged(new.reset_index(drop=True), len(new), 0, 0)
    first, last = old["time"].iloc[0], old["time"].iloc[-1]
    if len(new) and new["time"].iloc[0] > last:  # what comes live, mostly
        return _appended(old, new)
    again = new["time"].isin(old["time"])
    revisions = differing(old, new[again])
    fresh = new[~again].copy()
    inside = fresh["time"].between(first, last)
    fresh.loc[inside, "available_at"] = pd.NaT
    rows = _released_in_order(old, fresh)
    late = int(rows.loc[rows["time"].isin(fresh["time"]), "available_at"].isna().sum())
    return Merged(rows, len(fresh) - late, late, revisions["time"].nunique(), revisions)


def merge_whole(old: pd.DataFrame | None, new: pd.DataFrame) -> Merged:
    """
    As `merge`, for all that CoinGlass has of a whole-history series now: where it came on another
    grid, it replaces every downloaded row; recorded ones stay.
    """
    if old is None or not another_grid(old, new):
        return merge(old, new)
    return merge(old[old["first_seen"].notna()].reset_index(drop=True), new)


def _appended(old: pd.DataFrame, new: pd.DataFrame) -> Merged:
    """All new rows lie behind the old ones: they are known no sooner than those."""
    known = old["available_at"].max()
    released = new["available_at"]
    if not pd.isna(known):
        released = released.where(released.isna() | (released >= known), known)
    rows = pd.concat([old, new.assign(available_at=released)], ignore_index=True)
    late = int(released.isna().sum())
    return Merged(rows, len(new) - late, late, 0)


def replace_downloaded(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """
    `download-data --refresh`: downloaded rows are replaced from the first new one to the last.

    Recorded ones stay, and so do downloaded ones outside: a plan's history may begin later than
    when they were fetched.
    """
    seen = old[old["first_seen"].notna()]
    again = old["time"].between(new["time"].min(), new["time"].max())
    kept = old[old["first_seen"].notna() | ~again]
    fresh = new[~new["time"].isin(kept["time"])].copy()
    if not seen.empty:
        # Between recorded rows a download can replace what was usable then; the rest is late.
        usable = fresh["time"].isin(old.loc[old["available_at"].notna(), "time"])
        inside = fresh["time"].between(seen["time"].iloc[0], seen["time"].iloc[-1])
        fresh.loc[inside & ~usable, "available_at"] = pd.NaT
    return _released_in_order(kept, fresh)


def _released_in_order(held: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    """
    Both, sorted by time, the held rows untouched. A fresh row is never known before a held one
    that precedes it, and is late where a held one that follows it was released first.
    """
    rows = pd.concat([held, fresh], ignore_index=True)
    rows["held"] = rows.index < len(held)
    rows = rows.sort_values("time", ignore_index=True)
    known, is_held = rows["available_at"], rows.pop("held")
    before = known.where(is_held).ffill()
    after = known.where(is_held).bfill()
    ordered = known.where(known.isna() | before.isna() | (known >= before), before)
    ordered = ordered.where(after.isna() | (ordered <= after))
    rows["available_at"] = known.where(is_held, ordered)
    return rows


def empty_rows(series: Series) -> pd.DataFrame:
    """No rows, with the columns and types of `Provider.rows`."""
    types = dict.fromkeys(TIMES[:2], TIME_DTYPE)
    types |= {SPACING: SPACING_DTYPE} if whole(series) else {}
    types |= dict.fromkeys(series.spec.values, "float64")
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})
