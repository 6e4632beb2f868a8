"""What a feed looks at every `snapshot_every`: large orders of an instrument, levels of a coin."""

from abc import ABC, abstractmethod
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd

from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.files import PATIENCE, SOON
from vectra_freqtrade.history.orders import (
    DATASET,
    LONGEST,
    LOOK_BACK,
    Orders,
    look_from,
    merge,
    orders_known_at,
    recorded,
    with_availability,
)
from vectra_freqtrade.history.snapshots import Snapshots, snapshot_rows
from vectra_freqtrade.live.publish import Publisher
from vectra_freqtrade.live.schedule import asking_time
from vectra_freqtrade.live.writer import WriteThrough


class LiveEvents(ABC):
    """
    Asked by one thread at a time; read by the bot.

    :param dataset: name in the catalogue
    :param symbol: {SYMBOL} of the store
    :param reach: how far the bot's candles reach back
    :param client: asks
    :param publisher: says when something counts as seen
    :param root: of the store
    :param live: goes before backfill, and never waits for long; a command has time
    :param once: other processes look before this one and after it: what the file holds was seen
    """

    whole: Final = True  # none of them is looked for in the past
    interval: Final = "1d"  # that plans are asked for

    def __init__(
        self,
        dataset: str,
        symbol: str,
        reach: timedelta,
        client: CoinglassClient,
        publisher: Publisher,
        root: Path,
        *,
        live: bool = True,
        once: bool = False,
    ) -> None:
        self.dataset = self.group = dataset
        self.symbol = symbol
        self.label = f"{dataset} {symbol}"
        self.length = client.settings.snapshot_every * 60.0
        self.unsaved = WriteThrough[Any](self._write)
        self._reach = reach
        self._client = client
        self._publisher = publisher
        self._root = root
        self._live = live
        self._once = once
        self._timeout = SOON if live else PATIENCE
        self._asked_at = 0.0

    @property
    @abstractmethod
    def last_row(self) -> str | None:
        """When the newest of them was, ISO 8601."""

    @abstractmethod
    def load(self) -> None:
        """:raises StoreError: where the file can't be used"""

    @abstractmethod
    def ask(self) -> None:
        """:raises VectraError: by reaction"""

    @abstractmethod
    def _write(self, item: Any) -> None: ...

    def due(self) -> float:
        """When the next look is, seconds."""
        return (self._asked_at // self.length + 1) * self.length if self._asked_at else 0.0


class LiveOrders(LiveEvents):
    """Large orders."""

    _recording = False
    _visible: pd.DataFrame | None = None

    @property
    def last_row(self) -> str | None:
        held = self._visible
        return None if held is None or held.empty else str(held["start"].max().isoformat())

    def load(self) -> None:
        held = Orders(self._root).read(self.symbol)
        if held is not None:
            self._recording = self._once or recorded(held)
            self._visible = self._trimmed(held)

    def read(self, as_of: pd.Timestamp) -> pd.DataFrame | None:
        """As `Provider.orders`."""
        held = self._publisher.read(as_of, lambda: self._visible)
        return None if held is None else orders_known_at(held, as_of)

    def ask(self) -> None:
        now = self._client.now()
        held = self._visible
        found = self._client.large_orders(self.symbol, look_from(held, now), now, live=self._live)
        self._asked_at = asking_time(self._client)
        delay = timedelta(seconds=self._client.settings.delay)
        made: list[pd.DataFrame] = []

        def merged(seen: pd.Timestamp) -> pd.DataFrame:
            new = with_availability(found, delay, seen.to_pydatetime() if self._recording else None)
            made[:] = [new]
            return self._trimmed(merge(held, new))

        self._publisher.publish(merged, self._put)
        self._recording = True
        self.unsaved.add(made[0])

    def _write(self, item: pd.DataFrame) -> None:
        Orders(self._root).add(self.symbol, item, timeout=self._timeout)

    def _put(self, visible: pd.DataFrame) -> None:
        self._visible = visible

    def _trimmed(self, orders: pd.DataFrame) -> pd.DataFrame:
        """Without those that are over for longer than any candle reaches back."""
        oldest = pd.Timestamp(self._client.now()) - self._reach - LOOK_BACK
        over = (orders["end"] < oldest) | (orders["start"] < oldest - LONGEST)
        return orders[~over].reset_index(drop=True)


class LiveSnapshots(LiveEvents):
    """A liquidation heatmap or map."""

    _visible = snapshot_rows(pd.Timestamp(0, tz="UTC"), None)

    @property
    def last_row(self) -> str | None:
        held = self._visible["available_at"]
        return None if held.empty else str(held.iloc[-1].isoformat())

    def load(self) -> None:
        start = self._client.now() - self._reach
        self._visible = Snapshots(self._root).read(self.dataset, self.symbol, start)

    def read(self, since: pd.Timestamp, as_of: pd.Timestamp) -> pd.DataFrame | None:
        """As `Provider.snapshots`."""
        held = self._publisher.read(as_of, lambda: self._visible)
        first = held["available_at"].searchsorted(since, side="left")
        last = held["available_at"].searchsorted(as_of, side="right")
        found = held.iloc[int(first) : int(last)]
        return None if found.empty else found

    def ask(self) -> None:
        snapshot, _ = self._client.levels(self.dataset, self.symbol, live=self._live)
        self._asked_at = asking_time(self._client)
        held = self._visible
        # As the column holds it.
        oldest = pd.Timestamp(self._client.now() - self._reach).floor("ms")
        kept = held.iloc[int(held["available_at"].searchsorted(oldest)) :]

        def joined(seen: pd.Timestamp) -> pd.DataFrame:
            rows = snapshot_rows(seen, snapshot.levels)
            return rows if kept.empty else pd.concat([kept, rows], ignore_index=True)

        _, seen = self._publisher.publish(joined, self._put)
        self.unsaved.add((seen, snapshot.levels))

    def _write(self, item: tuple[pd.Timestamp, pd.DataFrame]) -> None:
        taken, levels = item
        Snapshots(self._root).add(self.dataset, self.symbol, taken, levels, timeout=self._timeout)

    def _put(self, visible: pd.DataFrame) -> None:
        self._visible = visible


def events_class(dataset: str) -> type[LiveEvents]:
    """Of a dataset without an interval."""
    return LiveOrders if dataset == DATASET else LiveSnapshots
