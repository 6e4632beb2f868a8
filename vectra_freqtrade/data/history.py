"""The one door strategies read through: native rows as far as they may be known, and no further."""

import hashlib
import logging
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from vectra_freqtrade.announcer import Announcer
from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.errors import OutdatedError
from vectra_freqtrade.files import Version, version_of
from vectra_freqtrade.history.layout import SUFFIX, Series
from vectra_freqtrade.history.orders import Orders, orders_known_at
from vectra_freqtrade.history.rows import empty_rows, usable
from vectra_freqtrade.history.snapshots import Snapshots
from vectra_freqtrade.history.store import Store

#: Where files without an interval lie below their dataset's folder.
_PATTERNS = {Kind.ORDERS: f"*{SUFFIX}", Kind.LEVELS: f"*/*{SUFFIX}"}


logger = logging.getLogger(__name__)


class Provider(Protocol):
    """Native frames, the same from history and from a live feed."""

    def rows(self, series: Series, as_of: pd.Timestamp) -> pd.DataFrame:
        """
        :param series: dataset, symbol and interval
        :param as_of: the last decision time of the frame they will be used with, tz-aware
        :return: columns time, available_at (datetime64[ms, UTC]), of a whole history spacing
            (timedelta64[ms]), and the dataset's values; sorted, available_at never NaT, never
            later than as_of; empty where nothing is known
        """
        ...

    def orders(self, symbol: str, as_of: pd.Timestamp) -> pd.DataFrame | None:
        """
        :param symbol: exchange and instrument
        :param as_of: the last decision time
        :return: large orders as `history.orders` describes, ends that were not known by then NaT;
            None where there is no file
        """
        ...

    def snapshots(
        self, dataset: str, symbol: str, since: pd.Timestamp, as_of: pd.Timestamp
    ) -> pd.DataFrame | None:
        """
        :param dataset: liquidation_heatmap or liquidation_map
        :param symbol: coin
        :param since: older snapshots are of no use, tz-aware
        :param as_of: as in `rows`
        :return: available_at, price, usd of the snapshots in between; None where there are none
        """
        ...


class HistoryProvider:
    """Reads the store. A file is kept in memory until it is replaced on disk."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._announcer = Announcer(logger)
        self._orders, self._snapshots = Orders(store.root), Snapshots(store.root)
        self._held: dict[Series, tuple[Version, pd.DataFrame]] = {}
        self._held_orders: dict[str, tuple[Version, pd.DataFrame]] = {}

    def rows(self, series: Series, as_of: pd.Timestamp) -> pd.DataFrame:
        """:raises StoreError: where the file is broken or foreign"""
        frame = self._released(series)
        known = frame["available_at"].searchsorted(as_of, side="right")
        return frame.iloc[: int(known)]

    def orders(self, symbol: str, as_of: pd.Timestamp) -> pd.DataFrame | None:
        version = version_of(self._orders.path(symbol))
        if version is None:
            return None
        held = self._held_orders.get(symbol)
        if held is None or held[0] != version:
            orders = self._orders.read(symbol)
            if orders is None:  # removed since
                return None
            held = self._held_orders[symbol] = (version, orders)
        return orders_known_at(held[1], as_of)

    def snapshots(
        self, dataset: str, symbol: str, since: pd.Timestamp, as_of: pd.Timestamp
    ) -> pd.DataFrame | None:
        snapshots = self._snapshots.read(dataset, symbol, since, as_of)
        return None if snapshots.empty else snapshots

    def _released(self, series: Series) -> pd.DataFrame:
        version = self.store.version(series)
        if version is None:
            return empty_rows(series)
        held = self._held.get(series)
        if held is None or held[0] != version:
            frame = self._read(series)
            if frame is None:
                return empty_rows(series)
            held = self._held[series] = (version, usable(frame))
        return held[1]

    def _read(self, series: Series) -> pd.DataFrame | None:
        """A file that is out of date is no data: a backtest of the rest is of use all the same."""
        try:
            return self.store.read(series)
        except OutdatedError as error:
            self._announcer.say(series, "%s Until then its columns are empty.", error)
            return None

    def __getstate__(self) -> dict[str, Any]:
        """Hyperopt's workers read the files themselves rather than receive them pickled."""
        return self.__dict__ | {"_held": {}, "_held_orders": {}}


def events_fingerprint(root: Path) -> str:
    """Changes when a file of orders or snapshots is written anew, added or removed."""
    digest = hashlib.sha256()
    for dataset in DATASETS.values():
        if pattern := _PATTERNS.get(dataset.kind):
            for path in sorted((root / dataset.name).glob(pattern)):
                digest.update(f"{path.relative_to(root)}|{version_of(path)}\n".encode())
    return digest.hexdigest()
