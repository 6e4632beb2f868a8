"""
Tiered confidence: many mild cautions don't erode a signal to nothing, a hard contradiction counts.

Factors above 1 are boosts, those of at least 0.91 soft, those below hard.
"""

from collections.abc import Iterable

import numpy as np

from vectra_freqtrade.signals.native import FloatArray

#: VECTRA's numbers.
BOOST_CAP = 1.18
SOFT_FLOOR = 0.85
HARD_BELOW = 0.91
#: Floors of soft × hard for 0, 1, 2 or more hard factors.
FLOORS = np.array([0.85, 0.76, 0.68])


def combine(factors: Iterable[FloatArray], rows: int) -> FloatArray:
    """
    :param factors: one array per dataset, 1.0 for no opinion
    :param rows: length of the arrays
    :return: the combined factor
    """
    boost, soft, hard = np.ones(rows), np.ones(rows), np.ones(rows)
    hard_count = np.zeros(rows, dtype=np.intp)
    for factor in factors:
        is_hard = factor < HARD_BELOW
        boost *= np.maximum(factor, 1.0)
        hard *= np.where(is_hard, factor, 1.0)
        soft *= np.where(is_hard, 1.0, np.minimum(factor, 1.0))
        hard_count += is_hard
    erosion = np.maximum(soft, SOFT_FLOOR) * hard
    floor = FLOORS[np.minimum(hard_count, len(FLOORS) - 1)]
    combined: FloatArray = np.maximum(erosion, floor) * np.minimum(boost, BOOST_CAP)
    return combined
