"""
The trailing rules, candle by candle, as they are meant to be read.

`path` computes the same for whole arrays; tests hold the two equal to the last bit. So the order of
operations in a formula is part of it here: change both.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import EntryPlan, Side, front_run, is_price
from vectra_freqtrade.trailing.state import Candle, Phase, TrailState


class Reason(StrEnum):
    """Why a stop is where it is."""

    INITIAL = "initial"  # where the plan put it
    BREAKEVEN = "breakeven"  # entry plus fees
    TRAIL = "trail"  # a distance behind the best price
    LOCK = "lock"  # a share of the best move
    TARGET = "target"  # the floor under a target that was reached
    KEPT = "kept"  # no rule asks for better than an earlier candle did


class _View(NamedTuple):
    """A candle as one side sees it. Prices are signed: they grow toward profit."""

    extreme: float
    level: float | None
    whale_against: bool
    funding_adverse: bool


def _view(candle: Candle, side: Side, settings: TrailingSettings) -> _View:
    if side is Side.LONG:
        extreme, level = candle.high, candle.level_above
        whale, funding = candle.whale_long_against, candle.funding_long_adverse
    else:
        extreme, level = candle.low, candle.level_below
        whale, funding = candle.whale_short_against, candle.funding_short_adverse
    known = settings.levels and is_price(level)
    return _View(
        side * extreme,
        side * level if known else None,
        whale and settings.whales,
        funding and settings.funding,
    )


def step(
    state: TrailState, plan: EntryPlan, candle: Candle, settings: TrailingSettings
) -> TrailState:
    """
    The state after one more closed candle.

    :param state: after the candles before it
    :param plan: of the trade
    :param candle: closed; its stop is for the time after its close
    :param settings: all numbers
    :return: a phase, stop and best price that are no worse, a target that is no farther
    """
    side, view = plan.side, _view(candle, plan.side, settings)
    entry = side * plan.entry

    best = side * state.best
    if view.extreme > best:  # False for NaN
        best = view.extreme

    target = side * state.target
    if view.level is not None:
        nearest_allowed = entry + settings.target_min * plan.atr
        pulled = view.level - front_run(plan.entry, plan.atr, settings)
        target = min(target, max(pulled, nearest_allowed, best))

    phase = max(state.phase, int(_phase(best - entry, target - entry, plan, settings)))
    proposals = _proposals(phase, target, best, view, plan, settings)
    stop = max(side * state.stop, *(price for _, price in proposals))
    return TrailState(phase, side * target, side * stop, side * best)


def why(state: TrailState, plan: EntryPlan, candle: Candle, settings: TrailingSettings) -> Reason:
    """
    Which rule put the stop where it is, for logs and charts.

    :param state: as `step` returned it for this candle
    :param plan: of the trade
    :param candle: that candle
    :param settings: all numbers
    """
    side, view = plan.side, _view(candle, plan.side, settings)
    target, best = side * state.target, side * state.best
    for reason, price in _proposals(state.phase, target, best, view, plan, settings):
        if price == side * state.stop:
            return reason
    return Reason.KEPT


def _covered(move: float, plan: EntryPlan, settings: TrailingSettings) -> bool:
    """Whether a stop at entry plus fees leaves the price room."""
    return move >= plan.cost + settings.breakeven_move * plan.atr


def _phase(move: float, distance: float, plan: EntryPlan, settings: TrailingSettings) -> Phase:
    progress = move / distance
    if progress >= settings.locked_from:
        return Phase.LOCKED
    if progress >= settings.trailing_from:
        return Phase.TRAILING
    if progress >= settings.breakeven_from and _covered(move, plan, settings):
        return Phase.BREAKEVEN
    return Phase.INITIAL


def _proposals(
    phase: int,
    target: float,
    best: float,
    view: _View,
    plan: EntryPlan,
    settings: TrailingSettings,
) -> Iterator[tuple[Reason, float]]:
    """
    A phase's stop is the best of its own and of all earlier phases' stops.

    :return: signed prices
    """
    entry, atr = plan.side * plan.entry, plan.atr
    move = best - entry
    tight = settings.funding_factor if view.funding_adverse else 1.0

    yield Reason.INITIAL, plan.side * (plan.stop_adverse if view.funding_adverse else plan.stop)
    # A market that hardly moves can reach a later phase within its fees: no stop beyond the price.
    if phase >= Phase.BREAKEVEN and _covered(move, plan, settings):
        yield Reason.BREAKEVEN, entry + plan.cost
    if phase >= Phase.TRAILING:
        yield Reason.TRAIL, best - settings.trailing_distance * tight * atr
        yield Reason.LOCK, entry + settings.trailing_lock * move
    if phase >= Phase.LOCKED:
        whale, calm = settings.locked_distance_whale, settings.locked_distance
        yield Reason.TRAIL, best - (whale if view.whale_against else calm) * tight * atr
        yield Reason.LOCK, entry + settings.locked_lock * move
    if settings.at_target == "floor":
        # The planned target keeps its floor where a cluster has pulled the target in: otherwise
        # knowing of the cluster would leave the stop farther off than not knowing.
        for price in (target, plan.side * plan.target):
            if view.extreme >= price:
                yield Reason.TARGET, price - settings.target_floor * atr
