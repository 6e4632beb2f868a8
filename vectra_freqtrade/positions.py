"""
Open positions of a bot: freqtrade's trade on one side, the pure rules of `trailing` on the other.

Nothing here is state that can't be had again: plans are kept with the trade, paths are computed
from candles. Callbacks read prepared arrays, never a dataframe.
"""

import logging
import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
from freqtrade.persistence import Trade
from sqlalchemy.exc import SQLAlchemyError

from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.trailing.plan import EntryPlan, Side, make_plan
from vectra_freqtrade.trailing.prepare import PairArrays
from vectra_freqtrade.trailing.state import Checkpoint
from vectra_freqtrade.trailing.trade_path import TradePath
from vectra_freqtrade.trailing_frame import frame_arrays

logger = logging.getLogger(__name__)

#: Under these names freqtrade keeps plan and checkpoint with the trade.
PLAN_KEY, CHECKPOINT_KEY = "cg_plan", "cg_trail"


@dataclass(slots=True)
class Position:
    """
    One open trade.

    :param trade_id: freqtrade's
    :param side: as a plain number, because multiplying an IntEnum costs more than all else here
    :param opened_ms: first fill, milliseconds since 1970 UTC
    :param path: None where no candle has an ATR yet: the strategy's own stoploss stands alone
    :param kept: the checkpoint that is kept with the trade
    :param late: whether the plan is not kept with the trade yet
    :param tried: the row up to which a plan was looked for in vain
    """

    trade_id: int
    side: float
    opened_ms: int
    path: TradePath | None
    kept: Checkpoint | None = None
    late: bool = False
    tried: int = -1


@dataclass(slots=True)
class _Pair:
    """
    :param arrays: of its newest frame
    :param positions: by the trade's id; freqtrade can stack several on a pair
    :param now: the time that was last asked for; both callbacks of a candle get the same object
    :param row: the last candle closed by then
    """

    arrays: PairArrays
    positions: dict[int, Position] = field(default_factory=dict)
    now: datetime | None = None
    row: int | None = None


class Positions:
    """
    Plans and stop paths of a bot's open trades.

    :param settings: the whole section
    :param intervals: in use, the lower first
    """

    def __init__(self, settings: CoinglassSettings, intervals: tuple[str, ...]) -> None:
        self._settings = settings
        self._intervals = intervals
        self._pairs: dict[str, _Pair] = {}
        self._said: set[tuple[Any, ...]] = set()

    def __getstate__(self) -> dict[str, Any]:
        """Hyperopt's workers prepare their own arrays; pickling ours would send every frame."""
        return self.__dict__ | {"_pairs": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def prepare(
        self, pair: str, dataframe: pd.DataFrame, timeframe_ms: int, atr_candles: pd.DataFrame
    ) -> None:
        """
        Take what callbacks will read out of an analyzed frame. Paths over the frame before go.

        :param pair: freqtrade's pair
        :param dataframe: candles and cg_ columns, after `populate_exit_trend`
        :param timeframe_ms: length of a candle
        :param atr_candles: closed candles of the ATR's interval
        """
        self._pairs[pair] = _Pair(
            frame_arrays(dataframe, timeframe_ms, atr_candles, self._settings, self._intervals)
        )

    def arrays(self, pair: str) -> PairArrays | None:
        """
        :param pair: freqtrade's pair
        :return: what was prepared of it
        """
        held = self._pairs.get(pair)
        return None if held is None else held.arrays

    def plan_for(self, trade: Trade, now: datetime) -> EntryPlan | None:
        """
        The plan of a trade: from its signal candle's row, or, where that is not in memory or has
        no ATR, from the last closed candle's.

        :param trade: freqtrade's, only read; after its first fill
        :param now: of the decision
        :return: None where neither candle has an ATR
        """
        arrays = self.arrays(trade.pair)
        if arrays is None:
            return None
        opened = first_fill_ms(trade)
        candles = arrays.candles
        above, below = candles.level_above, candles.level_below
        for time in (to_ms(trade.open_date_utc), to_ms(now)):
            row = arrays.last_closed(time)
            if row is None:
                continue
            plan = make_plan(
                side=side_of(trade),
                entry=first_entry(trade),
                atr=float(arrays.atr[row]),
                fees=trade.fee_open + (trade.fee_close or trade.fee_open),
                opened=opened,
                settings=self._settings.trailing,
                level_above=math.nan if above is None else float(above[row]),
                level_below=math.nan if below is None else float(below[row]),
            )
            if plan is not None:
                return plan
        return None

    def enter(self, trade: Trade, plan: EntryPlan) -> None:
        """
        :param trade: freqtrade's, just filled
        :param plan: that was kept with it
        """
        held = self._pairs.get(trade.pair)
        if held is not None:
            path = TradePath(plan, held.arrays, self._settings.trailing)
            held.positions[trade.id] = _position(trade, path)

    def forget(self, trade: Trade) -> None:
        """
        :param trade: freqtrade's; what is known of it is made again if it is asked for
        """
        held = self._pairs.get(trade.pair)
        if held is not None:
            held.positions.pop(trade.id, None)

    def state(self, trade: Trade, now: datetime) -> tuple[Position, PairArrays, int] | None:
        """
        Where a trade stands at a time.

        :param trade: freqtrade's, only read
        :param now: of the decision
        :return: the position, its pair's arrays and the index of the last closed candle; None
            where the candles are missing or stale
        """
        held = self._pairs.get(trade.pair)
        if held is None:
            return None
        if now is not held.now:
            held.row = held.arrays.last_closed(to_ms(now))
            held.now = now
        row = held.row
        if row is None:
            return None
        position = held.positions.get(trade.id)
        if position is None or (position.path is None and position.tried != row):
            position = held.positions[trade.id] = self._opened(trade, held.arrays, now)
            position.tried = row
        return position, held.arrays, row

    def _opened(self, trade: Trade, arrays: PairArrays, now: datetime) -> Position:
        plan = EntryPlan.from_dict(self.kept(trade, PLAN_KEY))
        late = plan is None
        if plan is None:
            # Opened before the plugin was installed, in a pair that was not analyzed yet, or still
            # being filled. Only read here: `bot_loop_start` keeps it.
            plan = self.plan_for(trade, now)
        if plan is None:
            return _position(trade, None)
        kept = Checkpoint.from_dict(self.kept(trade, CHECKPOINT_KEY))
        path = TradePath(plan, arrays, self._settings.trailing, kept)
        return _position(trade, path, kept, late=late)

    def kept(self, trade: Trade, key: str) -> object:
        """
        :param trade: freqtrade's
        :param key: PLAN_KEY or CHECKPOINT_KEY
        :return: what is kept with it; None for nothing, and where it can't be read
        """
        try:
            return trade.get_custom_data(key)
        except (ValueError, SQLAlchemyError) as error:
            self.say_once((trade.id, key), f"{trade}: {key} can't be read ({error!r}).")
            return None

    def keep(self, trade: Trade, key: str, value: dict[str, Any]) -> bool:
        """
        :param trade: freqtrade's
        :param key: as in `kept`
        :param value: plain numbers
        :return: whether it could be written
        """
        try:
            trade.set_custom_data(key, value)
        except (ValueError, SQLAlchemyError) as error:
            self.say_once((trade.id, key), f"{trade}: {key} can't be kept ({error!r}).")
            return False
        return True

    def say_once(self, key: tuple[Any, ...], message: str) -> None:
        """
        :param key: of what is said
        :param message: a warning
        """
        if key not in self._said:
            self._said.add(key)
            logger.warning(message)


def _position(
    trade: Trade, path: TradePath | None, kept: Checkpoint | None = None, *, late: bool = False
) -> Position:
    opened = first_fill_ms(trade) if path is None else path.plan.opened
    return Position(trade.id, float(side_of(trade)), opened, path, kept, late)


def side_of(trade: Trade) -> Side:
    """
    :param trade: freqtrade's
    """
    return Side.SHORT if trade.is_short else Side.LONG


def first_fill_ms(trade: Trade) -> int:
    """
    :param trade: freqtrade's
    :return: of its first fill, milliseconds since 1970 UTC
    """
    return to_ms(trade.date_entry_fill_utc or trade.open_date_utc)


def first_entry(trade: Trade) -> float:
    """
    :param trade: freqtrade's
    :return: price of its first fill; later fills move freqtrade's open_rate
    """
    filled = trade.select_filled_orders(trade.entry_side)
    return float(filled[0].safe_price if len(filled) > 1 else trade.open_rate)


def to_ms(time: datetime) -> int:
    """
    :param time: tz-aware
    :return: milliseconds since 1970 UTC
    """
    return int(time.timestamp() * 1000)
