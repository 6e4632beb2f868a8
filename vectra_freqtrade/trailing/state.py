"""What a trailing stop knows at a candle, and what a candle tells it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.trailing.plan import NAN, VERSION, EntryPlan, number

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Phase(IntEnum):
    """How far a trade has come; it never goes back."""

    INITIAL = 0
    BREAKEVEN = 1
    TRAILING = 2
    LOCKED = 3


class TrailState(NamedTuple):
    """
    State after a closed candle.

    :param phase: the highest reached, a value of Phase
    :param target: the nearest to entry so far, a price
    :param stop: the best proposed so far, a price
    :param best: the best extreme of the closed candles, a price; at least the entry
    """

    phase: int
    target: float
    stop: float
    best: float

    @classmethod
    def at_entry(cls, plan: EntryPlan) -> Self:
        """
        :param plan: of the trade
        :return: the state until its first candle closes
        """
        return cls(int(Phase.INITIAL), plan.target, plan.stop, plan.entry)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """
    A state that outlives the bot, and trades that outlive the candles in memory.

    :param at: close of the last candle that is in it, milliseconds since 1970 UTC
    :param state: after that candle
    """

    at: int
    state: TrailState

    def to_dict(self) -> dict[str, Any]:
        """
        :return: plain numbers that JSON holds without loss, to be kept with the trade
        """
        return {"version": VERSION, "at": self.at, **self.state._asdict()}

    @classmethod
    def from_dict(cls, stored: object) -> Self | None:
        """
        :param stored: what was kept with the trade: anything, it may be foreign or broken
        :return: the checkpoint, None where this isn't one
        """
        if not isinstance(stored, Mapping) or stored.get("version") != VERSION:
            return None
        try:
            prices = [number(stored[name]) for name in ("target", "stop", "best")]
            phase = int(Phase(stored["phase"]))
            at = int(number(stored["at"]))
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
        if not all(map(math.isfinite, prices)):
            return None
        return cls(at, TrailState(phase, *prices))


@dataclass(frozen=True, slots=True)
class Candle:
    """
    One closed candle. Only the prices are needed; each default means "no opinion".

    :param high: price
    :param low: price
    :param level_above: price of the nearest liquidation cluster above, NaN where there is none
    :param level_below: the same below
    :param whale_long_against: whale activity is against longs
    :param whale_short_against: ... against shorts
    :param funding_long_adverse: funding is adverse to longs
    :param funding_short_adverse: ... to shorts
    """

    high: float
    low: float
    level_above: float = NAN
    level_below: float = NAN
    whale_long_against: bool = False
    whale_short_against: bool = False
    funding_long_adverse: bool = False
    funding_short_adverse: bool = False


@dataclass(frozen=True, slots=True)
class Candles:
    """
    Closed candles in time order: the columns of `Candle`, each of shape (n,).

    :param high: float64
    :param low: float64
    :param level_above: float64, None where there is no such data at all
    :param level_below: as above
    :param whale_long_against: bool, None where there is no such data at all
    :param whale_short_against: as above
    :param funding_long_adverse: as above
    :param funding_short_adverse: as above
    """

    high: Floats
    low: Floats
    level_above: Floats | None = None
    level_below: Floats | None = None
    whale_long_against: Flags | None = None
    whale_short_against: Flags | None = None
    funding_long_adverse: Flags | None = None
    funding_short_adverse: Flags | None = None

    def __len__(self) -> int:
        return int(self.high.size)

    def rows(self, start: int, stop: int) -> "Candles":
        """
        :param start: first row
        :param stop: row after the last
        :return: these rows, not copied
        """
        columns = {name: getattr(self, name) for name in self.__slots__}
        return Candles(
            **{name: values[start:stop] for name, values in columns.items() if values is not None}
        )

    def row(self, index: int) -> Candle:
        """
        :param index: of the row
        :return: it, as plain numbers
        """
        columns = {name: getattr(self, name) for name in self.__slots__}
        return Candle(
            **{name: values[index].item() for name, values in columns.items() if values is not None}
        )
