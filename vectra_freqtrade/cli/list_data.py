"""`vectra-freqtrade list-data`: what the store holds."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated

import pandas as pd
import typer

from vectra_freqtrade.cli.context import Context, load
from vectra_freqtrade.cli.errors import Exit, fail, plainly
from vectra_freqtrade.cli.options import ConfigOption, JsonOption, UserdirOption
from vectra_freqtrade.cli.show import console, grid
from vectra_freqtrade.coinglass.catalogue import DATASETS, Kind
from vectra_freqtrade.coinglass.spans import missing_runs
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.orders import DATASET as ORDERS
from vectra_freqtrade.history.orders import Orders
from vectra_freqtrade.history.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class Holding:
    """
    One line of the list.

    :param gaps: missing rows between the first and the last one
    :param late: rows that came too late to be used
    :param recorded: rows that a bot recorded
    :param revisions: rows that came again with another value
    :param age: hours since the last row opened
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


@plainly
def list_data(
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    dataset: Annotated[str | None, typer.Option("--dataset", help="Only this one.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List downloaded and recorded series: span, rows, gaps, revisions, age."""
    context = load(config, userdir)
    held = [each for each in _holdings(context) if dataset in (None, each.dataset)]
    if as_json:
        print(json.dumps([asdict(each) for each in held], indent=2))
    else:
        _show(context, held)
    if any(each.problem for each in held):
        raise fail("A file can't be read; it was left as it is.", Exit.INCOMPLETE)


def _holdings(context: Context) -> list[Holding]:
    store, now = context.store, datetime.now(UTC)
    held = [_series(context, series, now) for series in store.series()]
    for symbol in Orders(store.root).symbols():
        held.append(_orders(context, symbol, now))
    for name in (name for name, spec in DATASETS.items() if spec.kind is Kind.LEVELS):
        held += [
            _pictures(context, name, coin, now) for coin in Snapshots(store.root).symbols(name)
        ]
    return held


def _series(context: Context, series: Series, now: datetime) -> Holding:
    name = (series.dataset, series.symbol, series.interval)
    try:
        rows = context.store.read(series)
        revisions = context.store.revisions(series)
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
    )


def _orders(context: Context, symbol: str, now: datetime) -> Holding:
    name = (ORDERS, symbol, "")
    try:
        rows = Orders(context.store.root).read(symbol)
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


def _pictures(context: Context, dataset: str, coin: str, now: datetime) -> Holding:
    try:
        taken = Snapshots(context.store.root).read(dataset, coin)["available_at"].drop_duplicates()
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


def _show(context: Context, held: list[Holding]) -> None:
    out = console()
    if not held:
        out.print(
            f"Nothing in {context.store.root}. Fill it: vectra-freqtrade download-data",
            soft_wrap=True,
        )
        return
    numbers = ("Rows", "Gaps", "Late", "Recorded", "Revised", "Age")
    lines = grid(("Dataset", "Symbol", "Interval", "From", "To", *numbers), numbers)
    for each in held:
        age = "-" if each.age is None else f"{each.age:.1f} h"
        counts = (each.rows, each.gaps, each.late, each.recorded, each.revisions)
        span = (each.first or "-", each.last or "-")
        lines.add_row(
            each.dataset, each.symbol, each.interval or "-", *span, *map(str, counts), age
        )
    out.print(lines)
    for each in held:
        if each.problem:
            out.print(each.problem, style="red", markup=False, soft_wrap=True)
