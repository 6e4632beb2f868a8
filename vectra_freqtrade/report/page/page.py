"""The report as one HTML page that needs no network."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader

from vectra_freqtrade.report.backtest.stops import TradeStops
from vectra_freqtrade.report.backtest.trade_table import key_numbers
from vectra_freqtrade.report.backtest.view import View
from vectra_freqtrade.report.evidence.evidence import Evidence, records
from vectra_freqtrade.report.evidence.plots import claims_plot, deciles_plot, runs_plot
from vectra_freqtrade.report.evidence.prepared import DRAWS, OUT
from vectra_freqtrade.report.evidence.shuffle import SHUFFLES
from vectra_freqtrade.report.evidence.study import ALPHA, POOLED
from vectra_freqtrade.report.evidence.summary import basis_points, chance
from vectra_freqtrade.report.page.market_plot import STATE_COLOURS, market_plot
from vectra_freqtrade.report.page.profit_plot import profit_plot
from vectra_freqtrade.report.page.trade_charts import trade_charts
from vectra_freqtrade.version import package_version

_MINUS = "−"


def write_page(sets: Sequence[Evidence], seed: int, path: Path, view: View | None = None) -> None:
    """Evidence may be empty, and the view None for the evidence alone."""
    from plotly.offline import get_plotlyjs

    loader = PackageLoader("vectra_freqtrade", "report/templates")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"bp": basis_points, "records": records, "chance": chance}
    environment.filters |= {"share": _share, "percent": _percent, "money": _money, "sign": _sign}
    page = environment.get_template("page.html.j2").render(
        **_heading(sets, view),
        sets=[_shown(held) for held in sets],
        backtest=None if view is None or view.result is None else _backtest(view),
        market=None if view is None else _market(view),
        data="" if view is None else _data(view),
        version=package_version(),
        seed=seed,
        draws=DRAWS,
        shuffles=SHUFFLES,
        alpha=ALPHA,
        plotlyjs=get_plotlyjs(),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")


def _heading(sets: Sequence[Evidence], view: View | None) -> dict[str, Any]:
    if view is None:
        said = ", ".join(held.name for held in sets)
        return {"title": "Evidence: CoinGlass columns", "subtitle": said, "notes": []}
    frames = [found.frame["date"] for found in view.frames.values()]
    first, last = min(dates.iloc[0] for dates in frames), max(dates.iloc[-1] for dates in frames)
    span = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC; {', '.join(view.frames)}"
    held = {"simulated": view.simulated, "notes": view.notes}
    if view.result is None:
        return {"title": "CoinGlass data", "subtitle": span, **held}
    timeframe = view.result.facts["timeframe"]
    title = f"Backtest of {view.result.strategy}"
    return {
        "title": f"{title} (simulated)" if view.simulated else title,
        "subtitle": f"{timeframe} candles, {span}; {view.result.path.name}",
        **held,
    }


def _shown(held: Evidence) -> dict[str, Any]:
    plots = {"claims": claims_plot(held), "deciles": deciles_plot(held)}
    if held.runs:
        plots["runs"] = runs_plot(held)
    divs = {name: _div(plot) for name, plot in plots.items()}
    pooled = held.table[(held.table["pair"] == POOLED) & (held.table["sample"] == OUT)]
    late = held.verdicts[held.verdicts["sample"] == OUT]
    return {
        "evidence": held,
        "facts": held.facts,
        "plots": divs,
        "pooled": pooled,
        "tested": bool(late["p"].notna().any()),
    }


def _div(figure: Any) -> str:
    config = {"displaylogo": False, "responsive": True, "displayModeBar": False}
    html: str = figure.to_html(full_html=False, include_plotlyjs=False, config=config)
    return html


def _market(view: View) -> dict[str, Any]:
    colours = {str(state): colour for state, colour in STATE_COLOURS.items()}
    return {"pairs": list(view.frames), "colours": colours, "estimated": view.estimated}


def _backtest(view: View) -> dict[str, Any]:
    assert view.result is not None  # noqa: S101 - the caller has looked
    return {
        "numbers": key_numbers(view.result),
        "currency": view.result.facts["stake_currency"],
        "groups": view.groups,
        "stops_told": view.stops_told,
        "rows": [
            _row(trade, view.stops.get(index))
            for index, trade in zip(view.table.index, records(view.table), strict=True)
        ],
    }


def _row(trade: dict[str, Any], stops: TradeStops | None) -> dict[str, Any]:
    minutes = (int(trade["close_timestamp"]) - int(trade["open_timestamp"])) / 60_000
    factor = trade["factor"]
    return {
        **{name: trade[name] for name in ("pair", "side", "enter_tag", "state", "exit_reason")},
        "opened": f"{trade['opened']:%Y-%m-%d %H:%M}",
        "held": f"{minutes // 60:.0f}:{minutes % 60:02.0f}",
        "factor": "–" if pd.isna(factor) else f"{factor:.3f}",
        "open_rate": f"{trade['open_rate']:.8g}",
        "close_rate": f"{trade['close_rate']:.8g}",
        "profit_ratio": trade["profit_ratio"],
        "profit_abs": trade["profit_abs"],
        "first_stop": f"{trade['initial_stop_loss_abs'] if stops is None else stops.stop[0]:.6g}",
        "last_stop": f"{trade['stop_loss_abs']:.6g}",
        "checked": "–" if stops is None else "agrees" if stops.agrees else "differs",
    }


def _data(view: View) -> str:
    """What the page draws, as JSON that can stand inside a script element."""
    tables = {} if view.table.empty else dict(iter(view.table.groupby("pair")))
    figures = [
        market_plot(
            found,
            view.intervals,
            view.timeframe_ms,
            tables.get(pair, pd.DataFrame()),
            view.stops,
            pairs=len(view.frames),
        ).to_json()
        for pair, found in view.frames.items()
    ]
    parts = {"pairs": f"[{','.join(figures)}]"}
    if view.result is not None:
        charts = trade_charts(view.table, view.frames, view.stops, view.timeframe_ms)
        trades = [_told(trade) for trade in records(view.table)]
        best = view.table["profit_abs"].argmax() if len(view.table) else 0
        parts |= {
            "profit": profit_plot(view.table, view.result.facts).to_json(),
            "charts": json.dumps(charts, separators=(",", ":")),
            "trades": json.dumps(trades, separators=(",", ":")),
            "first": str(int(best)),
        }
    joined = ",".join(f'"{name}":{text}' for name, text in parts.items())
    return f"{{{joined}}}".replace("<", "\\u003c")


def _told(trade: dict[str, Any]) -> dict[str, Any]:
    title = (
        f"{trade['pair']} {trade['side']}, {trade['opened']:%Y-%m-%d %H:%M}: "
        f"{trade['exit_reason']}, {_percent(trade['profit_ratio'])}"
    )
    names = ("side", "enter_tag", "exit_reason", "open_rate", "close_rate", "profit_abs")
    return {
        "title": title,
        "opened": int(trade["open_timestamp"]),
        "closed": int(trade["close_timestamp"]),
        **{name: trade[name] for name in names},
    }


def _share(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.1%}"


def _percent(value: float) -> str:
    return f"{value:+.2%}".replace("-", _MINUS)


def _money(value: float) -> str:
    return f"{value:+,.2f}".replace("-", _MINUS)


def _sign(value: float) -> str:
    return "up" if value > 0 else "down" if value < 0 else ""
