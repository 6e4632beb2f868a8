"""
The history store on disk: feather files, read whole, replaced atomically under one lock.

A file is readable with one `pd.read_feather`. A kill at any moment leaves the old file or the new
one, never a broken one.
"""

import hashlib
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import feather

from vectra_freqtrade.catalogue.coin_names import CoinNames
from vectra_freqtrade.catalogue.datasets import Dataset
from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.errors import OutdatedError, StoreError
from vectra_freqtrade.files import PATIENCE, TMP, Version, locked, version_of
from vectra_freqtrade.history import aside
from vectra_freqtrade.history import rows as rowlib
from vectra_freqtrade.history.layout import SUFFIX, Series, parse_path
from vectra_freqtrade.history.notes import Notes
from vectra_freqtrade.history.revised import Revised
from vectra_freqtrade.history.revisions import count, differing
from vectra_freqtrade.history.tables import replace_table
from vectra_freqtrade.settings.release import Release
from vectra_freqtrade.times import to_ms

logger = logging.getLogger(__name__)

#: Folder of a store that holds no history.
STATE = ".client"
_META = b"vectra"


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
        self._release = release
        self._ownership = aside.Ownership(sources)
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
            notes = self._notes(series, table)
            if series.source and notes.source not in (None, series.source):
                raise StoreError(f"it holds {notes.source}, the settings want {series.source}")
        except (StoreError, pa.ArrowException, ValueError) as error:
            raise self._unusable(series, error) from None
        if differs := self._ownership.difference(series, notes):
            raise StoreError(
                f"{series.path(self.root)}: {differs}. Fetch it anew, the old file is kept aside: "
                f"{aside.command(series)}."
            )
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
                kept = aside.set_aside(series.path(self.root))
                logger.warning("%s It is kept as %s, and fetched anew.", error, kept.name)
                return None

    def notes(self, series: Series) -> Notes:
        """
        :param series: which file
        :return: what it tells beside its rows
        """
        return self._notes(series, self._table(series))

    def made_of(self, series: Series) -> MadeOf | None:
        """
        :param series: which file
        :return: what it says that its rows are made of; None where it does not, or is not there
        """
        return self.notes(series).made_of

    def renew(self, series: Series, made_of: MadeOf | None = None) -> Path | None:
        """
        Set a file aside that is made of something else than the series is to be made of.

        :param series: which file
        :param made_of: what it is to be made of; None for what `sources` says
        :return: where it lies now, None where it stays
        """
        if not self._differs(series, made_of):  # mostly: no lock is waited for
            return None
        with self._locked():
            differs = self._differs(series, made_of)
            return aside.set_aside(series.path(self.root)) if differs else None

    def _differs(self, series: Series, made_of: MadeOf | None) -> bool:
        table = self._table(series)
        return table is not None and self._owned_by_others(series, table, made_of)

    def _owned_by_others(self, series: Series, table: pa.Table, made_of: MadeOf | None) -> bool:
        return bool(self._ownership.difference(series, self._notes(series, table), made_of))

    def set_aside(self, series: Series) -> Path:
        """
        Rename a file, and its revisions, so that no reader takes it for a series.

        :param series: which file; it exists
        :return: where it is now: BTC-1h.feather.old, .old2 where that is taken, and so on
        """
        with self._locked():
            return aside.set_aside(series.path(self.root))

    def revisions(self, series: Series) -> int:
        """
        :param series: which file
        :return: how often rows came again with another value
        """
        kept = self.revised.read(series)
        return self.notes(series).revisions + (0 if kept is None else count(kept))

    def live_since(self, series: Series) -> pd.Timestamp | None:
        """
        :param series: which file
        :return: when a bot first fetched it live, tz-aware; None for never. What it gets behind
            the rows that were there then counts as recorded
        """
        since = self.notes(series).live_since
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
        made_of: MadeOf | None = None,
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
        :param made_of: what the rows are made of; None for what `sources` says. A file of
            something else is set aside
        :param timeout: seconds to wait for the store's lock
        :raises LockedError: where another process holds it for longer
        """
        with self._locked(timeout):
            table = self._own_table(series, made_of)
            held, notes = self._frame(series, table), self._notes(series, table)
            merged = (rowlib.merge_whole if whole else rowlib.merge)(held, new)
            first = live_since is not None and notes.live_since is None
            self._ownership.sign(notes, series, made_of)
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
        """
        Replace a file's downloaded rows where there are new ones; recorded ones stay.

        :param series: which file
        :param new: rows from `rows.downloaded`
        :param twice: as in `add`
        :param seen: as in `add`
        :param made_of: as in `add`
        """
        with self._locked():
            table = self._own_table(series, made_of)
            old, notes = self._frame(series, table), self._notes(series, table)
            self._ownership.sign(notes, series, made_of)
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

    def _own_table(self, series: Series, made_of: MadeOf | None) -> pa.Table | None:
        """
        Under the lock: what the file holds, if it is made of what is written to it.

        :raises StoreError: where it is of another exchange_list. Names change for all processes
            alike; two lists are two users of one store, who would set aside each other's rows
        """
        table = self._table(series)
        if table is None:
            return None
        notes, wanted = self._notes(series, table), self._ownership.wanted(series, made_of)
        differs = self._ownership.difference(series, notes, made_of)
        if not differs or wanted is None:
            return table
        if not wanted.same_list(notes.made_of):
            raise StoreError(
                f"{series.path(self.root)}: {differs}. Another process uses this store with its "
                "own exchange_list: give each list a coinglass.store_dir of its own."
            )
        kept = aside.set_aside(series.path(self.root))
        logger.info("%s is now made of %s; the old file is %s.", series, wanted, kept.name)
        return None

    def _unusable(self, series: Series, why: Exception) -> StoreError:
        if isinstance(why, OutdatedError):
            return OutdatedError(
                f"{series.path(self.root)} is out of date: {why}. vectra-freqtrade download-data "
                f"(dataset {series.dataset}) fetches it anew and keeps this one beside it."
            )
        return StoreError(
            f"{series.path(self.root)} can't be used: {why}. It was left as it is. Move it away "
            f"and fetch it again: {aside.command(series)}."
        )

    @contextmanager
    def _locked(self, timeout: float = PATIENCE) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with locked(self.root / ".lock", timeout):
            yield

    def _notes(self, series: Series, table: pa.Table | None) -> Notes:
        meta = (table.schema.metadata or {}) if table is not None else {}
        try:
            return Notes.of(meta.get(_META, b"{}"))
        except (ValueError, TypeError, AttributeError, KeyError):
            raise self._unusable(series, StoreError("its notes can't be read")) from None

    def _replace(self, series: Series, frame: pd.DataFrame, notes: Notes) -> None:
        """Under the lock: whatever temporary file lies there was left by a killed process."""
        rowlib.check(series, frame)
        notes.source = series.source or notes.source
        path = series.path(self.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        for stale in path.parent.glob(f"*{TMP}"):
            stale.unlink()
        # By itself it starts a pool of threads, each time; a live bot writes hundreds of files.
        table = pa.Table.from_pandas(frame, preserve_index=False, nthreads=1)
        meta = {**(table.schema.metadata or {}), _META: notes.json()}
        replace_table(path, table.replace_schema_metadata(meta))
