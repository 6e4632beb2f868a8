"""
The history store on disk: feather files, read whole, replaced atomically under one lock.

A file is readable with one `pd.read_feather`. A kill at any moment leaves the old file or the new
one, never a broken one.
"""

import hashlib
import json
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import feather

from vectra_freqtrade.errors import OutdatedError, StoreError
from vectra_freqtrade.files import PATIENCE, TMP, Version, locked, version_of
from vectra_freqtrade.history import rows as rowlib
from vectra_freqtrade.history.layout import SUFFIX, Series, parse_path
from vectra_freqtrade.history.revised import Revised
from vectra_freqtrade.history.revisions import beside, count, differing
from vectra_freqtrade.history.tables import replace_table
from vectra_freqtrade.release import Release
from vectra_freqtrade.times import to_ms

logger = logging.getLogger(__name__)

#: Folder of a store that holds no history.
STATE = ".client"
_META = b"vectra"


@dataclass(slots=True)
class _Notes:
    """
    What a file tells beside its rows.

    :param revisions: rows that came again with another value, counted before such values were kept
    :param live_since: milliseconds; when a bot first fetched it live, None for never
    :param source: of a custom column's rows, as `Series.source`
    :param twice: rows whose time came twice in one answer; the first of the two is here
    """

    revisions: int = 0
    live_since: int | None = None
    source: str | None = None
    twice: int = 0


class Store:
    """
    One folder of series.

    :param root: made on the first write
    :param release: by which available_at is made anew whenever rows are read, so that old and new
        ones are judged by the same settings; None: as it was stored
    """

    def __init__(self, root: Path, release: Release | None = None) -> None:
        self.root = root
        self._release = release
        #: What came again with another value; columns never read it.
        self.revised = Revised(root)

    def __repr__(self) -> str:
        return f"Store({str(self.root)!r})"

    @property
    def state_dir(self) -> Path:
        """What processes share that is no history: budgets, plans, what was asked for."""
        return self.root / STATE

    def series(self, dataset: str | None = None) -> list[Series]:
        """
        :param dataset: only these
        :return: what the store holds, sorted; files with other names are not ours
        """
        pattern = f"{dataset or '*'}/*{SUFFIX}"
        found = (parse_path(path) for path in self.root.glob(pattern))
        return sorted(series for series in found if series is not None)

    def read(self, series: Series) -> pd.DataFrame | None:
        """
        :param series: which file
        :return: rows as `vectra_freqtrade.history.rows` describes, None where there is no file
        :raises StoreError: where the file is broken or not ours; it is left as it is
        """
        return self._frame(series, self._table(series))

    def _frame(self, series: Series, table: pa.Table | None) -> pd.DataFrame | None:
        if table is None:
            return None
        try:
            frame: pd.DataFrame = table.to_pandas(use_threads=False)
            rowlib.check(series, frame)
            source = self._notes(series, table).source if series.source else None
            if source not in (None, series.source):
                raise StoreError(f"it holds {source}, the settings want {series.source}")
        except (StoreError, pa.ArrowException, ValueError) as error:
            raise self._unusable(series, error) from None
        if self._release is None:
            return frame
        settle = self._release.intervals(series.dataset)
        return rowlib.released(series, frame, self._release.delay, settle)

    def read_anew(self, series: Series) -> pd.DataFrame | None:
        """
        As `read`, for who fetches what is missing: a file in a form that says too little is set
        aside, and so is fetched from its beginning.

        :param series: which file
        """
        with suppress(OutdatedError):
            return self.read(series)
        with self._locked():
            try:  # another process may have been here
                return self.read(series)
            except OutdatedError as error:
                aside = self._set_aside(series)
                logger.warning("%s It is kept as %s, and fetched anew.", error, aside.name)
                return None

    def set_aside(self, series: Series) -> Path:
        """
        Rename a file, and its revisions, so that no reader takes it for a series.

        :param series: which file; it exists
        :return: where it is now: BTC-1h.feather.old, .old2 where that is taken, and so on
        """
        with self._locked():
            return self._set_aside(series)

    def _set_aside(self, series: Series) -> Path:
        path = series.path(self.root)
        number, ending = 1, ".old"
        while path.with_name(path.name + ending).exists():
            number += 1
            ending = f".old{number}"
        revised = beside(path)
        if revised.exists():
            revised.replace(revised.with_name(revised.name + ending))
        return path.replace(path.with_name(path.name + ending))

    def notes(self, series: Series) -> tuple[int, int]:
        """
        :param series: which file
        :return: as `_Notes`: revisions, twice
        """
        notes = self._notes(series, self._table(series))
        return notes.revisions, notes.twice

    def revisions(self, series: Series) -> int:
        """
        :param series: which file
        :return: how often rows came again with another value
        """
        kept = self.revised.read(series)
        return self.notes(series)[0] + (0 if kept is None else count(kept))

    def live_since(self, series: Series) -> pd.Timestamp | None:
        """
        :param series: which file
        :return: when a bot first fetched it live, tz-aware; None for never. What it gets behind
            the rows that were there then counts as recorded
        """
        since = self._notes(series, self._table(series)).live_since
        return None if since is None else pd.Timestamp(since, unit="ms", tz="UTC")

    def add(
        self,
        series: Series,
        new: pd.DataFrame,
        *,
        live_since: pd.Timestamp | None = None,
        whole: bool = False,
        twice: Collection[pd.Timestamp] = (),
        seen: pd.Timestamp | None = None,
        timeout: float = PATIENCE,
    ) -> rowlib.Merged:
        """
        Join rows to a file; a row first seen stays, revisions are kept beside it.

        :param series: which file
        :param new: rows from `rows.downloaded` or `rows.recorded`
        :param live_since: when a bot fetched it live; the first such moment is kept
        :param whole: these are all the rows there are: see `rows.merge_whole`
        :param twice: times that came more than once in one answer
        :param seen: when they came, tz-aware; now, where it is not known
        :param timeout: seconds to wait for the store's lock
        :raises LockedError: where another process holds it for longer
        """
        with self._locked(timeout):
            table = self._table(series)
            held, notes = self._frame(series, table), self._notes(series, table)
            merged = (rowlib.merge_whole if whole else rowlib.merge)(held, new)
            first = live_since is not None and notes.live_since is None
            other = held is not None and len(merged.rows) != len(held)
            if merged.added or merged.late or other or (first and held is not None):
                known = () if held is None or not twice else held["time"]
                notes.twice += int(new["time"].isin(set(twice).difference(known)).sum())
                if first and live_since is not None:
                    notes.live_since = to_ms(live_since)
                self._replace(series, merged.rows, notes)
            self.revised.keep(series, merged.revisions, seen)
        return merged

    def refresh(
        self,
        series: Series,
        new: pd.DataFrame,
        *,
        twice: Collection[pd.Timestamp] = (),
        seen: pd.Timestamp | None = None,
    ) -> None:
        """
        Replace a file's downloaded rows where there are new ones; recorded ones stay.

        :param series: which file
        :param new: rows from `rows.downloaded`
        :param twice: as in `add`
        :param seen: as in `add`
        """
        with self._locked():
            table = self._table(series)
            old, notes = self._frame(series, table), self._notes(series, table)
            rows = new if old is None else rowlib.replace_downloaded(old, new)
            notes.twice = max(notes.twice, int(new["time"].isin(list(twice)).sum()))
            self._replace(series, rows, notes)
            if old is not None:
                self.revised.keep(series, differing(old, new), seen)

    def fingerprint(self) -> str:
        """A hash that changes when any file of the store is written anew, added or removed."""
        digest = hashlib.sha256()
        for series in self.series():
            digest.update(f"{series}|{self.version(series)}\n".encode())
        return digest.hexdigest()

    def version(self, series: Series) -> Version | None:
        """
        :param series: which file
        :return: changes whenever the file is replaced; None where there is no file
        """
        return version_of(series.path(self.root))

    def _table(self, series: Series) -> pa.Table | None:
        path = series.path(self.root)
        if not path.exists():
            return None
        try:
            return feather.read_table(path, memory_map=False)
        except (pa.ArrowException, OSError) as error:
            raise self._unusable(series, error) from None

    def _unusable(self, series: Series, why: Exception) -> StoreError:
        if isinstance(why, OutdatedError):
            return OutdatedError(
                f"{series.path(self.root)} is out of date: {why}. vectra-freqtrade download-data "
                f"(dataset {series.dataset}) fetches it anew and keeps this one beside it."
            )
        return StoreError(
            f"{series.path(self.root)} can't be used: {why}. It was left as it is. Move it away "
            f"and fetch it again: vectra-freqtrade download-data (dataset {series.dataset}, "
            f"symbol {series.symbol}, interval {series.interval})."
        )

    @contextmanager
    def _locked(self, timeout: float = PATIENCE) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with locked(self.root / ".lock", timeout):
            yield

    def _notes(self, series: Series, table: pa.Table | None) -> _Notes:
        meta = (table.schema.metadata or {}) if table is not None else {}
        try:
            told = json.loads(meta.get(_META, b"{}"))
            revisions, twice = (int(told.get(name, 0)) for name in ("revisions", "twice"))
            return _Notes(revisions, told.get("live_since"), told.get("source"), twice)
        except (ValueError, TypeError, AttributeError):
            raise self._unusable(series, StoreError("its notes can't be read")) from None

    def _replace(self, series: Series, frame: pd.DataFrame, notes: _Notes) -> None:
        """Under the lock: whatever temporary file lies there was left by a killed process."""
        rowlib.check(series, frame)
        notes.source = series.source or notes.source
        path = series.path(self.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        for stale in path.parent.glob(f"*{TMP}"):
            stale.unlink()
        # By itself it starts a pool of threads, each time; a live bot writes hundreds of files.
        table = pa.Table.from_pandas(frame, preserve_index=False, nthreads=1)
        meta = {**(table.schema.metadata or {}), _META: json.dumps(asdict(notes))}
        replace_table(path, table.replace_schema_metadata(meta))
