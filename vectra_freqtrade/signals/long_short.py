"""Long/short ratio of accounts: which side the crowd is on. Read contrarian."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.settings.opinions import PercentileExtreme
from vectra_freqtrade.signals.native import Features, FloatArray, features_of, percentile


def features(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """
    :param rows: time, available_at, lsr, lsr_top (long / short); released, in time order
    :param length_ms: the interval
    :return: columns lsr, lsr_top, lsr_pct
    """
    rows = rows[rows["lsr"].notna()]
    ratio = rows["lsr"].to_numpy()
    return features_of(
        rows, lsr=ratio, lsr_top=rows["lsr_top"].to_numpy(), lsr_pct=percentile(ratio, length_ms)
    )


def extreme(pct: FloatArray, bounds: PercentileExtreme) -> NDArray[np.int8]:
    """1 the crowd is long, -1 it is short, 0 neither."""
    return (pct >= bounds.high).astype(np.int8) - (pct <= bounds.low).astype(np.int8)
