"""
Open positions of a bot: freqtrade's trade on one side, the pure rules of `trailing` on the other.

Nothing here is state that can't be had again: plans are kept with the trade, paths are computed
from candles. Callbacks read prepared arrays, never a dataframe.
"""

import logging
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.persistence import Trade

from vectra_freqtrade.intervals import interval_ms
from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.signals.align import decision_times, epoch_ns, last_known, take, within
from vectra_freqtrade.trailing.atr import atr
from vectra_freqtrade.trailing.exits import state_codes
from vectra_freqtrade.trailing.health import funding_adverse, whale_against
from vectra_freqtrade.trailing.plan import EntryPlan, Side, make_plan
from vectra_freqtrade.trailing.prepare import MarketColumns, PairArrays, Prices, pair_arrays
from vectra_freqtrade.trailing.state import Checkpoint
from vectra_freqtrade.trailing.trade_path import TradePath

logger = logging.getLogger(__name__)

#: Under these names freqtrade keeps plan and checkpoint with the trade.
PLAN_KEY, CHECKPOINT_KEY = "cg_plan", "cg_trail"

#: An ATR from candles older than so many of their lengths is none.
_ATR_MAX_AGE = 3


@dataclass(slots=True)
class Position:
    """
    One open trade.

    :param trade_id: freqtrade's
    :param opened_ms: first fill, milliseconds since 1970 UTC
    :param plan: None where there was no ATR at entry: freqtrade's own stoploss stands alone
    :param path: None where there is no plan
    """

    trade_id: int
    opened_ms: int
    plan: EntryPlan | None
    path: TradePath | None


class Positions:
    """
    Plans and stop paths of a bot's open trades.

    :param settings: the whole section
    :param intervals: in use, the lower first
    """

    def __init__(self, settings: CoinglassSettings, intervals: tuple[str, ...]) -> None:
        self._settings = settings
        self._intervals = intervals
        self._arrays: dict[str, PairArrays] = {}
        self._positions: dict[str, Position] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Hyperopt's workers prepare their own arrays; pickling ours would send every frame."""
        return {
            "_settings": self._settings,
            "_intervals": self._intervals,
            "_arrays": {},
            "_positions": {},
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def prepare(
        self, pair: str, dataframe: pd.DataFrame, timeframe_ms: int, atr_candles: pd.DataFrame
    ) -> None:
        """
        Take what callbacks will read out of an analyzed frame.

        :param pair: freqtrade's pair
        :param dataframe: candles and cg_ columns, after `populate_exit_trend`
        :param timeframe_ms: length of a candle
        :param atr_candles: closed candles of the ATR's interval
        """
        trailing = self._settings.trailing
        prices = Prices(
            opened=dataframe["date"].to_numpy(dtype="datetime64[ms]"),
            high=dataframe["high"].to_numpy(),
            low=dataframe["low"].to_numpy(),
            close=dataframe["close"].to_numpy(),
            atr=_atr_at(dataframe["date"], timeframe_ms, atr_candles, self._settings),
        )
        market = market_columns(dataframe, self._settings, self._intervals)
        self._arrays[pair] = pair_arrays(prices, timeframe_ms, trailing, market)
        self._positions.pop(pair, None)  # its path was computed over the frame before

    def arrays(self, pair: str) -> PairArrays | None:
        """
        :param pair: freqtrade's pair
        :return: what was prepared of it
        """
        return self._arrays.get(pair)

    def plan_for(self, trade: Trade, now: datetime, fees: float) -> EntryPlan | None:
        """
        The plan of a trade that was just filled, from its signal candle.

        :param trade: freqtrade's, with open_rate
        :param now: time of the fill
        :param fees: of entry and exit together, as a fraction
        """
        arrays, now_ms = self._arrays.get(trade.pair), to_ms(now)
        row = None if arrays is None else arrays.last_closed(now_ms)
        if arrays is None or row is None:
            return None
        above, below = arrays.candles.level_above, arrays.candles.level_below
        return make_plan(
            side=side_of(trade),
            entry=trade.open_rate,
            atr=float(arrays.atr[row]),
            fees=fees,
            opened=now_ms,
            settings=self._settings.trailing,
            level_above=math.nan if above is None else float(above[row]),
            level_below=math.nan if below is None else float(below[row]),
        )

    def state(self, trade: Trade, now: datetime) -> tuple[Position, PairArrays, int] | None:
        """
        Where a trade stands at a time.

        :param trade: freqtrade's, only read
        :param now: of the decision
        :return: the position, its pair's arrays and the index of the last closed candle; None
            where the candles are missing or stale
        """
        arrays = self._arrays.get(trade.pair)
        row = None if arrays is None else arrays.last_closed(to_ms(now))
        if arrays is None or row is None:
            return None
        position = self._positions.get(trade.pair)
        if position is None or position.trade_id != trade.id:
            position = self._positions[trade.pair] = self._opened(trade, arrays)
        return position, arrays, row

    def checkpoint(self, trade: Trade, now: datetime) -> Checkpoint | None:
        """
        :param trade: freqtrade's, only read
        :param now: of the decision
        :return: the state after the last closed candle, to be kept with the trade
        """
        found = self.state(trade, now)
        if found is None:
            return None
        position, arrays, row = found
        if position.path is None:
            return None
        return Checkpoint(int(arrays.close_ms[row]), position.path.at(row))

    def _opened(self, trade: Trade, arrays: PairArrays) -> Position:
        plan = EntryPlan.from_dict(trade.get_custom_data(PLAN_KEY))
        if plan is None:
            return Position(trade.id, to_ms(trade.open_date_utc), None, None)
        kept = Checkpoint.from_dict(trade.get_custom_data(CHECKPOINT_KEY))
        path = TradePath(plan, arrays, self._settings.trailing, kept)
        return Position(trade.id, plan.opened, plan, path)


def side_of(trade: Trade) -> Side:
    """
    :param trade: freqtrade's
    """
    return Side.SHORT if trade.is_short else Side.LONG


def to_ms(time: datetime) -> int:
    """
    :param time: tz-aware
    :return: milliseconds since 1970 UTC
    """
    return int(time.timestamp() * 1000)


def market_columns(
    dataframe: pd.DataFrame, settings: CoinglassSettings, intervals: tuple[str, ...]
) -> MarketColumns:
    """
    The cg_ columns that stops and exits read; a dataset that is off is None.

    :param dataframe: candles and cg_ columns
    :param settings: distances and limits
    :param intervals: in use, the lower first
    """
    lower, upper = intervals[0], intervals[-1]

    def column(name: str) -> Any:
        return dataframe[name].to_numpy() if name in dataframe else None

    def codes(name: str) -> Any:
        return state_codes(dataframe[name].to_numpy()) if name in dataframe else None

    change, extreme = column(f"cg_funding_change_{lower}"), column("cg_funding_extreme")
    funding = {
        side: None
        if change is None or extreme is None
        else funding_adverse(side, change, extreme, settings.trailing)
        for side in Side
    }
    flow = column("cg_whale_flow")
    walls = {Side.LONG: column("cg_whale_ask_price"), Side.SHORT: column("cg_whale_bid_price")}
    whale = {
        side: None
        if flow is None or wall is None
        else whale_against(side, flow, wall, dataframe["close"].to_numpy())
        for side, wall in walls.items()
    }
    return MarketColumns(
        level_above=column("cg_liq_above_price"),
        level_below=column("cg_liq_below_price"),
        whale_long_against=whale[Side.LONG],
        whale_short_against=whale[Side.SHORT],
        funding_long_adverse=funding[Side.LONG],
        funding_short_adverse=funding[Side.SHORT],
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
