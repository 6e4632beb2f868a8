"""Large orders and pictures of levels out of the store, as far as they may be known."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from vectra_freqtrade.history.event_store import EventStore, Version
from vectra_freqtrade.history.orders import known_orders

_DAY = pd.Timedelta(1, "D")


class EventHistory:
    """
    Reads the store. A file is kept in memory until it is replaced on disk.

    :param store: where the files lie
    """

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self._held: dict[Path, tuple[Version, pd.DataFrame]] = {}

    def orders(self, symbol: str, as_of: pd.Timestamp) -> pd.DataFrame | None:
        """
        :param symbol: exchange and instrument
        :param as_of: the last decision time, tz-aware
        :return: as `feed.provider.Provider.orders`
        """
        path = self.store.orders_path(symbol)
        orders = self._read(path, lambda _: self.store.read_orders(symbol))
        return None if orders is None else known_orders(orders, as_of)

    def pictures(
        self, dataset: str, symbol: str, since: pd.Timestamp, as_of: pd.Timestamp
    ) -> pd.DataFrame | None:
        """
        :param dataset: liquidation_heatmap or liquidation_map
        :param symbol: coin
        :param since: older pictures are of no use, tz-aware
        :param as_of: the last decision time, tz-aware
        :return: as `feed.provider.Provider.pictures`
        """
        days = []
        for path in self.store.picture_paths(dataset, symbol):
            day = pd.Timestamp(path.stem, tz="UTC")
            if day + _DAY <= since or day > as_of:
                continue
            frame = self._read(path, self.store.read_pictures)
            if frame is not None:
                taken = frame["available_at"]
                days.append(frame[(taken >= since) & (taken <= as_of)])
        pictures = pd.concat(days, ignore_index=True) if days else None
        return None if pictures is None or pictures.empty else pictures

    def _read(self, path: Path, read: Callable[[Path], pd.DataFrame | None]) -> pd.DataFrame | None:
        version = self.store.version(path)
        if version is None:
            return None
        held = self._held.get(path)
        if held is None or held[0] != version:
            frame = read(path)
            if frame is None:  # removed since
                return None
            held = self._held[path] = (version, frame)
        return held[1]
