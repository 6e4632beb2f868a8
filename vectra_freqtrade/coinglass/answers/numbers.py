"""
CoinGlass's cells → numbers and times.

One answer mixes JSON numbers and strings, and answers differ in the unit of their stamps. What
is neither a number nor the text of one is a `ContractError`, never a guess.
"""

import math
import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from vectra_freqtrade.errors import ContractError
from vectra_freqtrade.times import seconds_to_ms

# float() would take more: "1_000", "nan", "infinity" and digits of other scripts.
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)

#: Stamps below this are milliseconds, from there on microseconds, then nanoseconds.
_SECONDS, _MILLIS, _MICROS, _NANOS = 10**8, 10**11, 10**14, 10**17


def number(cell: object) -> float:
    """
    One cell; NaN for null and empty text.

    :raises ContractError: for what is no finite number nor the text of one
    """
    kind = type(cell)
    if kind is float or kind is int:
        try:
            value = float(cell)  # type: ignore[arg-type]
        except OverflowError:
            value = math.inf
        if math.isfinite(value):
            return value
    elif kind is str:
        text: str = cell  # type: ignore[assignment]
        if _NUMBER.fullmatch(text) and math.isfinite(value := float(text)):
            return value
        if not text.strip():
            return math.nan
    elif cell is None:
        return math.nan
    raise ContractError(f"a {kind.__name__} where a number was expected")


def numbers(cells: Iterable[object]) -> npt.NDArray[np.float64]:
    return np.fromiter((number(cell) for cell in cells), dtype="float64")


def millis(cell: object) -> int:
    """
    One stamp in seconds, milliseconds, microseconds or nanoseconds, told by its magnitude.

    :return: milliseconds
    :raises ContractError: where it can be none of them
    """
    # An int keeps nanoseconds exact; a float holds whole milliseconds well enough.
    value = cell if type(cell) is int else number(cell)
    if not _SECONDS <= value < _NANOS * 100:  # NaN is not either
        raise ContractError("not a timestamp")
    if value < _MILLIS:
        return seconds_to_ms(value)
    if value < _MICROS:
        return int(value)
    return int(value // (1000 if value < _NANOS else 10**6))


def times(cells: Iterable[object]) -> npt.NDArray[np.int64]:
    """A column of stamps, in milliseconds."""
    return np.fromiter((millis(cell) for cell in cells), dtype="int64")
