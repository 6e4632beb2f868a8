"""What the store holds, file by file: span, rows, gaps, revisions, age."""

from dataclasses import dataclass, replace
from datetime import datetime
from math import isnan
from typing import Final

import pandas as pd

from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.grids import gaps, lengths
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.orders import DATASET as ORDERS
from vectra_freqtrade.history.orders import Orders
from vectra_freqtrade.history.revisions import count, extent
from vectra_freqtrade.history.snapshots import Snapshots
from vectra_freqtrade.history.store import Store

_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Holding:
    """
    One file, or the snapshots of one coin.

    :param first: UTC, as text
    :param gaps: missing rows between the first and the last one
    :param late: rows that came too late to be used
    :param revisions: how often rows came again with another value
    :param unsized: of those, how many were counted before their values were kept
    :param revised: rows that came again with another value, of those whose values were kept
    :param revised_share: of all rows, 0 to 1
    :param revised_median: of how far they changed, percent; None where none can be measured
    :param revised_against: what the percentages are of, see `history.revisions`
    :param twice: rows whose time came twice in one answer; the first of the two is kept
    :param spacing: hours that the last row spans
    :param age: hours since the last row opened
    :param names: of CoinGlass's, that a coin's series is made of; "" where the file does not tell
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
    unsized: int = 0
    revised: int = 0
    revised_share: float = 0.0
    revised_median: float | None = None
    revised_p95: float | None = None
    revised_against: str = ""
    twice: int = 0
    spacing: float | None = None
    age: float | None = None
    problem: str = ""
    names: str = ""


def holdings(store: Store, now: datetime) -> list[Holding]:
    """Of every file of a store; ages are as of `now`, tz-aware."""
    orders, snapshots = Orders(store.root), Snapshots(store.root)
    held = [_series(store, series, now) for series in store.series()]
    held += [_orders(orders, symbol, now) for symbol in orders.symbols()]
    for name in (name for name, spec in DATASETS.items() if spec.kind is Kind.LEVELS):
        held += [_snapshots(snapshots, name, coin, now) for coin in snapshots.symbols(name)]
    return held


def _series(store: Store, series: Series, now: datetime) -> Holding:
    name = (series.dataset, series.symbol, series.interval)
    try:
        rows = store.read(series)
        notes = store.notes(series)
    except StoreError as error:
        return Holding(*name, problem=str(error))
    if rows is None or rows.empty:
        return Holding(*name)
    first, last = rows["time"].iloc[0], rows["time"].iloc[-1]
    held = Holding(
        *name,
        first=_moment(first),
        last=_moment(last),
        rows=len(rows),
        gaps=sum(count for *_, count in gaps(rows, series.length_ms)),
        late=int(rows["available_at"].isna().sum()),
        recorded=int(rows["first_seen"].notna().sum()),
        revisions=notes.revisions,
        unsized=notes.revisions,
        twice=notes.twice,
        spacing=int(lengths(rows.iloc[-1:], series.length_ms)[0]) / _HOUR_MS,
        age=_age(last, now),
        names=str(notes.made_of or ""),
    )
    try:
        kept = store.revised.read(series)
    except StoreError as error:
        return replace(held, problem=str(error))
    if kept is None:
        return held
    told = extent(rows, kept)
    return replace(
        held,
        revisions=notes.revisions + count(kept),
        revised=told.rows,
        revised_share=told.share,
        revised_median=None if isnan(told.median) else told.median,
        revised_p95=None if isnan(told.p95) else told.p95,
        revised_against=told.against,
    )


def _orders(orders: Orders, symbol: str, now: datetime) -> Holding:
    name = (ORDERS, symbol, "")
    try:
        rows = orders.read(symbol)
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


def _snapshots(snapshots: Snapshots, dataset: str, coin: str, now: datetime) -> Holding:
    name = (dataset, coin, "")
    try:
        taken = snapshots.read(dataset, coin)["available_at"].drop_duplicates()
    except StoreError as error:
        return Holding(*name, problem=str(error))
    if taken.empty:
        return Holding(*name)
    return Holding(
        *name,
        first=_moment(taken.iloc[0]),
        last=_moment(taken.iloc[-1]),
        rows=len(taken),
        recorded=len(taken),
        age=_age(taken.iloc[-1], now),
    )


def _moment(stamp: pd.Timestamp) -> str:
    return f"{stamp:%Y-%m-%d %H:%M}"


def _age(stamp: pd.Timestamp, now: datetime) -> float:
    return round((pd.Timestamp(now) - stamp).total_seconds() / 3600, 2)
