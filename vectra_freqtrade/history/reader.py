"""What the files of a store say. Nothing here writes."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from vectra_freqtrade.catalogue.datasets import Dataset
from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.errors import OutdatedError, StoreError
from vectra_freqtrade.history.arrays import TIMES, SharedTimes, arrays_of, frame_of
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.notes import Notes
from vectra_freqtrade.history.rows import released
from vectra_freqtrade.history.tables import read_metadata, read_table, unusable
from vectra_freqtrade.settings.release import Release

#: Where a file's notes stand in its metadata.
META = b"vectra"


class Reader:
    """
    Rows as the settings want them, or an error that says what to do about the file. Parameters are
    those of `Store`.
    """

    def __init__(
        self,
        root: Path,
        release: Release | None,
        sources: Callable[[Dataset, str], MadeOf | None] | None,
    ) -> None:
        self._root = root
        self._release = release
        self._sources = sources
        self._times = SharedTimes()

    def table(self, series: Series) -> pa.Table | None:
        return read_table(series.path(self._root), _fix(series))

    def notes(self, series: Series, table: pa.Table | None = None) -> Notes:
        """Of the file, without its rows where they are not read anyway."""
        path = series.path(self._root)
        held = read_metadata(path, _fix(series)) if table is None else table.schema.metadata or {}
        try:
            return Notes.of(held.get(META, b"{}"))
        except (ValueError, TypeError, AttributeError, KeyError):
            raise unusable(path, "its notes can't be read", _fix(series)) from None

    def rows(self, series: Series, table: pa.Table) -> pd.DataFrame:
        """
        :raises StoreError: where the table is not the series', or made of something else than the
            settings want
        :raises OutdatedError: where it says too little
        """
        path = series.path(self._root)
        try:
            arrays = arrays_of(series, table)
        except OutdatedError as error:
            raise OutdatedError(
                f"{path} is out of date: {error}. vectra-freqtrade download-data "
                f"(dataset {series.dataset}) fetches it anew and keeps this one beside it."
            ) from None
        except StoreError as error:
            raise unusable(path, error, _fix(series)) from None
        notes = self.notes(series, table)
        if series.source and notes.source not in (None, series.source):
            why = f"it holds {notes.source}, the settings want {series.source}"
            raise unusable(path, why, _fix(series))
        if differs := self.difference(series, notes):
            raise StoreError(
                f"{path}: {differs}. Fetch it anew, the old file is kept aside: {_command(series)}."
            )
        if self._release is not None:
            settle = self._release.intervals(series.dataset)
            arrays["available_at"] = released(series, arrays, self._release.delay, settle)
        for name in TIMES:
            arrays[name] = self._times.share(arrays[name])
        return frame_of(arrays)

    def wanted(self, series: Series, made_of: MadeOf | None = None) -> MadeOf | None:
        """What a series is to be made of: `made_of`, else what the sources say; None for either."""
        if made_of is not None or self._sources is None:
            return made_of
        return self._sources(series.spec, series.symbol)

    def difference(self, series: Series, notes: Notes, made_of: MadeOf | None = None) -> str:
        """Between what a file is made of and what it is to be: a sentence, or "" for none."""
        wanted, held = self.wanted(series, made_of), notes.made_of
        if wanted is None or wanted.accepts(held, series.symbol):
            return ""
        there = str(held or f"{series.symbol} alone, as an earlier version fetched it")
        return f"it is made of {there}, and the series is to be made of {wanted}"


def _fix(series: Series) -> str:
    return f"Move it away and fetch it again: {_command(series)}."


def _command(series: Series) -> str:
    return (
        f"vectra-freqtrade download-data (dataset {series.dataset}, symbol {series.symbol}, "
        f"interval {series.interval})"
    )
