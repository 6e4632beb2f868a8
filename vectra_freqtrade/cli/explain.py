"""`vectra-freqtrade explain`: what CoinGlass data said at a moment, and what came of it."""

import json
import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import pandas as pd
import typer

from vectra_freqtrade.cli import values
from vectra_freqtrade.cli.context import load
from vectra_freqtrade.cli.errors import report_errors
from vectra_freqtrade.cli.options import ConfigOption, JsonOption, UserdirOption, console, grid
from vectra_freqtrade.data.disk import disk_reader, frame_at
from vectra_freqtrade.data.explanation import CONFLICT, SIDES, Explanation, Line
from vectra_freqtrade.data.explanation import explain as explained
from vectra_freqtrade.signals.confidence import Breakdown

_CROWD = {1: "longs crowded", -1: "shorts crowded", 0: "usual"}

Values = dict[str, Any]


@report_errors
def explain(
    pair: Annotated[
        str, typer.Option("--pair", "-p", metavar="PAIR", help="Pair, such as BTC/USDT:USDT.")
    ],
    date: Annotated[
        str,
        typer.Option(
            "--date",
            metavar="MOMENT",
            help='When it was decided, in UTC, such as "2026-01-15 10:35": the open date of a '
            "trade. The last candle closed by then is explained.",
        ),
    ],
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    timeframe: Annotated[
        str | None,
        typer.Option(
            "--timeframe",
            "--strategy-timeframe",
            metavar="TIMEFRAME",
            help="The strategy's timeframe.",
            show_default="the config's, else 5m",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """
    Explain a decision: what each dataset said, how old it was, how the factors combine.

    It reads the store and freqtrade's candles, as a backtest does, and needs no network. Factors
    multiply the confidence of the strategy's own signal; 1.00 is no opinion.
    """
    moment = values.moment(date)
    context = load(config, userdir)
    context.pairs([pair])
    logging.getLogger("freqtrade").setLevel(logging.ERROR)  # what is missing is said once, below
    chosen = values.timeframe(timeframe or context.config.get("timeframe") or "5m")
    reader = disk_reader(context.config, [pair], chosen)
    frame = frame_at(reader, pair, moment, datadir=context.config["datadir"])
    told = explained(reader, frame, pair)
    if as_json:
        print(json.dumps(asdict(told), indent=2))
    else:
        _show(told)


def _show(told: Explanation) -> None:
    out = console()
    opened, decision = (pd.Timestamp(text) for text in (told.candle, told.decision))
    out.print(f"{told.pair}, candle {opened:%Y-%m-%d %H:%M}, decided at {decision:%H:%M} UTC\n")
    lines = grid(("Dataset", "Interval", "Known for", "Value", "Says", "Long", "Short"))
    for line in told.lines:
        value, says = _words(line)
        factors = (_factor(line.long), _factor(line.short))
        lines.add_row(
            line.dataset.replace("_", " "), line.interval or "-", _age(line), value, says, *factors
        )
    out.print(lines)
    out.print()
    for side in SIDES:
        out.print(_sum(side, told.combined[side], told.min_confidence), soft_wrap=True)
    for side in told.waits:
        out.print(f"No {side} entry on this candle: the order book or a large order is against it.")


def _factor(factor: float | None) -> str:
    return "-" if factor is None else f"{factor:.2f}"


def _age(line: Line) -> str:
    if line.minutes is None:
        return "-" if line.fresh else "no data"  # the conflict has no rows of its own
    hours, minutes = divmod(round(line.minutes), 60)
    text = f"{hours // 24} d {hours % 24} h" if hours >= 48 else f"{hours} h {minutes:02} min"
    return text if line.fresh else f"{text}, too old"


def _sum(side: str, steps: Breakdown, bar: float) -> str:
    """How the combined factor of a side came about, as a calculation."""
    parts = []
    for title, factors in (("boosts", steps.boosts), ("soft", steps.soft), ("hard", steps.hard)):
        if factors:
            product = " × ".join(
                f"{factor:.2f} {name.replace('_', ' ')}" for name, factor in factors.items()
            )
            parts.append(f"{title} {product}")
    told = "; ".join(parts) or "no dataset has an opinion"
    limits = {
        "soft floor": "soft ones held at 0.85 together",
        "floor": f"with {len(steps.hard)} hard held at {steps.floor:.2f}",
        "boost cap": "boosts capped at 1.18",
    }
    held = "".join(f"; {limits[name]}" for name in steps.limits)
    needed = bar / steps.combined
    return (
        f"{side.capitalize():5}  {steps.combined:.3f} = {told}{held}. "
        f"A signal's own confidence must be {needed:.2f} to reach {bar:.2f}."
    )


def _words(line: Line) -> tuple[str, str]:
    """Value and opinion of a dataset, as a trader says them."""
    teller = _TELLERS.get(line.dataset)
    if teller is None or not line.fresh:
        return "-", "no opinion"
    value, says = teller(line.values)
    if not says and line.long is not None and line.short is not None:
        leans = (line.long > line.short) - (line.long < line.short)
        says = {1: "for longs", -1: "for shorts", 0: "no opinion"}[leans]
    return value, says or "-"


def _number(value: float | None, form: str, scale: float = 1.0) -> str:
    return "-" if value is None else format(value * scale, form)


def _usd(value: float | None) -> str:
    if value is None:
        return "-"
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}{letter} USD"
    return f"{value:.0f} USD"


def _open_interest(values: Values) -> tuple[str, str]:
    oi, change = _number(values["cg_oi"], ",.0f"), _number(values["cg_oi_change"], "+.2f", 100)
    price = _number(values["cg_price_change"], "+.2f", 100)
    jump = ", a venue joined or left" if values["cg_oi_jump"] else ""
    return f"{oi} coins, {change} %, price {price} %", f"{values['cg_state']}{jump}"


def _funding(values: Values) -> tuple[str, str]:
    rate, pct = _number(values["cg_funding"], "+.4f", 100), _pct(values["cg_funding_pct"])
    return f"{rate} % per 8 h{pct}", _CROWD.get(values.get("cg_funding_extreme", 9), "")


def _ratio(values: Values) -> tuple[str, str]:
    ratio, pct = _number(values["cg_lsr"], ".2f"), _pct(values["cg_lsr_pct"])
    return f"{ratio} long / short{pct}", _CROWD.get(values.get("cg_lsr_extreme", 9), "")


def _pct(share: float | None) -> str:
    return "" if share is None else f", above {100 * share:.0f} % of its past"


def _taker(values: Values) -> tuple[str, str]:
    return f"{_number(values['cg_taker_ratio'], '.2f')} buy / sell", ""


def _liquidation(values: Values) -> tuple[str, str]:
    longs, shorts = _usd(values["cg_liq_long_usd"]), _usd(values["cg_liq_short_usd"])
    return f"longs {longs}, shorts {shorts}", ""


def _book(values: Values) -> tuple[str, str]:
    return f"imbalance {_number(values['cg_book_imbalance'], '+.2f')}", ""


def _orders(values: Values) -> tuple[str, str]:
    flow, total = _number(values["cg_whale_flow"], "+.2f"), _usd(values["cg_whale_usd"])
    return f"flow {flow} of {total} in 24 h", ""


def _netflow(values: Values) -> tuple[str, str]:
    flow, z = _number(values["cg_netflow"], "+,.0f"), _number(values["cg_netflow_z"], "+.1f")
    return f"{flow} coins to exchanges, z {z}", ""


def _dominance(values: Values) -> tuple[str, str]:
    share = _number(values["cg_dominance"], ".1f")
    change = _number(values["cg_dominance_change"], "+.1f")
    return f"{share} %, {change} points in 7 days", f"rotation {values['cg_rotation']}"


def _levels(values: Values) -> tuple[str, str]:
    sides = [
        f"{side} {_number(values[f'cg_liq_{side}_price'], ',.6g')}"
        f" ({_usd(values[f'cg_liq_{side}_usd'])})"
        for side in ("above", "below")
    ]
    return ", ".join(sides), f"source {values['cg_liq_source']}"


def _conflict(values: Values) -> tuple[str, str]:
    there = values["cg_oi_conflict"]
    return "-", "the intervals' open interest disagrees" if there else "none"


_TELLERS: dict[str, Callable[[Values], tuple[str, str]]] = {
    "open_interest": _open_interest,
    "funding_rate": _funding,
    "long_short_ratio": _ratio,
    "taker_volume": _taker,
    "liquidation": _liquidation,
    "order_book": _book,
    "large_orders": _orders,
    "exchange_netflow": _netflow,
    "bitcoin_dominance": _dominance,
    "liquidation_levels": _levels,
    CONFLICT: _conflict,
}
