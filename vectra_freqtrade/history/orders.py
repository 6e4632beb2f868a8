"""
Large orders: `{store}/large_orders/{Exchange}_{instrument}-orders.feather`, one row per order.

An order is known from its start + delay on, and that it is gone, with what it executed, from its
end + delay on; a recorded one at the later of that and when the bot first saw it. The file also
tells for which spans of time it was asked for whole, so that nobody asks for them again.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.files import PATIENCE, locked
from vectra_freqtrade.history.arrays import TIME_DTYPE
from vectra_freqtrade.history.layout import SUFFIX
from vectra_freqtrade.history.tables import read_table, replace_table, table_of
from vectra_freqtrade.times import from_seconds

DATASET = "large_orders"
TIMES = ("start", "end", "available_at", "end_available_at", "first_seen")
COLUMNS = ("id", *TIMES, "side", "price", "start_usd", "executed_usd")
_META: Final = b"vectra_asked"

#: Orders that began so long ago are looked at again, for their end.
LOOK_BACK: Final = timedelta(hours=48)
#: A wall that still stands is looked at for so long.
LONGEST: Final = timedelta(days=14)

Span = tuple[datetime, datetime]


def with_availability(
    orders: pd.DataFrame, delay: timedelta, first_seen: datetime | None = None
) -> pd.DataFrame:
    """
    :param orders: of `CoinglassClient.large_orders`
    :param first_seen: when a bot fetched them; None for downloaded ones
    :return: COLUMNS: with when each order, and its end, may be known
    """
    rows = orders.copy()
    start, end = rows["start"] + delay, rows["end"] + delay
    if first_seen is not None:
        seen = pd.Timestamp(first_seen)
        start, end = start.where(start >= seen, seen), end.where(end.isna() | (end >= seen), seen)
    rows["available_at"], rows["end_available_at"] = start, end
    rows["first_seen"] = pd.Series(first_seen or pd.NaT, index=rows.index, dtype=TIME_DTYPE)
    rows = rows.astype(dict.fromkeys(TIMES, TIME_DTYPE))
    return rows[list(COLUMNS)]


def look_from(held: pd.DataFrame | None, now: datetime) -> datetime:
    """
    Since when a bot or a recorder that holds these asks, so that the end of each wall it can still
    see is found.
    """
    start = now - LOOK_BACK
    if held is None:
        return start
    begun = held.loc[held["end"].isna() & (held["start"] >= now - LONGEST), "start"]
    return start if begun.empty else min(start, begun.min().to_pydatetime())


def recorded(held: pd.DataFrame | None) -> bool:
    """
    Whether a bot or a recorder saw any of these. What began before the first look is history; from
    then on it is what was seen.
    """
    return held is not None and bool(held["first_seen"].notna().any())


def merge(held: pd.DataFrame | None, new: pd.DataFrame) -> pd.DataFrame:
    """Join orders by id: what was first known stays, an end that was not known yet is added."""
    if held is None or held.empty:
        return new.sort_values(["available_at", "id"], ignore_index=True)
    rows = held.set_index("id")
    again = new.set_index("id")
    both = rows.index.intersection(again.index)
    ended = both[rows.loc[both, "end"].isna() & again.loc[both, "end"].notna()]
    for name in ("end", "end_available_at", "executed_usd"):
        rows.loc[ended, name] = again.loc[ended, name]
    fresh = again.loc[again.index.difference(rows.index)].copy()
    # While a bot recorded, what it did not have it could not use: kept, never joined with.
    seen = rows["first_seen"].dropna()
    if not seen.empty:
        missed = fresh["first_seen"].isna() & fresh["available_at"].between(seen.min(), seen.max())
        fresh.loc[missed, ["available_at", "end_available_at"]] = pd.NaT
    joined = pd.concat([rows, fresh]).reset_index()[list(COLUMNS)]
    return joined.sort_values(["available_at", "id"], ignore_index=True)


class Orders:
    """The large orders of the store below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, symbol: str) -> Path:
        return self._root / DATASET / f"{symbol}-orders{SUFFIX}"

    def read(self, symbol: str) -> pd.DataFrame | None:
        """
        :return: COLUMNS, sorted by available_at; None where there is no file
        :raises StoreError: where the file is broken; it is left as it is
        """
        table = self._table(symbol)
        return None if table is None else table.to_pandas(use_threads=False)

    def missing(self, symbol: str, start: datetime, end: datetime) -> list[Span]:
        """What of start to end was not asked for whole yet, in order."""
        place, found = start, []
        for begin, until in _asked(self._table(symbol)):
            if place < begin < end:
                found.append((place, begin))
            place = max(place, until)
        return [*found, (place, end)] if place < end else found

    def add(
        self,
        symbol: str,
        new: pd.DataFrame,
        asked: Iterable[Span] = (),
        *,
        timeout: float = PATIENCE,
    ) -> int:
        """
        :param new: of `with_availability`
        :param asked: start and end of spans of which these are all orders
        :return: how many orders were not there before
        """
        path = self.path(symbol)
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(self._root / ".lock", timeout):
            table = self._table(symbol)
            held = None if table is None else table.to_pandas(use_threads=False)
            before = _asked(table)
            spans = joined([*before, *((start, end) for start, end in asked if start < end)])
            rows = merge(held, new)
            if held is not None and rows.equals(held) and spans == before:
                return 0
            stamps = [[start.timestamp(), end.timestamp()] for start, end in spans]
            replace_table(path, table_of(rows, {_META: json.dumps(stamps)}))
        return len(rows) - (0 if held is None else len(held))

    def symbols(self) -> list[str]:
        files = (self._root / DATASET).glob(f"*-orders{SUFFIX}")
        return sorted(path.name.removesuffix(f"-orders{SUFFIX}") for path in files)

    def _table(self, symbol: str) -> pa.Table | None:
        path = self.path(symbol)
        table = read_table(path)
        if table is not None and tuple(table.column_names) != COLUMNS:
            raise StoreError(f"{path} holds no large orders. It was left as it is.")
        return table


def joined(spans: Iterable[Span]) -> list[Span]:
    """Those that touch or overlap put together, in order."""
    result: list[Span] = []
    for begin, until in sorted(spans):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], until))
        else:
            result.append((begin, until))
    return result


def _asked(table: pa.Table | None) -> list[Span]:
    """Losing this costs requests, nothing else."""
    meta: dict[bytes, Any] = (table.schema.metadata or {}) if table is not None else {}
    try:
        stamps = json.loads(meta.get(_META, b"[]"))
        return [(from_seconds(start), from_seconds(end)) for start, end in stamps]
    except (ValueError, TypeError, OverflowError, OSError):
        return []


def orders_known_at(orders: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """What was known of orders by then: an end that wasn't is NaT, and what was executed NaN."""
    known = orders[orders["available_at"] <= as_of].reset_index(drop=True)
    unknown = ~(known["end_available_at"] <= as_of)
    if unknown.any():
        known.loc[unknown, ["end", "end_available_at"]] = pd.NaT
        known.loc[unknown, "executed_usd"] = float("nan")
    return known
