"""
Levels of a frame that was seen before, with a row more: only what is new is folded.

A live bot sees the same rows in each loop but the newest. What a fold found for a row stays as it
is as long as everything that the fold went through stays; so the results are the same, to the bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from vectra_freqtrade.signals.levels.level_clusters import Side
from vectra_freqtrade.signals.levels.level_steps import Steps
from vectra_freqtrade.signals.native import FloatArray


@dataclass(frozen=True, slots=True)
class Standing:
    """
    One side's book after a row, to go on from.

    :param held: coins by bin, to be multiplied by `scale`; from the bin `bottom` on
    :param scale: of all of them
    :param total: coins that rest
    :param bottom: lowest bin that was opened at, None where there was none
    :param top: bins above are empty
    """

    held: FloatArray
    scale: float
    total: float
    bottom: int | None
    top: int


@dataclass(frozen=True, slots=True)
class Stand:
    """
    Both books after the last row of a frame.

    :param block: number of that row's block
    :param time: of the row, milliseconds
    :param books: per side
    """

    block: int
    time: int
    books: Mapping[Side, Standing]

    @property
    def place(self) -> tuple[int, int]:
        """Block and time."""
        return self.block, self.time


@dataclass(frozen=True, slots=True)
class Frame:
    """
    What was folded, and what was found.

    :param steps: one entry per row
    :param found: columns, one value per row
    :param stand: None where the last row had no levels
    """

    steps: Steps
    found: Mapping[str, FloatArray]
    stand: Stand | None


class Overlap:
    """
    What a frame shares with one before.

    :param old: the one before, None where there is none
    :param steps: of the new one
    """

    def __init__(self, old: Frame | None, steps: Steps) -> None:
        self.stand: Stand | None = None
        self._old, self._rows, self._changed = old, 0, -1
        if old is None:
            return
        held = old.steps
        first = int(np.searchsorted(held.time, steps.time[0]))
        rows = min(len(held.time) - first, len(steps.time))
        there, here = slice(first, first + rows), slice(0, rows)
        if rows == 0 or not np.array_equal(held.time[there], steps.time[here]):
            return
        same = np.ones(rows, dtype=bool)
        for name in (field.name for field in fields(Steps) if field.name not in ("time", "since")):
            left, right = getattr(held, name)[there], getattr(steps, name)[here]
            same &= (left == right) | (np.isnan(left) & np.isnan(right))
        self._first, self._rows = first, rows
        self._changed = int(np.flatnonzero(~same)[-1]) if not same.all() else -1
        self.stand = old.stand

    def known(self, look_back: int, begin: int, end: int, since: int) -> int:
        """
        :param look_back: row that a block's fold begins with; of it nothing but its time counts
        :param begin: first row of the block
        :param end: row behind its last one
        :param since: milliseconds; the block has levels where rows and candles begin no later
        :return: for how many of the block's rows the results are known
        """
        if self._old is None or self._changed > look_back or since < self._old.steps.since:
            return 0
        return max(0, min(self._rows, end) - begin)

    def copy(self, found: Mapping[str, FloatArray], begin: int, count: int) -> None:
        """
        :param found: columns of the new frame; filled from `begin` on
        :param begin: row
        :param count: of rows
        """
        if self._old is not None and count:
            there = slice(self._first + begin, self._first + begin + count)
            for name, values in found.items():
                values[begin : begin + count] = self._old.found[name][there]


class LevelMemo:
    """
    The last frame of one pair and interval, under one rule.

    :param frame: None before the first
    """

    def __init__(self, frame: Frame | None = None) -> None:
        self.frame = frame
