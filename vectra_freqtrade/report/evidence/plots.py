"""The report's plots, as plotly figures."""

from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.report.evidence.buckets import CLAIM
from vectra_freqtrade.report.evidence.evidence import Evidence
from vectra_freqtrade.report.evidence.prepared import IN, OUT
from vectra_freqtrade.report.evidence.study import BASE, POOLED, TWIN

_COLOURS = {IN: "#9aa5b1", OUT: "#1f4e79"}
_RUNS = ("#9aa5b1", "#1f4e79", "#b5651d", "#3a7d44")
_LAYOUT = {
    "template": "plotly_white",
    "font": {"family": "system-ui, sans-serif", "size": 12},
    "margin": {"l": 10, "r": 10, "t": 46, "b": 40},
    "legend": {"orientation": "h", "y": 1.04, "x": 1, "xanchor": "right", "yanchor": "bottom"},
}


def claims_plot(held: Evidence) -> Any:
    """Excess over both comparisons with its interval, per claim; a panel per horizon."""
    from plotly.subplots import make_subplots

    table = held.table
    table = table[(table["family"] == CLAIM) & table["sample"].isin((IN, OUT))]
    horizons = held.facts["horizons"]
    names = [f"{n} × {held.facts['intervals'][0]}" for n in horizons]
    rows = len(table.groupby(["column", "bucket"]))
    figure = make_subplots(
        2,
        len(horizons),
        shared_yaxes=True,
        subplot_titles=names,
        horizontal_spacing=0.02,
        vertical_spacing=0.06,
    )
    for line, comparison in enumerate((BASE, TWIN), 1):
        for place, horizon in enumerate(horizons, 1):
            part = table[(table["comparison"] == comparison) & (table["horizon"] == horizon)]
            for sample, shift in ((IN, 0.17), (OUT, -0.17)):
                _intervals(figure, part[part["sample"] == sample], sample, shift, line, place)
    figure.update_xaxes(zeroline=True, zerolinecolor="#333", zerolinewidth=1)
    figure.update_xaxes(title_text="bp", row=2)
    figure.update_yaxes(title_text="against the base", row=1, col=1)
    figure.update_yaxes(title_text="against the price twin", row=2, col=1)
    figure.update_layout(height=160 + 48 * rows, **_LAYOUT)
    return figure


def _intervals(
    figure: Any, part: pd.DataFrame, sample: str, shift: float, row: int, column: int
) -> None:
    from plotly import graph_objects as go

    labels = [f"{c.removeprefix('cg_')} {b}" for c, b in zip(part.column, part.bucket, strict=True)]
    place = np.arange(len(part))[::-1]
    half = (part["high"] - part["excess"]) * 1e4
    figure.add_trace(
        go.Scatter(
            x=part["excess"].where(part["p"].notna()) * 1e4,
            y=place + shift,
            error_x={"array": half.fillna(0), "thickness": 1.2, "width": 0},
            mode="markers",
            marker={"color": _COLOURS[sample], "size": 6},
            name=f"{sample}-of-sample" if sample == OUT else "in-sample",
            legendgroup=sample,
            showlegend=row == 1 and column == 1,
            customdata=np.column_stack([part["rows"], part["q"]]),
            hovertemplate="%{x:.1f} bp, %{customdata[0]:.0f} rows, q %{customdata[1]:.2f}",
        ),
        row=row,
        col=column,
    )
    figure.update_yaxes(tickvals=place, ticktext=labels, row=row, col=column)


def deciles_plot(held: Evidence) -> Any:
    """Mean return of a side by decile of its combined factor, in- and out-of-sample."""
    from plotly import graph_objects as go
    from plotly.subplots import make_subplots

    table = held.table
    table = table[(table["pair"] == POOLED) & (table["comparison"] == BASE)]
    horizon = held.facts["horizons"][1]
    titles = [f"{side} view, cg_confidence_{side}" for side in ("long", "short")]
    figure = make_subplots(1, 2, subplot_titles=titles, shared_yaxes=True, horizontal_spacing=0.03)
    for place, side in enumerate(("long", "short"), 1):
        part = table[(table["column"] == f"cg_confidence_{side}") & (table["family"] != CLAIM)]
        part = part[part["horizon"] == horizon]
        for sample in (IN, OUT):
            held_part = part[part["sample"] == sample]
            half = (held_part["high"] - held_part["excess"]) * 1e4
            figure.add_trace(
                go.Scatter(
                    x=held_part["bucket"],
                    y=held_part["excess"] * 1e4,
                    error_y={"array": half.fillna(0), "thickness": 1, "width": 0},
                    mode="lines+markers",
                    line={"color": _COLOURS[sample]},
                    name="in-sample" if sample == IN else "out-of-sample",
                    legendgroup=sample,
                    showlegend=place == 1,
                ),
                row=1,
                col=place,
            )
    figure.update_yaxes(title_text=f"excess after {horizon} rows, bp", col=1)
    figure.update_xaxes(title_text="factor, low to high (equal values are one bucket)")
    figure.update_layout(height=340, **_LAYOUT)
    figure.update_layout(legend_y=1.1, margin_t=64)  # clear of the panels' titles
    return figure


def runs_plot(held: Evidence) -> Any:
    """Summed profit per trade over time, a line per run of the trade study."""
    from plotly import graph_objects as go

    figure = go.Figure()
    for (name, trades), colour in zip(held.runs.items(), _RUNS, strict=False):
        ordered = trades.sort_values("opened")
        figure.add_trace(
            go.Scatter(
                x=ordered["opened"],
                y=ordered["profit"].cumsum() * 100,
                mode="lines",
                line={"color": colour, "shape": "hv"},
                name=f"{name} ({len(ordered)})",
            )
        )
    split = pd.Timestamp(held.facts["split"])
    figure.add_vline(x=split, line_dash="dot", line_color="#333")
    figure.update_yaxes(title_text="summed profit, % of the stake", zerolinecolor="#333")
    figure.update_layout(height=360, **_LAYOUT)
    return figure
