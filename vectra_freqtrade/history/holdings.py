"""What the store holds, file by file: span, rows, gaps, revisions, age."""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from vectra_freqtrade.coinglass.catalogue import DATASETS, Kind
from vectra_freqtrade.coinglass.spans import missing_runs
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.orders import DATASET as ORDERS
from vectra_freqtrade.history.orders import Orders
from vectra_freqtrade.history.snapshots import Snapshots
from vectra_freqtrade.history.store import Store


@dataclass(frozen=True, slots=True)
class Holding:
    """
    One file, or the pictures of one coin.

    :param first: UTC, as text; of pictures and orders as well
    :param last: as `first`
    :param gaps: missing rows between the first and the last one
    :param late: rows that came too late to be used
    :param recorded: rows that a bot recorded
    :param revisions: rows that came again with another value
    :param age: hours since the last row opened
    :param names: of CoinGlass's, that a coin's series is made of; "" where the file does not tell
    :param problem: why the file can't be read
    """

    dataset: str
    symbol: str
    interval: str
    first: str = ""
    last: str = ""
    rows: int = 0
    gaps: int = 0
    late: int = 0
    recorded: int = 0
    revisions: int = 0
    age: float | None = None
    problem: str = ""
    names: str = ""


def holdings(store: Store, now: datetime) -> list[Holding]:
    """
    :param store: what is looked through, every file of it
    :param now: for the ages, tz-aware
    """
    held = [_series(store, series, now) for series in store.series()]
    for symbol in Orders(store.root).symbols():
        held.append(_orders(store, symbol, now))
    for name in (name for name, spec in DATASETS.items() if spec.kind is Kind.LEVELS):
        held += [_pictures(store, name, coin, now) for coin in Snapshots(store.root).symbols(name)]
    return held


def _series(store: Store, series: Series, now: datetime) -> Holding:
    name = (series.dataset, series.symbol, series.interval)
    try:
        rows = store.read(series)
        revisions = store.revisions(series)
        made_of = store.made_of(series)
    except StoreError as error:
        return Holding(*name, problem=str(error))
    if rows is None or rows.empty:
        return Holding(*name)
    first, last = rows["time"].iloc[0], rows["time"].iloc[-1]
    runs = missing_runs(rows["time"], first, last, series.interval)
    length = pd.Timedelta(series.length_ms, "ms")
    return Holding(
        *name,
        first=_moment(first),
        last=_moment(last),
        rows=len(rows),
        gaps=sum(round((end - start) / length) for start, end in runs),
        late=int(rows["available_at"].isna().sum()),
        recorded=int(rows["first_seen"].notna().sum()),
        revisions=revisions,
        age=_age(last, now),
        names=str(made_of or ""),
    )


def _orders(store: Store, symbol: str, now: datetime) -> Holding:
    name = (ORDERS, symbol, "")
    try:
        rows = Orders(store.root).read(symbol)
    except StoreError as error:
        return Holding(*name, problem=str(error))
    if rows is None or rows.empty:
        return Holding(*name)
    return Holding(
        *name,
        first=_moment(rows["start"].min()),
        last=_moment(rows["start"].max()),
        rows=len(rows),
        late=int(rows["available_at"].isna().sum()),
        recorded=int(rows["first_seen"].notna().sum()),
        age=_age(rows["start"].max(), now),
    )


def _pictures(store: Store, dataset: str, coin: str, now: datetime) -> Holding:
    try:
        taken = Snapshots(store.root).read(dataset, coin)["available_at"].drop_duplicates()
    except StoreError as error:
        return Holding(dataset, coin, "", problem=str(error))
    if taken.empty:
        return Holding(dataset, coin, "")
    first, last = _moment(taken.iloc[0]), _moment(taken.iloc[-1])
    count = len(taken)
    return Holding(
        dataset, coin, "", first, last, count, recorded=count, age=_age(taken.iloc[-1], now)
    )


def _moment(stamp: pd.Timestamp) -> str:
    return f"{stamp:%Y-%m-%d %H:%M}"


def _age(stamp: pd.Timestamp, now: datetime) -> float:
    return round((pd.Timestamp(now) - stamp).total_seconds() / 3600, 2)
