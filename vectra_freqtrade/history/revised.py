"""The files of revisions, which lie beside the series' own and are written under the same lock."""

import logging
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import feather

from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.revisions import beside, check, joined
from vectra_freqtrade.history.tables import replace_table

logger = logging.getLogger(__name__)


class Revised:
    """
    :param root: of the store
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._said: set[Path] = set()

    def read(self, series: Series) -> pd.DataFrame | None:
        """
        :param series: whose
        :return: as `vectra_freqtrade.history.revisions` describes; None where there are none
        :raises StoreError: where the file can't be read; it is left as it is
        """
        path = beside(series.path(self._root))
        if not path.exists():
            return None
        try:
            table = feather.read_table(path, memory_map=False)
            return check(table.to_pandas(use_threads=False))
        except (StoreError, pa.ArrowException, OSError, ValueError) as error:
            raise StoreError(
                f"{path} can't be used: {error}. It was left as it is, and no revision is added to "
                "it; nothing else needs it. Move it away to begin a new one."
            ) from None

    def keep(self, series: Series, found: pd.DataFrame | None, seen: pd.Timestamp | None) -> None:
        """
        Add what is new of it; under the store's lock. Rows are written whatever is wrong here.

        :param series: whose
        :param found: of `revisions.differing`
        :param seen: when it came, tz-aware; None for now
        """
        if found is None or found.empty:
            return
        path = beside(series.path(self._root))
        try:
            kept = self.read(series)
            whole = joined(kept, found, seen or pd.Timestamp.now("UTC"))
            if kept is None or len(whole) > len(kept):
                table = pa.Table.from_pandas(whole, preserve_index=False, nthreads=1)
                replace_table(path, table)
        except (StoreError, OSError) as error:
            if path not in self._said:
                self._said.add(path)
                logger.warning("Revisions of %s are not kept: %s", series, error)
