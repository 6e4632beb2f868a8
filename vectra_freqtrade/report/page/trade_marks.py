"""Entries, exits and stops of a pair's trades as marks on its chart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.report.backtest.stops import TradeStops
from vectra_freqtrade.report.page.grid import steps

WON, LOST, STOP = "#2f9e62", "#cf4a4a", "#e08030"

#: One colour per tag, the most frequent first; further ones share the last.
_TAGS = ("#1f4e79", "#b5651d", "#6b4c9a", "#00897b", "#c2185b", "#7a6a00", "#455a64", "#8d6e63")


def trade_traces(trades: pd.DataFrame, stops: Mapping[int, TradeStops]) -> list[Any]:
    """Of one pair's trades; the index names the trade."""
    if trades.empty:
        return []
    held = [stops[index] for index in trades.index if index in stops]
    return [
        *_runs(trades),
        *([_stops(held)] if held else []),
        *_marks(
            trades, "enter_tag", "opened", "open_rate", "entry", ("triangle-up", "triangle-down")
        ),
        *_marks(trades, "exit_reason", "closed", "close_rate", "exit", ("x-thin", "x-thin")),
    ]


def _runs(trades: pd.DataFrame) -> list[Any]:
    from plotly import graph_objects as go

    made = []
    for label, colour, part in (
        ("won", WON, trades[trades["profit_abs"] > 0]),
        ("lost", LOST, trades[trades["profit_abs"] <= 0]),
    ):
        times = [t for row in zip(_text(part["opened"]), _text(part["closed"]), strict=True)
                 for t in (*row, None)]  # fmt: skip
        rates = [r for row in zip(part["open_rate"], part["close_rate"], strict=True)
                 for r in (*row, None)]  # fmt: skip
        made.append(
            go.Scatter(
                x=times,
                y=rates,
                mode="lines",
                line={"color": colour, "width": 1.5},
                name=f"trades {label} ({len(part)})",
                hoverinfo="skip",
            )
        )
    return made


def _stops(held: list[TradeStops]) -> Any:
    """Every trade's stop as one broken line: a point where it moved."""
    from plotly import graph_objects as go

    times: list[str | None] = []
    prices: list[float | None] = []
    for stops in held:
        place = steps(stops.stop)
        moments = pd.to_datetime(stops.opens_ms[place], unit="ms")
        times += [*moments.strftime("%Y-%m-%d %H:%M"), None]
        prices += [*np.asarray(stops.stop)[place].tolist(), None]
    return go.Scatter(
        x=times,
        y=prices,
        mode="lines",
        line={"color": STOP, "width": 1.2, "shape": "hv"},
        name="stops",
        hovertemplate="stop %{y}<extra></extra>",
    )


def _marks(
    trades: pd.DataFrame, column: str, time: str, rate: str, what: str, symbols: tuple[str, str]
) -> list[Any]:
    from plotly import graph_objects as go

    made = []
    for place, (tag, count) in enumerate(trades[column].value_counts().items()):
        part = trades[trades[column] == tag]
        colour = _TAGS[min(place, len(_TAGS) - 1)]
        short = part["is_short"].to_numpy()
        text = [
            f"{what} {side}, {tag or 'no tag'}, {profit:+.2%}"
            for side, profit in zip(part["side"], part["profit_ratio"], strict=True)
        ]
        made.append(
            go.Scatter(
                x=_text(part[time]),
                y=part[rate].to_numpy(),
                mode="markers",
                marker={
                    "symbol": np.where(short, symbols[1], symbols[0]),
                    "size": 8 if what == "entry" else 6,
                    "color": colour,
                    "line": {"width": 1.6 if what == "exit" else 0.6,
                             "color": colour if what == "exit" else "#ffffff"},
                },
                text=text,
                hovertemplate="%{text}<br>%{y}<extra></extra>",
                name=f"{what} {tag or 'without tag'} ({count})",
            )
        )  # fmt: skip
    return made


def _text(times: pd.Series) -> list[str]:
    return list(times.dt.strftime("%Y-%m-%d %H:%M"))
