"""The data of large-limit-order-history → one row per order. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.coinglass.answers.envelope import shape
from vectra_freqtrade.coinglass.answers.numbers import number, numbers, times
from vectra_freqtrade.coinglass.answers.rows import TIME_DTYPE, row_list
from vectra_freqtrade.errors import ContractError

#: order_side of the answer → +1 buy, -1 sell. (The spot page has it backwards; captures settle it.)
SIDES = {1: -1.0, 2: 1.0}
OPEN = 1

COLUMNS = ("id", "start", "end", "side", "price", "start_usd", "executed_usd")


def orders(answers: Sequence[Any]) -> pd.DataFrame:
    """
    Large orders out of the answers for their three states.

    :param answers: the data of each answer, in any order; orders come unsorted
    :return: id (int64), start and end (datetime64[ms, UTC]; NaT while it rests), side (1 buy,
        -1 sell), price, start_usd, executed_usd (float64); sorted by start, one row per id: the
        one that has ended, where an order was seen both resting and ended
    :raises ContractError: where the shape is not one we know
    """
    items = [item for answer in answers for item in row_list(answer)]
    try:
        frame = pd.DataFrame(
            {
                "id": _ids(items),
                "start": _moments([item["start_time"] for item in items]),
                "end": _ends(items),
                "side": _sides(items),
                # The documents say price, the answers limit_price.
                "price": numbers([item.get("limit_price", item.get("price")) for item in items]),
                "start_usd": numbers([item["start_usd_value"] for item in items]),
                "executed_usd": numbers([item["executed_usd_value"] for item in items]),
            }
        )
    except KeyError as error:
        raise ContractError(f"orders without {error}: {shape(items)}") from None
    money = frame[["price", "start_usd", "executed_usd"]]
    frame = frame[(frame["price"] > 0) & (money >= 0).all(axis=1)]
    frame = frame.sort_values(["id", "end"], kind="stable").drop_duplicates("id", keep="first")
    return frame.sort_values(["start", "id"], ignore_index=True)


def _ids(items: list[dict[str, Any]]) -> Any:
    ids = [item["id"] for item in items]
    if not all(type(each) is int or (type(each) is str and each.isdecimal()) for each in ids):
        raise ContractError(f"orders with an unknown kind of id: {shape(items)}")
    try:
        return np.array([int(each) for each in ids], dtype="int64")
    except OverflowError:
        raise ContractError("orders with an id out of range") from None


def _moments(stamps: list[Any]) -> pd.Series:
    return pd.Series(pd.to_datetime(times(stamps), unit="ms", utc=True)).astype(TIME_DTYPE)


def _ends(items: list[dict[str, Any]]) -> pd.Series:
    """An order that rests has no end, whatever its field holds."""
    resting = [
        number(item.get("order_state")) == OPEN or not number(item.get("order_end_time")) > 0
        for item in items
    ]
    stamps = [
        item["start_time"] if rests else item["order_end_time"]
        for item, rests in zip(items, resting, strict=True)
    ]
    return _moments(stamps).mask(np.array(resting, dtype=bool))


def _sides(items: list[dict[str, Any]]) -> Any:
    try:
        return np.array([SIDES[int(number(item["order_side"]))] for item in items], dtype="float64")
    except (KeyError, ValueError):
        raise ContractError(f"orders with an unknown side: {shape(items)}") from None
