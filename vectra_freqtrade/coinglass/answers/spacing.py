"""
How far apart the rows of a whole history are. Pure.

CoinGlass sends some histories in about as many points whatever their span, so that a day's rows of
one year are every third day's of another; and now and then one is missing.
"""

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

DAY_MS = 86_400_000
#: Steps that tell a row's spacing: two before it, the one after it and the two behind that.
_STEPS = 5


def spacings(times: Int64) -> Int64:
    """
    The middle one of the five steps around each row, of the last five at the end: one or two
    missing rows are none of its grid, three steps of another length are another grid.

    :param times: of all rows of one answer, milliseconds on whole days, sorted, unique
    :return: milliseconds for each row; a day where there is one row alone
    """
    count = len(times)
    if count < 2:
        return np.full(count, DAY_MS, dtype=np.int64)
    steps = np.diff(times)
    width = min(_STEPS, len(steps))
    first = np.clip(np.arange(count) - width // 2, 0, len(steps) - width)
    around = np.lib.stride_tricks.sliding_window_view(steps, width)[first]
    return np.asarray(np.sort(around, axis=1)[:, (width - 1) // 2])
