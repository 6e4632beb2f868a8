"""Liquidations: who was forced out. No factor by itself; the cascade strategy trades on it."""

import numpy as np
import pandas as pd

from vectra_freqtrade.signals.native import Features, features_of


def features(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """
    :param rows: time, available_at, liq_long_usd, liq_short_usd; released, in time order
    :param length_ms: the interval; the imbalance needs no other row
    :return: columns liq_long_usd, liq_short_usd, liq_imbalance (NaN without liquidations)
    """
    long, short = rows["liq_long_usd"].to_numpy(), rows["liq_short_usd"].to_numpy()
    total = long + short
    imbalance = np.divide(short - long, total, out=np.full(total.shape, np.nan), where=total > 0)
    return features_of(rows, liq_long_usd=long, liq_short_usd=short, liq_imbalance=imbalance)
