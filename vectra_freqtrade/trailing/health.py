"""Position health: what speaks against an open position. Missing data never does."""

import numpy as np
from numpy.typing import ArrayLike

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.state import Flags


def funding_adverse(
    side: Side, change: ArrayLike, extreme: ArrayLike, settings: TrailingSettings
) -> Flags:
    """
    Funding that rises costs longs, funding that falls costs shorts.

    :param side: of a position
    :param change: of the rate over 24 h, fraction per 8 h, shape (n,); NaN is neutral
    :param extreme: 1 where longs pay unusually much, -1 where shorts do, shape (n,)
    :param settings: `funding_change`
    :return: shape (n,); where funding moved against the position or is extreme on its side
    """
    moved = side * np.asarray(change, dtype=np.float64) >= settings.funding_change
    return moved | (side * np.asarray(extreme, dtype=np.float64) >= 1)


def whale_against(
    side: Side,
    flow: ArrayLike,
    wall: ArrayLike,
    price: ArrayLike,
    *,
    flow_limit: float,
    wall_within: float,
) -> Flags:
    """
    Large orders executed against the position, or a large one resting in its way.

    :param side: of a position
    :param flow: (buy − sell) / (buy + sell) of large orders, shape (n,); NaN is neutral
    :param wall: price of the nearest opposing wall (asks for a long), shape (n,), or NaN
    :param price: close, shape (n,)
    :param flow_limit: flow beyond this is one-sided
    :param wall_within: farther off, as a fraction of the price, a wall is not in the way
    :return: shape (n,)
    """
    close = np.asarray(price, dtype=np.float64)
    ahead = side * (np.asarray(wall, dtype=np.float64) - close)
    in_the_way = (ahead >= 0) & (ahead <= wall_within * close)
    return (-side * np.asarray(flow, dtype=np.float64) > flow_limit) | in_the_way
