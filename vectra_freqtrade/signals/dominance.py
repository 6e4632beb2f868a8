"""Bitcoin dominance: whether capital moves to bitcoin or to the rest."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from vectra_freqtrade.columns import Rotation
from vectra_freqtrade.signals.native import (
    Features,
    FloatArray,
    features_of,
    row_at,
    times_ms,
    words,
)
from vectra_freqtrade.thresholds import DominanceExtreme

_WEEK_MS = 7 * 86_400_000

#: Names of -1, 0 and 1, in that order.
_ROTATIONS = (Rotation.ALTS, Rotation.NONE, Rotation.BTC)


def features(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """
    :param rows: time, available_at, dominance (percent; daily); released, in time order
    :param length_ms: the interval; the change is against the row exactly 7 days earlier
    :return: columns dominance, dominance_change (percentage points)
    """
    rows = rows[rows["dominance"].notna()]
    share, times = rows["dominance"].to_numpy(), times_ms(rows["time"])
    week_before = row_at(times, times - _WEEK_MS)
    change = np.where(week_before >= 0, share - share[week_before], np.nan)
    return features_of(rows, dominance=share, dominance_change=change)


def rotation(change: FloatArray, bounds: DominanceExtreme) -> NDArray[np.int8]:
    """
    :param change: percentage points in 7 days, NaN where unknown
    :param bounds: beyond which capital counts as moving
    :return: 1 to bitcoin, -1 to the rest, 0 neither
    """
    return (change > bounds.band).astype(np.int8) - (change < -bounds.band).astype(np.int8)


def rotation_names(codes: NDArray[np.int8]) -> ExtensionArray:
    """
    :param codes: from `rotation`
    :return: BTC, ALTS and NONE as strings, ready to be a column
    """
    return words(_ROTATIONS, codes + 1)
