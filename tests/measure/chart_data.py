"""
What FreqUI shows of a strategy, drawn from freqtrade's own answers.

    npm install echarts
    python -m tests.measure.chart_data OUT.html node_modules/echarts/dist/echarts.min.js [STRATEGY]

FreqUI's own files are not on a registry. This asks a real `freqtrade webserver`, after a login, for
plot_config and pair_history as FreqUI does, and draws their columns and annotations with the
library that FreqUI draws with, in its way: candles with main_plot on them, a grid below for each
subplot, the label of an area at its top, that of a line at its middle, the newest 250 candles.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.bot import Bot, base_config
from tests.support.simulated import PAIRS, fill, timerange
from tests.support.web_api import WebApi, webserver
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

DAYS = 6
SHOWN = 250  # candles, as FreqUI's default
TOP, MAIN, SUB, GAP = 30, 420, 90, 26  # pixels

Answer = dict[str, Any]


def ask(api: WebApi, strategy: str, pair: str) -> tuple[Answer, Answer]:
    """plot_config and pair_history of a strategy, whose columns it shows."""
    config = api.get("/plot_config", strategy=strategy)
    named = [*config["main_plot"], *(c for p in config["subplots"].values() for c in p)]
    history = api.post(
        "/pair_history",
        pair=pair,
        timeframe="5m",
        timerange=timerange(DAYS, skip=3),
        strategy=strategy,
        columns=named,
    )
    return config, history


@contextmanager
def started() -> Iterator[WebApi]:
    """freqtrade's webserver over a simulated market."""
    with tempfile.TemporaryDirectory() as name, LoopbackExchange(["BTC", "ETH"]) as exchange:
        userdir = Path(name) / "user_data"
        fill(userdir, days=DAYS)
        bot = Bot(userdir, base_config(list(PAIRS)), exchange.config_overlay())
        with webserver(bot) as api:
            yield api


def options(config: Answer, history: Answer) -> Answer:
    """ECharts' options."""
    columns = history["columns"]
    place = {name: number for number, name in enumerate(columns)}
    rows = history["data"][-SHOWN:]
    time = place["__date_ts"]
    candle = [place[name] for name in ("open", "close", "low", "high")]

    def line(name: str, style: Answer, axis: int) -> Answer:
        return {
            "name": name,
            "type": style.get("type", "line"),
            "xAxisIndex": axis,
            "yAxisIndex": axis,
            "showSymbol": False,
            "symbolSize": 3,
            "itemStyle": {"color": style.get("color")},
            "data": [[row[time], row[place[name]]] for row in rows],
        }

    panels = [config["main_plot"], *config["subplots"].values()]
    heights = [MAIN, *[SUB] * len(config["subplots"])]
    tops = [TOP + sum(heights[:n]) + n * GAP for n in range(len(heights))]
    series = [
        {
            "name": history["pair"],
            "type": "candlestick",
            "data": [[row[time], *(row[at] for at in candle)] for row in rows],
            "encode": {"x": 0, "y": [1, 2, 3, 4]},
        },
        marks(history["annotations"], rows[0][time], rows[-1][time]),
    ]
    for axis, panel in enumerate(panels):
        series += [line(name, style, axis) for name, style in panel.items()]
    ends = {"min": rows[0][time], "max": rows[-1][time]}
    return {
        "animation": False,
        "legend": {"type": "scroll", "top": 0},
        "grid": [
            {"left": 70, "right": 20, "top": top, "height": height}
            for top, height in zip(tops, heights, strict=True)
        ],
        "xAxis": [{"type": "time", "gridIndex": n, **ends} for n in range(len(panels))],
        "yAxis": [
            {"gridIndex": n, "scale": True, "splitNumber": 2 if n else 6, "name": title}
            for n, title in enumerate(["", *config["subplots"]])
        ],
        "series": series,
    }


def marks(annotations: list[Answer], first: int, last: int) -> Answer:
    """A series without points that carries areas, lines and points."""
    areas, lines, points = [], [], []
    for mark in annotations:
        color = {"color": mark.get("color")}
        if mark["type"] == "point":
            points.append({"name": mark.get("label", ""), "coord": [mark["x"], mark["y"]]})
            continue
        ends = [{"xAxis": mark["start"]}, {"xAxis": mark["end"]}]
        for end, key in zip(ends, ("y_start", "y_end"), strict=True):
            if mark.get(key) is not None:
                end["yAxis"] = mark[key]
        if mark["type"] == "area":
            ends[0] |= {"itemStyle": color, "label": {"formatter": mark.get("label", "")}}
            areas.append(ends)
        else:
            style = {**color, "type": mark.get("line_style", "solid")}
            ends[0] |= {"name": mark.get("label", ""), "lineStyle": style}
            lines.append(ends)
    return {
        "type": "scatter",
        "symbol": "none",
        "data": [],
        "markArea": {"label": {"position": "insideTop"}, "data": areas},
        "markLine": {"symbol": ["none", "none"], "label": {"position": "middle"}, "data": lines},
        "markPoint": {"data": points},
    }


def page(config: Answer, history: Answer, library: Path) -> str:
    drawn = json.dumps(options(config, history))
    height = TOP + MAIN + len(config["subplots"]) * (SUB + GAP) + 40
    return (
        f"<!doctype html><meta charset='utf-8'><title>{history['strategy']}</title>"
        f"<div id='chart' style='width:1360px;height:{height}px'></div>"
        f"<script>{library.read_text(encoding='utf-8')}</script>"
        f"<script>echarts.init(document.getElementById('chart')).setOption({drawn})</script>"
    )


def main() -> None:
    out, library, strategy, *_ = [*sys.argv[1:], "VectraStrategy"]
    with started() as api:
        config, history = ask(api, strategy, PAIRS[0])
    Path(out).write_text(page(config, history, Path(library)), encoding="utf-8")
    kinds = [mark["type"] for mark in history["annotations"]]
    print(f"{len(history['columns'])} columns of {history['length']} candles; annotations:")
    print({kind: kinds.count(kind) for kind in sorted(set(kinds))})


if __name__ == "__main__":
    main()
