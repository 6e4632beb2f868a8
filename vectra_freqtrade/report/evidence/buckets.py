"""
From columns to buckets: states, extremes, deciles; and what the settings claim of each.

Two families. A *claim* is something that the settings act on: a state, an extreme, a factor that is
not 1.0. A *look* is everything else, deciles above all, where nothing is claimed beforehand.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.columns import DATASET_CODES, STATE_CODES, MarketState
from vectra_freqtrade.report.evidence.bootstrap import FloatArray, IntArray

CLAIM, LOOK = "claim", "look"

#: Strata of the price-only twin: the column's own price band, or that and the move before.
BAND, PRICE = "band", "price"

#: Numbers whose level means the same next year; sums in coins or USD drift, and are left out.
FEATURES = (
    *("oi_change", "oi_pct", "funding", "funding_change", "funding_pct"),
    *("lsr", "lsr_top", "lsr_pct", "taker_ratio", "liq_imbalance", "book_imbalance"),
)
FEATURES_DAILY = ("cg_whale_flow", "cg_netflow_z", "cg_dominance_change")

DECILES = 10

_STATES = [state for state in STATE_CODES if state is not MarketState.UNKNOWN]

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Buckets:
    """
    :param column: what the rows are sorted by
    :param labels: one per bucket
    :param codes: pair -> bucket of each row, -1 for none
    :param claims: per bucket 1 where the settings lean to `side`, -1 against it, 0 neither
    :param family: CLAIM or LOOK
    :param side: "long", or "short" where returns count with the opposite sign
    :param strata: BAND or PRICE
    :param interval: of the price band
    """

    column: str
    labels: tuple[str, ...]
    codes: Mapping[str, IntArray]
    claims: tuple[int, ...]
    family: str
    side: str
    strata: str
    interval: str


def all_buckets(
    frames: Frames,
    known: Mapping[str, IntArray],
    intervals: Sequence[str],
    families: Sequence[str] = (CLAIM, LOOK),
) -> Iterator[Buckets]:
    """Of the families asked for; deciles are taken from the `known`, in-sample rows."""
    claims = _claims(frames, intervals[0]) if CLAIM in families else ()
    looks = _looks(frames, known, intervals) if LOOK in families else ()
    for found in (*claims, *looks):
        if any((codes >= 0).any() for codes in found.codes.values()):  # else: no data of it
            yield found


def _claims(frames: Frames, lower: str) -> Iterator[Buckets]:
    first = next(iter(frames.values()))
    for code in DATASET_CODES.values():
        factor = f"cg_mod_{code}_long"
        if factor not in first:
            continue
        if code == "oi":
            yield _states(frames, f"cg_state_{lower}", CLAIM, lower)
        elif f"cg_{code}_extreme" in first:
            yield _signs(frames, f"cg_{code}_extreme", code, "long", lower)
        else:
            yield _signs(frames, factor, code, "long", lower)
    for side in ("long", "short"):
        yield _signs(frames, f"cg_confidence_{side}", None, side, lower)


def _leans(frames: Frames, code: str, codes: Mapping[str, IntArray], count: int) -> tuple[int, ...]:
    """Per bucket the side that a dataset's factors favour in it."""
    favour = np.concatenate(
        [
            (frame[f"cg_mod_{code}_long"] - frame[f"cg_mod_{code}_short"]).to_numpy()
            for frame in frames.values()
        ]
    )
    place = np.concatenate(list(codes.values()))
    inside = [favour[place == number] for number in range(count)]
    return tuple(int(np.sign(values.mean().round(9))) if values.size else 0 for values in inside)


def _states(frames: Frames, column: str, family: str, interval: str) -> Buckets:
    place = {str(state): number for number, state in enumerate(_STATES)}
    codes: dict[str, IntArray] = {
        pair: frame[column].astype(object).map(place).fillna(-1).to_numpy().astype(np.intp)
        for pair, frame in frames.items()
    }
    labels = tuple(str(state) for state in _STATES)
    none = (0,) * len(labels)
    claims = _leans(frames, "oi", codes, len(labels)) if family == CLAIM else none
    return Buckets(column, labels, codes, claims, family, "long", BAND, interval)


def _signs(frames: Frames, column: str, code: str | None, side: str, interval: str) -> Buckets:
    """Below and above the value that means nothing: 0 of an extreme, 1.0 of a factor."""
    neutral = 0.0 if column.endswith("_extreme") else 1.0
    codes = {}
    for pair, frame in frames.items():
        distance = frame[column].to_numpy(dtype=np.float64) - neutral
        codes[pair] = np.where(distance < 0, 0, np.where(distance > 0, 1, -1)).astype(np.intp)
    labels = ("below 1", "above 1") if neutral else ("-1", "1")
    claims = _leans(frames, code, codes, 2) if code and not neutral else (-1, 1)
    return Buckets(column, labels, codes, claims, CLAIM, side, PRICE, interval)


def _looks(
    frames: Frames, known: Mapping[str, IntArray], intervals: Sequence[str]
) -> Iterator[Buckets]:
    first, lower = next(iter(frames.values())), intervals[0]
    for interval in intervals[1:]:
        if f"cg_state_{interval}" in first:
            yield _states(frames, f"cg_state_{interval}", LOOK, interval)
    if "cg_oi_conflict" in first:
        codes = {
            pair: np.where(frame["cg_oi_conflict"], 0, -1).astype(np.intp)
            for pair, frame in frames.items()
        }
        yield Buckets("cg_oi_conflict", ("True",), codes, (0,), LOOK, "long", PRICE, lower)
    numbers = [f"cg_{name}_{i}" for i in intervals for name in FEATURES] + list(FEATURES_DAILY)
    for column in numbers:
        if column in first:
            yield _deciles(frames, known, column, "long", lower)
    for side in ("long", "short"):
        for column in first.columns[first.columns.str.match(rf"cg_(mod|confidence).*_{side}$")]:
            yield _deciles(frames, known, str(column), side, lower)


def _deciles(
    frames: Frames, known: Mapping[str, IntArray], column: str, side: str, interval: str
) -> Buckets:
    """Edges from the in-sample rows of each pair; equal values are never parted."""
    codes = {}
    for pair, frame in frames.items():
        values = frame[column].to_numpy(dtype=np.float64)
        edges = decile_edges(values[known[pair]])
        codes[pair] = np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))
    count = 1 + max(int(code.max(initial=-1)) for code in codes.values())
    labels = tuple(f"{number + 1} of {count}" for number in range(count))
    claims = (0,) * count
    return Buckets(column, labels, codes, claims, LOOK, side, PRICE, interval)


def decile_edges(values: FloatArray) -> FloatArray:
    """Up to nine inner edges of what is not NaN, each once; a value on an edge belongs above it."""
    held = values[~np.isnan(values)]
    if not held.size:
        return np.empty(0)
    inner = np.linspace(0, 1, DECILES + 1)[1:-1]
    edges: FloatArray = np.unique(np.quantile(held, inner, method="higher"))
    inner_edges: FloatArray = edges[edges > held.min()]
    return inner_edges
