"""The trailing rules for whole arrays of candles: what `step` says, at the cost of a few ufuncs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import EntryPlan, Side, front_run
from vectra_freqtrade.trailing.state import Candles, Flags, Floats, Phase, TrailState


@dataclass(frozen=True, slots=True)
class StopPath:
    """
    States after each of n closed candles; row k depends on candles up to k only.

    :param start: the state before the first of them
    :param phase: int8, shape (n,)
    :param target: prices, shape (n,)
    :param stop: prices, shape (n,); row k holds from the close of candle k on, never within it
    :param best: prices, shape (n,)
    """

    start: TrailState
    phase: NDArray[np.int8]
    target: Floats
    stop: Floats
    best: Floats

    def __len__(self) -> int:
        return int(self.stop.size)

    def state(self, index: int) -> TrailState:
        """
        :param index: of a candle; below 0 for the state before the first one
        :return: the state after it
        """
        if index < 0:
            return self.start
        columns = (self.phase, self.target, self.stop, self.best)
        return TrailState(*(column[index].item() for column in columns))

    @property
    def final(self) -> TrailState:
        """After the last candle: where another path may start."""
        return self.state(len(self) - 1)


def stop_path(
    plan: EntryPlan,
    candles: Candles,
    settings: TrailingSettings,
    start: TrailState | None = None,
) -> StopPath:
    """
    Fold the rules over closed candles.

    :param plan: of the trade
    :param candles: from the one in which it was opened, or from after `start`, in time order
    :param settings: all numbers
    :param start: the state before the first of them; None at entry
    :return: a state per candle; folding in pieces gives the same, to the last bit
    """
    start = TrailState.at_entry(plan) if start is None else start
    side = plan.side
    long = side is Side.LONG
    entry = side * plan.entry
    extreme = side * (candles.high if long else candles.low)
    level = candles.level_above if long else candles.level_below
    whale = candles.whale_long_against if long else candles.whale_short_against
    funding = candles.funding_long_adverse if long else candles.funding_short_adverse

    best = _running(np.fmax, side * start.best, extreme)
    target = _targets(side * start.target, level if settings.levels else None, best, plan, settings)
    move = best - entry
    covered = move >= plan.cost + settings.breakeven_move * plan.atr
    phase = _phases(start.phase, move / (target - entry), covered, settings)
    proposed = _proposed(
        (phase, target, best, extreme, covered),
        whale if settings.whales else None,
        funding if settings.funding else None,
        plan,
        settings,
    )
    stop = _running(np.maximum, side * start.stop, proposed)
    return StopPath(start, phase, side * target, side * stop, side * best)


def _running(best_of: np.ufunc, first: float, values: Floats) -> Floats:
    """Running best of `values` and what came before them."""
    if values.size == 0:
        return np.empty(0)
    running = values.copy()
    running[0] = best_of(first, values[0])
    return np.asarray(best_of.accumulate(running, out=running))


def _targets(
    first: float, level: Floats | None, best: Floats, plan: EntryPlan, settings: TrailingSettings
) -> Floats:
    """
    Running minimum of where clusters pull the target. The best move bounds each pull from below,
    but it never falls, so that no pull has to look at the one before it.
    """
    if level is None:
        return np.full(best.shape, first)
    pulled = plan.side * level - front_run(plan.entry, plan.atr, settings)
    nearest_allowed = plan.side * plan.entry + settings.target_min * plan.atr
    bounded = np.maximum(np.maximum(pulled, nearest_allowed), best)
    bounded[~((level > 0) & (level < np.inf))] = np.inf
    return _running(np.minimum, first, bounded)


def _phases(
    first: int, progress: Floats, covered: Flags, settings: TrailingSettings
) -> NDArray[np.int8]:
    phase = ((progress >= settings.breakeven_from) & covered).astype(np.int8)
    phase[progress >= settings.trailing_from] = Phase.TRAILING
    phase[progress >= settings.locked_from] = Phase.LOCKED
    np.maximum(phase, np.int8(first), out=phase)
    return np.asarray(np.maximum.accumulate(phase, out=phase))


def _proposed(
    seen: tuple[NDArray[np.int8], Floats, Floats, Floats, Flags],
    whale: Flags | None,
    funding: Flags | None,
    plan: EntryPlan,
    settings: TrailingSettings,
) -> Floats:
    """
    The best stop that each candle proposes by itself, as a signed price.

    :param seen: phase, target, best, the candle's own extreme, whether fees are covered
    """
    phase, target, best, extreme, covered = seen
    side, atr = plan.side, plan.atr
    entry = side * plan.entry
    stop = np.full(best.shape, side * plan.stop)
    tight: Floats | float = 1.0
    if funding is not None:
        stop[funding] = side * plan.stop_adverse
        tight = np.where(funding, settings.funding_factor, 1.0)

    def raise_where(rows: Flags, price: Floats | float) -> None:
        np.maximum(stop, price, out=stop, where=rows)

    raise_where((phase >= Phase.BREAKEVEN) & covered, entry + plan.cost)
    trailing = phase >= Phase.TRAILING
    if trailing.size and trailing[-1]:
        move = best - entry
        raise_where(trailing, best - settings.trailing_distance * tight * atr)
        raise_where(trailing, entry + settings.trailing_lock * move)
        locked = phase >= Phase.LOCKED
        distance: Floats | float = settings.locked_distance
        if whale is not None:
            distance = np.where(whale, settings.locked_distance_whale, distance)
        raise_where(locked, best - distance * tight * atr)
        raise_where(locked, entry + settings.locked_lock * move)
        if settings.at_target == "floor":
            for price in (target, side * plan.target):
                raise_where(extreme >= price, price - settings.target_floor * atr)
    return stop
