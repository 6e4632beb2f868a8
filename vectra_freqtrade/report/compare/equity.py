"""
The difference between two runs day by day, and how sure it is. Pure.

Days that follow each other are not independent, so whole weeks are drawn, as in the evidence study.
"""

from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd
from scipy import stats

from vectra_freqtrade.report.evidence.bootstrap import BLOCKS_MIN, CONFIDENCE, block_weights
from vectra_freqtrade.report.evidence.prepared import DRAWS

BLOCK_DAYS = 7
DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Interval:
    """
    A sum over all days.

    :param value: the sum
    :param low: end of its 95 % interval; NaN where too few weeks differ for one
    :param high: its other end
    :param weeks: that hold any difference
    """

    value: float
    low: float
    high: float
    weeks: int

    def times(self, multiple: float) -> "Interval":
        """In another unit; `multiple` is not negative."""
        return Interval(
            self.value * multiple, self.low * multiple, self.high * multiple, self.weeks
        )


def daily(moments: pd.Series, profits: pd.Series, days: pd.DatetimeIndex) -> pd.Series:
    """
    :param moments: when each profit was made, tz-aware; NaT counts nowhere
    :param profits: in any unit
    :param days: of the backtest, the same for both runs
    :return: the sum of each day; what lies outside counts to the first or the last day
    """
    known = moments.notna().to_numpy()
    day = pd.DatetimeIndex(pd.to_datetime(moments[known], utc=True)).floor("D")
    place = np.clip((day - days[0]).days, 0, len(days) - 1)
    sums = np.bincount(place, profits[known].to_numpy(dtype="float64"), len(days))
    return pd.Series(sums, index=days)


def interval(difference: pd.Series, seed: int) -> Interval:
    """
    :param difference: one value a day
    :param seed: of the draws
    :return: the sum ± t × its standard deviation over draws of whole weeks, with as many degrees
        of freedom as weeks that hold any difference, less one
    """
    values = difference.to_numpy(dtype="float64")
    sums = np.bincount(np.arange(len(values)) // BLOCK_DAYS, values)
    total, blocks = float(values.sum()), len(sums)
    differing = int((np.abs(sums) > 1e-12).sum())
    if not differing:
        return Interval(0.0, 0.0, 0.0, 0)
    if differing < BLOCKS_MIN:
        return Interval(total, nan, nan, differing)
    drawn = block_weights(blocks, DRAWS, np.random.default_rng(seed)) @ sums
    # Few blocks drawn with replacement vary too little.
    deviation = float(drawn.std(ddof=1)) * float(np.sqrt(blocks / (blocks - 1)))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, differing - 1)) * deviation
    return Interval(total, total - reach, total + reach, differing)
