"""Liquidations: who was forced out. No multiplier by itself; the cascade strategy trades on it."""

import pandas as pd

from vectra_freqtrade.signals.native import Features, features_of, quotient


def features(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """
    :param rows: time, available_at, liq_long_usd, liq_short_usd; released, in time order
    :param length_ms: the interval; the imbalance needs no other row
    :return: columns liq_long_usd, liq_short_usd, liq_imbalance (-1 to 1, NaN without liquidations)
    """
    long, short = rows["liq_long_usd"].to_numpy(), rows["liq_short_usd"].to_numpy()
    imbalance = quotient(short - long, long + short)
    return features_of(rows, liq_long_usd=long, liq_short_usd=short, liq_imbalance=imbalance)
