"""Large orders of one instrument in a live feed."""

import logging
from datetime import timedelta

import pandas as pd

from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.files import SOON
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
from vectra_freqtrade.live.publish import Publisher
from vectra_freqtrade.live.schedule import asking_time
from vectra_freqtrade.live.writer import WriteThrough

logger = logging.getLogger(__name__)


class LiveOrders:
    """
    Asked by the feed's threads, one at a time; read by the bot.

    :param symbol: exchange and instrument
    :param reach: how far the bot's candles reach back
    :param every: seconds between two looks
    :param client: asks; its settings give the delay
    :param orders: where they go
    :param publisher: says when they count as seen
    """

    dataset = group = DATASET
    whole = True

    def __init__(
        self,
        symbol: str,
        reach: timedelta,
        every: float,
        client: CoinglassClient,
        orders: Orders,
        publisher: Publisher,
    ) -> None:
        self.symbol = symbol
        self.length = every
        self._reach = reach + LOOK_BACK
        self._client = client
        self._orders = orders
        self._publisher = publisher
        self._delay = timedelta(seconds=client.settings.delay)
        self.unsaved = WriteThrough[pd.DataFrame](lambda new: orders.add(symbol, new, timeout=SOON))
        self._recording = False
        self._asked_at = 0.0
        self._visible: pd.DataFrame | None = None

    @property
    def label(self) -> str:
        return f"{DATASET} {self.symbol}"

    @property
    def last_row(self) -> str | None:
        """Start of the newest order."""
        held = self._visible
        return None if held is None or held.empty else str(held["start"].max().isoformat())

    def load(self) -> None:
        """What the store has; a file that can't be used is left alone."""
        try:
            held = self._orders.read(self.symbol)
        except StoreError as error:
            self.unsaved.give_up()
            logger.error("%s Live orders are kept in memory only.", error)
            return
        if held is not None:
            self._recording = recorded(held)
            self._visible = self._trimmed(held)

    def read(self, as_of: pd.Timestamp) -> pd.DataFrame | None:
        """As `Provider.orders`."""
        held = self._publisher.read(as_of, lambda: self._visible)
        return None if held is None else orders_known_at(held, as_of)

    def due(self) -> float:
        """When they may be looked at again, seconds."""
        return (self._asked_at // self.length + 1) * self.length if self._asked_at else 0.0

    def ask(self) -> None:
        """
        :raises VectraError: by reaction
        """
        now = self._client.now()
        held = self._visible
        found = self._client.large_orders(self.symbol, look_from(held, now), now, live=True)
        # By the feed's time, which it is compared with.
        client = self._client
        self._asked_at = asking_time(client.clock.now(), client.now().timestamp())
        made: list[pd.DataFrame] = []

        def merged(seen: pd.Timestamp) -> pd.DataFrame:
            new = with_availability(
                found, self._delay, seen.to_pydatetime() if self._recording else None
            )
            made[:] = [new]
            return self._trimmed(merge(held, new))

        self._publisher.publish(merged, self._put)
        self._recording = True
        self.unsaved.add(made[0])

    def deepen(self) -> None:
        """Nothing looks back on them."""

    def _put(self, orders: pd.DataFrame) -> None:
        self._visible = orders

    def _trimmed(self, orders: pd.DataFrame) -> pd.DataFrame:
        """Orders that are over for longer than any candle reaches back are given up."""
        oldest = pd.Timestamp(self._client.now()) - self._reach
        over = (orders["end"] < oldest) | (orders["start"] < oldest - LONGEST)
        return orders[~over].reset_index(drop=True)
