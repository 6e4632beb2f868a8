"""
Open positions of a bot: freqtrade's trade on one side, the pure rules of `trailing` on the other.

Nothing here is state that can't be had again: plans are kept with the trade, paths are computed
from candles. Callbacks read prepared arrays, never a dataframe.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from freqtrade.persistence import Trade

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.strategy.charted import phase_text, plan_text
from vectra_freqtrade.strategy.trade_data import CHECKPOINT_KEY, PLAN_KEY, UNREADABLE, TradeData
from vectra_freqtrade.times import to_ms
from vectra_freqtrade.trailing.exits import Codes
from vectra_freqtrade.trailing.plan import EntryPlan, Side
from vectra_freqtrade.trailing.prepare import PairArrays, plan_from
from vectra_freqtrade.trailing.state import Checkpoint, Phase
from vectra_freqtrade.trailing.trade_path import TradePath


@dataclass(slots=True)
class Position:
    """
    One open trade.

    :param side: as a plain number, because multiplying an IntEnum costs more than all else here
    :param opened_ms: first fill, milliseconds since 1970 UTC
    :param hard_stop: the strategy's own stoploss from the first fill, a price
    :param exits: early exit codes of its side
    :param path: None where no candle has an ATR yet: the strategy's own stoploss stands alone
    :param kept: the checkpoint that is kept with the trade
    :param late: whether the plan is not kept with the trade yet
    :param row: the last closed candle; what follows is as of its close, read once for all callbacks
    :param stop: never outside `hard_stop`; NaN where there is no plan
    :param close: price; NaN until a candle closes after the first fill, because the close before it
        says nothing about this trade
    :param exit_code: of an early exit
    """

    side: float
    opened_ms: int
    hard_stop: float
    exits: Codes
    path: TradePath | None
    kept: Checkpoint | None = None
    late: bool = False
    row: int = -1
    stop: float = math.nan
    close: float = math.nan
    exit_code: int = 0


@dataclass(slots=True)
class Pair:
    """
    :param arrays: of its newest frame
    :param stoploss: the strategy's own, a share
    :param settings: the numbers of this frame's plans and paths
    :param positions: by the trade's id; freqtrade can stack several on a pair
    :param now: the time that was last asked for; both callbacks of a candle get the same object
    :param row: the last candle closed by then
    """

    arrays: PairArrays
    stoploss: float
    settings: TrailingSettings
    positions: dict[int, Position] = field(default_factory=dict)
    now: datetime | None = None
    row: int | None = None


class Positions:
    """Plans and stop paths of a bot's open trades; `data` is what is kept with them."""

    def __init__(self) -> None:
        self._pairs: dict[str, Pair] = {}
        self.data = TradeData()

    def __getstate__(self) -> dict[str, Any]:
        """Hyperopt's workers prepare their own arrays; pickling ours would send every frame."""
        return self.__dict__ | {"_pairs": {}}

    def prepare(
        self, pair: str, arrays: PairArrays, stoploss: float, settings: TrailingSettings
    ) -> None:
        """What callbacks will read of a pair. Paths over the frame before go."""
        self._pairs[pair] = Pair(arrays, abs(stoploss), settings)

    def pair(self, name: str) -> Pair | None:
        """What was prepared of a pair."""
        return self._pairs.get(name)

    def plan_for(self, trade: Trade, now: datetime) -> EntryPlan | None:
        """
        The plan of a trade after its first fill: from its signal candle's row, or, where that is
        not in memory or has no ATR, from the last closed candle's. None where neither has one.
        """
        held = self._pairs.get(trade.pair)
        if held is None:
            return None
        return plan_from(
            held.arrays,
            (to_ms(trade.open_date_utc), to_ms(now)),
            side=side_of(trade),
            entry=_first_entry(trade),
            fees=trade.fee_open + (trade.fee_close or trade.fee_open),
            opened=first_fill_ms(trade),
            settings=held.settings,
        )

    def enter(self, trade: Trade, plan: EntryPlan) -> None:
        """A trade was filled, and this plan was kept with it."""
        held = self._pairs.get(trade.pair)
        if held is not None:
            path = TradePath(plan, held.arrays, held.settings)
            held.positions[trade.id] = _position(trade, held, path)

    def forget(self, trade: Trade) -> None:
        """What is known of a trade is made again if it is asked for."""
        held = self._pairs.get(trade.pair)
        if held is not None:
            held.positions.pop(trade.id, None)

    def state(self, trade: Trade, now: datetime) -> Position | None:
        """
        Where a trade, only read, stands as of the last closed candle; None where the candles are
        missing or stale, and while what is kept with the trade can't be read.
        """
        held = self._pairs.get(trade.pair)
        if held is None:
            return None
        if now is not held.now:
            held.row = held.arrays.last_closed(to_ms(now), held.row)
            held.now = now
        row = held.row
        if row is None:
            return None
        position = held.positions.get(trade.id)
        if position is None or position.row != row:
            position = self._moved(trade, now, held, position, row)
        return position

    def save(self, trade: Trade, now: datetime, tell: Callable[[str], None]) -> None:
        """
        Live, so that a restart loses nothing: keep a trade's state with it once per candle, and its
        plan where it has none yet. A change of phase is told once.
        """
        position, held = self.state(trade, now), self._pairs.get(trade.pair)
        if position is None or position.path is None or held is None:
            return
        path, plan, row = position.path, position.path.plan, position.row
        if position.late:
            if not trade.select_filled_orders(trade.entry_side):
                return  # its first order is still being filled; `order_filled` will come
            if not self.data.write(trade, PLAN_KEY, plan.to_dict()):
                return
            position.late = False
            tell(f"A plan for a trade that had none: {plan_text(trade.pair, plan)}")
        kept, arrays = position.kept, held.arrays
        checkpoint = Checkpoint(int(arrays.close_ms[row]), path.at(row))
        if kept is not None and kept.at >= checkpoint.at:
            return
        if not self.data.write(trade, CHECKPOINT_KEY, checkpoint.to_dict()):
            return
        position.kept = checkpoint
        before = Phase.INITIAL if kept is None else Phase(kept.state.phase)
        if checkpoint.state.phase != before:
            state = checkpoint.state
            tell(phase_text(trade.pair, plan, before, state, arrays, row, held.settings))

    def _moved(
        self, trade: Trade, now: datetime, held: Pair, position: Position | None, row: int
    ) -> Position | None:
        """The position after another closed candle."""
        if position is None or position.path is None:
            position = self._opened(trade, held, now)
            if position is None:
                return None
            held.positions[trade.id] = position
        arrays = held.arrays
        position.row = row
        own = arrays.close_ms.item(row) > position.opened_ms
        position.close = arrays.close.item(row) if own else math.nan
        position.exit_code = position.exits.item(row)
        if position.path is not None:
            stop, side = position.path.at(row).stop, position.side
            outside = side * stop < side * position.hard_stop
            position.stop = position.hard_stop if outside else stop
        return position

    def _opened(self, trade: Trade, held: Pair, now: datetime) -> Position | None:
        stored = [self.data.read(trade, key) for key in (PLAN_KEY, CHECKPOINT_KEY)]
        if UNREADABLE in stored:
            return None  # another plan now would take the place of the one that is kept
        plan = EntryPlan.from_dict(stored[0])
        late = plan is None
        if plan is None:
            # Opened before the plugin was installed, in a pair that was not analyzed yet, or still
            # being filled. Only read here: `bot_loop_start` keeps it.
            plan = self.plan_for(trade, now)
        if plan is None:
            return _position(trade, held, None)
        kept = Checkpoint.from_dict(stored[1])
        path = TradePath(plan, held.arrays, held.settings, kept)
        if not path.complete:
            self.data.say_once(
                (trade.id, "incomplete"),
                f"{trade.pair}: not all candles since this trade was opened, or was last looked "
                "after, are in memory. Its stop is right for those that are.",
            )
        return _position(trade, held, path, kept, late=late)


def _position(
    trade: Trade,
    held: Pair,
    path: TradePath | None,
    kept: Checkpoint | None = None,
    *,
    late: bool = False,
) -> Position:
    side = side_of(trade)
    opened = first_fill_ms(trade) if path is None else path.plan.opened
    entry = trade.open_rate if path is None else path.plan.entry
    hard_stop = entry * (1 - side * held.stoploss / (trade.leverage or 1.0))
    exits = held.arrays.exits[side]
    return Position(float(side), opened, hard_stop, exits, path, kept, late)


def side_of(trade: Trade) -> Side:
    return Side.SHORT if trade.is_short else Side.LONG


def first_fill_ms(trade: Trade) -> int:
    return to_ms(trade.date_entry_fill_utc or trade.open_date_utc)


def _first_entry(trade: Trade) -> float:
    """Price of a trade's first fill; later fills move freqtrade's open_rate."""
    filled = trade.select_filled_orders(trade.entry_side)
    return float(filled[0].safe_price if len(filled) > 1 else trade.open_rate)
