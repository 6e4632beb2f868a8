"""Funding rate: what one side pays the other, and when it is crowded. Read contrarian."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.settings.opinions import FundingExtreme
from vectra_freqtrade.signals.align import take
from vectra_freqtrade.signals.native import (
    Features,
    FloatArray,
    features_of,
    percentile,
    row_at,
    times_ms,
)

_DAY_MS = 86_400_000


def features(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """
    :param rows: time, available_at, funding (fraction per 8 h); released, in time order
    :param length_ms: the interval
    :return: columns funding, funding_change (against the row exactly 24 h earlier), funding_pct
    """
    rows = rows[rows["funding"].notna()]
    rate, times = rows["funding"].to_numpy(), times_ms(rows["time"])
    change = rate - take(rate, row_at(times, times - _DAY_MS), np.nan)
    return features_of(
        rows, funding=rate, funding_change=change, funding_pct=percentile(rate, length_ms)
    )


def extreme(pct: FloatArray, rate: FloatArray, bounds: FundingExtreme) -> NDArray[np.int8]:
    """
    :param pct: percentiles of the rates, NaN where unknown
    :param rate: fractions per 8 h
    :param bounds: of both
    :return: 1 longs pay unusually much, -1 shorts do, 0 neither
    """
    high = (pct >= bounds.high) & (rate > bounds.high_rate)
    low = (pct <= bounds.low) & (rate <= bounds.low_rate)
    return high.astype(np.int8) - low.astype(np.int8)
