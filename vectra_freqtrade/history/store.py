"""
The history store on disk: feather files, read whole, replaced atomically under one lock.

A file is readable with one `pd.read_feather`. A kill at any moment leaves the old file or the new
one, never a broken one.
"""

import hashlib
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
from filelock import FileLock
from pyarrow import feather

from vectra_freqtrade.coinglass.catalogue import Dataset
from vectra_freqtrade.coinglass.coin_book import CoinBook
from vectra_freqtrade.coinglass.coin_names import CoinNames
from vectra_freqtrade.coinglass.made_of import MadeOf
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history import aside
from vectra_freqtrade.history import rows as rowlib
from vectra_freqtrade.history.layout import SUFFIX, Series, parse_path
from vectra_freqtrade.history.notes import Notes

logger = logging.getLogger(__name__)

#: Folder of a store that holds no history.
STATE = ".client"
_META = b"vectra"
_TMP = ".tmp"


class Store:
    """
    One folder of series.

    :param root: made on the first write
    :param sources: what each series is made of, as far as known; None: no file is looked at for it
    """

    def __init__(
        self, root: Path, sources: Callable[[Dataset, str], MadeOf | None] | None = None
    ) -> None:
        self.root = root
        self._sources = sources
        self._book = CoinBook(self.state_dir)

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
            source = self._notes(series, table).source if series.source else None
            if source not in (None, series.source):
                raise StoreError(f"it holds {source}, the settings want {series.source}")
        except (StoreError, pa.ArrowException, ValueError) as error:
            raise self._unusable(series, str(error)) from None
        made_of = self._made_of(series, table)
        if differs := aside.difference(series, made_of, self._wanted(series)):
            raise StoreError(
                f"{series.path(self.root)}: {differs}. Fetch it anew, the old file is kept aside: "
                f"{aside.command(series)}."
            )
        return frame

    def made_of(self, series: Series) -> MadeOf | None:
        """
        :param series: which file
        :return: what it says that its rows are made of; None where it does not, or is not there
        """
        return self._made_of(series, self._table(series))

    def renew(self, series: Series, made_of: MadeOf | None = None) -> Path | None:
        """
        Set a file aside that is made of something else than the series is to be made of.

        :param series: which file
        :param made_of: what it is to be made of; None for what `sources` says
        :return: where it lies now, None where it stays
        """
        if self.version(series) is None:
            return None
        with self._locked():
            table, wanted = self._table(series), made_of or self._wanted(series)
            if table is None:
                return None
            differs = aside.difference(series, self._made_of(series, table), wanted)
            return self.set_aside(series) if differs else None

    def set_aside(self, series: Series) -> Path:
        """Under the lock: rename a file so that nobody takes it for a series; where it lies now."""
        return aside.set_aside(series.path(self.root))

    def revisions(self, series: Series) -> int:
        """
        :param series: which file
        :return: how many rows the vendor sent again with another value
        """
        return self._notes(series, self._table(series)).revisions

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
        made_of: MadeOf | None = None,
    ) -> rowlib.Merged:
        """
        Join rows to a file; a row first seen stays, revisions are counted.

        :param series: which file
        :param new: rows from `rows.downloaded` or `rows.recorded`
        :param live_since: when a bot fetched it live; the first such moment is kept
        :param made_of: what the rows are made of; None for what `sources` says. A file of
            something else is set aside
        """
        with self._locked():
            table = self._own_table(series, made_of)
            held, notes = self._frame(series, table), self._notes(series, table)
            merged = rowlib.merge(held, new)
            first = live_since is not None and notes.live_since is None
            self._note(notes, series, made_of)
            changed = merged.added or merged.late or merged.revised
            if changed or (first and held is not None):
                notes.revisions += merged.revised
                if first and live_since is not None:
                    notes.live_since = int(live_since.timestamp() * 1000)
                self._replace(series, merged.rows, notes)
        return merged

    def refresh(self, series: Series, new: pd.DataFrame, *, made_of: MadeOf | None = None) -> None:
        """
        Replace a file's downloaded rows where there are new ones; recorded ones stay.

        :param series: which file
        :param new: rows from `rows.downloaded`
        :param made_of: as in `add`
        """
        with self._locked():
            table = self._own_table(series, made_of)
            old, notes = self._frame(series, table), self._notes(series, table)
            self._note(notes, series, made_of)
            rows = new if old is None else rowlib.replace_downloaded(old, new)
            self._replace(series, rows, notes)

    def fingerprint(self) -> str:
        """A hash that changes when any file of the store is written anew, added or removed."""
        digest = hashlib.sha256()
        for series in self.series():
            digest.update(f"{series}|{self.version(series)}\n".encode())
        return digest.hexdigest()

    def version(self, series: Series) -> tuple[int, int, int] | None:
        """
        :param series: which file
        :return: changes whenever the file is replaced; None where there is no file
        """
        try:
            stat = series.path(self.root).stat()
        except FileNotFoundError:
            return None
        # The inode too: two writes may fall into one tick of the clock.
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    def _table(self, series: Series) -> pa.Table | None:
        path = series.path(self.root)
        if not path.exists():
            return None
        try:
            return feather.read_table(path, memory_map=False)
        except (pa.ArrowException, OSError) as error:
            raise self._unusable(series, str(error)) from None

    def _own_table(self, series: Series, made_of: MadeOf | None) -> pa.Table | None:
        """Under the lock: what the file holds, if it is made of what is written to it."""
        table, wanted = self._table(series), made_of or self._wanted(series)
        if table is None or not aside.difference(series, self._made_of(series, table), wanted):
            return table
        logger.info("%s is now made of %s; the old file is kept aside.", series, wanted)
        self.set_aside(series)
        return None

    def _made_of(self, series: Series, table: pa.Table | None) -> MadeOf | None:
        try:
            return aside.made_of(self._notes(series, table).made_of)
        except StoreError as error:
            raise self._unusable(series, str(error)) from None

    def _wanted(self, series: Series) -> MadeOf | None:
        return None if self._sources is None else self._sources(series.spec, series.symbol)

    def _note(self, notes: Notes, series: Series, made_of: MadeOf | None) -> None:
        wanted = made_of or self._wanted(series)
        if wanted is not None and wanted.names is not None:
            notes.made_of = wanted.json()

    def _unusable(self, series: Series, why: str) -> StoreError:
        return StoreError(
            f"{series.path(self.root)} can't be used: {why}. It was left as it is. Move it away "
            f"and fetch it again: {aside.command(series)}."
        )

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / ".lock"):
            yield

    def _notes(self, series: Series, table: pa.Table | None) -> Notes:
        meta = (table.schema.metadata or {}) if table is not None else {}
        try:
            return Notes.of(meta.get(_META, b"{}"))
        except (ValueError, TypeError, AttributeError):
            raise self._unusable(series, "its notes can't be read") from None

    def _replace(self, series: Series, frame: pd.DataFrame, notes: Notes) -> None:
        """Under the lock: whatever temporary file lies there was left by a killed process."""
        rowlib.check(series, frame)
        notes.source = series.source or notes.source
        path = series.path(self.root)
        path.parent.mkdir(parents=True, exist_ok=True)
        for stale in path.parent.glob(f"*{_TMP}"):
            stale.unlink()
        # By itself it starts a pool of threads, each time; a live bot writes hundreds of files.
        table = pa.Table.from_pandas(frame, preserve_index=False, nthreads=1)
        meta = {**(table.schema.metadata or {}), _META: notes.json()}
        atomic_write(
            path,
            lambda target: feather.write_feather(
                table.replace_schema_metadata(meta), target, compression="lz4"
            ),
        )


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """
    :param path: the file to replace; its folder exists
    :param write: writes the whole content to the path it is given
    :raises OSError: naming the file, which is as it was
    """
    temporary = path.with_name(f".{path.name}{_TMP}")
    try:
        write(temporary)
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        # A full disk gets its space back, and the one who reads of it learns where.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OSError(error.errno or 0, error.strerror or str(error), str(path)) from None
