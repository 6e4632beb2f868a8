"""
freqtrade's candles of an interval: closed ones only, none that closed after the last decision.

CoinGlass's own price is never used: open interest is compared with the pair that is traded.
"""

import numpy as np
import pandas as pd

from vectra_freqtrade.errors import CandlesError, SettingsError
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


def interval_candles(
    dataframe: pd.DataFrame,
    informative: pd.DataFrame | None,
    *,
    pair: str,
    timeframe_ms: int,
    interval: str,
    interval_ms: int,
    as_of: pd.Timestamp,
    adaptive: bool,
) -> pd.DataFrame:
    """
    The pair's candles of an interval.

    :param dataframe: the strategy's own candles
    :param informative: freqtrade's candles of the interval, None or empty where there are none
    :param pair: for messages
    :param timeframe_ms: length of the strategy's candles
    :param interval: CoinGlass's candle length, which freqtrade spells alike
    :param interval_ms: its length
    :param as_of: the last decision time
    :param adaptive: bands are adaptive, so the candles must reach back further than the bot's own
    :return: date, open, high, low, close, and what else freqtrade's frame has; closed by as_of
    :raises CandlesError: where the candles are missing and can't be made
    :raises SettingsError: where adaptive bands would rest on the strategy's candles
    """
    if interval_ms == timeframe_ms:
        return closed_candles(dataframe, interval_ms, as_of)
    if informative is not None and not informative.empty:
        return closed_candles(informative, interval_ms, as_of)
    download = (
        f"freqtrade download-data --pairs {pair} --timeframes {interval} (with your own -c, "
        "--userdir and --timerange)"
    )
    if interval_ms % timeframe_ms:
        raise CandlesError(
            f"{pair} has no {interval} candles, and they can't be made from the strategy's own. "
            f"Run: {download}."
        )
    if adaptive:
        raise SettingsError(
            f'coinglass.bands "adaptive" needs real {interval} candles of {pair}. Run: {download}.'
        )
    longer = resampled(dataframe, timeframe_ms, interval_ms)
    return closed_candles(longer, interval_ms, as_of)


def dated(dataframe: pd.DataFrame) -> pd.DataFrame:
    """
    :param dataframe: candles, with dates as objects where freqtrade joined two kinds of UTC: on
        pandas 3 FreqAI does, when it adds a bot's new candles to those from the disk
    :return: the same with dates that can be counted with
    """
    if dataframe["date"].dtype != object:
        return dataframe
    return dataframe.assign(date=pd.to_datetime(dataframe["date"], utc=True))
