"""A pair's chart: price with states, levels, trades and stops, and the data below it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.columns import STATE_CODES, MarketState
from vectra_freqtrade.report.backtest.analysed import Analysed
from vectra_freqtrade.report.backtest.stops import TradeStops
from vectra_freqtrade.report.page.grid import Grid, gridded
from vectra_freqtrade.report.page.trade_marks import trade_traces

#: Rows that a pair's chart has at most, and all pairs of a page together.
MOST_ROWS, MOST_ROWS_ALL = 3000, 40_000

#: With more trades on it a chart opens at its last week.
MOST_TRADES = 40

STATE_COLOURS = {
    MarketState.UNKNOWN: "#ffffff",
    MarketState.NEUTRAL: "#e4e8ec",
    MarketState.CONFIRM_BULL: "#2f9e62",
    MarketState.CONFIRM_BEAR: "#cf4a4a",
    MarketState.LONG_LIQUIDATION: "#e8963a",
    MarketState.SHORT_SQUEEZE: "#3b82c4",
}
UP, DOWN, LINE, SECOND = "#2f9e62", "#cf4a4a", "#1f4e79", "#b5651d"

_LEVELS = {"cg_liq_above_price": "#cf4a4a", "cg_liq_below_price": "#2f9e62"}

#: Panel -> its lines: label, column (without its interval), colour.
_PANELS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "OI, coins": (("open interest", "cg_oi_{i}", LINE),),
    "funding, % / 8 h": (("funding", "cg_funding_{i}", "#8a4fa0"),),
    "long / short": (
        ("all accounts", "cg_lsr_{i}", LINE),
        ("top accounts", "cg_lsr_top_{i}", SECOND),
    ),
    "liquidated USD": (
        ("longs", "cg_liq_long_usd_{i}", DOWN),
        ("shorts", "cg_liq_short_usd_{i}", UP),
    ),
    "factor": (
        ("on longs", "cg_confidence_long", UP),
        ("on shorts", "cg_confidence_short", DOWN),
    ),
}
#: Buttons that show the end of the chart.
_SPANS = {
    "buttons": [
        {"count": 3, "label": "3 d", "step": "day", "stepmode": "backward"},
        {"count": 7, "label": "1 w", "step": "day", "stepmode": "backward"},
        {"count": 1, "label": "1 m", "step": "month", "stepmode": "backward"},
        {"count": 6, "label": "6 m", "step": "month", "stepmode": "backward"},
        {"label": "all", "step": "all"},
    ],
    "y": 1.01,
    "font": {"size": 11},
}

_PERCENT = "funding, % / 8 h"
_BARS = "liquidated USD"


def market_plot(
    found: Analysed,
    intervals: Sequence[str],
    timeframe_ms: int,
    trades: pd.DataFrame,
    stops: Mapping[int, TradeStops],
    *,
    pairs: int = 1,
) -> Any:
    """One pair's figure; `pairs` is how many share the page."""
    from plotly.subplots import make_subplots

    grid = gridded(found.frame, timeframe_ms, min(MOST_ROWS, max(300, MOST_ROWS_ALL // pairs)))
    ribbons = [i for i in reversed(intervals) if f"cg_state_{i}" in grid.frame]
    panels = {name: lines for name in _PANELS if (lines := _lines(grid, name, intervals[0]))}
    heights = [0.5, *([0.03 * len(ribbons)] if ribbons else []), *[0.09] * len(panels)]
    figure = make_subplots(
        len(heights),
        1,
        shared_xaxes=True,
        vertical_spacing=0.016,
        row_heights=[height / sum(heights) for height in heights],
    )
    if found.snapshots is not None:
        figure.add_trace(_heatmap(found.snapshots, grid), row=1, col=1)
    figure.add_trace(_candles(grid), row=1, col=1)
    for trace in (*_levels(grid), *trade_traces(trades, stops)):
        figure.add_trace(trace, row=1, col=1)
    row = 1
    if ribbons:
        row += 1
        figure.add_trace(_ribbon(grid, ribbons), row=row, col=1)
        figure.update_yaxes(fixedrange=True, showgrid=False, row=row, col=1)
    for name, lines in panels.items():
        row += 1
        for trace in lines:
            figure.add_trace(trace, row=row, col=1)
        figure.update_yaxes(title_text=_title(name, lines), row=row, col=1)
    figure.update_yaxes(title_text="price", row=1, col=1)
    figure.update_xaxes(rangeselector=_SPANS, row=1, col=1)
    if len(trades) > MOST_TRADES:
        last = grid.frame["date"].iloc[-1]
        first = max(last - pd.Timedelta(days=7), grid.frame["date"].iloc[0])
        figure.update_xaxes(range=[f"{time:%Y-%m-%d %H:%M}" for time in (first, last)])
    _dressed(figure, 420 + 24 * len(ribbons) + 100 * len(panels))
    return figure


def _dressed(figure: Any, height: int) -> None:
    figure.update_xaxes(
        rangeslider_visible=False, showgrid=True, gridcolor="#eef1f4", hoverformat="%Y-%m-%d %H:%M"
    )
    figure.update_yaxes(gridcolor="#eef1f4", zeroline=False, title_font_size=11, automargin=True)
    figure.update_layout(
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "size": 11},
        height=height,
        margin={"l": 10, "r": 10, "t": 34, "b": 30},
        hovermode="x",
        barmode="relative",
        bargap=0,
        dragmode="zoom",
        legend={"orientation": "v", "x": 1.005, "y": 1, "font": {"size": 11}, "tracegroupgap": 4},
    )


def _title(panel: str, lines: Sequence[Any]) -> str:
    """A panel's name; where it has several lines, which colour is which."""
    if len(lines) == 1:
        return panel.replace(", ", "<br>")
    colours = [line.marker.color if line.type == "bar" else line.line.color for line in lines]
    names = (
        f'<span style="color:{colour}">{line.name}</span>'
        for line, colour in zip(lines, colours, strict=True)
    )
    return "<br>".join([panel, *names])


def _candles(grid: Grid) -> Any:
    from plotly import graph_objects as go

    frame = grid.frame
    return go.Candlestick(
        x=frame["date"].dt.strftime("%Y-%m-%d %H:%M"),
        # Plain lists: the page reads them to fit the price axis to what is zoomed into.
        **{name: frame[name].tolist() for name in ("open", "high", "low", "close")},
        name=f"price, {grid.label}",
        increasing={"line": {"color": "#6aa884", "width": 1}, "fillcolor": "#a9d3bb"},
        decreasing={"line": {"color": "#c98282", "width": 1}, "fillcolor": "#ecc0c0"},
        showlegend=False,
    )


def _levels(grid: Grid) -> list[Any]:
    from plotly import graph_objects as go

    held = [name for name in _LEVELS if name in grid.frame and grid.frame[name].notna().any()]
    if not held:
        return []
    sources = set(grid.frame["cg_liq_source"].unique()) - {"none"}
    kind = " and ".join(sorted(map(str, sources)))
    return [
        go.Scatter(
            x0=grid.start,
            dx=grid.length_ms,
            y=grid.frame[name].to_numpy(),
            mode="lines",
            line={"color": _LEVELS[name], "width": 1, "dash": "dot", "shape": "hv"},
            opacity=0.75,
            name=f"liquidation levels ({kind})",
            legendgroup="levels",
            showlegend=name == held[0],
            hovertemplate=f"{name.split('_')[2]} %{{y}}<extra></extra>",
        )
        for name in held
    ]


def _heatmap(snapshots: pd.DataFrame, grid: Grid, columns: int = 500, rows: int = 90) -> Any:
    """Recorded liquidation levels: the last snapshot of each of `columns` stretches of time."""
    from plotly import graph_objects as go

    low, high = grid.frame["low"].min(), grid.frame["high"].max()
    edges = np.geomspace(0.94 * low, 1.06 * high, rows + 1)
    held = snapshots.dropna(subset=["price"])
    taken = held["available_at"]
    span = grid.frame["date"].iloc[-1] - grid.frame["date"].iloc[0]
    width = max(span / columns, pd.Timedelta(15, "min"))
    slot = ((taken - grid.frame["date"].iloc[0]) // width).to_numpy()
    last = held.assign(slot=slot)
    last = last[taken == last.groupby("slot")["available_at"].transform("max")]
    strength = np.zeros((rows, int(slot.max()) + 1))
    place = np.searchsorted(edges, last["price"].to_numpy(), side="right") - 1
    inside = (place >= 0) & (place < rows)
    where = (place[inside], last["slot"].to_numpy()[inside])
    np.add.at(strength, where, last["usd"].to_numpy()[inside])
    strength[strength == 0] = np.nan
    return go.Heatmap(
        x0=grid.start,
        dx=width / pd.Timedelta(1, "ms"),
        y=(edges[1:] + edges[:-1]) / 2,
        z=strength,
        colorscale="YlOrRd",
        opacity=0.55,
        showscale=False,
        name="liquidation heatmap (recorded)",
        showlegend=True,
        hovertemplate="%{y:.6g}: %{z:.3s} USD<extra>heatmap</extra>",
    )


def _ribbon(grid: Grid, intervals: Sequence[str]) -> Any:
    from plotly import graph_objects as go

    order = list(STATE_COLOURS)
    place = {str(state): number for number, state in enumerate(order)}
    names = [grid.frame[f"cg_state_{i}"].astype(object).fillna("UNKNOWN") for i in intervals]
    count = len(order)
    scale = [
        (edge, STATE_COLOURS[state])
        for number, state in enumerate(order)
        for edge in (number / count, (number + 1) / count)
    ]
    return go.Heatmap(
        x0=grid.start,
        dx=grid.length_ms,
        y=[f"state {i}" for i in intervals],
        z=np.array([name.map(place).to_numpy(dtype=np.int8) for name in names]),
        text=[name.tolist() for name in names],
        colorscale=scale,
        zmin=-0.5,
        zmax=count - 0.5,
        ygap=2,
        showscale=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )


def _lines(grid: Grid, panel: str, lower: str) -> list[Any]:
    from plotly import graph_objects as go

    made = []
    for label, column, colour in _PANELS[panel]:
        name = column.replace("{i}", lower)
        if name not in grid.frame or grid.frame[name].isna().all():
            continue
        values = grid.frame[name].to_numpy(dtype=np.float64) * (100 if panel == _PERCENT else 1)
        common = {"x0": grid.start, "dx": grid.length_ms, "name": label, "showlegend": False}
        if panel == _BARS:
            sign = -1 if label == "longs" else 1
            trace = go.Bar(**common, y=sign * values, marker={"color": colour, "line_width": 0})
        else:
            line = {"color": colour, "width": 1.2, "shape": "hv"}
            trace = go.Scatter(**common, y=values, mode="lines", line=line)
        made.append(trace)
    return made


assert set(STATE_COLOURS) == set(STATE_CODES)  # noqa: S101 - a new state needs a colour
