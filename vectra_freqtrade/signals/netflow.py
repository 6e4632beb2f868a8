"""Exchange netflow: coins come to exchanges to be sold and leave them to be held."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.settings.opinions import NetflowExtreme
from vectra_freqtrade.signals.native import (
    PERCENTILE_ROWS_MIN,
    Features,
    FloatArray,
    beyond,
    features_of,
    quotient,
    trailing_moments,
)

#: Rows before this one that it is measured against.
Z_ROWS = 365


def features(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """
    :param rows: time, available_at, netflow (coins, positive to exchanges) over its spacing;
        released, in time order
    :param length_ms: the interval; the rows before are counted, not timed
    :return: columns netflow, netflow_z (NaN with too few earlier rows, or where none differ)
    """
    rows = rows[rows["netflow"].notna()]
    flow = rows["netflow"].to_numpy()
    mean, deviation = trailing_moments(flow, Z_ROWS, PERCENTILE_ROWS_MIN)
    return features_of(rows, netflow=flow, netflow_z=quotient(flow - mean, deviation))


def extreme(score: FloatArray, bounds: NetflowExtreme) -> NDArray[np.int8]:
    """1 unusually much comes to exchanges, -1 leaves them, 0 neither."""
    return beyond(score, -bounds.z, bounds.z)
