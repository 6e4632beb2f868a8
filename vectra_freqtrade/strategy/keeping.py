"""What a live bot keeps with its trades once per candle, so that a restart loses nothing."""

from collections.abc import Callable
from datetime import datetime

from freqtrade.persistence import Trade

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.strategy.charted import phase_text, plan_text
from vectra_freqtrade.strategy.positions import Positions
from vectra_freqtrade.strategy.trade_data import CHECKPOINT_KEY, PLAN_KEY
from vectra_freqtrade.trailing.state import Checkpoint, Phase


def save_checkpoint(
    trade: Trade,
    now: datetime,
    positions: Positions,
    settings: TrailingSettings,
    tell: Callable[[str], None],
) -> None:
    """
    Write a trade's state with it, and its plan where it has none yet. Say a change of phase once.

    :param trade: freqtrade's, open
    :param now: of the decision
    :param positions: of the bot
    :param settings: all numbers
    :param tell: given a line to say
    """
    position, arrays = positions.state(trade, now), positions.arrays(trade.pair)
    if position is None or position.path is None or arrays is None:
        return
    path, plan, row = position.path, position.path.plan, position.row
    if position.late:
        if not trade.select_filled_orders(trade.entry_side):
            return  # its first order is still being filled; `order_filled` will come
        if not positions.data.write(trade, PLAN_KEY, plan.to_dict()):
            return
        position.late = False
        tell(f"A plan for a trade that had none: {plan_text(trade.pair, plan)}")
    state, at = path.at(row), int(arrays.close_ms[row])
    kept = position.kept
    if kept is not None and kept.at >= at:
        return
    checkpoint = Checkpoint(at, state)
    if not positions.data.write(trade, CHECKPOINT_KEY, checkpoint.to_dict()):
        return
    position.kept = checkpoint
    before = int(Phase.INITIAL) if kept is None else kept.state.phase
    if state.phase != before:
        tell(phase_text(trade.pair, plan, before, state, arrays, row, settings))
