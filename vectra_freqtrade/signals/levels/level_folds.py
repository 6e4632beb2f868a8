"""What rests after each row, folded block by block; `liquidation_levels` tells the rules."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.settings.opinions import Levels
from vectra_freqtrade.signals.levels.level_clusters import CloseSide, bins_of, edge_bins, width
from vectra_freqtrade.signals.levels.level_steps import LevelSteps
from vectra_freqtrade.signals.native import FloatArray

_LEVERAGES = np.array([10.0, 25.0, 50.0, 100.0])
_WEIGHTS = (0.4, 0.3, 0.2, 0.1)
#: Margin that must be left, as a share of the position.
_MAINTENANCE = 0.005

_DAY_MS = 86_400_000
#: Half-lives that a row looks back at least; what is older rests to 0.37 of itself at most.
_BLOCK_HALF_LIVES = 10 / 7

#: Clusters are looked for in so many rows at once, or in a block's: bounds the memory.
_CHUNK = 4096
#: A scale this small is multiplied into what it scales, long before it would underflow.
_SMALLEST_SCALE = 1e-100


@dataclass(frozen=True, slots=True)
class Standing:
    """
    One side's book after a row, to go on from.

    :param held: coins by bin, to be multiplied by `scale`; from the bin `bottom` on
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
    """Both books after the last row of a frame: the number of its block, its time in ms."""

    block: int
    time: int
    books: Mapping[CloseSide, Standing]


@dataclass(frozen=True, slots=True)
class Resting:
    """
    What rests after each row of a run of rows.

    :param rows: which ones
    :param windows: per side coins per row and bin, the bin nearest to the close first
    :param first: per side each row's nearest bin
    :param coins: per side all that rests, near and far
    """

    rows: slice
    windows: dict[CloseSide, FloatArray]
    first: dict[CloseSide, NDArray[np.int64]]
    coins: dict[CloseSide, FloatArray]


def block_ms(rule: Levels) -> int:
    """Length of a block; a row looks back one to two of them."""
    return max(1, round(rule.half_life_days * _BLOCK_HALF_LIVES)) * _DAY_MS


@dataclass(frozen=True, slots=True)
class LevelBlock:
    """
    Rows from `begin` to before `end`, whose fold begins with the row `look_back`; it has levels
    where rows and candles begin no later than at `since`, milliseconds.
    """

    number: int
    since: int
    look_back: int
    begin: int
    end: int


def blocks_of(steps: LevelSteps, rule: Levels) -> Iterator[LevelBlock]:
    """The blocks whose fold lies within what is known; once one does, all later ones do."""
    length = block_ms(rule)
    for number in np.unique(steps.time // length).tolist():
        since = (number - 1) * length
        if since >= steps.since:
            starts = (number + np.arange(-1, 2)) * length
            yield LevelBlock(number, since, *np.searchsorted(steps.time, starts).tolist())


class Folds:
    """
    :param steps: from `steps_of`
    :param rule: half-life, and how far from the close levels are looked for
    :param stand: of a frame before: in `run`, a block that begins behind its row goes on from there
    """

    def __init__(self, steps: LevelSteps, rule: Levels, stand: Stand | None = None) -> None:
        self._steps, self._rule, self._from = steps, rule, stand
        #: Where the last row of all leaves the books.
        self.stand = stand

    def run(self, blocks: Iterable[LevelBlock]) -> Iterator[Resting]:
        """What rests after each row of the blocks, a run of rows at a time."""
        for batch in _batches(blocks):
            rows = slice(batch[0].begin, batch[-1].end)
            before = self._before(batch[0])
            # The row before the first one that is folded tells how long ago that was.
            begins = batch[0].look_back if before is None else rows.start - 1
            low = min([begins, *(block.look_back for block in batch[1:])])
            steps = self._steps.of(slice(low, rows.stop))
            windows, coins, first, stands = {}, {}, {}, {}
            for side in CloseSide:
                stand = None if before is None else before.books[side]
                book = _Book(steps, side, self._rule, stand)
                windows[side] = np.zeros((rows.stop - rows.start, book.width))
                coins[side] = np.zeros(rows.stop - rows.start)
                first[side] = book.first[rows.start - low :]
                for block in batch:
                    fold = _Fold(book, stand)
                    if stand is None:
                        fold.walk(range(block.look_back - low, block.begin - low))
                    part = slice(block.begin - rows.start, block.end - rows.start)
                    todo = range(block.begin - low, block.end - low)
                    fold.walk(todo, windows[side][part], coins[side][part])
                    stand = None
                stands[side] = fold.stand()
            self.stand = Stand(batch[-1].number, int(steps.time[-1]), stands)
            yield Resting(rows=rows, windows=windows, first=first, coins=coins)

    def _before(self, block: LevelBlock) -> Stand | None:
        """Where the fold of a block stands already."""
        before, row = self._from, block.begin - 1
        if before is None:
            return None
        there = (before.block, before.time) == (block.number, self._steps.time[row])
        return before if there else None


def _batches(blocks: Iterable[LevelBlock]) -> Iterator[list[LevelBlock]]:
    batch: list[LevelBlock] = []
    for block in blocks:
        if batch and block.begin != batch[-1].end:
            yield batch
            batch = []
        batch.append(block)
        if block.end - batch[0].begin >= _CHUNK:
            yield batch
            batch = []
    if batch:
        yield batch


class _Book:
    """What all folds of one side share: per row what is opened, closed and reached, in bins."""

    def __init__(
        self, steps: LevelSteps, side: CloseSide, rule: Levels, stand: Standing | None
    ) -> None:
        distance = 1 / _LEVERAGES - _MAINTENANCE
        known = np.where(np.isfinite(steps.typical), steps.typical, 1.0)
        levels = bins_of(known[:, None] * (1 - side * distance), side)
        furthest = steps.low if side is CloseSide.BELOW else steps.high
        told = np.isfinite(furthest) & (furthest > 0)
        reached = edge_bins(np.where(told, furthest, 1.0), side)
        close = np.where(np.isfinite(steps.close), steps.close, 1.0)
        #: The bin just on this side of each close.
        self.first = edge_bins(close, side) - 1
        self.width = width(rule)
        opens = steps.opened > 0
        used = levels[opens].ravel()
        if stand is not None and stand.bottom is not None:
            used = np.append(used, (stand.bottom, max(stand.bottom, stand.top)))
        if not used.size:
            used = np.zeros(1, dtype=np.int64)
        base = self.base = int(used.min())
        #: Bins from the lowest to the highest that anything is ever opened at, counted from 0.
        self.size = int(used.max()) - base + 1
        elapsed = np.diff(steps.time, prepend=steps.time[:1]) / (rule.half_life_days * _DAY_MS)
        self.decay = (0.5**elapsed).tolist()
        self.opened = steps.opened.tolist()
        self.fallen = steps.fallen.tolist()
        self.levels = (levels - base).tolist()
        self.reached = np.where(told, reached - base, self.size).tolist()
        self.nearest = (self.first - base).tolist()


class _Fold:
    """
    The coins that rest on one side, by bin, from an empty book on.

    `held` × `scale` are the coins: decay and proportional closing change the scale alone. Bins
    outside `bottom` to `top` are empty. Nothing is summed over the whole array, whose length
    other rows decide: how it rounds would then depend on them.
    """

    def __init__(self, book: _Book, stand: Standing | None = None) -> None:
        self._book = book
        self._held = np.zeros(book.size)
        self._scale, self._total = 1.0, 0.0
        self._bottom, self._top = book.size, -1
        self._begun = stand is not None
        if stand is None:
            return
        self._scale, self._total = stand.scale, stand.total
        if stand.bottom is not None:
            self._bottom, self._top = stand.bottom - book.base, stand.top - book.base
            self._held[self._bottom : self._top + 1] = stand.held

    def stand(self) -> Standing:
        """To go on from, with other rows' bins."""
        base, held = self._book.base, self._held[self._bottom : self._top + 1].copy()
        bottom = None if self._bottom == self._book.size else self._bottom + base
        return Standing(held, self._scale, self._total, bottom, self._top + base)

    def walk(
        self,
        rows: range,
        windows: FloatArray | None = None,
        totals: FloatArray | None = None,
    ) -> None:
        """
        :param rows: the next ones; of the very first, nothing is known but that it is there
        :param windows: filled with the coins in the bins from each row's nearest one outward
        :param totals: filled with all that rests
        """
        for place, row in enumerate(rows):
            if self._begun:
                self._step(row)
            self._begun = True
            if windows is not None and totals is not None:
                self._look(self._book.nearest[row], windows[place])
                totals[place] = self._total

    def _step(self, row: int) -> None:
        book = self._book
        self._fade(book.decay[row])
        gone = self._liquidate(book.reached[row])
        if opened := book.opened[row]:
            levels = book.levels[row]
            self._total += opened
            for level, weight in zip(levels, _WEIGHTS, strict=True):
                self._held[level] += opened * weight / self._scale
            self._bottom = min(self._bottom, *levels)
            self._top = max(self._top, *levels)
        elif (closed := book.fallen[row] - gone) > 0:
            self._fade(1 - closed / self._total if closed < self._total else 0.0)

    def _fade(self, factor: float) -> None:
        """Keep this share of all that rests."""
        self._scale *= factor
        self._total *= factor
        if self._scale < _SMALLEST_SCALE:
            self._held[self._bottom : self._top + 1] *= self._scale
            self._scale = 1.0

    def _liquidate(self, reached: int) -> float:
        """All from the bin `reached` on is gone; how many coins that were."""
        start = max(reached, self._bottom)
        if start > self._top:
            return 0.0
        taken = self._held[start : self._top + 1]
        gone = float(taken.sum()) * self._scale
        taken[:] = 0.0
        self._top = start - 1
        self._total = max(self._total - gone, 0.0)
        return gone

    def _look(self, nearest_bin: int, window: FloatArray) -> None:
        """Fill the window with the coins in the bins from `nearest_bin` outward."""
        high = min(nearest_bin, self._top)
        low = max(nearest_bin - len(window) + 1, self._bottom)
        if high >= low:
            start = nearest_bin - high
            seen = self._held[low : high + 1][::-1]
            np.multiply(seen, self._scale, out=window[start : start + len(seen)])
