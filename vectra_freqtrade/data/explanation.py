"""
Why the combined multipliers of a candle are what they are, by the functions that a strategy's
columns come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.columns import COLUMNS, COMBINED, DATASET_CODES, LEVELS
from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.catalogue.intervals import interval_ms, levels_interval
from vectra_freqtrade.data.pair_data import PairReader
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals import large_orders
from vectra_freqtrade.signals.align import epoch_ns
from vectra_freqtrade.signals.assemble import DAILY, Key, PairData, add_columns, native_features
from vectra_freqtrade.signals.confidence import Breakdown, breakdown
from vectra_freqtrade.signals.momentary import MINUTE_NS
from vectra_freqtrade.signals.native import Features

CONFLICT = "conflict"
SIDES = ("long", "short")


@dataclass(frozen=True, slots=True)
class Line:
    """
    What one dataset said.

    :param dataset: name in the settings, `liquidation_levels` or `conflict`
    :param interval: of its rows, "" where it has none
    :param known: since when its last row was known, ISO 8601; None where there is none
    :param minutes: how long that was before the decision
    :param fresh: whether it was still used
    :param long: multiplier of a long's confidence, None where it gives none; so is `short`
    """

    dataset: str
    interval: str
    known: str | None
    minutes: float | None
    fresh: bool
    values: dict[str, Any]
    long: float | None = None
    short: float | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    :param candle: open of the candle that was decided on, ISO 8601; `decision` is its close
    :param combined: per side how the combined multiplier came about
    :param waits: sides that must not enter on this candle
    :param min_confidence: what a signal's own confidence × the combined multiplier must reach
    """

    pair: str
    candle: str
    decision: str
    lines: list[Line]
    combined: dict[str, Breakdown]
    waits: list[str]
    min_confidence: float


def explain(reader: PairReader, dataframe: pd.DataFrame, pair: str) -> Explanation:
    """
    :param reader: of what is known
    :param dataframe: candles of the pair, the last one being the one to explain
    :param pair: freqtrade's pair
    :raises VectraError: as `PairReader.read`
    """
    settings, intervals, length = reader.settings, reader.intervals, reader.timeframe_ms
    data = reader.read(dataframe, pair)
    features = native_features(data, settings, intervals)
    row = add_columns(dataframe, length, data, settings, intervals, features).iloc[-1]
    candle = row["date"]
    decision = candle + pd.Timedelta(length, "ms")
    known = _known(data, features, settings, decision)
    lines = []
    for dataset, interval in _keys(settings, intervals):
        lower = dataset == LEVELS or interval in ("", DAILY, intervals[0])
        long, short = (row.get(f"cg_mod_{_code(dataset)}_{side}") for side in SIDES)
        since, fresh = known.get((dataset, interval), (None, False))
        lines.append(
            Line(
                dataset,
                interval,
                known=None if since is None else since.isoformat(),
                minutes=None if since is None else (decision - since).total_seconds() / 60,
                fresh=fresh,
                values=_values(row, dataset, interval, lower=lower),
                long=float(long) if lower and long is not None else None,
                short=float(short) if lower and short is not None else None,
            )
        )
    if "cg_oi_conflict" in row:
        both = float(row["cg_mod_conflict"])
        there = {"cg_oi_conflict": bool(row["cg_oi_conflict"])}
        lines.append(Line(CONFLICT, "", None, None, True, there, both, both))
    return Explanation(
        pair=pair,
        candle=candle.isoformat(),
        decision=decision.isoformat(),
        lines=lines,
        combined={side: _combined(lines, side) for side in SIDES},
        waits=[side for side in SIDES if row[f"cg_wait_{side}"]],
        min_confidence=settings.min_confidence,
    )


def _combined(lines: list[Line], side: str) -> Breakdown:
    """Only a dataset's line of the lower interval carries its multiplier."""
    told = ((line.dataset, getattr(line, side)) for line in lines)
    return breakdown({name: multiplier for name, multiplier in told if multiplier is not None})


def _keys(settings: CoinglassSettings, intervals: tuple[str, ...]) -> list[Key]:
    keys: list[Key] = []
    for dataset in settings.datasets:
        kind = DATASETS[dataset].kind
        if kind is Kind.INTERVAL:
            keys += [(dataset, interval) for interval in intervals]
        else:
            keys.append((dataset, DAILY if kind is Kind.DAILY else ""))
    estimated = settings.levels_source == "estimate"
    return [*keys, (LEVELS, levels_interval(intervals) if estimated else "")]


def _code(dataset: str) -> str:
    return DATASET_CODES.get(dataset, "")


def _known(
    data: PairData,
    features: Mapping[Key, Features],
    settings: CoinglassSettings,
    decided: pd.Timestamp,
) -> dict[Key, tuple[pd.Timestamp, bool]]:
    """Since when the last row of each series was known, and whether it is still used."""
    decision = decided.as_unit("ns").value
    last: dict[Key, tuple[int, int]] = {}  # known since, oldest age that is still used
    for key, native in features.items():
        if native.available_at.size:
            oldest = native.max_age(settings.max_age_intervals, interval_ms(key[1]))
            last[key] = int(native.available_at[-1]), int(oldest[-1])
    if data.snapshots is not None:
        taken = int(epoch_ns(data.snapshots["available_at"])[-1])
        last[LEVELS, ""] = taken, settings.max_age_intervals * settings.snapshot_every * MINUTE_NS
    if data.orders is not None:
        ago = large_orders.age(data.orders, np.array([decision]))[0]
        if ago == ago:
            event = decision - round(ago * large_orders.WINDOW_NS)
            last["large_orders", ""] = event, large_orders.WINDOW_NS
    return {
        key: (pd.Timestamp(since, unit="ns", tz="UTC"), decision - since <= oldest)
        for key, (since, oldest) in last.items()
    }


def _values(row: pd.Series, dataset: str, interval: str, *, lower: bool) -> dict[str, Any]:
    """The dataset's columns; those without an interval stand on the line of the lower one."""
    values = {}
    for column in COLUMNS:
        if column.dataset != dataset or column.dataset == COMBINED or "cg_mod_" in column.name:
            continue
        if not column.per_interval and not lower:
            continue
        name = column.name.replace("{i}", interval)
        if name in row:
            values[column.name.replace("_{i}", "")] = _plain(row[name])
    return values


def _plain(value: Any) -> Any:
    """As JSON holds it; NaN is None."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and value != value else value
