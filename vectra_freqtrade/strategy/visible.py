"""What a trader sees of a trailing stop: lines of the log, messages, marks on FreqUI's chart."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.trailing.plan import EntryPlan, Side
from vectra_freqtrade.trailing.prepare import PairArrays
from vectra_freqtrade.trailing.settings import TrailingSettings
from vectra_freqtrade.trailing.state import Phase, TrailState
from vectra_freqtrade.trailing.step import Reason, why
from vectra_freqtrade.trailing.trade_path import TradePath

#: freqtrade checks these dictionaries and leaves out what has a key that it doesn't know.
Annotation = dict[str, Any]

_LEVELS = {"cg_liq_above_price": "#c06060", "cg_liq_below_price": "#60a060"}
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


def level_lines(dataframe: pd.DataFrame) -> list[Annotation]:
    """
    :param dataframe: the chart's candles with cg_ columns
    :return: the nearest liquidation clusters, one line for as long as one stays where it is
    """
    times = dataframe["date"].to_numpy(dtype="datetime64[ms]").astype(np.int64)
    if times.size < 2:
        return []
    end = int(times[-1] + (times[-1] - times[-2]))
    return [
        _line(run, color, "liquidations", line_style="dotted")
        for name, color in _LEVELS.items()
        if name in dataframe
        for run in _runs(times, dataframe[name].to_numpy(dtype=np.float64), end)
    ]


def trade_lines(
    plan: EntryPlan, path: TradePath, arrays: PairArrays, first_ms: int
) -> list[Annotation]:
    """
    :param plan: of an open trade
    :param path: of its stop
    :param arrays: of its pair
    :param first_ms: where the chart begins, milliseconds since 1970 UTC
    :return: entry, target and stop, as they were from candle to candle
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
    return [
        _line(run, color, label, line_style=style)
        for label, color, values, style in columns
        for run in _runs(np.maximum(times, first_ms), np.array(values), end)
    ]


def _runs(times: Any, values: Any, end: int) -> Iterator[tuple[int, int, float]]:
    """Stretches over which a value stays the same, and is a price."""
    changes = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    ends = [*times[changes[1:]].tolist(), end]
    for place, until in zip(changes.tolist(), ends, strict=True):
        value = float(values[place])
        if until > times[place] and 0 < value < np.inf:
            yield int(times[place]), int(until), value


def _line(run: tuple[int, int, float], color: str, label: str, *, line_style: str) -> Annotation:
    start, end, price = run
    return {
        "type": "line",
        "start": _time(start),
        "end": _time(end),
        "y_start": price,
        "y_end": price,
        "color": color,
        "label": label,
        "line_style": line_style,
    }


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
