"""An analyzed frame as the arrays that trailing's callbacks read."""

import math
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.align import decision_times, epoch_ns, last_known, take, within
from vectra_freqtrade.trailing.atr import atr
from vectra_freqtrade.trailing.exits import MarketStates, state_codes
from vectra_freqtrade.trailing.health import funding_adverse, whale_against
from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.prepare import PairArrays, pair_arrays
from vectra_freqtrade.trailing.state import SideColumns

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
    return pair_arrays(
        decision_times(dataframe["date"], timeframe_ms) // 1_000_000,
        dataframe["close"].to_numpy(),
        _atr_at(dataframe["date"], timeframe_ms, atr_candles, settings),
        {side: side_columns(dataframe, side, settings, intervals[0]) for side in Side},
        _market_states(dataframe, intervals),
        timeframe_ms=timeframe_ms,
        settings=settings.trailing,
    )


#: What each side reads: its extreme, cluster ahead, opposing wall and confidence.
_SIDES = {
    Side.LONG: ("high", "cg_liq_above_price", "cg_whale_ask_price", "cg_confidence_long"),
    Side.SHORT: ("low", "cg_liq_below_price", "cg_whale_bid_price", "cg_confidence_short"),
}


def side_columns(
    dataframe: pd.DataFrame, side: Side, settings: CoinglassSettings, interval: str
) -> SideColumns:
    """The columns that this side's stops and exits read; a dataset that is off is None."""

    def column(name: str) -> Any:
        return dataframe[name].to_numpy() if name in dataframe else None

    extreme, level, wall, confidence = map(column, _SIDES[side])
    change, crowded = column(f"cg_funding_change_{interval}"), column("cg_funding_extreme")
    adverse = whale = None
    if change is not None and crowded is not None:
        adverse = funding_adverse(side, change, crowded, settings.trailing)
    flow, limits = column("cg_whale_flow"), settings.extremes.whale
    if flow is not None and wall is not None:
        close = column("close")
        whale = whale_against(
            side, flow, wall, close, flow_limit=limits.flow, wall_within=limits.wall
        )
    return SideColumns(extreme, level, whale, adverse, confidence)


def _market_states(dataframe: pd.DataFrame, intervals: tuple[str, ...]) -> MarketStates | None:
    lower, upper = intervals[0], intervals[-1]

    def codes(name: str) -> Any:
        return state_codes(dataframe[name].to_numpy()) if name in dataframe else None

    now, before = codes(f"cg_state_{lower}"), codes(f"cg_state_prev_{lower}")
    if now is None or before is None:
        return None
    return MarketStates(now, before, codes(f"cg_state_{upper}") if upper != lower else None)


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
