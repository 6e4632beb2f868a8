"""
freqtrade's candles of an interval: closed ones only, none that closed after the last decision.

CoinGlass's own price is never used: open interest is compared with the pair that is traded.
"""

import numpy as np
import pandas as pd

from vectra_freqtrade.signals.align import epoch_ns


def closed_candles(candles: pd.DataFrame, length_ms: int, as_of: pd.Timestamp) -> pd.DataFrame:
    """
    :param candles: freqtrade's frame, sorted by date
    :param length_ms: their length
    :param as_of: the last decision time
    :return: the candles closed by then, a part of the frame
    """
    last_open = as_of.as_unit("ns").value - length_ms * 1_000_000
    closed = int(np.searchsorted(epoch_ns(candles["date"]), last_open, side="right"))
    return candles if closed == len(candles) else candles.iloc[:closed]


def resampled(candles: pd.DataFrame, timeframe_ms: int, length_ms: int) -> pd.DataFrame:
    """
    Longer candles out of shorter ones; a candle with a part missing is left out.

    :param candles: freqtrade's frame, sorted by date
    :param timeframe_ms: their length; divides length_ms
    :param length_ms: length wanted
    :return: date, open, high, low, close
    """
    span = pd.Timedelta(length_ms, "ms")
    groups = candles.groupby(candles["date"].dt.floor(span), sort=True)
    longer = groups.agg(
        open=("open", "first"), high=("high", "max"), low=("low", "min"), close=("close", "last")
    )
    whole = groups.size() == length_ms // timeframe_ms
    return longer[whole].rename_axis("date").reset_index()


def dated(dataframe: pd.DataFrame) -> pd.DataFrame:
    """
    :param dataframe: candles, with dates as objects where freqtrade joined two kinds of UTC: on
        pandas 3 FreqAI does, when it adds a bot's new candles to those from the disk
    :return: the same with dates that can be counted with
    """
    if dataframe["date"].dtype != object:
        return dataframe
    return dataframe.assign(date=pd.to_datetime(dataframe["date"], utc=True))
