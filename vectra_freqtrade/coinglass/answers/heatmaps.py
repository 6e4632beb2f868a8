"""The data of a liquidation heatmap or map → resting levels by price. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from vectra_freqtrade.coinglass.answers.envelope import shape
from vectra_freqtrade.coinglass.answers.numbers import millis, number, numbers
from vectra_freqtrade.errors import ContractError


@dataclass(frozen=True, slots=True)
class Snapshot:
    """
    Resting levels at one moment.

    :param levels: price (ascending, unique) and usd, float64
    :param time: when CoinGlass drew it, milliseconds; None where the answer does not say
    """

    levels: pd.DataFrame
    time: int | None = None


def heatmap(data: Any) -> Snapshot:
    """
    Levels of a heatmap: those of its newest slice of time.

    The slices project the same resting levels again and again, so a level's strength is its
    value in one slice, never a sum over them.

    :param data: of the answer; one object, or a list of one
    :raises ContractError: where the shape is not one we know
    """
    data = _object(data)
    if data is None:
        return _snapshot({})
    cells, prices = data.get("liquidation_leverage_data"), data.get("y_axis")
    if not isinstance(cells, list) or not isinstance(prices, list):
        raise ContractError(f"a heatmap of unknown shape: {shape(data)}")
    axis = numbers(prices)
    slices: dict[int, dict[float, float]] = defaultdict(dict)
    for cell in cells:
        if not isinstance(cell, list) or len(cell) < 3:
            raise ContractError(f"a heatmap with unknown cells: {shape(cells)}")
        x, y = _whole(cell[0]), _whole(cell[1])
        # The documents' own example points past its axis: such a cell has no price.
        if y < len(axis):
            slices[x][float(axis[y])] = number(cell[2])
    newest = slices[max(slices)] if slices else {}
    stamp = data.get("update_time")
    return _snapshot(newest, None if stamp is None else millis(stamp))


def level_map(data: Any) -> Snapshot:
    """
    Levels of a map, in either shape that was seen.

    `{data: {price: [[price, usd, leverage, null], ...]}}`, or the same below `liqMapV2` for each
    exchange. Levels at one price are summed.

    :param data: of the answer
    :raises ContractError: where the shape is not one we know
    """
    data = _object(data)
    levels: dict[float, float] = defaultdict(float)
    for row in _map_rows({} if data is None else data.get("data", data)):
        if not isinstance(row, list) or len(row) < 2:
            raise ContractError(f"a map with unknown levels: {shape(row)}")
        levels[number(row[0])] += number(row[1])
    return _snapshot(levels)


def joined(snapshots: Iterable[tuple[Snapshot, int]]) -> Snapshot:
    """
    Snapshots of one coin under several names, each with the coins that its prices are for.

    :return: levels at prices of a single coin, summed per price; the oldest one's time
    """
    levels: dict[float, float] = defaultdict(float)
    times = []
    for snapshot, multiplier in snapshots:
        for price, usd in zip(snapshot.levels["price"], snapshot.levels["usd"], strict=True):
            # Twelve digits: a division must not part what is one price.
            levels[float(f"{price / multiplier:.12g}")] += usd
        if snapshot.time is not None:
            times.append(snapshot.time)
    return _snapshot(levels, min(times, default=None))


def _map_rows(inner: Any) -> Iterator[Any]:
    if isinstance(inner, list):
        for venue in inner:
            if not isinstance(venue, dict) or "liqMapV2" not in venue:
                raise ContractError(f"a map of unknown shape: {shape(inner)}")
            yield from _map_rows(venue["liqMapV2"])
        return
    if not isinstance(inner, dict):
        raise ContractError(f"a map of unknown shape: {shape(inner)}")
    for rows in inner.values():
        if not isinstance(rows, list):
            raise ContractError(f"a map of unknown shape: {shape(inner)}")
        yield from rows


def _object(data: Any) -> dict[str, Any] | None:
    if isinstance(data, list):
        if len(data) > 1:
            raise ContractError(f"several snapshots in one answer: {shape(data)}")
        data = data[0] if data else None
    if data is not None and not isinstance(data, dict):
        raise ContractError(f"a snapshot of unknown shape: {shape(data)}")
    return data


def _whole(cell: Any) -> int:
    value = number(cell)
    if not value >= 0 or value != int(value):
        raise ContractError("a heatmap with an index that is none")
    return int(value)


def _snapshot(levels: dict[float, float], time: int | None = None) -> Snapshot:
    good = {price: usd for price, usd in levels.items() if price > 0 and usd > 0}
    prices = sorted(good)
    frame = pd.DataFrame({"price": prices, "usd": [good[price] for price in prices]})
    return Snapshot(frame.astype("float64"), time)
