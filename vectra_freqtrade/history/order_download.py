"""Large orders into the store, day by day."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.history.orders import DATASET, Orders, known
from vectra_freqtrade.history.progress import Progress, Silent

_DAY: Final = timedelta(days=1)
#: Days that are written together.
_TOGETHER: Final = 7


def download_orders(
    client: CoinglassClient,
    orders: Orders,
    symbol: str,
    start: datetime,
    end: datetime,
    *,
    progress: Progress | None = None,
) -> int:
    """
    Orders that began in a span; days that are there already are left out, but for the last one.

    :param client: asks
    :param orders: keeps
    :param symbol: Binance_BTCUSDT
    :param start: tz-aware
    :param end: tz-aware, not included
    :param progress: told as it goes
    :return: orders that were not there before
    :raises VectraError: by reaction; what was written before stays
    """
    told = progress or Silent()
    days = list(_missing(orders.read(symbol), start, min(end, client.now())))
    told.planned(DATASET, len(days))
    added = 0
    delay = timedelta(seconds=client.settings.delay)
    with ThreadPoolExecutor(min(8, max(2, client.rate // 60)), "coinglass") as pool:
        for place in range(0, len(days), _TOGETHER):
            some = days[place : place + _TOGETHER]
            frames = list(pool.map(lambda day: client.large_orders(symbol, *day), some))
            added += orders.add(symbol, known(pd.concat(frames, ignore_index=True), delay))
            told.done(DATASET, len(some))
    return added


def _missing(
    held: pd.DataFrame | None, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    inside = None
    if held is not None and not held.empty:
        # A day before the last one that was fetched is complete: orders are asked by their start.
        inside = held["start"].min(), held["start"].max().floor("D")
    place = start
    while place < end:
        following = min(place + _DAY, end)
        if inside is None or place < inside[0] or following > inside[1]:
            yield place, following
        place = following
