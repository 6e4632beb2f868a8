"""Any answer → a table, as well as its shape allows. Pure; for `query` and custom columns."""

import re
from typing import Any

import pandas as pd

from vectra_freqtrade.coinglass.answers.envelope import shape
from vectra_freqtrade.coinglass.answers.numbers import number, times
from vectra_freqtrade.errors import ContractError

_TIME = re.compile(r"(?:^|_)(?:time|timestamp|date|time_list)$")
#: Names under which an answer wraps its rows.
_WRAPPERS = ("list", "data", "data_list")


def table(data: Any) -> pd.DataFrame:
    """
    :param data: of an answer
    :return: one row per item; stamps as datetime64[ms, UTC], texts of numbers as numbers
    :raises ContractError: where it can't be laid out as a table
    """
    frame = _frame(data)
    frame.columns = pd.Index([str(name) for name in frame.columns])
    for place, name in enumerate(frame.columns):
        frame.isetitem(place, _typed(name, frame.iloc[:, place]).array)
    return frame


def _frame(data: Any) -> pd.DataFrame:
    if data is None:
        return pd.DataFrame()
    if isinstance(data, list):
        if all(isinstance(item, dict) for item in data):
            if len(data) == 1 and _columns(data[0]):
                return _frame(data[0])
            return pd.json_normalize(data, max_level=1)
        if all(isinstance(item, list) for item in data):
            width = max((len(item) for item in data), default=0)
            return pd.DataFrame([item + [None] * (width - len(item)) for item in data])
        return pd.DataFrame({"value": data})
    if isinstance(data, dict):
        return _object(data)
    return pd.DataFrame({"value": [data]})


def _object(data: dict[str, Any]) -> pd.DataFrame:
    for name in _WRAPPERS:
        inner = data.get(name)
        if isinstance(inner, (list, dict)) and not _columns(data):
            return _frame(inner)
    columns = _columns(data)
    if columns:
        return pd.DataFrame(columns)
    groups = {key: value for key, value in data.items() if isinstance(value, list)}
    if groups and len(groups) == len(data):
        parts = [_frame(value).assign(key=key) for key, value in groups.items() if value]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    try:
        return pd.json_normalize([data], max_level=1)
    except (ValueError, TypeError, AttributeError):
        raise ContractError(f"no table: {shape(data)}") from None


def _columns(data: dict[str, Any]) -> dict[str, list[Any]]:
    """Lists of one length beside a list of times, `data_map` opened; else nothing."""
    flat = {key: value for key, value in data.items() if not isinstance(value, dict)}
    for value in data.values():
        if isinstance(value, dict):
            flat |= value
    lists = {key: value for key, value in flat.items() if isinstance(value, list)}
    timed = any(_TIME.search(str(key)) for key in lists)
    return lists if timed and len({len(value) for value in lists.values()}) == 1 else {}


def _typed(name: str, column: "pd.Series[Any]") -> "pd.Series[Any]":
    cells = [None if _missing(cell) else cell for cell in column]
    held = [cell for cell in cells if cell is not None]
    if not held or any(isinstance(cell, bool) for cell in held):
        return column
    try:
        if _TIME.search(name):
            stamps = pd.Series(pd.NaT, index=column.index, dtype="datetime64[ms, UTC]")
            present = [cell is not None for cell in cells]
            stamps[present] = pd.to_datetime(times(held), unit="ms", utc=True).as_unit("ms")
            return stamps
        return pd.Series([number(cell) for cell in cells], index=column.index, dtype="float64")
    except ContractError:
        return column


def _missing(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and cell != cell)
