"""Endpoints that give a part at a time, asked until they have given all; for `query --paginate`."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from vectra_freqtrade.catalogue.datasets import ROW_LIMIT
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.coinglass.answers.numbers import millis
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.times import to_ms

#: Pages of an endpoint that never says it is done.
_MOST_PAGES: Final = 1000

Params = dict[str, str | int]
Get = Callable[[Params], Any]


def paged(get: Get, params: Mapping[str, str | int], now: datetime) -> Any:
    """
    All rows of an answer that comes in parts.

    Where the parameters have an interval and a start_time, blocks of interval × limit with their
    own ends, the last one at `now`; else page after page until one brings nothing new.

    :raises SettingsError: where the parameters allow neither
    """
    if "interval" in params:
        return _blocks(get, params, now)
    return _pages(get, params)


def _blocks(get: Get, params: Mapping[str, str | int], now: datetime) -> list[Any]:
    if "start_time" not in params:
        raise SettingsError("--paginate with an interval needs -p start_time=… (seconds or ms).")
    length = interval_ms(str(params["interval"]))
    limit = min(int(params.get("limit", ROW_LIMIT)), ROW_LIMIT) or ROW_LIMIT
    start = millis(params["start_time"])
    end = millis(params["end_time"]) if "end_time" in params else to_ms(now)
    rows: list[Any] = []
    while start < end:
        following = min(start + length * limit, end)
        block = {**params, "start_time": start, "end_time": following, "limit": limit}
        part = get(block)
        rows += part if isinstance(part, list) else [] if part is None else [part]
        start = following
    return rows


def _pages(get: Get, params: Mapping[str, str | int]) -> Any:
    name = "current_page" if "current_page" in params else "page"
    first = int(params.get(name, 1))
    rows: list[Any] = []
    before: list[Any] = []
    for number in range(first, first + _MOST_PAGES):
        data = get({**params, name: number})
        inner = data.get("list", data.get("data")) if isinstance(data, dict) else data
        if isinstance(data, dict) and not isinstance(inner, list) and not rows:
            return data  # it comes whole
        part = inner if isinstance(inner, list) else []
        if not part or part == before:
            break
        rows += part
        before = part
        total = data.get("total_pages") if isinstance(data, dict) else None
        if isinstance(total, int) and number >= total:
            break
    return rows
