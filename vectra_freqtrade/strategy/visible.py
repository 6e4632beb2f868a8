"""What a trader sees of a trailing stop: lines of the log, messages, marks on FreqUI's chart."""

import numpy as np

from vectra_freqtrade.strategy.charted import Annotation, line, runs
from vectra_freqtrade.trailing.plan import EntryPlan, Side
from vectra_freqtrade.trailing.prepare import PairArrays
from vectra_freqtrade.trailing.settings import TrailingSettings
from vectra_freqtrade.trailing.state import Phase, TrailState
from vectra_freqtrade.trailing.step import Reason, why
from vectra_freqtrade.trailing.trade_path import TradePath

_STOP, _TARGET, _ENTRY = "#e08030", "#30a0e0", "#909090"

#: In words, why a stop is where it is.
REASONS = {
    Reason.INITIAL: "where the plan put it",
    Reason.BREAKEVEN: "entry plus fees",
    Reason.TRAIL: "behind the best price",
    Reason.LOCK: "a lock on the best move",
    Reason.TARGET: "the floor under the target that was reached",
    Reason.KEPT: "kept from an earlier candle",
}


def plan_text(pair: str, plan: EntryPlan) -> str:
    """
    :param pair: freqtrade's
    :param plan: of the trade
    """
    stop, target = (abs(price - plan.entry) / plan.atr for price in (plan.stop, plan.target))
    return (
        f"{pair} {_side(plan)} at {plan.entry:.8g}: stop {plan.stop:.8g} ({stop:.2f} ATR), "
        f"target {plan.target:.8g} ({target:.2f} ATR), ATR {plan.atr:.6g}."
    )


def phase_text(
    pair: str,
    plan: EntryPlan,
    before: int,
    state: TrailState,
    arrays: PairArrays,
    row: int,
    settings: TrailingSettings,
) -> str:
    """
    :param pair: freqtrade's
    :param plan: of the trade
    :param before: the phase it comes from
    :param state: after the candle `row`
    :param arrays: of the pair
    :param row: the last closed candle
    :param settings: all numbers
    """
    reason = REASONS[why(state, plan, arrays.candles.row(row), settings)]
    return (
        f"{pair} {_side(plan)} from {Phase(before).name} to {Phase(state.phase).name}: "
        f"stop {state.stop:.8g} ({reason}), best {state.best:.8g}, target {state.target:.8g}."
    )


def _side(plan: EntryPlan) -> str:
    return "long" if plan.side is Side.LONG else "short"


def trade_lines(
    plan: EntryPlan, path: TradePath, arrays: PairArrays, first_ms: int
) -> list[Annotation]:
    """
    :param plan: of an open trade
    :param path: of its stop
    :param arrays: of its pair
    :param first_ms: where the chart begins, milliseconds since 1970 UTC
    :return: entry, target and stop, as they were from candle to candle; the newest part is named
    """
    rows = range(path.first, len(arrays))
    states = [path.at(row) for row in rows]
    # A state holds from the close of its candle on; before the first one it is the start's.
    times = np.array([plan.opened, *(int(arrays.close_ms[row]) for row in rows)])
    start = path.at(path.first - 1)
    end = int(arrays.close_ms[-1]) + arrays.timeframe_ms
    columns = (
        ("stop", _STOP, [start.stop, *(state.stop for state in states)], "solid"),
        ("target", _TARGET, [start.target, *(state.target for state in states)], "dashed"),
        ("entry", _ENTRY, [plan.entry] * len(times), "dashed"),
    )
    lines = []
    for label, color, values, style in columns:
        steps = list(runs(np.maximum(times, first_ms), np.array(values), end))
        # Named where it is now: a stop that moves on every candle would be a row of names.
        names = [*[""] * (len(steps) - 1), label]
        lines += [
            line(run, color, name, line_style=style)
            for run, name in zip(steps, names, strict=False)
        ]
    return lines
