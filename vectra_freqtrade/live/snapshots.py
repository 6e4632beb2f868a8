"""Liquidation heatmaps or maps of one coin in a live feed."""

import logging
from datetime import timedelta

import pandas as pd

from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.files import SOON
from vectra_freqtrade.history.snapshots import Snapshots, snapshot_rows
from vectra_freqtrade.live.publish import Publisher
from vectra_freqtrade.live.schedule import asking_time
from vectra_freqtrade.live.writer import WriteThrough

logger = logging.getLogger(__name__)


class LiveSnapshots:
    """
    Asked by the feed's threads, one at a time; read by the bot.

    :param dataset: liquidation_heatmap or liquidation_map
    :param symbol: coin
    :param reach: how far the bot's candles reach back
    :param every: seconds between two snapshots
    :param client: asks
    :param snapshots: where they go
    :param publisher: says when they count as seen
    """

    whole = True

    def __init__(
        self,
        dataset: str,
        symbol: str,
        reach: timedelta,
        every: float,
        client: CoinglassClient,
        snapshots: Snapshots,
        publisher: Publisher,
    ) -> None:
        self.dataset = self.group = dataset
        self.symbol = symbol
        self.length = every
        self._reach = reach
        self._client = client
        self._snapshots = snapshots
        self._publisher = publisher
        self.unsaved = WriteThrough[tuple[pd.Timestamp, pd.DataFrame]](
            lambda taken: snapshots.add(dataset, symbol, *taken, timeout=SOON)
        )
        self._asked_at = 0.0
        self._visible = snapshot_rows(pd.Timestamp(0, tz="UTC"), None)

    @property
    def label(self) -> str:
        return f"{self.dataset} {self.symbol}"

    @property
    def last_row(self) -> str | None:
        """When the newest snapshot was taken."""
        held = self._visible["available_at"]
        return None if held.empty else str(held.iloc[-1].isoformat())

    def load(self) -> None:
        """What the store has of the time that the bot's candles reach back."""
        start = self._client.now() - self._reach
        try:
            self._visible = self._snapshots.read(self.dataset, self.symbol, start)
        except StoreError as error:
            self.unsaved.give_up()
            logger.error("%s Live snapshots are kept in memory only.", error)

    def read(self, since: pd.Timestamp, as_of: pd.Timestamp) -> pd.DataFrame | None:
        """As `Provider.snapshots`."""
        held = self._publisher.read(as_of, lambda: self._visible)
        first = held["available_at"].searchsorted(since, side="left")
        last = held["available_at"].searchsorted(as_of, side="right")
        found = held.iloc[int(first) : int(last)]
        return None if found.empty else found

    def due(self) -> float:
        """When the next snapshot is taken, seconds."""
        return (self._asked_at // self.length + 1) * self.length if self._asked_at else 0.0

    def ask(self) -> None:
        """
        :raises VectraError: by reaction
        """
        snapshot, _ = self._client.levels(self.dataset, self.symbol, live=True)
        # By the feed's time, which it is compared with.
        client = self._client
        self._asked_at = asking_time(client.clock.now(), client.now().timestamp())
        held = self._visible
        oldest = pd.Timestamp(self._client.now() - self._reach).floor(
            "ms"
        )  # as the column holds it
        kept = held.iloc[int(held["available_at"].searchsorted(oldest)) :]

        def joined(seen: pd.Timestamp) -> pd.DataFrame:
            rows = snapshot_rows(seen, snapshot.levels)
            return rows if kept.empty else pd.concat([kept, rows], ignore_index=True)

        _, seen = self._publisher.publish(joined, self._put)
        self.unsaved.add((seen, snapshot.levels))

    def deepen(self) -> None:
        """Snapshots have no history."""

    def _put(self, snapshots: pd.DataFrame) -> None:
        self._visible = snapshots
