"""Order book: which side rests more coins near the price, and when it is no time to enter."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.settings.opinions import BookExtreme
from vectra_freqtrade.signals.native import BoolArray, Features, FloatArray, features_of


def features(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """
    :param rows: time, available_at, book_bids_usd, book_asks_usd (resting within 1 % of the price
        at the interval's close, summed over venues); released, in time order
    :param length_ms: the interval; the imbalance needs no other row
    :return: columns book_bids_usd, book_asks_usd, book_imbalance (NaN for an empty book)
    """
    bids, asks = rows["book_bids_usd"].to_numpy(), rows["book_asks_usd"].to_numpy()
    total = bids + asks
    imbalance = np.divide(bids - asks, total, out=np.full(total.shape, np.nan), where=total > 0)
    return features_of(rows, book_bids_usd=bids, book_asks_usd=asks, book_imbalance=imbalance)


def direction(imbalance: FloatArray, bounds: BookExtreme) -> NDArray[np.int8]:
    """
    :param imbalance: -1 to 1, NaN where unknown
    :param bounds: beyond which it counts
    :return: 1 the bids are heavier, -1 the asks are, 0 neither
    """
    heavier = imbalance > bounds.lean
    return heavier.astype(np.int8) - (imbalance < -bounds.lean).astype(np.int8)


def veto(imbalance: FloatArray, bounds: BookExtreme) -> tuple[BoolArray, BoolArray]:
    """
    :param imbalance: -1 to 1, NaN where unknown: no reason to wait
    :param bounds: beyond which the side that it is against waits
    :return: whether a long waits, whether a short does
    """
    return imbalance < -bounds.wait, imbalance > bounds.wait
