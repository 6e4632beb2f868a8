"use strict";
// Draws what is looked at, when it is looked at. All data is in this page.
const data = JSON.parse(document.getElementById("data").textContent);
// On a telephone legend and buttons would take more than the chart itself.
const narrow = window.innerWidth < 640;
const config = {
  displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d"],
  // Plotly's "Share chart" would send a user's trades to its cloud.
  showSendToCloud: false, plotlyServerURL: "",
  ...(narrow && { displayModeBar: false }),
};
const place = (id) => document.getElementById(id);

function mark(elements, chosen) {
  for (const element of elements) element.classList.toggle("shown", element === chosen);
}

function drawPair(button) {
  mark(place("pairs").querySelectorAll("button"), button);
  const figure = data.pairs[Number(button.dataset.pair)];
  if (narrow) figure.layout.showlegend = false;
  Plotly.react("pair", figure.data, figure.layout, config).then((drawn) => {
    drawn.removeAllListeners("plotly_relayout");
    drawn.on("plotly_relayout", (change) => fitPrice(drawn, figure, change));
    if (figure.layout.xaxis.range) fitPrice(drawn, figure, {});
  });
}

// Plotly keeps the price axis as it was when only the time axis is zoomed.
function fitPrice(drawn, figure, change) {
  if ("yaxis.range[0]" in change || "yaxis.range" in change) return;
  const range = drawn.layout.xaxis.range;
  const zoomed = drawn.layout.xaxis.autorange !== true && range;
  if (!zoomed) {
    if (!drawn.layout.yaxis.autorange) Plotly.relayout(drawn, { "yaxis.autorange": true });
    return;
  }
  const [from, to] = range.map((time) => String(time).slice(0, 16));
  const candles = figure.data.find((trace) => trace.type === "candlestick");
  let low = Infinity, high = -Infinity;
  candles.x.forEach((time, row) => {
    if (time >= from && time <= to && candles.low[row] !== null) {
      low = Math.min(low, candles.low[row]);
      high = Math.max(high, candles.high[row]);
    }
  });
  const room = (high - low) * 0.12;
  if (high > low) Plotly.relayout(drawn, { "yaxis.range": [low - room, high + room] });
}

function line(points, end, name, color, dash, width) {
  const drawn = points.length ? [...points, [end, points[points.length - 1][1]]] : points;
  return {
    type: "scatter", mode: "lines", name, x: drawn.map((p) => new Date(p[0]).toISOString()),
    y: drawn.map((p) => p[1]), line: { color, dash, width, shape: "hv" },
    hovertemplate: name + " %{y}<extra></extra>",
  };
}

function tradeFigure(trade, chart) {
  const time = (row) => new Date(chart.start + row * chart.step).toISOString();
  const traces = [{
    type: "candlestick", name: "price, " + chart.timeframe, showlegend: false,
    x: chart.close.map((_, row) => time(row)),
    open: chart.open, high: chart.high, low: chart.low, close: chart.close,
    increasing: { line: { color: "#6aa884", width: 1 }, fillcolor: "#a9d3bb" },
    decreasing: { line: { color: "#c98282", width: 1 }, fillcolor: "#ecc0c0" },
  }];
  const last = chart.start + chart.close.length * chart.step;
  const colours = { above: "#cf4a4a", below: "#2f9e62" };
  for (const [side, points] of Object.entries(chart.levels)) {
    const timed = points.map((p) => [chart.start + p[0] * chart.step, p[1]]);
    traces.push(line(timed, last, "liquidations " + side, colours[side], "dot", 1));
  }
  const until = Math.max(trade.closed, trade.opened + chart.step);
  const entry = [[trade.opened, trade.open_rate]];
  traces.push(line(entry, until, "entry", "#7a8691", "dash", 1));
  const annotations = [];
  if (chart.stop) {
    traces.push(line(chart.target, until, "target", "#3b82c4", "dash", 1.5));
    traces.push(line(chart.stop, until, "stop", "#e08030", "solid", 2));
    const crowded = (last - chart.start) * (narrow ? 0.16 : 0.07);
    let previous = -Infinity, lift = 0;
    for (const [moment, phase] of chart.phase) {
      lift = moment - previous < crowded ? lift + 12 : 0;
      previous = moment;
      annotations.push({
        x: new Date(moment).toISOString(), y: 1, yref: "paper", yshift: lift, text: phase,
        showarrow: false, xanchor: "left", yanchor: "bottom", font: { size: 10, color: "#5a6773" },
      });
    }
  }
  const marks = (name, when, rate, symbol, color) => ({
    type: "scatter", mode: "markers", name, x: [new Date(when).toISOString()], y: [rate],
    marker: { symbol, size: 12, color, line: { width: 2, color } },
    hovertemplate: name + " %{y}<extra></extra>",
  });
  const arrow = trade.side === "short" ? "triangle-down" : "triangle-up";
  traces.push(marks("entry: " + (trade.enter_tag || "no tag"), trade.opened, trade.open_rate, arrow, "#1f4e79"));
  const won = trade.profit_abs > 0 ? "#2f9e62" : "#cf4a4a";
  traces.push(marks("exit: " + trade.exit_reason, trade.closed, trade.close_rate, "x-thin", won));
  // What lies far away, as a liquidation level may, must not flatten the candles.
  const near = [chart.low, chart.high, (chart.stop || []).map((p) => p[1]),
    (chart.target || []).map((p) => p[1])].flat().filter((price) => price !== null);
  const low = Math.min(...near), high = Math.max(...near), room = (high - low) * 0.06;
  const layout = {
    template: "plotly_white", height: 470, hovermode: "x", dragmode: "zoom",
    font: { family: "system-ui, sans-serif", size: 11 },
    title: { text: narrow ? trade.title.replace(": ", "<br>") : trade.title, x: 0, xanchor: "left",
      font: { size: 14 } },
    margin: { l: 10, r: 10, t: narrow ? 96 : 78, b: 30 }, annotations,
    xaxis: { rangeslider: { visible: false }, gridcolor: "#eef1f4", hoverformat: "%Y-%m-%d %H:%M" },
    yaxis: { gridcolor: "#eef1f4", automargin: true, range: [low - room, high + room] },
    legend: narrow ? { orientation: "h", x: 0, y: -0.16 } : { orientation: "v", x: 1.005, y: 1 },
    shapes: [{
      type: "rect", xref: "x", yref: "paper", y0: 0, y1: 1, layer: "below", line: { width: 0 },
      x0: new Date(trade.opened).toISOString(), x1: new Date(until).toISOString(),
      fillcolor: "#1f4e79", opacity: 0.05,
    }],
  };
  return { traces, layout };
}

function drawTrade(row, reveal) {
  const number = Number(row.dataset.trade);
  mark(place("list").tBodies[0].rows, row);
  if (reveal) row.scrollIntoView({ block: "nearest" });
  const chart = data.charts[number];
  if (chart === null) {
    Plotly.purge("trade");
    place("trade").textContent = "No candles of this trade on disk.";
    return;
  }
  if (!place("trade").classList.contains("js-plotly-plot")) place("trade").textContent = "";
  const figure = tradeFigure(data.trades[number], chart);
  Plotly.react("trade", figure.traces, figure.layout, config);
}

if (place("profit")) Plotly.newPlot("profit", data.profit.data, data.profit.layout, config);
if (place("pairs")) {
  place("pairs").addEventListener("click", (event) => {
    if (event.target.dataset.pair !== undefined) drawPair(event.target);
  });
  drawPair(place("pairs").querySelector("button"));
}
if (place("list")) {
  const rows = place("list").tBodies[0].rows;
  place("list").addEventListener("click", (event) => {
    const row = event.target.closest("tbody tr");
    if (row) drawTrade(row, false);
  });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const box = place("trades").getBoundingClientRect();
    if (!step || box.top > window.innerHeight / 2 || box.bottom < window.innerHeight / 2) return;
    const shown = place("list").querySelector("tr.shown");
    const next = rows[Number(shown.dataset.trade) + step];
    if (next) {
      event.preventDefault();
      drawTrade(next, true);
    }
  });
  if (rows.length) drawTrade(rows[data.first], false);
}
