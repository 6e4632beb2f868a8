"""What the page needs to draw one trade: its candles, stop, target and phases, as plain numbers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.report.backtest.analysed import Analysed
from vectra_freqtrade.report.backtest.stops import TradeStops
from vectra_freqtrade.report.evidence.evidence import records
from vectra_freqtrade.report.page.grid import changes, gridded, steps
from vectra_freqtrade.signals.native import FloatArray
from vectra_freqtrade.times import to_ms
from vectra_freqtrade.trailing.state import Phase

#: Candles of a trade's chart at most, and of all charts of a page.
MOST_ROWS, MOST_ROWS_ALL = 240, 150_000

#: Candles shown before the entry and after the exit, at least.
BEFORE, AFTER = 24, 8

_LEVELS = {"above": "cg_liq_above_price", "below": "cg_liq_below_price"}


def trade_charts(
    table: pd.DataFrame,
    frames: Mapping[str, Analysed],
    stops: Mapping[int, TradeStops],
    timeframe_ms: int,
) -> list[dict[str, Any] | None]:
    """One per trade, as JSON holds it; None where there are no candles."""
    most = min(MOST_ROWS, max(40, MOST_ROWS_ALL // max(len(table), 1)))
    wanted = ["date", "open", "high", "low", "close", *_LEVELS.values()]
    frames = {
        pair: replace(found, frame=found.frame[[name for name in wanted if name in found.frame]])
        for pair, found in frames.items()
    }
    opens = {
        pair: found.frame["date"].to_numpy("datetime64[ms]").astype(np.int64)
        for pair, found in frames.items()
    }
    charts = []
    for index, trade in zip(table.index, records(table), strict=True):
        pair = trade["pair"]
        found = frames.get(pair)
        charts.append(
            None
            if found is None
            else _chart(trade, found, opens[pair], stops.get(index), timeframe_ms, most)
        )
    return charts


def _chart(
    trade: Mapping[str, Any],
    found: Analysed,
    opens: "np.ndarray[Any, np.dtype[np.int64]]",
    stops: TradeStops | None,
    timeframe_ms: int,
    most: int,
) -> dict[str, Any] | None:
    first = int(opens.searchsorted(trade["open_timestamp"], side="right")) - 1
    last = int(opens.searchsorted(trade["close_timestamp"], side="right")) - 1
    if first < 0:
        return None
    extra = (last - first) // 4
    rows = slice(max(0, first - BEFORE - extra), last + 1 + AFTER + extra // 2)
    grid = gridded(found.frame.iloc[rows], timeframe_ms, most)
    frame = grid.frame
    chart: dict[str, Any] = {
        "start": to_ms(frame["date"].iloc[0]),
        "step": grid.length_ms,
        "timeframe": grid.label,
        **{
            name: _numbers(frame[name].to_numpy(), found.step)
            for name in ("open", "high", "low", "close")
        },
        "levels": {
            name: _changes(frame[column].to_numpy(), found.step)
            for name, column in _LEVELS.items()
            if column in frame and frame[column].notna().any()
        },
    }
    if stops is not None:
        chart |= {
            "stop": _moves(stops.opens_ms, stops.stop, found.step),
            "target": _moves(stops.opens_ms, stops.target, found.step),
            "phase": [
                [int(stops.opens_ms[row]), Phase(int(stops.phase[row])).name]
                for row in changes(stops.phase)
            ],
        }
    return chart


def _moves(times: Any, values: FloatArray, step: float) -> list[list[Any]]:
    """Points at which a line moves."""
    place = steps(values)
    return [
        list(point)
        for point in zip(times[place].tolist(), _numbers(values[place], step), strict=True)
    ]


def _changes(values: FloatArray, step: float) -> list[list[Any]]:
    """Row and value at which a column changes; null where it has none."""
    place = steps(np.nan_to_num(values, nan=-1.0))
    return [
        list(point) for point in zip(place.tolist(), _numbers(values[place], step), strict=True)
    ]


def _numbers(values: FloatArray, step: float) -> list[float | None]:
    """As short as the price's own step allows; None for NaN."""
    digits = max(0, round(-np.log10(step))) + 1
    rounded = np.round(values, digits).tolist()
    return [None if value != value else value for value in rounded]
