"""
Tiered confidence: many mild cautions don't erode a signal to nothing, a hard contradiction counts.

Multipliers above 1 are boosts, those of at least 0.91 soft, those below hard.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from vectra_freqtrade.signals.native import FloatArray

#: VECTRA's numbers.
BOOST_CAP = 1.18
SOFT_FLOOR = 0.85
HARD_BELOW = 0.91
#: Floors of soft × hard for 0, 1, 2 or more hard ones.
FLOORS = np.array([0.85, 0.76, 0.68])


def combine(multipliers: Iterable[FloatArray], rows: int) -> FloatArray:
    """
    :param multipliers: one array per dataset, 1.0 is neutral
    :param rows: length of the arrays
    :return: the combined multiplier
    """
    boost, soft, hard = np.ones(rows), np.ones(rows), np.ones(rows)
    hard_count = np.zeros(rows, dtype=np.intp)
    for each in multipliers:
        is_hard = each < HARD_BELOW
        boost *= np.maximum(each, 1.0)
        lower = np.minimum(each, 1.0)
        if is_hard.any():
            hard *= np.where(is_hard, each, 1.0)
            lower[is_hard] = 1.0
            hard_count += is_hard
        soft *= lower
    erosion = np.maximum(soft, SOFT_FLOOR) * hard
    floor = FLOORS[np.minimum(hard_count, len(FLOORS) - 1)]
    combined: FloatArray = np.maximum(erosion, floor) * np.minimum(boost, BOOST_CAP)
    return combined


@dataclass(frozen=True, slots=True)
class Breakdown:
    """
    How a combined multiplier came about.

    :param boosts: multipliers above 1, by name
    :param soft: ... of at least HARD_BELOW
    :param hard: ... below it
    :param boost: product of the boosts, at most BOOST_CAP
    :param erosion: soft (not below SOFT_FLOOR) × hard, not below `floor`
    :param floor: for this number of hard ones
    :param limits: which of "boost cap", "soft floor", "floor" changed the result
    :param combined: erosion × boost
    """

    boosts: dict[str, float]
    soft: dict[str, float]
    hard: dict[str, float]
    boost: float
    erosion: float
    floor: float
    limits: tuple[str, ...]
    combined: float


def breakdown(multipliers: Mapping[str, float]) -> Breakdown:
    """
    :param multipliers: of one candle and side, by name; 1.0 is neutral
    :return: the same as `combine`, told step by step
    """
    boosts = {name: value for name, value in multipliers.items() if value > 1.0}
    hard = {name: value for name, value in multipliers.items() if value < HARD_BELOW}
    soft = {name: value for name, value in multipliers.items() if HARD_BELOW <= value < 1.0}
    floor = float(FLOORS[min(len(hard), len(FLOORS) - 1)])
    mild, lifted = math.prod(soft.values()), math.prod(boosts.values())
    eroded = max(mild, SOFT_FLOOR) * math.prod(hard.values())
    limits = (
        ("soft floor", mild < SOFT_FLOOR),
        ("floor", eroded < floor),
        ("boost cap", lifted > BOOST_CAP),
    )
    boost, erosion = min(lifted, BOOST_CAP), max(eroded, floor)
    return Breakdown(
        boosts=boosts,
        soft=soft,
        hard=hard,
        boost=boost,
        erosion=erosion,
        floor=floor,
        limits=tuple(name for name, binds in limits if binds),
        combined=erosion * boost,
    )
