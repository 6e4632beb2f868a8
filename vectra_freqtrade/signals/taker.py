"""Taker volume: which side crosses the spread."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.settings.opinions import RatioExtreme
from vectra_freqtrade.signals.native import Features, FloatArray, beyond, features_of, quotient


def features(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """
    :param rows: time, available_at, taker_buy_usd, taker_sell_usd; released, in time order
    :param length_ms: the interval; the ratio needs no other row
    :return: columns taker_buy_usd, taker_sell_usd, taker_ratio (NaN without sells)
    """
    buy, sell = rows["taker_buy_usd"].to_numpy(), rows["taker_sell_usd"].to_numpy()
    return features_of(
        rows, taker_buy_usd=buy, taker_sell_usd=sell, taker_ratio=quotient(buy, sell)
    )


def direction(ratio: FloatArray, bounds: RatioExtreme) -> NDArray[np.int8]:
    """1 buyers press, -1 sellers do, 0 neither."""
    return beyond(ratio, bounds.low, bounds.high)
