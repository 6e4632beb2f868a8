"""A pair's candles as plain arrays, made once per frame and found again by time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.exits import Codes, MarketStates, early_exits
from vectra_freqtrade.trailing.plan import NAN, EntryPlan, Side, make_plan
from vectra_freqtrade.trailing.state import Floats, SideColumns

Int64 = NDArray[np.int64]

#: A pair whose last closed candle is older than so many timeframes is not traded on.
MAX_AGE = 2


@dataclass(frozen=True, slots=True)
class PairArrays:
    """
    Everything that the callbacks of one pair read. Nothing in it may be written to.

    :param close_ms: when each candle closed, milliseconds since 1970 UTC, ascending, shape (n,)
    :param timeframe_ms: length of a candle
    :param close: prices, shape (n,)
    :param atr: of the last candle of the ATR's interval that had closed by then, in price,
        shape (n,)
    :param sides: what stops are computed from
    :param exits: early exit codes, shape (n,)
    """

    close_ms: Int64
    timeframe_ms: int
    close: Floats
    atr: Floats
    sides: Mapping[Side, SideColumns]
    exits: Mapping[Side, Codes]

    def __len__(self) -> int:
        return int(self.close_ms.size)

    def last_closed(self, now_ms: int, near: int | None = None) -> int | None:
        """
        :param now_ms: time of a decision, milliseconds since 1970 UTC
        :param near: the answer of a little while ago, if there is one: it makes this one quicker
        :return: index of the last candle closed by then; None where there is none, or it closed
            more than MAX_AGE timeframes ago
        """
        times = self.close_ms
        index = -1 if near is None else near + 1
        if not 0 <= index < times.size - 1 or not times.item(index) <= now_ms < times.item(
            index + 1
        ):
            index = int(times.searchsorted(now_ms, side="right")) - 1
        if index < 0 or now_ms - times.item(index) > MAX_AGE * self.timeframe_ms:
            return None
        return index

    def after(self, time_ms: int) -> int:
        """Index of the candle that a time (ms) falls into; n where it has not closed yet."""
        return int(self.close_ms.searchsorted(time_ms, side="right"))

    def covers(self, time_ms: int) -> bool:
        """Whether the candles reach back to a time (ms)."""
        return len(self) > 0 and int(self.close_ms[0]) - self.timeframe_ms <= time_ms


def pair_arrays(
    close_ms: Int64,
    close: ArrayLike,
    atr: ArrayLike,
    sides: Mapping[Side, SideColumns],
    states: MarketStates | None = None,
    *,
    timeframe_ms: int,
    settings: TrailingSettings,
) -> PairArrays:
    """
    Copy a frame's columns, so that what later happens to the frame does not matter.

    :param close_ms: when each of n candles closed, milliseconds since 1970 UTC
    :param close: prices, shape (n,)
    :param atr: in price, shape (n,); NaN where there is none yet
    :param sides: both; NaN in any cell, of a flag too, is neutral
    :param states: None without open interest: then there are no early exits
    :param timeframe_ms: length of a candle
    :param settings: of trailing
    :raises ValueError: where a column has another length, or times don't ascend
    """
    n = len(close_ms)
    if n > 1 and not (np.diff(close_ms) > 0).all():
        raise ValueError("Candles must ascend in time, each date once.")
    copies = {side: _copied(columns, n) for side, columns in sides.items()}
    exits = {
        side: np.zeros(n, dtype=np.int8)
        if states is None
        else early_exits(side, states, columns, settings)
        for side, columns in copies.items()
    }
    return PairArrays(
        close_ms=_column(close_ms, n, np.int64),
        timeframe_ms=timeframe_ms,
        close=_column(close, n),
        atr=_column(atr, n),
        sides=copies,
        exits={side: _column(codes, n, np.int8) for side, codes in exits.items()},
    )


def _copied(columns: SideColumns, n: int) -> SideColumns:
    def flags(values: ArrayLike | None) -> NDArray[np.bool_] | None:
        return None if values is None else _column(_column(values, n) == 1.0, n, np.bool_)

    level, confidence = columns.level, columns.confidence
    return SideColumns(
        extreme=_column(columns.extreme, n),
        level=None if level is None else _column(level, n),
        whale_against=flags(columns.whale_against),
        funding_adverse=flags(columns.funding_adverse),
        confidence=None if confidence is None else _column(confidence, n),
    )


def _column(values: ArrayLike, n: int, dtype: Any = np.float64) -> NDArray[Any]:
    array = np.array(values, dtype=dtype)  # a copy
    if array.shape != (n,):
        raise ValueError(f"A column has the shape {array.shape}, not ({n},).")
    array.setflags(write=False)
    return array


def plan_from(
    arrays: PairArrays,
    times: Iterable[int],
    *,
    side: Side,
    entry: float,
    fees: float,
    opened: int,
    settings: TrailingSettings,
) -> EntryPlan | None:
    """
    As `make_plan`, with the ATR and the levels of a candle.

    :param arrays: of the pair
    :param times: whose last closed candles may give the plan, the best first, milliseconds since
        1970 UTC
    :return: None where none of these candles is there, or has an ATR
    """
    above, below = (arrays.sides[way].level for way in (Side.LONG, Side.SHORT))
    for time in times:
        row = arrays.last_closed(time)
        if row is None:
            continue
        plan = make_plan(
            side=side,
            entry=entry,
            atr=float(arrays.atr[row]),
            fees=fees,
            opened=opened,
            settings=settings,
            level_above=NAN if above is None else float(above[row]),
            level_below=NAN if below is None else float(below[row]),
        )
        if plan is not None:
            return plan
    return None
