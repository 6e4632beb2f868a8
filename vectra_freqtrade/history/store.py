"""
The history store on disk: feather files, read whole, replaced atomically under one lock.

A file is readable with one `pd.read_feather`. A kill at any moment leaves the old file or the new
one, never a broken one. Nothing is ever deleted: what no longer belongs to a series is set aside.
"""

import hashlib
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from vectra_freqtrade.catalogue.coin_names import CoinNames
from vectra_freqtrade.catalogue.datasets import Dataset
from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.errors import OutdatedError, StoreError
from vectra_freqtrade.files import PATIENCE, TMP, Version, locked, version_of
from vectra_freqtrade.history import rows as rowlib
from vectra_freqtrade.history.arrays import arrays_of
from vectra_freqtrade.history.layout import SUFFIX, Series, parse_path
from vectra_freqtrade.history.notes import Notes
from vectra_freqtrade.history.reader import META, Reader
from vectra_freqtrade.history.revised import Revised
from vectra_freqtrade.history.revisions import beside, count, differing
from vectra_freqtrade.history.tables import replace_table, table_of
from vectra_freqtrade.settings.release import Release
from vectra_freqtrade.times import to_ms

logger = logging.getLogger(__name__)

#: Folder of a store that holds no history.
STATE = ".client"


class Store:
    """
    One folder of series.

    :param root: made on the first write
    :param release: by which available_at is made anew whenever rows are read, so that old and new
        ones are judged by the same settings; None: as it was stored
    :param sources: what each series is made of, as far as known; None: no file is looked at for it
    """

    def __init__(
        self,
        root: Path,
        release: Release | None = None,
        sources: Callable[[Dataset, str], MadeOf | None] | None = None,
    ) -> None:
        self.root = root
        self._reader = Reader(root, release, sources)
        self._book = CoinBook(self.state_dir)
        #: What came again with another value; columns never read it.
        self.revised = Revised(root)

    def __repr__(self) -> str:
        return f"Store({str(self.root)!r})"

    @property
    def state_dir(self) -> Path:
        """What processes share that is no history: budgets, plans, what was asked for."""
        return self.root / STATE

    @property
    def names(self) -> CoinNames:
        """What was decided of coins that CoinGlass lists under several names."""
        return self._book.names

    def series(self, dataset: str | None = None) -> list[Series]:
        """What the store holds of one dataset or all, sorted; files of other names are not ours."""
        pattern = f"{dataset or '*'}/*{SUFFIX}"
        found = (parse_path(path) for path in self.root.glob(pattern))
        return sorted(series for series in found if series is not None)

    def read(self, series: Series) -> pd.DataFrame | None:
        """
        :return: rows as `vectra_freqtrade.history.rows` describes, not to be written to; None where
            there is no file
        :raises StoreError: where the file is broken or not ours; it is left as it is
        """
        table = self._reader.table(series)
        return None if table is None else self._reader.rows(series, table)

    def read_anew(self, series: Series) -> pd.DataFrame | None:
        """
        As `read`, for who fetches what is missing: a file in a form that says too little is set
        aside, and so is fetched from its beginning.
        """
        with suppress(OutdatedError):
            return self.read(series)
        with self._locked():
            try:  # another process may have been here
                return self.read(series)
            except OutdatedError as error:
                kept = _set_aside(series.path(self.root))
                logger.warning("%s It is kept as %s, and fetched anew.", error, kept.name)
                return None

    def notes(self, series: Series) -> Notes:
        """What a file tells beside its rows."""
        return self._reader.notes(series)

    def made_of(self, series: Series) -> MadeOf | None:
        """What a file says that its rows are made of; None where it does not, or is not there."""
        return self.notes(series).made_of

    def revisions(self, series: Series) -> int:
        """How often rows came again with another value."""
        kept = self.revised.read(series)
        return self.notes(series).revisions + (0 if kept is None else count(kept))

    def live_since(self, series: Series) -> pd.Timestamp | None:
        """
        When a bot first fetched a file live, tz-aware; None for never. What it gets behind the rows
        that were there then counts as recorded.
        """
        since = self.notes(series).live_since
        return None if since is None else pd.Timestamp(since, unit="ms", tz="UTC")

    def renew(self, series: Series, made_of: MadeOf | None = None) -> Path | None:
        """
        Set a file aside that is made of something else than the series is to be made of, which is
        what `sources` says where `made_of` doesn't.

        :return: where it lies now, None where it stays
        """
        if not self._differs(series, made_of):  # mostly: no lock is waited for
            return None
        with self._locked():
            differs = self._differs(series, made_of)
            return _set_aside(series.path(self.root)) if differs else None

    def _differs(self, series: Series, made_of: MadeOf | None) -> bool:
        there = series.path(self.root).exists()
        return there and bool(self._reader.difference(series, self.notes(series), made_of))

    def add(
        self,
        series: Series,
        new: pd.DataFrame,
        *,
        live_since: pd.Timestamp | None = None,
        whole: bool = False,
        twice: Collection[pd.Timestamp] = (),
        seen: pd.Timestamp | None = None,
        made_of: MadeOf | None = None,
        timeout: float = PATIENCE,
    ) -> rowlib.Merged:
        """
        Join rows to a file; a row first seen stays, revisions are kept beside it.

        :param new: rows from `rows.downloaded` or `rows.recorded`
        :param live_since: when a bot fetched it live; the first such moment is kept
        :param whole: these are all the rows there are: see `rows.merge_whole`
        :param twice: times that came more than once in one answer
        :param seen: when they came, tz-aware; now, where it is not known
        :param made_of: what the rows are made of; None for what `sources` says. A file of
            something else is set aside
        :raises LockedError: where another process holds it for longer
        """
        with self._locked(timeout):
            held, notes = self._own(series, made_of)
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
        made_of: MadeOf | None = None,
    ) -> None:
        """Replace a file's downloaded rows where there are new ones; recorded ones stay."""
        with self._locked():
            old, notes = self._own(series, made_of)
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
        """Changes whenever the file is replaced; None where there is no file."""
        return version_of(series.path(self.root))

    def _own(self, series: Series, made_of: MadeOf | None) -> tuple[pd.DataFrame | None, Notes]:
        """
        Under the lock: rows and notes of the file, if it is made of what is written to it.

        :raises StoreError: where it is of another exchange_list. Names change for all processes
            alike; two lists are two users of one store, who would set aside each other's rows
        """
        path, table = series.path(self.root), self._reader.table(series)
        notes = Notes() if table is None else self._reader.notes(series, table)
        wanted = self._reader.wanted(series, made_of)
        differs = self._reader.difference(series, notes, wanted) if table is not None else ""
        if differs and wanted is not None:
            if not wanted.same_list(notes.made_of):
                raise StoreError(
                    f"{path}: {differs}. Another process uses this store with its own "
                    "exchange_list: give each list a coinglass.store_dir of its own."
                )
            kept = _set_aside(path)
            logger.info("%s is now made of %s; the old file is %s.", series, wanted, kept.name)
            table, notes = None, Notes()
        if wanted is not None and wanted.names is not None:
            notes.made_of = wanted
        return (None if table is None else self._reader.rows(series, table)), notes

    @contextmanager
    def _locked(self, timeout: float = PATIENCE) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with locked(self.root / ".lock", timeout):
            yield

    def _replace(self, series: Series, frame: pd.DataFrame, notes: Notes) -> None:
        """Under the lock: whatever temporary file lies there was left by a killed process."""
        notes.source = series.source or notes.source
        table = table_of(frame, {META: notes.json()})
        arrays_of(series, table)  # what can't be read is not written
        path = series.path(self.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        for stale in path.parent.glob(f"*{TMP}"):
            stale.unlink()
        replace_table(path, table)


def _set_aside(path: Path) -> Path:
    """Under the lock: rename a file, and its revisions, so that no reader takes it for a series."""
    number, ending = 1, ".old"
    while path.with_name(path.name + ending).exists():
        number += 1
        ending = f".old{number}"
    revised = beside(path)
    if revised.exists():
        revised.replace(revised.with_name(revised.name + ending))
    return path.replace(path.with_name(path.name + ending))
