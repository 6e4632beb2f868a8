"""Large orders and pictures of levels out of the store, as far as they may be known."""

import hashlib
from pathlib import Path

import pandas as pd

from vectra_freqtrade.coinglass.catalogue import DATASETS, Kind
from vectra_freqtrade.files import Version, version_of
from vectra_freqtrade.history.layout import SUFFIX
from vectra_freqtrade.history.orders import Orders
from vectra_freqtrade.history.snapshots import Snapshots

#: Where files without an interval lie below their dataset's folder.
_PATTERNS = {Kind.ORDERS: f"*{SUFFIX}", Kind.LEVELS: f"*/*{SUFFIX}"}


class EventHistory:
    """
    Reads the part of the store that has no interval.

    :param root: the store's folder
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._orders = Orders(root)
        self._pictures = Snapshots(root)
        self._held: dict[str, tuple[Version, pd.DataFrame]] = {}

    def orders(self, symbol: str, as_of: pd.Timestamp) -> pd.DataFrame | None:
        """
        :param symbol: exchange and instrument
        :param as_of: the last decision time, tz-aware
        :return: as `feed.provider.Provider.orders`
        """
        version = version_of(self._orders.path(symbol))
        if version is None:
            return None
        held = self._held.get(symbol)
        if held is None or held[0] != version:
            orders = self._orders.read(symbol)
            if orders is None:  # removed since
                return None
            held = self._held[symbol] = (version, orders)
        return known_orders(held[1], as_of)

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
        pictures = self._pictures.read(dataset, symbol, since, as_of)
        return None if pictures.empty else pictures

    def fingerprint(self) -> str:
        """A hash that changes when any of these files is written anew, added or removed."""
        digest = hashlib.sha256()
        for dataset in DATASETS.values():
            if pattern := _PATTERNS.get(dataset.kind):
                for path in sorted((self._root / dataset.name).glob(pattern)):
                    digest.update(f"{path.relative_to(self._root)}|{version_of(path)}\n".encode())
        return digest.hexdigest()


def known_orders(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """
    :param orders: as `history.orders` describes
    :param as_of: tz-aware
    :return: what was known of them by then: an end that wasn't is NaT, and what was executed NaN
    """
    known = orders[orders["available_at"] <= as_of].reset_index(drop=True)
    unknown = ~(known["end_available_at"] <= as_of)
    if unknown.any():
        known.loc[unknown, ["end", "end_available_at"]] = pd.NaT
        known.loc[unknown, "executed_usd"] = float("nan")
    return known
