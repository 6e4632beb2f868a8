"""Profit of closed trades over time, and how far below its best it stood."""

from collections.abc import Mapping
from typing import Any

import pandas as pd


def profit_plot(table: pd.DataFrame, facts: Mapping[str, Any]) -> Any:
    from plotly import graph_objects as go
    from plotly.subplots import make_subplots

    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.04, row_heights=[0.68, 0.32])
    ordered = table.sort_values("close_timestamp", kind="stable")
    profit = ordered["profit_abs"].cumsum()
    below = profit - profit.cummax().clip(lower=0.0)
    times = list(ordered["closed"].dt.strftime("%Y-%m-%d %H:%M")) if len(ordered) else []
    line = {"color": "#1f4e79", "width": 1.6, "shape": "hv"}
    figure.add_trace(go.Scatter(x=times, y=profit.to_numpy(), line=line, name="profit"), 1, 1)
    fall = {"color": "#cf4a4a", "width": 1, "shape": "hv"}
    figure.add_trace(
        go.Scatter(x=times, y=below.to_numpy(), line=fall, fill="tozeroy", name="below its best"),
        2,
        1,
    )
    currency = facts["stake_currency"]
    figure.update_yaxes(title_text=f"profit, {currency}", row=1, col=1)
    figure.update_yaxes(title_text=f"drawdown, {currency}", row=2, col=1)
    figure.update_xaxes(gridcolor="#eef1f4", hoverformat="%Y-%m-%d %H:%M")
    figure.update_yaxes(gridcolor="#eef1f4", automargin=True, title_font_size=11)
    figure.update_layout(
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "size": 11},
        height=300,
        margin={"l": 10, "r": 10, "t": 10, "b": 24},
        showlegend=False,
        hovermode="x unified",
    )
    return figure
