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

What was opened before the first candle is unknown. Its share of the truth halves every 7 days and
goes faster where price moves, so the first 7 days hold no levels at all, and later ones depend
on the first candle less with every day. Nothing else depends on where a frame starts: open
interest is read from the store's first row in every run mode, and the grid is absolute.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.signals.divergence import jumps
from vectra_freqtrade.signals.level_clusters import (
    Side,
    bins_of,
    edge_bins,
    nearest,
    width,
)
from vectra_freqtrade.signals.native import Features, FloatArray, features_of, row_at, times_ms
from vectra_freqtrade.thresholds import Levels

LEVERAGES = np.array([10.0, 25.0, 50.0, 100.0])
WEIGHTS = np.array([0.4, 0.3, 0.2, 0.1])
#: Margin that must be left, as a share of the position.
MAINTENANCE = 0.005

_DAY_MS = 86_400_000
#: No levels before so much has been seen.
WARM_UP_MS = 7 * _DAY_MS

#: Rows whose clusters are looked for at once: bounds the memory.
_CHUNK = 4096
#: A scale this small is multiplied into what it scales, long before it would underflow.
_SMALLEST_SCALE = 1e-100


@dataclass(frozen=True, slots=True)
class Steps:
    """
    Open interest and candles, step by step; one array entry per row of open interest.

    :param time: milliseconds
    :param oi: coins at the interval's close
    :param opened: coins opened within the row; 0 where that can't be told
    :param fallen: coins by which open interest fell since the row before
    :param low: lowest price since the row before, inf where no candle tells
    :param high: highest, 0 where no candle tells
    :param typical: (high + low + close) / 3 of the row's own candle, NaN where it is missing
    :param close: of the row's own candle, NaN where it is missing
    """

    time: NDArray[np.int64]
    oi: FloatArray
    opened: FloatArray
    fallen: FloatArray
    low: FloatArray
    high: FloatArray
    typical: FloatArray
    close: FloatArray


@dataclass(frozen=True, slots=True)
class Resting:
    """
    What rests after each row of a run of rows.

    :param windows: per side coins per row and bin, the bin nearest to the close first
    :param first: per side each row's nearest bin
    :param coins: per side all that rests, near and far
    """

    windows: dict[Side, FloatArray]
    first: dict[Side, NDArray[np.int64]]
    coins: dict[Side, FloatArray]


def features(
    rows: pd.DataFrame, candles: pd.DataFrame, *, length_ms: int, rule: Levels
) -> Features:
    """
    :param rows: time, available_at, oi (coins, at the interval's close); released, in time order
    :param candles: the pair's closed candles of that interval: date, high, low, close
    :param length_ms: the interval
    :param rule: half-life and how levels are summed up
    :return: columns liq_above_price, liq_above_usd, liq_below_price, liq_below_usd
    """
    rows = rows[rows["oi"] > 0]  # a NaN or a zero is a missing row
    if candles.empty:
        rows = rows.iloc[:0]
    else:  # what opened before the first candle has no price
        rows = rows[rows["time"] >= candles["date"].iloc[0] - pd.Timedelta(length_ms, "ms")]
    steps = steps_of(rows, candles, length_ms)
    found = {name: np.full(len(rows), np.nan) for name in _NAMES}
    start = 0
    for resting in run(steps, rule):
        part = slice(start, start + len(resting.first[Side.ABOVE]))
        start = part.stop
        close = steps.close[part]
        seen = np.isfinite(close) & (steps.time[part] - steps.time[0] >= WARM_UP_MS)
        for side, word in ((Side.ABOVE, "above"), (Side.BELOW, "below")):
            price, coins = nearest(
                resting.windows[side][seen], resting.first[side][seen], close[seen], side, rule
            )
            found[f"liq_{word}_price"][part][seen] = price
            found[f"liq_{word}_usd"][part][seen] = coins * close[seen]
    return features_of(rows, **found)


_NAMES = ("liq_above_price", "liq_above_usd", "liq_below_price", "liq_below_usd")


def steps_of(rows: pd.DataFrame, candles: pd.DataFrame, length_ms: int) -> Steps:
    """
    :param rows: time and oi (coins, above 0), in time order
    :param candles: date, high, low, close, in time order
    :param length_ms: the interval
    """
    times, dates = times_ms(rows["time"]), times_ms(candles["date"])
    oi = rows["oi"].to_numpy()
    own = row_at(dates, times)
    high, low, close = (candles[name].to_numpy() for name in ("high", "low", "close"))

    def of_own(values: FloatArray) -> FloatArray:
        return np.where(own >= 0, values[own], np.nan) if values.size else np.full(len(oi), np.nan)

    difference = np.diff(oi, prepend=np.nan)
    row_before = np.diff(times, prepend=times[:1] - 2 * length_ms) == length_ms
    # A venue joining the sum opened nothing, and over a gap no one knows at which price.
    joined = jumps(oi, times, length_ms, of_own((high - low) / close))
    opens = row_before & (own >= 0) & (difference > 0) & ~joined
    return Steps(
        time=times,
        oi=oi,
        opened=np.where(opens, difference, 0.0),
        fallen=np.where(difference < 0, -difference, 0.0),
        low=_since_row_before(np.minimum, low, dates, times, np.inf),
        high=_since_row_before(np.maximum, high, dates, times, 0.0),
        typical=of_own((high + low + close) / 3),
        close=of_own(close),
    )


def _since_row_before(
    extreme: np.ufunc,
    values: FloatArray,
    dates: NDArray[np.int64],
    times: NDArray[np.int64],
    empty: float,
) -> FloatArray:
    """The extreme of the candles after the row before, up to this row's own."""
    upto = np.searchsorted(dates, times, side="right")
    after = np.concatenate([[0], upto[:-1]]) if len(upto) else upto
    result = np.full(len(times), empty)
    single = upto - after == 1
    result[single] = values[upto[single] - 1]
    for row in np.flatnonzero(upto - after > 1):
        result[row] = extreme.reduce(values[after[row] : upto[row]])
    return result


def run(steps: Steps, rule: Levels) -> Iterator[Resting]:
    """
    :param steps: from `steps_of`
    :param rule: half-life, and how far from the close levels are looked for
    :return: what rests after each row, a run of rows at a time
    """
    books = {side: _Book(steps, side, rule) for side in Side}
    for start in range(0, len(steps.time), _CHUNK):
        part = range(start, min(start + _CHUNK, len(steps.time)))
        seen = {side: books[side].walk(part) for side in Side}
        yield Resting(
            windows={side: seen[side][0] for side in Side},
            first={side: books[side].first[part.start : part.stop] for side in Side},
            coins={side: seen[side][1] for side in Side},
        )


class _Book:
    """
    The coins that rest on one side, by bin.

    `held` × `scale` are the coins: decay and proportional closing change the scale alone. Bins
    outside `bottom` to `top` are empty. Nothing is summed over the whole array, whose length
    later rows decide: how it rounds would then depend on them.
    """

    def __init__(self, steps: Steps, side: Side, rule: Levels) -> None:
        distance = 1 / LEVERAGES - MAINTENANCE
        known = np.where(np.isfinite(steps.typical), steps.typical, 1.0)
        levels = bins_of(known[:, None] * (1 - side * distance), side)
        furthest = steps.low if side is Side.BELOW else steps.high
        told = np.isfinite(furthest) & (furthest > 0)
        reached = edge_bins(np.where(told, furthest, 1.0), side)
        close = np.where(np.isfinite(steps.close), steps.close, 1.0)
        #: The bin just on this side of each close.
        self.first = edge_bins(close, side) - 1
        self.width = width(rule)
        opens = steps.opened > 0
        used = levels[opens] if opens.any() else np.zeros((1, 1), dtype=np.int64)
        self.base = int(used.min())
        size = int(used.max()) - self.base + 1
        self.held = np.zeros(size)
        self.scale, self.total = 1.0, 0.0
        self.bottom, self.top = size, -1
        elapsed = np.diff(steps.time, prepend=steps.time[:1]) / (rule.half_life_days * _DAY_MS)
        self._decay = (0.5**elapsed).tolist()
        self._opened = steps.opened.tolist()
        self._fallen = steps.fallen.tolist()
        self._levels = (levels - self.base).tolist()
        self._reached = np.where(told, reached - self.base, size).tolist()

    def walk(self, part: range) -> tuple[FloatArray, FloatArray]:
        """
        :param part: the next rows
        :return: windows and totals after each of them
        """
        windows, totals = np.zeros((len(part), self.width)), np.zeros(len(part))
        weights = WEIGHTS.tolist()
        for place, row in enumerate(part):
            self._fade(self._decay[row])
            gone = self._liquidate(self._reached[row])
            if opened := self._opened[row]:
                self.total += opened
                for level, weight in zip(self._levels[row], weights, strict=True):
                    self.held[level] += opened * weight / self.scale
                self.bottom = min(self.bottom, *self._levels[row])
                self.top = max(self.top, *self._levels[row])
            elif (closed := self._fallen[row] - gone) > 0:
                self._fade(1 - closed / self.total if closed < self.total else 0.0)
            self._look(self.first[row] - self.base, windows[place])
            totals[place] = self.total
        return windows, totals

    def _fade(self, factor: float) -> None:
        """Keep this share of all that rests."""
        self.scale *= factor
        self.total *= factor
        if self.scale < _SMALLEST_SCALE:
            self.held[self.bottom : self.top + 1] *= self.scale
            self.scale = 1.0

    def _liquidate(self, reached: int) -> float:
        """All from the bin `reached` on is gone; how many coins that were."""
        start = max(reached, self.bottom)
        if start > self.top:
            return 0.0
        taken = self.held[start : self.top + 1]
        gone = float(taken.sum()) * self.scale
        taken[:] = 0.0
        self.top = start - 1
        self.total = max(self.total - gone, 0.0)
        return gone

    def _look(self, nearest_bin: int, window: FloatArray) -> None:
        """Fill the window with the coins in the bins from `nearest_bin` outward."""
        high = min(nearest_bin, self.top)
        low = max(nearest_bin - len(window) + 1, self.bottom)
        if high >= low:
            start = nearest_bin - high
            seen = self.held[low : high + 1][::-1]
            np.multiply(seen, self.scale, out=window[start : start + len(seen)])
