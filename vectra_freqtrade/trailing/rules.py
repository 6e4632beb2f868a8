"""
The trailing rules: what each closed candle proposes, and what is kept from candle to candle.

On signed prices, which grow toward profit (see `Side`), over a run of candles at once: a numpy call
per rule costs a backtest a fraction of what a loop over candles would.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import EntryPlan, front_run
from vectra_freqtrade.trailing.state import Flags, Floats, Phase, SideColumns, TrailState


class Reason(StrEnum):
    """Why a stop is where it is."""

    INITIAL = "initial"  # where the plan put it
    BREAKEVEN = "breakeven"  # entry plus fees
    TRAIL = "trail"  # a distance behind the best price
    LOCK = "lock"  # a share of the best move
    TARGET = "target"  # the floor under a target that was reached
    KEPT = "kept"  # no rule asks for better than an earlier candle did


class _Course(NamedTuple):
    """How far the trade has come by each candle, in signed prices."""

    phase: NDArray[np.int8]
    target: Floats
    best: Floats
    covered: Flags  # a stop at entry plus fees leaves the price room


def stop_path(
    plan: EntryPlan,
    candles: SideColumns,
    settings: TrailingSettings,
    start: TrailState | None = None,
) -> list[TrailState]:
    """
    Fold the rules over closed candles.

    :param plan: of the trade
    :param candles: from the one in which it was opened, or from after `start`, in time order; as
        the trade's side sees them
    :param settings: all numbers
    :param start: the state before the first of them; None at entry
    :return: the state after each candle, for the time from its close on; it depends on no later
        candle, and folding in pieces gives the same, to the last bit
    """
    start = TrailState.at_entry(plan) if start is None else start
    if not len(candles):
        return []
    side = float(plan.side)  # multiplying an IntEnum costs more than all else here
    entry = side * plan.entry
    best = _running(np.fmax, side * start.best, side * candles.extreme)  # fmax passes over NaN
    target = np.full(best.shape, side * start.target)
    if settings.levels and candles.level is not None:
        pulled = _pulled(candles.level, best, plan, settings)
        target = _running(np.minimum, side * start.target, pulled)
    covered = _covered(best - entry, plan, settings)
    reached = _phases((best - entry) / (target - entry), covered, settings)
    course = _Course(_running(np.maximum, start.phase, reached), target, best, covered)
    stop = np.full(best.shape, -np.inf)
    for _, where, price in _proposals(course, candles, plan, settings):
        np.maximum(stop, price, out=stop, where=where)
    stop = _running(np.maximum, side * start.stop, stop)
    columns = (course.phase, side * target, side * stop, side * best)
    return list(map(TrailState._make, zip(*(c.tolist() for c in columns), strict=True)))


def why(
    state: TrailState, plan: EntryPlan, candle: SideColumns, settings: TrailingSettings
) -> Reason:
    """
    Which rule put the stop where it is, for logs and charts.

    :param state: as `stop_path` returned it for this candle
    :param plan: of the trade
    :param candle: that one row
    :param settings: all numbers
    """
    target, stop, best = (plan.side * np.array([price]) for price in state[1:])
    covered = _covered(best - plan.side * plan.entry, plan, settings)
    course = _Course(np.array([state.phase], dtype=np.int8), target, best, covered)
    for reason, where, price in _proposals(course, candle, plan, settings):
        if np.all(where & (price == stop)):
            return reason
    return Reason.KEPT


def _running(best_of: np.ufunc, first: float, values: NDArray[Any]) -> NDArray[Any]:
    """The best of `first` and all values so far."""
    return np.asarray(best_of(first, best_of.accumulate(values)))


def _pulled(level: Floats, best: Floats, plan: EntryPlan, settings: TrailingSettings) -> Floats:
    """
    Where clusters pull the target. The best move bounds each pull from below, but it never falls,
    so that no pull has to look at the one before it.
    """
    side = float(plan.side)
    before_it = side * level - front_run(plan.entry, plan.atr, settings)
    nearest_allowed = side * plan.entry + settings.target_min * plan.atr
    pulled = np.maximum(np.maximum(before_it, nearest_allowed), best)
    return np.where((level > 0) & (level < np.inf), pulled, np.inf)


def _covered(move: Floats, plan: EntryPlan, settings: TrailingSettings) -> Flags:
    return move >= plan.cost + settings.breakeven_move * plan.atr


def _phases(progress: Floats, covered: Flags, settings: TrailingSettings) -> NDArray[np.int8]:
    phase = ((progress >= settings.breakeven_from) & covered).astype(np.int8)  # BREAKEVEN is 1
    phase[progress >= settings.trailing_from] = Phase.TRAILING
    phase[progress >= settings.locked_from] = Phase.LOCKED
    return phase


def _proposals(
    course: _Course, candles: SideColumns, plan: EntryPlan, settings: TrailingSettings
) -> Iterator[tuple[Reason, Flags | bool, Floats | float]]:
    """
    A phase's stop is the best of its own and of all earlier phases' stops.

    :return: each rule, the candles that it speaks at, and the stop it asks for there
    """
    side, atr = float(plan.side), plan.atr
    phase, target, best, covered = course
    entry = side * plan.entry
    move = best - entry
    initial: Floats | float = side * plan.stop
    tight: Floats | float = 1.0
    if settings.funding and candles.funding_adverse is not None:
        initial = np.where(candles.funding_adverse, side * plan.stop_adverse, initial)
        tight = np.where(candles.funding_adverse, settings.funding_factor, 1.0)
    yield Reason.INITIAL, True, initial

    # A market that hardly moves can reach a later phase within its fees: no stop beyond the price.
    yield Reason.BREAKEVEN, (phase >= Phase.BREAKEVEN) & covered, entry + plan.cost

    furthest = phase[-1]  # phases never go back: what the last candle has not reached, none has
    if furthest >= Phase.TRAILING:
        trailing = phase >= Phase.TRAILING
        yield Reason.TRAIL, trailing, best - settings.trailing_distance * tight * atr
        yield Reason.LOCK, trailing, entry + settings.trailing_lock * move
    if furthest >= Phase.LOCKED:
        locked = phase >= Phase.LOCKED
        distance: Floats | float = settings.locked_distance
        if settings.whales and candles.whale_against is not None:
            distance = np.where(candles.whale_against, settings.locked_distance_whale, distance)
        yield Reason.TRAIL, locked, best - distance * tight * atr
        yield Reason.LOCK, locked, entry + settings.locked_lock * move
        if settings.at_target == "floor":
            # The planned target keeps its floor where a cluster has pulled the target in: otherwise
            # knowing of the cluster would leave the stop farther off than not knowing.
            for price in (target, side * plan.target):
                floor = price - settings.target_floor * atr
                yield Reason.TARGET, side * candles.extreme >= price, floor
