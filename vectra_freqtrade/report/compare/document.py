"""The comparison as JSON, every number of the page."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from vectra_freqtrade.catalogue.plans import PRICES, PRICES_SEEN
from vectra_freqtrade.report.compare.comparison import Comparison, Part
from vectra_freqtrade.report.compare.effect import Effect, equity
from vectra_freqtrade.report.compare.equity import Interval
from vectra_freqtrade.report.compare.matching import Change
from vectra_freqtrade.report.compare.words import monthly, paragraph
from vectra_freqtrade.report.evidence.evidence import records
from vectra_freqtrade.version import package_version

#: Raised whenever a name in the document changes.
VERSION = 1


def document(comparison: Comparison) -> dict[str, Any]:
    """
    :param comparison: that was made
    :return: what JSON can hold. Profits are after fees and funding; `own` is with the user's
        config, shares of the starting balance; groups and trades are of the runs with unlimited
        slots, groups in stakes, trades in the stake currency. Two runs over the same data and
        seed make the same document
    """
    result, plan = comparison.result, comparison.plan
    facts = result.facts
    curves = {
        name: [round(float(value), 8) for value in equity(pair.own)]
        for name, pair in zip(("with", "without"), comparison.runs, strict=True)
    }
    changed = comparison.main.trades[comparison.main.trades["change"] != Change.SAME]
    changed = changed.drop(columns=["close_timestamp_with", "close_timestamp_without"])
    told: dict[str, Any] = _plain(
        {
            "version": VERSION,
            "package": package_version(),
            "strategy": comparison.strategy,
            "reads_coinglass": comparison.reads,
            "simulated": comparison.simulated,
            "answer": paragraph(comparison),
            "notes": comparison.notes,
            "from": facts["backtest_start"],
            "to": facts["backtest_end"],
            "days": comparison.days,
            "timeframe": facts["timeframe"],
            "pairs": result.pairs,
            "currency": facts["stake_currency"],
            "balance": facts["starting_balance"],
            "stake": comparison.stake,
            "capital": comparison.capital,
            "seed": comparison.seed,
            "plan": {"name": plan, "usd_a_month": PRICES.get(plan), "seen": PRICES_SEEN},
            "coinglass": _effect(comparison, comparison.main),
            "left_out": [_part(comparison, part) for part in comparison.left_out],
            "plans": [_part(comparison, part) for part in comparison.plans],
            "equity": {"first_day": facts["backtest_start"][:10], **curves},
            "trades": records(changed),
        }
    )
    return told


def write_document(made: Mapping[str, Any], path: Path) -> None:
    path.write_text(json.dumps(made, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _effect(comparison: Comparison, found: Effect) -> dict[str, Any]:
    groups = {
        str(group.change): {
            "trades": group.trades,
            "with": group.with_,
            "without": group.without,
            "difference": asdict(group.difference),
        }
        for group in found.groups
    }
    return {
        "trades": found.made,
        "changed": found.changed,
        "nothing": found.nothing,
        "groups": groups,
        "own": {
            "with": asdict(found.having),
            "without": asdict(found.lacking),
            "difference": asdict(found.difference),
            "a_month": _month(comparison, found.difference),
        },
    }


def _month(comparison: Comparison, found: Interval) -> dict[str, Any]:
    return asdict(monthly(comparison, found))


def _part(comparison: Comparison, part: Part) -> dict[str, Any]:
    told: dict[str, Any] = {"name": part.name, "why_not": part.why}
    if part.plan is not None:
        held = part.plan
        told |= {
            "usd_a_month": PRICES.get(held.plan),
            "off": held.off,
            "intervals": held.intervals,
            "not_in_store": held.lacking,
            "history_days": held.days,
        }
    return told | ({} if part.effect is None else _effect(comparison, part.effect))


def _plain(value: Any) -> Any:
    """What JSON can hold: no NaN, no numpy, no Timestamp."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, pd.Timestamp):
        return None if value is pd.NaT else value.isoformat()
    if isinstance(value, str):
        return str(value)
    if hasattr(value, "item"):
        value = value.item()
    if value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, float):
        return float(f"{value:.10g}")
    return value
