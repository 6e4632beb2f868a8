"""What the columns look like on freqtrade's own charts: plot_config, and marks for FreqUI."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.columns import MarketState
from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.times import from_ms
from vectra_freqtrade.trailing.plan import EntryPlan
from vectra_freqtrade.trailing.prepare import PairArrays
from vectra_freqtrade.trailing.rules import Reason, why
from vectra_freqtrade.trailing.state import Phase, TrailState
from vectra_freqtrade.trailing.trade_path import TradePath

#: freqtrade checks these dictionaries and leaves out what has a key that it doesn't know.
Annotation = dict[str, Any]

LEVELS = {"cg_liq_above_price": "#c06060", "cg_liq_below_price": "#60a060"}

#: FreqUI writes a label on every mark, a mark an hour long or a day: so wide is the widest, in
#: candles of the 250 that it shows.
_LABEL_WIDTH = 24
#: A level that has not moved is named again after so many candles.
_NAMED_AGAIN = 120
#: A level that moved by less is the same one: what merges the parts of a cluster.
_SAME_LEVEL = 0.0025

#: Backgrounds; NEUTRAL and UNKNOWN have none.
STATES = {
    MarketState.CONFIRM_BULL: "rgba(47, 158, 98, 0.14)",
    MarketState.CONFIRM_BEAR: "rgba(207, 74, 74, 0.14)",
    MarketState.LONG_LIQUIDATION: "rgba(232, 150, 58, 0.18)",
    MarketState.SHORT_SQUEEZE: "rgba(59, 130, 196, 0.16)",
}

#: Panel, the dataset it needs, its columns and their colours; {i} is the lower interval.
_PANELS = (
    ("state", "open_interest", {"cg_state_code": "#808080"}),
    ("factor", None, {"cg_confidence_long": "#30a060", "cg_confidence_short": "#c04040"}),
    ("open interest", "open_interest", {"cg_oi_{i}": "#3080c0"}),
    ("funding", "funding_rate", {"cg_funding_{i}": "#a060a0"}),
    ("long / short", "long_short_ratio", {"cg_lsr_{i}": "#1f4e79", "cg_lsr_top_{i}": "#b5651d"}),
)


def plot_config(datasets: Sequence[str], intervals: Sequence[str]) -> dict[str, Any]:
    """freqtrade's `plot_config` of what a frame has: levels, state, factors, data."""
    return {
        # Dots: lines would join a level to the one that takes its place.
        "main_plot": {name: {"color": color, "type": "scatter"} for name, color in LEVELS.items()},
        "subplots": {
            panel: {
                name.replace("{i}", intervals[0]): {"color": color}
                for name, color in columns.items()
            }
            for panel, dataset, columns in _PANELS
            if dataset in (None, *datasets)
        },
    }


def state_areas(dataframe: pd.DataFrame) -> list[Annotation]:
    """A background for as long as a market state stays the same, named where there is room."""
    times, end = _times(dataframe)
    if end is None or "cg_state" not in dataframe:
        return []
    names = [str(state) for state in STATES]
    places = {name: number for number, name in enumerate(names, 1)}
    states = dataframe["cg_state"].astype(object).to_numpy()
    codes = np.array([places.get(str(state), 0) for state in states], dtype=np.float64)
    areas = []
    free = -math.inf
    for first, last, code in runs(times, codes, end):
        name = names[int(code) - 1]
        middle = (first + last) / 2 / (end - times[-1])
        shown = middle >= free
        free = middle + _LABEL_WIDTH if shown else free
        areas.append(
            {
                "type": "area",
                "start": from_ms(first),
                "end": from_ms(last),
                "color": STATES[MarketState(name)],
                "label": name if shown else "",
            }
        )
    return areas


def level_lines(dataframe: pd.DataFrame) -> list[Annotation]:
    """
    The nearest liquidation clusters, one line for as long as one stays where it is, with what is
    liquidated there where there is room to say it.
    """
    times, end = _times(dataframe)
    if end is None:
        return []
    return [
        drawn
        for name, color in LEVELS.items()
        if name in dataframe
        for drawn in _level_lines(dataframe, name, color, times, end)
    ]


def _level_lines(
    dataframe: pd.DataFrame, name: str, color: str, times: Any, end: int
) -> Iterator[Annotation]:
    usd = dataframe.get(name.replace("_price", "_usd"))
    free, named_at, named = -math.inf, -math.inf, 0.0
    for run in runs(times, dataframe[name].to_numpy(dtype=np.float64), end):
        start, until, price = run
        middle = (start + until) / 2 / (end - times[-1])
        moved = abs(price / named - 1) > _SAME_LEVEL if named else True
        label = ""
        if middle >= free and (moved or middle >= named_at + _NAMED_AGAIN):
            label = _level_name(None if usd is None else usd.iloc[int(times.searchsorted(start))])
            free, named_at, named = middle + _LABEL_WIDTH, middle, price
        yield line(run, color, label, line_style="dotted")


def _level_name(usd: float | None) -> str:
    if usd is None or not usd > 0:
        return "liquidations"
    size, letter = next(((s, a) for s, a in ((1e9, "B"), (1e6, "M")) if usd >= s), (1e3, "k"))
    return f"liquidations {usd / size:.3g}{letter}"


def _times(dataframe: pd.DataFrame) -> tuple[Any, int | None]:
    """Open of each candle, and the close of the last; None with fewer than two candles."""
    times = dataframe["date"].to_numpy(dtype="datetime64[ms]").astype(np.int64)
    return times, int(times[-1] + (times[-1] - times[-2])) if times.size > 1 else None


def runs(times: Any, values: Any, end: int) -> Iterator[tuple[int, int, float]]:
    """Stretches over which a value stays the same and is positive: from, until (both ms), value."""
    changes = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    ends = [*times[changes[1:]].tolist(), end]
    for place, until in zip(changes.tolist(), ends, strict=True):
        value = float(values[place])
        if until > times[place] and 0 < value < np.inf:
            yield int(times[place]), int(until), value


def line(run: tuple[int, int, float], color: str, label: str, *, line_style: str) -> Annotation:
    start, end, price = run
    return {
        "type": "line",
        "start": from_ms(start),
        "end": from_ms(end),
        "y_start": price,
        "y_end": price,
        "color": color,
        "label": label,
        "line_style": line_style,
    }


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
    """A plan in one line, its distances in ATR too."""
    stop, target = (abs(price - plan.entry) / plan.atr for price in (plan.stop, plan.target))
    return (
        f"{pair} {plan.side.name.lower()} at {plan.entry:.8g}: stop {plan.stop:.8g} "
        f"({stop:.2f} ATR), target {plan.target:.8g} ({target:.2f} ATR), ATR {plan.atr:.6g}."
    )


def phase_text(
    pair: str,
    plan: EntryPlan,
    before: Phase,
    state: TrailState,
    arrays: PairArrays,
    row: int,
    settings: TrailingSettings,
) -> str:
    """A change of phase in one line; `state` is the one after the candle `row`."""
    candle = arrays.sides[plan.side].rows(row, row + 1)
    reason = REASONS[why(state, plan, candle, settings)]
    return (
        f"{pair} {plan.side.name.lower()} from {before.name} to {Phase(state.phase).name}: "
        f"stop {state.stop:.8g} ({reason}), best {state.best:.8g}, target {state.target:.8g}."
    )


def trade_lines(path: TradePath, arrays: PairArrays, first_ms: int) -> list[Annotation]:
    """
    Entry, target and stop, as they were from candle to candle; the newest part is named.

    :param first_ms: where the chart begins, milliseconds since 1970 UTC
    """
    plan, rows = path.plan, range(path.first, len(arrays))
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
