"""An analyzed frame as the arrays that trailing's callbacks read."""

import math
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.align import decision_times, epoch_ns, last_known, take, within
from vectra_freqtrade.trailing.atr import atr
from vectra_freqtrade.trailing.exits import state_codes
from vectra_freqtrade.trailing.health import funding_adverse, whale_against
from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.prepare import MarketColumns, PairArrays, Prices, pair_arrays

#: An ATR from candles older than so many of their lengths is none.
_ATR_MAX_AGE = 3


def frame_arrays(
    dataframe: pd.DataFrame,
    timeframe_ms: int,
    atr_candles: pd.DataFrame,
    settings: CoinglassSettings,
    intervals: tuple[str, ...],
) -> PairArrays:
    """
    :param dataframe: candles and cg_ columns, after `populate_exit_trend`
    :param atr_candles: closed candles of the ATR's interval
    :param intervals: in use, the lower first
    """
    prices = Prices(
        opened=dataframe["date"].to_numpy(dtype="datetime64[ms]"),
        high=dataframe["high"].to_numpy(),
        low=dataframe["low"].to_numpy(),
        close=dataframe["close"].to_numpy(),
        atr=_atr_at(dataframe["date"], timeframe_ms, atr_candles, settings),
    )
    market = market_columns(dataframe, settings, intervals)
    return pair_arrays(prices, timeframe_ms, settings.trailing, market)


def market_columns(
    dataframe: pd.DataFrame, settings: CoinglassSettings, intervals: tuple[str, ...]
) -> MarketColumns:
    """The cg_ columns that stops and exits read; a dataset that is off is None."""
    lower, upper = intervals[0], intervals[-1]

    def column(name: str) -> Any:
        return dataframe[name].to_numpy() if name in dataframe else None

    def codes(name: str) -> Any:
        return state_codes(dataframe[name].to_numpy()) if name in dataframe else None

    change, extreme = column(f"cg_funding_change_{lower}"), column("cg_funding_extreme")
    flow, limits = column("cg_whale_flow"), settings.extremes.whale

    def funding(side: Side) -> Any:
        if change is None or extreme is None:
            return None
        return funding_adverse(side, change, extreme, settings.trailing)

    def whales(side: Side, wall: Any) -> Any:
        if flow is None or wall is None:
            return None
        close, within = dataframe["close"].to_numpy(), limits.wall
        return whale_against(side, flow, wall, close, flow_limit=limits.flow, wall_within=within)

    return MarketColumns(
        level_above=column("cg_liq_above_price"),
        level_below=column("cg_liq_below_price"),
        whale_long_against=whales(Side.LONG, column("cg_whale_ask_price")),
        whale_short_against=whales(Side.SHORT, column("cg_whale_bid_price")),
        funding_long_adverse=funding(Side.LONG),
        funding_short_adverse=funding(Side.SHORT),
        state=codes(f"cg_state_{lower}"),
        state_before=codes(f"cg_state_prev_{lower}"),
        upper_state=codes(f"cg_state_{upper}") if upper != lower else None,
        confidence_long=column("cg_confidence_long"),
        confidence_short=column("cg_confidence_short"),
    )


def _atr_at(
    dates: pd.Series, timeframe_ms: int, candles: pd.DataFrame, settings: CoinglassSettings
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The ATR of the last candle of its interval that had closed at each decision."""
    length = interval_ms(settings.trailing.atr_interval)
    ranges = atr(candles["high"], candles["low"], candles["close"], settings.trailing.atr_period)
    decisions = decision_times(dates, timeframe_ms)
    closed = epoch_ns(candles["date"]) + length * 1_000_000
    rows = last_known(closed, decisions)
    rows = within(rows, closed, decisions, _ATR_MAX_AGE * length * 1_000_000)
    return take(ranges, rows, math.nan)
