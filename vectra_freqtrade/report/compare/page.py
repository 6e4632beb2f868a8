"""The comparison as one HTML page that needs no network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, PackageLoader

from vectra_freqtrade.report.compare.equity import DAYS_A_MONTH
from vectra_freqtrade.report.compare.matching import Change
from vectra_freqtrade.report.compare.words import money, percent
from vectra_freqtrade.report.evidence.bootstrap import BLOCKS_MIN
from vectra_freqtrade.report.evidence.prepared import DRAWS

#: Trades in the table; the JSON has all.
_TRADES: Final = 300
_COLOURS: Final = {"with": "#1f4e79", "without": "#c07a1f"}


def write_page(told: Mapping[str, Any], path: Path) -> None:
    """
    :param told: of `document`
    :param path: written anew
    """
    from plotly.offline import get_plotlyjs

    loader = PackageLoader("vectra_freqtrade", "report/templates")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    say = {"percent": _percent, "money": _money}
    environment.filters |= {**say, "sign": _sign, "share": _share}
    environment.filters["stakes"] = lambda value: _money(value and value * told["stake"])
    say["stakes"] = environment.filters["stakes"]
    environment.filters["say_with"] = lambda value, name: say[name](value)
    largest = sorted(told["trades"], key=lambda trade: -abs(trade["difference"]))[:_TRADES]
    page = environment.get_template("compare.html.j2").render(
        title=f"What CoinGlass changed in {told['strategy']}",
        subtitle=(
            f"{told['timeframe']} candles, {told['from'][:16]} to {told['to'][:16]} UTC; "
            f"{', '.join(told['pairs'])}"
        ),
        notes=told["notes"],
        simulated=told["simulated"],
        told=told,
        shown=sorted(largest, key=lambda trade: trade["opened"]),
        only_with=(Change.LIFTED, Change.FREED),
        only_without=(Change.BLOCKED, Change.TAKEN),
        plot=_plot(told),
        draws=DRAWS,
        weeks_min=BLOCKS_MIN,
        days_a_month=DAYS_A_MONTH,
        version=told["package"],
        plotlyjs=get_plotlyjs(),
    )
    path.write_text(page, encoding="utf-8")


def _plot(told: Mapping[str, Any]) -> str:
    from plotly import graph_objects as go
    from plotly.subplots import make_subplots

    curves = told["equity"]
    days = list(pd.date_range(curves["first_day"], periods=told["days"]).strftime("%Y-%m-%d"))
    figure = make_subplots(2, 1, shared_xaxes=True, vertical_spacing=0.05, row_heights=[0.65, 0.35])
    for name, colour in _COLOURS.items():
        line = {"color": colour, "width": 1.6, "shape": "hv"}
        figure.add_trace(go.Scatter(x=days, y=curves[name], line=line, name=name), 1, 1)
    apart = [a - b for a, b in zip(curves["with"], curves["without"], strict=True)]
    line = {"color": "#5a6773", "width": 1.2, "shape": "hv"}
    figure.add_trace(
        go.Scatter(x=days, y=apart, line=line, fill="tozeroy", name="difference", showlegend=False),
        2,
        1,
    )
    figure.update_yaxes(title_text="of the balance", row=1, col=1)
    figure.update_yaxes(title_text="difference", row=2, col=1)
    figure.update_yaxes(tickformat="+.1%", gridcolor="#eef1f4", automargin=True, title_font_size=11)
    figure.update_xaxes(gridcolor="#eef1f4")
    figure.update_layout(
        template="plotly_white",
        font={"family": "system-ui, sans-serif", "size": 11},
        height=340,
        margin={"l": 10, "r": 10, "t": 26, "b": 24},
        legend={"orientation": "h", "x": 0, "y": 1.12},
        hovermode="x unified",
    )
    config = {"displaylogo": False, "responsive": True, "displayModeBar": False}
    html: str = figure.to_html(full_html=False, include_plotlyjs=False, config=config)
    return html


def _percent(value: float | None) -> str:
    return "–" if value is None else percent(value)


def _money(value: float | None) -> str:
    return "–" if value is None else money(value)


def _share(value: float) -> str:
    return f"{value:.1%}"


def _sign(value: float | None) -> str:
    return "" if not value else "up" if value > 0 else "down"
