"""What a trailing stop knows at a candle, and what a candle tells it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.trailing.plan import VERSION, EntryPlan, number

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
        """The state until the trade's first candle closes."""
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
        """Plain numbers that JSON holds without loss, to be kept with the trade."""
        return {"version": VERSION, "at": self.at, **self.state._asdict()}

    @classmethod
    def from_dict(cls, stored: object) -> Self | None:
        """
        :param stored: what was kept with the trade: anything, it may be foreign or broken
        :return: None where this is no checkpoint
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
class SideColumns:
    """
    Closed candles in time order as trades of one side see them, each of shape (n,).

    :param extreme: prices toward profit: highs for longs, lows for shorts
    :param level: prices of the nearest liquidation cluster on that way, NaN where there is none
    :param whale_against: where whale activity is against the side
    :param funding_adverse: where funding is adverse to it
    :param confidence: the side's combined multiplier, NaN where there is none

    None for a column whose dataset is off.
    """

    extreme: Floats
    level: Floats | None = None
    whale_against: Flags | None = None
    funding_adverse: Flags | None = None
    confidence: Floats | None = None

    def __len__(self) -> int:
        return int(self.extreme.size)

    def rows(self, start: int, stop: int) -> "SideColumns":
        """The rows from `start` to before `stop`, not copied."""
        columns = {name: getattr(self, name) for name in self.__slots__}
        return SideColumns(
            **{name: values[start:stop] for name, values in columns.items() if values is not None}
        )
