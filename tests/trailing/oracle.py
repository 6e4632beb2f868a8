"""
The trailing rules once more, as slowly and as plainly as they are told.

For every candle all candles up to it are looked at again. Longs and shorts are written out apart.
Nothing is shared with the package but the plan's numbers and the settings.
"""

import math
from dataclasses import dataclass

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import EntryPlan

NAN = math.nan


@dataclass(frozen=True, slots=True)
class Candle:
    """One closed candle as both sides see it; each default says nothing."""

    high: float
    low: float
    level_above: float = NAN
    level_below: float = NAN
    whale_long_against: bool = False
    whale_short_against: bool = False
    funding_long_adverse: bool = False
    funding_short_adverse: bool = False


def told(plan: EntryPlan, candles: list[Candle], settings: TrailingSettings) -> list[tuple]:
    """
    :return: (phase, target, stop, best) after each candle
    """
    fold = _long if plan.side == 1 else _short
    return [fold(plan, candles[: k + 1], settings) for k in range(len(candles))]


def _given(level: float) -> bool:
    return not math.isnan(level) and 0 < level < math.inf


def _phase(move: float, way: float, enough: bool, s: TrailingSettings) -> int:
    progress = move / way
    if progress >= s.locked_from:
        return 3
    if progress >= s.trailing_from:
        return 2
    if progress >= s.breakeven_from and enough:
        return 1
    return 0


def _long(plan: EntryPlan, candles: list[Candle], s: TrailingSettings) -> tuple:
    unit, entry, fees = plan.atr, plan.entry, plan.fees * plan.entry
    front = min(s.front_run * entry, s.front_run_atr * unit)
    best, target, phase = entry, plan.target, 0
    stops = [plan.stop]
    for candle in candles:
        if not math.isnan(candle.high):
            best = max(best, candle.high)
        if s.levels and _given(candle.level_above):
            pulled = candle.level_above - front
            pulled = max(pulled, entry + s.target_min * unit)
            pulled = max(pulled, best)
            target = min(target, pulled)
        move = best - entry
        enough = move >= fees + s.breakeven_move * unit
        phase = max(phase, _phase(move, target - entry, enough, s))

        adverse = s.funding and candle.funding_long_adverse
        whale = s.whales and candle.whale_long_against
        health = s.funding_factor if adverse else 1
        stops.append(plan.stop_adverse if adverse else plan.stop)
        if phase >= 1 and enough:
            stops.append(entry + fees)
        if phase >= 2:
            stops.append(best - s.trailing_distance * health * unit)
            stops.append(entry + s.trailing_lock * move)
        if phase == 3:
            behind = s.locked_distance_whale if whale else s.locked_distance
            stops.append(best - behind * health * unit)
            stops.append(entry + s.locked_lock * move)
        if s.at_target == "floor":
            if candle.high >= target:
                stops.append(target - s.target_floor * unit)
            if candle.high >= plan.target:
                stops.append(plan.target - s.target_floor * unit)
    return phase, target, max(stops), best


def _short(plan: EntryPlan, candles: list[Candle], s: TrailingSettings) -> tuple:
    unit, entry, fees = plan.atr, plan.entry, plan.fees * plan.entry
    front = min(s.front_run * entry, s.front_run_atr * unit)
    best, target, phase = entry, plan.target, 0
    stops = [plan.stop]
    for candle in candles:
        if not math.isnan(candle.low):
            best = min(best, candle.low)
        if s.levels and _given(candle.level_below):
            pulled = candle.level_below + front
            pulled = min(pulled, entry - s.target_min * unit)
            pulled = min(pulled, best)
            target = max(target, pulled)
        move = entry - best
        enough = move >= fees + s.breakeven_move * unit
        phase = max(phase, _phase(move, entry - target, enough, s))

        adverse = s.funding and candle.funding_short_adverse
        whale = s.whales and candle.whale_short_against
        health = s.funding_factor if adverse else 1
        stops.append(plan.stop_adverse if adverse else plan.stop)
        if phase >= 1 and enough:
            stops.append(entry - fees)
        if phase >= 2:
            stops.append(best + s.trailing_distance * health * unit)
            stops.append(entry - s.trailing_lock * move)
        if phase == 3:
            behind = s.locked_distance_whale if whale else s.locked_distance
            stops.append(best + behind * health * unit)
            stops.append(entry - s.locked_lock * move)
        if s.at_target == "floor":
            if candle.low <= target:
                stops.append(target + s.target_floor * unit)
            if candle.low <= plan.target:
                stops.append(plan.target + s.target_floor * unit)
    return phase, target, min(stops), best
