"""Order book: which side rests more coins near the price, and when it is no time to enter."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.settings.opinions import BookExtreme
from vectra_freqtrade.signals.native import (
    BoolArray,
    Features,
    FloatArray,
    beyond,
    features_of,
    quotient,
)


def features(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """
    :param rows: time, available_at, book_bids_usd, book_asks_usd (resting within 1 % of the price
        at the interval's close, summed over venues); released, in time order
    :param length_ms: the interval; the imbalance needs no other row
    :return: columns book_bids_usd, book_asks_usd, book_imbalance (-1 to 1, NaN for an empty book)
    """
    bids, asks = rows["book_bids_usd"].to_numpy(), rows["book_asks_usd"].to_numpy()
    imbalance = quotient(bids - asks, bids + asks)
    return features_of(rows, book_bids_usd=bids, book_asks_usd=asks, book_imbalance=imbalance)


def direction(imbalance: FloatArray, bounds: BookExtreme) -> NDArray[np.int8]:
    """1 the bids are heavier, -1 the asks are, 0 neither."""
    return beyond(imbalance, -bounds.lean, bounds.lean)


def veto(imbalance: FloatArray, bounds: BookExtreme) -> tuple[BoolArray, BoolArray]:
    """Whether a long waits, whether a short does; an unknown book is no reason to."""
    return imbalance < -bounds.wait, imbalance > bounds.wait
