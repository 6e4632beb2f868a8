"""Bitcoin dominance: whether capital moves to bitcoin or to the rest."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from vectra_freqtrade.catalogue.columns import Rotation
from vectra_freqtrade.settings.opinions import DominanceExtreme
from vectra_freqtrade.signals.native import (
    SPACING,
    Features,
    FloatArray,
    beyond,
    features_of,
    spacing_ms,
    times_ms,
    words,
)

_WEEK_MS = 7 * 86_400_000

#: Names of -1, 0 and 1, in that order.
_ROTATIONS = (Rotation.ALTS, Rotation.NONE, Rotation.BTC)


def features(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """
    :param rows: time, available_at, dominance (percent), spacing; released, in time order
    :param length_ms: what a row spans where there is no spacing
    :return: columns dominance, dominance_change (percentage points): against the newest row at
        least 7 days older, if that is no older than 7 days and twice the row's spacing
    """
    rows = rows[rows["dominance"].notna()]
    share, times = rows["dominance"].to_numpy(), times_ms(rows["time"])
    spacing = spacing_ms(rows) if SPACING in rows else np.full(times.shape, length_ms)
    before = np.searchsorted(times, times - _WEEK_MS, side="right") - 1
    near = (before >= 0) & (times[before] >= times - _WEEK_MS - 2 * spacing)
    change = np.where(near, share - share[before], np.nan)
    return features_of(rows, dominance=share, dominance_change=change)


def rotation(change: FloatArray, bounds: DominanceExtreme) -> NDArray[np.int8]:
    """
    :param change: percentage points in 7 days, NaN where unknown
    :param bounds: of the change
    :return: 1 capital moves to bitcoin, -1 to the rest, 0 neither
    """
    return beyond(change, -bounds.band, bounds.band)


def rotation_names(codes: NDArray[np.int8]) -> ExtensionArray:
    """BTC, ALTS and NONE as strings, ready to be a column."""
    return words(_ROTATIONS, codes + 1)
