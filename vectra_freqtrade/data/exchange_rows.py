"""
freqtrade's candles of open interest and funding as native rows. Pure.

An exchange stamps them with the instant they are true at (asked at 12:15 for hourly rows, the
newest one says 12:00), while freqtrade treats them as candles and holds each back until its
interval is over. So a row stamped S is what was true at the close of the interval before S, and
may be used from S + interval + delay on: an hour later than CoinGlass's own.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_HOUR_MS = 3_600_000
#: A settlement's rate holds until the next one, at most as long as the longest period of any venue.
_SETTLED_MS = 8 * _HOUR_MS
#: Settlements that tell a venue's period; one missing among them must not double it.
_PERIODS = 3


def open_interest_rows(
    candles: pd.DataFrame,
    prices: Callable[[], pd.DataFrame],
    length_ms: int,
    delay: pd.Timedelta,
) -> pd.DataFrame:
    """
    :param candles: freqtrade's: date, open_interest_amount (coins), open_interest_value (USD)
    :param prices: the pair's candles of the same length, asked for where there are no amounts
    :param length_ms: the interval
    :param delay: the `delay` setting
    :return: time, available_at, oi (in the pair's own unit), as `Provider.rows`
    """
    coins = candles["open_interest_amount"].astype("float64")
    if coins.isna().all() and candles["open_interest_value"].notna().any():
        frame = prices()
        closes = pd.Series(
            frame["close"].to_numpy(), _epoch_ms(frame["date"]) + length_ms, dtype="float64"
        )
        at = closes.reindex(_epoch_ms(candles["date"])).to_numpy()
        coins = candles["open_interest_value"] / at
    return _rows(_epoch_ms(candles["date"]), "oi", coins.to_numpy(), length_ms, delay)


def funding_rows(candles: pd.DataFrame, length_ms: int, delay: pd.Timedelta) -> pd.DataFrame:
    """
    :param candles: freqtrade's: date of a settlement, funding_rate
    :param length_ms: the interval
    :param delay: the `delay` setting
    :return: time, available_at, funding (fraction per 8 h) of each interval at whose close a
        settlement was not older than its period, as `Provider.rows`
    """
    settled = _epoch_ms(candles["date"])
    # Past settlements only: a venue may change its period. The first one's is not known.
    gaps = pd.Series(np.diff(settled, prepend=np.nan)).rolling(_PERIODS, min_periods=1).min()
    period = gaps.clip(_HOUR_MS, _SETTLED_MS).to_numpy()
    rate = candles["funding_rate"].to_numpy(dtype="float64") * _SETTLED_MS / period
    if settled.size == 0:
        return _rows(settled, "funding", rate, length_ms, delay)
    first = -(-int(settled[0]) // length_ms) * length_ms
    instants = np.arange(first, int(settled[-1]) + _SETTLED_MS, length_ms, dtype=np.int64)
    last = np.searchsorted(settled, instants, side="right") - 1
    held = np.where(instants - settled[last] < period[last], rate[last], np.nan)
    return _rows(instants, "funding", held, length_ms, delay)


def _rows(
    instants: NDArray[np.int64],
    name: str,
    values: NDArray[np.floating[Any]],
    length_ms: int,
    delay: pd.Timedelta,
) -> pd.DataFrame:
    """
    Values of instants as rows of the interval that closed then. One off the interval's grid can't
    be set against a price, and is left out.
    """
    good = (instants % length_ms == 0) & ~np.isnan(values)
    opened = pd.Series(pd.to_datetime(instants[good] - length_ms, unit="ms", utc=True))
    times = opened.astype("datetime64[ms, UTC]")
    known = (times + pd.Timedelta(2 * length_ms, "ms") + delay).astype("datetime64[ms, UTC]")
    frame = pd.DataFrame({"time": times, "available_at": known, name: values[good]})
    return frame.drop_duplicates("time").sort_values("time", ignore_index=True)


def _epoch_ms(dates: pd.Series) -> NDArray[np.int64]:
    """To the minute: some venues' stamps are some milliseconds late."""
    stamps = dates.dt.floor("min").dt.as_unit("ms")
    return np.asarray(stamps.to_numpy(dtype="datetime64[ms]").view(np.int64))
