"""
What has no interval, on disk: large orders, and pictures of liquidation levels.

    {store}/large_orders/{SYMBOL}.feather              orders (`history.orders`)
    {store}/{dataset}/{SYMBOL}/{YYYY-MM-DD}.feather    pictures of that day, reduced to levels

A picture's rows: available_at (datetime64[ms, UTC], when it was fetched, the same for all of
its levels), price and usd (float64); sorted by available_at. A picture without levels is one row
with NaN. Files are replaced atomically under the store's lock, like those of `history.store`.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
from filelock import FileLock
from pyarrow import feather

from vectra_freqtrade.coinglass.catalogue import DATASETS, Kind
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.layout import SUFFIX
from vectra_freqtrade.history.orders import (
    MergedOrders,
    check_orders,
    merge_orders,
)
from vectra_freqtrade.history.rows import TIME_DTYPE
from vectra_freqtrade.history.store import atomic_write

_ORDERS = "large_orders"
_PICTURE = {"available_at": TIME_DTYPE, "price": "float64", "usd": "float64"}

#: Changes whenever a file is replaced.
Version = tuple[int, int, int]


class EventStore:
    """
    The part of the store that has no interval.

    :param root: the store's folder, made on the first write
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def orders_path(self, symbol: str) -> Path:
        """
        :param symbol: exchange and instrument
        :return: the file of its large orders
        """
        return self.root / _ORDERS / f"{symbol}{SUFFIX}"

    def picture_paths(self, dataset: str, symbol: str) -> list[Path]:
        """
        :param dataset: liquidation_heatmap or liquidation_map
        :param symbol: coin
        :return: its daily files, oldest first
        """
        return sorted((self.root / dataset / symbol).glob(f"????-??-??{SUFFIX}"))

    def read_orders(self, symbol: str) -> pd.DataFrame | None:
        """
        :param symbol: exchange and instrument
        :return: orders as `history.orders` describes, None where there is no file
        :raises StoreError: where the file is broken or not ours; it is left as it is
        """
        path = self.orders_path(symbol)
        if not path.exists():
            return None
        frame = _read(path)
        try:
            check_orders(frame)
        except StoreError as error:
            raise _unusable(path, str(error)) from None
        return frame

    def add_orders(self, symbol: str, new: pd.DataFrame) -> MergedOrders:
        """
        Join orders to a file.

        :param symbol: exchange and instrument
        :param new: from `downloaded_orders` or `recorded_orders`
        """
        with self._locked():
            merged = merge_orders(self.read_orders(symbol), new)
            if merged.added or merged.ended or merged.late:
                check_orders(merged.orders)
                _write(self.orders_path(symbol), merged.orders)
        return merged

    def read_pictures(self, path: Path) -> pd.DataFrame:
        """
        :param path: one of `picture_paths`
        :return: available_at, price, usd
        :raises StoreError: where the file is broken or not ours; it is left as it is
        """
        frame = _read(path)
        found = {str(name): str(dtype) for name, dtype in frame.dtypes.items()}
        if found != _PICTURE:
            raise _unusable(path, f"expected the columns {', '.join(_PICTURE)}")
        if not frame["available_at"].is_monotonic_increasing:
            raise _unusable(path, "its pictures are not sorted by time")
        return frame

    def add_picture(
        self, dataset: str, symbol: str, levels: pd.DataFrame, taken_at: pd.Timestamp
    ) -> bool:
        """
        Keep a picture; what was kept before stays, and nothing is put before it.

        :param dataset: liquidation_heatmap or liquidation_map
        :param symbol: coin
        :param levels: price, usd; may be empty
        :param taken_at: when it was fetched, tz-aware
        :return: whether it was newer than the day's last one, and so was kept
        """
        levels = levels if len(levels) else pd.DataFrame({"price": [float("nan")], "usd": None})
        taken = pd.Series(taken_at, index=levels.index, dtype=TIME_DTYPE)
        rows = pd.DataFrame({"available_at": taken, "price": levels["price"], "usd": levels["usd"]})
        rows = rows.astype(_PICTURE)
        path = self.root / dataset / symbol / f"{taken_at.tz_convert('UTC'):%Y-%m-%d}{SUFFIX}"
        with self._locked():
            if path.exists():
                old = self.read_pictures(path)
                if old["available_at"].iloc[-1] >= rows["available_at"].iloc[0]:
                    return False
                rows = pd.concat([old, rows], ignore_index=True)
            _write(path, rows)
        return True

    def version(self, path: Path) -> Version | None:
        """
        :param path: a file of this store
        :return: changes whenever it is replaced; None where it is not there
        """
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino

    def fingerprint(self) -> str:
        """A hash that changes when any of these files is written anew, added or removed."""
        digest = hashlib.sha256()
        for dataset in DATASETS.values():
            pattern = {Kind.ORDERS: f"*{SUFFIX}", Kind.LEVELS: f"*/*{SUFFIX}"}.get(dataset.kind)
            for path in sorted((self.root / dataset.name).glob(pattern)) if pattern else ():
                name = path.relative_to(self.root)
                digest.update(f"{name}|{self.version(path)}\n".encode())
        return digest.hexdigest()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with FileLock(self.root / ".lock"):
            yield


def _read(path: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = feather.read_table(path, memory_map=False).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _unusable(path, str(error)) from None
    return frame


def _write(path: Path, frame: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    atomic_write(path, lambda target: feather.write_feather(table, target, compression="lz4"))


def _unusable(path: Path, why: str) -> StoreError:
    return StoreError(f"{path} can't be used: {why}. It was left as it is. Move it away.")
