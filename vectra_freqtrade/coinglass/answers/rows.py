"""
The data of an answer → rows: time and values in our own units, sorted, one row per time. Pure.

Nothing here knows HTTP: what was asked, by which clock it was answered and what came are given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.datasets import Dataset, Endpoint, Field, Kind
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.coinglass.answers.envelope import shape
from vectra_freqtrade.coinglass.answers.numbers import numbers, times
from vectra_freqtrade.coinglass.answers.spacing import DAY_MS, spacings
from vectra_freqtrade.errors import ContractError
from vectra_freqtrade.settings.release import wait_ms
from vectra_freqtrade.times import to_ms

TIME_DTYPE: Final = "datetime64[ms, UTC]"
#: Of a frame: the times that came more than once in one answer.
TWICE: Final = "twice"


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What an answer answers.

    :param dataset: of the catalogue
    :param interval: length of its rows
    :param start: first time wanted, tz-aware
    :param end: first time not wanted, tz-aware
    :param now: the earlier of our clock and the answer's own, tz-aware
    :param delay: the setting
    :param settle: the setting for this dataset; see `vectra_freqtrade.settings.release`
    """

    dataset: Dataset
    interval: str
    start: datetime
    end: datetime
    now: datetime
    delay: timedelta
    settle: int = 0

    @property
    def length_ms(self) -> int:
        return interval_ms(self.interval)

    @property
    def last_ms(self) -> int:
        """Open of the newest row that may be used, if it lies on the grid."""
        return to_ms(self.now) - wait_ms(self.dataset, self.length_ms, self.delay, self.settle)


def rows(asked: Asked, answers: Sequence[Any]) -> pd.DataFrame:
    """
    A dataset's rows out of the answers of its endpoints.

    :param asked: what was asked
    :param answers: the data of each endpoint, in the catalogue's order
    :return: time (datetime64[ms, UTC]), of a whole history its spacing (timedelta64[ms]), and the
        dataset's values (float64); inside [start, end), closed, sorted, one row per time, without
        rows that hold nothing. `attrs[TWICE]` has the times that came more than once
    :raises ContractError: where a shape is not one we know; it names the shape, never a value
    """
    read = _READERS[asked.dataset.kind]
    parts = [
        _closed(asked, read(endpoint, answer))
        for endpoint, answer in zip(asked.dataset.endpoints, answers, strict=True)
    ]
    time, values = _joined(asked, parts)
    kept = ~np.isnan(values).all(axis=0)
    frame = pd.DataFrame(dict(zip(asked.dataset.values, values[:, kept], strict=True)))
    stamps = time[kept].astype("datetime64[ms]")
    frame.insert(0, "time", pd.DatetimeIndex(stamps, tz="UTC"))
    if asked.dataset.kind is Kind.DAILY:
        lengths = np.concatenate([part["spacing"] for part in parts])[kept]
        frame.insert(1, "spacing", lengths.astype("timedelta64[ms]"))
    twice = np.unique(np.concatenate([part["twice"] for part in parts]))
    frame.attrs[TWICE] = list(pd.DatetimeIndex(twice.astype("datetime64[ms]"), tz="UTC"))
    return frame


def empty(dataset: Dataset) -> pd.DataFrame:
    columns = {"time": pd.Series(dtype=TIME_DTYPE)}
    if dataset.kind is Kind.DAILY:
        columns["spacing"] = pd.Series(dtype="timedelta64[ms]")
    columns |= {name: pd.Series(dtype="float64") for name in dataset.values}
    return pd.DataFrame(columns)


def without_padding(frame: pd.DataFrame) -> pd.DataFrame:
    """
    Rows before the market existed come as zeros; they are not data. Only for a frame that begins a
    series: zeros in the middle are quiet hours.
    """
    values = frame.select_dtypes("float64").to_numpy()
    real = (~((values == 0.0) | np.isnan(values))).any(axis=1)
    first = int(real.argmax()) if real.any() else len(frame)
    return frame.iloc[first:].reset_index(drop=True)


_Columns = dict[str, np.ndarray[Any, np.dtype[Any]]]


def _interval_rows(endpoint: Endpoint, data: Any) -> _Columns:
    items = row_list(_laid_out(endpoint, data))
    columns: _Columns = {"time": _times(items, endpoint.time)}
    columns |= {field.value: _values(items, field) for field in endpoint.fields}
    return columns


def _laid_out(endpoint: Endpoint, data: Any) -> Any:
    """Lists beside a list of times are rows too: `{time_list: [...], data_list: [...]}`."""
    inner = data[0] if isinstance(data, list) and len(data) == 1 else data
    if not isinstance(inner, dict) or not isinstance(inner.get(endpoint.time), list):
        return data
    names = (endpoint.time, *(field.reply for field in endpoint.fields))
    lists = [each for name in names if isinstance(each := inner.get(name), list)]
    if len(lists) < len(names) or len({len(each) for each in lists}) > 1:
        raise ContractError(f"lists that do not fit their times: {shape(inner)}")
    return [dict(zip(names, cells, strict=True)) for cells in zip(*lists, strict=True)]


def _daily_rows(endpoint: Endpoint, data: Any) -> _Columns:
    """Whole history: either rows, or lists beside a list of times."""
    if not endpoint.fields:
        return _netflow(endpoint, data)
    columns = _interval_rows(endpoint, data)
    kept, days = _by_day(columns["time"])
    return {name: values[kept] for name, values in columns.items()} | days


def _by_day(stamps: Any) -> tuple[Any, _Columns]:
    """
    Stamps lie anywhere in the day: which of them are the days' last; the days, their spacing, and
    what came twice.
    """
    order = np.argsort(stamps, kind="stable")
    again = np.append(False, np.diff(stamps[order]) == 0)[: len(order)]
    twice, order = stamps[order][again], order[~again]
    days = stamps[order] // DAY_MS
    last = np.append(np.diff(days) > 0, True)[: len(days)]
    days = days[last] * DAY_MS
    twice = np.unique(twice // DAY_MS * DAY_MS)
    return order[last], {"time": days, "spacing": spacings(days), "twice": twice}


def _netflow(endpoint: Endpoint, data: Any) -> _Columns:
    """
    Coins that came to exchanges: balances, differenced per exchange, then summed.

    An exchange that is not tracked holds null or zero, be it before its first balance or on a day
    in between, so a difference of the sum would take its whole balance for a flow.
    """
    data = data[0] if isinstance(data, list) and len(data) == 1 else data
    if data is None or data == []:
        nothing = np.array([], dtype="int64")
        return _by_day(nothing)[1] | {"netflow": nothing.astype("float64")}
    if not isinstance(data, dict) or not isinstance(data.get("data_map"), dict):
        raise ContractError(f"balances of unknown shape: {shape(data)}")
    stamps = data.get(endpoint.time)
    if not isinstance(stamps, list):
        raise ContractError(f"balances without times: {shape(data)}")
    order, columns = _by_day(times(stamps))
    flows = np.full((len(data["data_map"]), len(order)), np.nan)
    for place, series in enumerate(data["data_map"].values()):
        if not isinstance(series, list) or len(series) != len(stamps):
            raise ContractError(f"balances that do not fit their times: {shape(data)}")
        held = numbers(series)[order]
        flows[place, 1:] = np.diff(np.where(held > 0, held, np.nan))
    # A row is missing: a flow over the span of several is no flow of one.
    flows[:, 1:][:, np.diff(columns["time"]) != columns["spacing"][1:]] = np.nan
    known = ~np.isnan(flows).all(axis=0)
    total = np.where(known, np.nansum(flows, axis=0), np.nan)
    return columns | {"netflow": total}


_READERS: dict[Kind, Callable[[Endpoint, Any], _Columns]] = {
    Kind.INTERVAL: _interval_rows,
    Kind.DAILY: _daily_rows,
}


def row_list(data: Any) -> list[dict[str, Any]]:
    """
    :raises ContractError: where an answer is no list of objects
    """
    if data is None:
        return []
    if isinstance(data, dict) and isinstance(data.get("list"), list):
        data = data["list"]
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
        raise ContractError(f"rows of unknown shape: {shape(data)}")
    return data


def _times(items: list[dict[str, Any]], name: str) -> Any:
    try:
        return times([item[name] for item in items])
    except KeyError:
        raise ContractError(f"rows without {name!r}: {shape(items)}") from None


def _values(items: list[dict[str, Any]], field: Field) -> Any:
    name = field.reply
    if items and not any(name in item for item in items):
        raise ContractError(f"rows without {name!r}: {shape(items)}")
    try:
        values = numbers([item.get(name) for item in items])
    except ContractError as error:
        raise ContractError(f"{name}: {error}") from None
    if field.least is not None:
        values[values < field.least] = np.nan
    return values * field.scale


def _closed(asked: Asked, columns: _Columns) -> _Columns:
    """Inside the range, closed, on the grid, sorted; of duplicates the first one sent."""
    stamps = columns["time"]
    length = columns.get("spacing", np.asarray(asked.length_ms))
    known = stamps + wait_ms(asked.dataset, length, asked.delay, asked.settle)
    inside = (stamps >= to_ms(asked.start)) & (stamps < to_ms(asked.end))
    inside &= known <= to_ms(asked.now)
    on_grid = stamps % asked.length_ms == 0
    if len(stamps) and not on_grid.any():
        raise ContractError(f"times that do not open a {asked.interval} interval")
    keep = np.flatnonzero(inside & on_grid)
    keep = keep[np.argsort(stamps[keep], kind="stable")]
    again = np.append(False, np.diff(stamps[keep]) == 0)[: len(keep)]
    twice = columns.pop("twice", stamps[keep][again])
    twice = twice[np.isin(twice, stamps[keep])]
    return {name: values[keep[~again]] for name, values in columns.items()} | {"twice": twice}


def _joined(asked: Asked, parts: Sequence[_Columns]) -> tuple[Any, Any]:
    """All times and, for each of the dataset's values, a row of numbers (NaN where none)."""
    time = parts[0]["time"]
    if len(parts) > 1:
        time = np.unique(np.concatenate([part["time"] for part in parts]))
        if all(len(part["time"]) for part in parts):
            # The newest row waits until each endpoint has it: stored by half, it would stay so.
            shared = min(part["time"][-1] for part in parts)
            time = time[(time <= shared) | (time < asked.last_ms - 3 * asked.length_ms)]
    values = np.full((len(asked.dataset.values), len(time)), np.nan)
    for part in parts:
        mine = part["time"][np.isin(part["time"], time)]
        places = np.searchsorted(time, mine)
        for row, name in enumerate(asked.dataset.values):
            if name in part:
                values[row, places] = part[name][np.isin(part["time"], time)]
    return time, values
