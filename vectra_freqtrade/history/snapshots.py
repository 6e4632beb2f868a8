"""
Snapshots of resting liquidation levels: `{store}/{dataset}/{SYMBOL}/{day}.feather`.

One row per level: time (when it was fetched, which is also when it is known), price, usd. A
snapshot without levels is one row with a NaN price. There is no history of snapshots to download:
what was not recorded is gone.
"""

from datetime import datetime
from pathlib import Path

import pandas as pd

from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.files import PATIENCE, locked
from vectra_freqtrade.history.arrays import TIME_DTYPE
from vectra_freqtrade.history.layout import SUFFIX
from vectra_freqtrade.history.tables import read_table, replace_table, table_of

COLUMNS = ("available_at", "price", "usd")


class Snapshots:
    """The snapshots of the store below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def add(
        self,
        dataset: str,
        symbol: str,
        taken: datetime,
        levels: pd.DataFrame,
        *,
        timeout: float = PATIENCE,
    ) -> None:
        """
        Keep a snapshot of a coin's price and usd, taken then (tz-aware); one that is not newer than
        the last one of its day is left out.

        :raises StoreError: where the day's file is broken; it is left as it is
        """
        moment = pd.Timestamp(taken).as_unit("ms")
        path = self._root / dataset / symbol / f"{moment:%Y-%m-%d}{SUFFIX}"
        path.parent.mkdir(parents=True, exist_ok=True)
        snapshot = snapshot_rows(moment, levels)
        with locked(self._root / ".lock", timeout):
            held = _read(path)
            if held is not None:
                if not held.empty and held["available_at"].iloc[-1] >= moment:
                    return
                snapshot = pd.concat([held, snapshot], ignore_index=True)
            replace_table(path, table_of(snapshot))

    def read(
        self, dataset: str, symbol: str, start: datetime | None = None, end: datetime | None = None
    ) -> pd.DataFrame:
        """
        :param start: no snapshot taken before, tz-aware
        :param end: none taken after
        :return: available_at (datetime64[ms, UTC]), price, usd; sorted by available_at
        :raises StoreError: where a file is broken
        """
        parts = [
            _read(path)
            for path in self.days(dataset, symbol)
            if (start is None or path.name[:10] >= f"{start:%Y-%m-%d}")
            and (end is None or path.name[:10] <= f"{end:%Y-%m-%d}")
        ]
        if not any(part is not None for part in parts):
            return _empty()
        frame = pd.concat(parts, ignore_index=True)
        if start is not None:
            frame = frame[frame["available_at"] >= start]
        if end is not None:
            frame = frame[frame["available_at"] <= end]
        return frame.reset_index(drop=True)

    def days(self, dataset: str, symbol: str) -> list[Path]:
        return sorted((self._root / dataset / symbol).glob(f"[0-9]*{SUFFIX}"))

    def symbols(self, dataset: str) -> list[str]:
        folders = (self._root / dataset).glob("*/")
        return sorted(folder.name for folder in folders if any(folder.glob(f"*{SUFFIX}")))


def snapshot_rows(taken: pd.Timestamp, levels: pd.DataFrame | None) -> pd.DataFrame:
    """
    :param taken: when it was fetched, tz-aware, whole milliseconds
    :param levels: price and usd, None for no snapshot
    :return: COLUMNS; a snapshot without levels is one row of NaN
    """
    if levels is None:
        return _empty()
    rows = levels[["price", "usd"]].astype("float64").reset_index(drop=True)
    if rows.empty:
        rows = pd.DataFrame({"price": [float("nan")], "usd": [float("nan")]})
    rows.insert(0, "available_at", pd.Series(taken, index=rows.index, dtype=TIME_DTYPE))
    return rows


def _empty() -> pd.DataFrame:
    types = dict(zip(COLUMNS, (TIME_DTYPE, "float64", "float64"), strict=True))
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in types.items()})


def _read(path: Path) -> pd.DataFrame | None:
    table = read_table(path)
    if table is None:
        return None
    frame: pd.DataFrame = table.to_pandas(use_threads=False)
    if tuple(frame.columns) != COLUMNS or str(frame["available_at"].dtype) != TIME_DTYPE:
        raise StoreError(f"{path} holds no snapshots of levels. It was left as it is.")
    return frame
