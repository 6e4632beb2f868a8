"""The files of revisions, which lie beside the series' own and are written under the same lock."""

import logging
from pathlib import Path
from typing import Final

import pandas as pd

from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.revisions import beside, check, joined
from vectra_freqtrade.history.tables import read_table, replace_table, table_of, unusable

logger = logging.getLogger(__name__)

_FIX: Final = (
    "No revision is added to it, and nothing else needs it. Move it away to begin a new one."
)


class Revised:
    """Of the store below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._said: set[Path] = set()

    def read(self, series: Series) -> pd.DataFrame | None:
        """
        As `history.revisions` describes; None where there are none.

        :raises StoreError: where the file can't be read; it is left as it is
        """
        path = beside(series.path(self._root))
        table = read_table(path, _FIX)
        try:
            return None if table is None else check(table.to_pandas(use_threads=False))
        except (StoreError, ValueError) as error:
            raise unusable(path, error, _FIX) from None

    def keep(self, series: Series, found: pd.DataFrame | None, seen: pd.Timestamp | None) -> None:
        """
        Under the store's lock: add what is new of it. Rows are written whatever is wrong here.
        """
        if found is None or found.empty:
            return
        path = beside(series.path(self._root))
        try:
            kept = self.read(series)
            whole = joined(kept, found, seen or pd.Timestamp.now("UTC"))
            if kept is None or len(whole) > len(kept):
                replace_table(path, table_of(whole))
        except (StoreError, OSError) as error:
            if path not in self._said:
                self._said.add(path)
                logger.warning("Revisions of %s are not kept: %s", series, error)
