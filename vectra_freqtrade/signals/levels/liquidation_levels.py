"""
Liquidation levels, estimated from open interest and candles.

Every contract has a long and a short. A closed row whose open interest rose by q coins opened q
long and q short at the row's typical price, over leverages of 10, 25, 50 and 100; each is
liquidated where its margin is gone. From then on, row by row:

1. what rests loses half of itself in 7 days;
2. what the row's candle reached is liquidated and gone; what the same row opens comes after that,
   because where in the candle it was opened is not known: the next candle is the first to reach it;
3. where open interest fell by more than was liquidated, the rest of the fall was closed, on each
   side in proportion to what rests.

So the coins that rest on a side never exceed the open interest that was seen. Levels lie on the
grid of `level_clusters`: a level has the price in the middle of its bin.

A row must not see where the bot's candles happen to start, so it never looks back to the first one.
Time is cut into blocks of 10 / 7 half-lives, in whole days, counted from 1970. The rows of a block
share one fold, which begins with an empty book at the start of the block before: a row looks back
one to two blocks (10 to 20 days) and never further. What was opened earlier would rest to 14 to
37 % at most, and less where price moved; at the start of a block it is forgotten at once. Rows and
candles must both reach back to the fold's start: where either begins later, in a bot's memory or
in the store itself, the rows of that block have no levels. So any two frames agree, to the bit, on
every row that has levels in both, and both have them from two blocks after their start on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from vectra_freqtrade.settings.opinions import Levels
from vectra_freqtrade.signals.levels.level_clusters import CloseSide, nearest
from vectra_freqtrade.signals.levels.level_folds import Folds, LevelBlock, Stand, blocks_of
from vectra_freqtrade.signals.levels.level_steps import LevelSteps, steps_of
from vectra_freqtrade.signals.native import Features, FloatArray, features_of

_NAMES = ("liq_above_price", "liq_above_usd", "liq_below_price", "liq_below_usd")


@dataclass(frozen=True, slots=True)
class Frame:
    """What was folded and found; no stand where the last row had no levels."""

    steps: LevelSteps
    found: Mapping[str, FloatArray]
    stand: Stand | None


class LevelMemo:
    """The last frame of one pair and interval, under one rule; None before the first."""

    def __init__(self, frame: Frame | None = None) -> None:
        self.frame = frame


class _Overlap:
    """
    What a frame shares with the one before, None where there is none.

    A live bot sees the same rows in each loop but the newest. What a fold found for a row stays as
    it is as long as everything that the fold went through stays; so only new rows are folded, and
    the results are the same, to the bit.
    """

    def __init__(self, old: Frame | None, steps: LevelSteps) -> None:
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
        for name in (
            field.name for field in fields(LevelSteps) if field.name not in ("time", "since")
        ):
            left, right = getattr(held, name)[there], getattr(steps, name)[here]
            same &= (left == right) | (np.isnan(left) & np.isnan(right))
        self._first, self._rows = first, rows
        self._changed = int(np.flatnonzero(~same)[-1]) if not same.all() else -1
        self.stand = old.stand

    def unknown(
        self, blocks: Iterator[LevelBlock], found: dict[str, FloatArray]
    ) -> Iterator[LevelBlock]:
        """What has to be folded of the blocks; what is known of them is filled in."""
        for block in blocks:
            known = self._known(block)
            goes_on = self.stand is not None and self.stand.block == block.number
            if block.begin + known < block.end and not goes_on:
                known = 0
            self._copy(found, block.begin, known)
            if block.begin + known < block.end:
                yield replace(block, begin=block.begin + known)

    def _known(self, block: LevelBlock) -> int:
        """For how many of the block's first rows the results are known."""
        # Of the row that the fold begins with nothing but its time counts.
        changed = self._changed > block.look_back
        if self._old is None or changed or block.since < self._old.steps.since:
            return 0
        return max(0, min(self._rows, block.end) - block.begin)

    def _copy(self, found: dict[str, FloatArray], begin: int, count: int) -> None:
        if self._old is not None and count:
            there = slice(self._first + begin, self._first + begin + count)
            for name, values in found.items():
                values[begin : begin + count] = self._old.found[name][there]


def features(
    rows: pd.DataFrame,
    candles: pd.DataFrame,
    *,
    length_ms: int,
    rule: Levels,
    units: int = 1,
    memo: LevelMemo | None = None,
) -> Features:
    """
    :param rows: time, available_at, oi (coins, at the interval's close); released, in time order
    :param candles: the pair's closed candles of that interval: date, high, low, close
    :param length_ms: the interval
    :param rule: half-life and how levels are summed up
    :param units: coins that the candles' prices are for
    :param memo: of the same pair, interval and rule; what it knows is not made again
    :return: columns liq_above_price, liq_above_usd, liq_below_price, liq_below_usd
    """
    rows = rows[rows["oi"] > 0]  # a NaN or a zero is a missing row
    found = {name: np.full(len(rows), np.nan) for name in _NAMES}
    if rows.empty or candles.empty:
        return features_of(rows, **found)
    steps = steps_of(rows, candles, length_ms)
    overlap = _Overlap(memo.frame if memo else None, steps)
    folds = Folds(steps, rule, overlap.stand)
    for resting in folds.run(overlap.unknown(blocks_of(steps, rule), found)):
        close = steps.close[resting.rows]
        priced = np.isfinite(close)
        for side in CloseSide:
            price, coins = nearest(
                resting.windows[side][priced],
                resting.first[side][priced],
                close[priced],
                side,
                rule,
            )
            found[f"liq_{side.name.lower()}_price"][resting.rows][priced] = price
            found[f"liq_{side.name.lower()}_usd"][resting.rows][priced] = (
                coins / units * close[priced]
            )
    if memo is not None:
        memo.frame = Frame(steps, found, folds.stand)
    return features_of(rows, **found)
