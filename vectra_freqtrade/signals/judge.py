"""
From features to states, extremes, multipliers, confidence. Pointwise, from the frame alone.

freqtrade's hyperopt computes indicators once, so everything an optimiser turns is decided here and
can be decided again with other settings.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.columns import DATASET_CODES, STATE_CODES, MarketState
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.opinions import ExtremeMultipliers
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals import (
    confidence,
    divergence,
    dominance,
    funding,
    large_orders,
    long_short,
    netflow,
    order_book,
    taker,
)
from vectra_freqtrade.signals.native import BoolArray, FloatArray

#: Column name -> array or extension array.
Columns = dict[str, Any]

_UNKNOWN = STATE_CODES[MarketState.UNKNOWN]


def judge(frame: pd.DataFrame, settings: CoinglassSettings, intervals: Sequence[str]) -> Columns:
    """
    :param frame: has the feature columns of the settings' datasets (`assemble.add_columns`), and
        close, which large orders are compared with
    :param settings: bands, multipliers, extremes, lookback, datasets
    :param intervals: in use, the lower first
    :return: every judged column (`Column.judged`), values in the frame's row order
    """
    return judge_columns(_ArraysOf(frame), len(frame), settings, intervals)


class Arrays(Protocol):
    """Feature columns by name."""

    def __getitem__(self, name: str, /) -> Any: ...

    def __contains__(self, name: object, /) -> bool: ...


class _ArraysOf:
    """A frame's columns as arrays; an optimiser judges often, so only those that are asked for."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def __getitem__(self, name: str) -> Any:
        return self._frame[name].to_numpy()

    def __contains__(self, name: object) -> bool:
        return name in self._frame


def judge_columns(
    values: Arrays, rows: int, settings: CoinglassSettings, intervals: Sequence[str]
) -> Columns:
    """As `judge`, without a frame: making one would cost a live bot more than all the rest."""
    judged: Columns = {}
    for dataset in settings.datasets:
        if judge_one := _JUDGES.get(dataset):
            judged |= judge_one(values, settings, intervals)
    for side in ("long", "short"):
        multipliers = [
            judged[name]
            for name in (
                *(f"cg_mod_{DATASET_CODES[dataset]}_{side}" for dataset in settings.datasets),
                "cg_mod_conflict",
            )
            if name in judged
        ]
        judged[f"cg_confidence_{side}"] = confidence.combine(multipliers, rows)
    return judged | _waits(values, rows, settings, intervals)


def _waits(
    values: Arrays, rows: int, settings: CoinglassSettings, intervals: Sequence[str]
) -> Columns:
    """The book or a wall: either makes a side wait."""
    long: BoolArray = np.zeros(rows, dtype=bool)
    short = long
    if "order_book" in settings.datasets:
        imbalance = values[f"cg_book_imbalance_{intervals[0]}"]
        long, short = order_book.veto(imbalance, settings.extremes.book)
    if "large_orders" in settings.datasets:
        walls = large_orders.veto(
            values["close"],
            values["cg_whale_bid_price"],
            values["cg_whale_ask_price"],
            settings.extremes.whale,
        )
        long, short = long | walls[0], short | walls[1]
    return {"cg_wait_long": long, "cg_wait_short": short}


def _open_interest(
    values: Arrays, settings: CoinglassSettings, intervals: Sequence[str]
) -> Columns:
    judged: Columns = {}
    codes, trends = [], []
    for interval in intervals:
        code, trend = _interval_state(values, settings, interval, "")
        previous, _ = _interval_state(values, settings, interval, "_prev")
        judged[f"cg_state_{interval}"] = divergence.state_names(code)
        judged[f"cg_state_prev_{interval}"] = divergence.state_names(previous)
        codes.append(code)
        trends.append(np.where(code == _UNKNOWN, 0, trend))
    long, short = divergence.state_multipliers(codes[0], settings.modifiers)
    conflict: BoolArray = np.zeros(len(codes[0]), dtype=bool)
    if settings.sees_conflict(intervals):
        conflict = trends[0] * trends[1] < 0
    return judged | {
        "cg_state": judged[f"cg_state_{intervals[0]}"],
        "cg_state_code": codes[0],
        "cg_mod_oi_long": long,
        "cg_mod_oi_short": short,
        "cg_oi_conflict": conflict,
        "cg_mod_conflict": np.where(conflict, settings.modifiers.conflict, 1.0),
    }


def _interval_state(
    values: Arrays, settings: CoinglassSettings, interval: str, row: str
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Codes and open interest trends of one interval; `row` is "" or "_prev"."""

    def column(name: str) -> Any:
        return values[f"cg_{name}{row}_{interval}"]

    adaptive = settings.bands.adaptive
    if adaptive and f"cg_oi_sigma_{interval}" not in values:
        raise SettingsError(
            'Bands can only be judged adaptive where coinglass.bands is "adaptive" in the config: '
            "the standard deviations are computed with the columns."
        )
    oi_band, price_band = divergence.bands_of(
        settings.bands,
        interval_ms(interval),
        settings.lookback,
        column("oi_sigma") if adaptive else None,
        column("price_sigma") if adaptive else None,
    )
    oi_change: FloatArray = column("oi_change")
    price_change: FloatArray = column("price_change")
    jump: NDArray[np.bool_] = column("oi_jump")
    codes = divergence.state_codes(oi_change, price_change, jump, oi_band, price_band)
    return codes, divergence.trend(oi_change, oi_band)


def _multipliers(code: str, extreme: NDArray[np.int8], given: ExtremeMultipliers) -> Columns:
    """The two modifier columns of a dataset that is extreme at 1 and -1."""
    sides = {
        "long": (given.high.long, given.low.long),
        "short": (given.high.short, given.low.short),
    }
    return {
        f"cg_mod_{code}_{side}": np.where(extreme > 0, high, np.where(extreme < 0, low, 1.0))
        for side, (high, low) in sides.items()
    }


def _funding_rate(values: Arrays, settings: CoinglassSettings, intervals: Sequence[str]) -> Columns:
    extreme = funding.extreme(
        values[f"cg_funding_pct_{intervals[0]}"],
        values[f"cg_funding_{intervals[0]}"],
        settings.extremes.funding,
    )
    return {
        "cg_funding_extreme": extreme,
        **_multipliers("funding", extreme, settings.modifiers.funding),
    }


def _long_short_ratio(
    values: Arrays, settings: CoinglassSettings, intervals: Sequence[str]
) -> Columns:
    pct = values[f"cg_lsr_pct_{intervals[0]}"]
    extreme = long_short.extreme(pct, settings.extremes.lsr)
    return {"cg_lsr_extreme": extreme, **_multipliers("lsr", extreme, settings.modifiers.lsr)}


def _taker_volume(values: Arrays, settings: CoinglassSettings, intervals: Sequence[str]) -> Columns:
    ratio = values[f"cg_taker_ratio_{intervals[0]}"]
    lean = taker.direction(ratio, settings.extremes.taker)
    return _multipliers("taker", lean, settings.modifiers.taker)


def _order_book(values: Arrays, settings: CoinglassSettings, intervals: Sequence[str]) -> Columns:
    imbalance = values[f"cg_book_imbalance_{intervals[0]}"]
    lean = order_book.direction(imbalance, settings.extremes.book)
    return _multipliers("book", lean, settings.modifiers.book)


def _large_orders(values: Arrays, settings: CoinglassSettings, intervals: Sequence[str]) -> Columns:
    lean = large_orders.direction(values["cg_whale_flow"], settings.extremes.whale)
    return _multipliers("whale", lean, settings.modifiers.whale)


def _exchange_netflow(
    values: Arrays, settings: CoinglassSettings, intervals: Sequence[str]
) -> Columns:
    extreme = netflow.extreme(values["cg_netflow_z"], settings.extremes.netflow)
    return _multipliers("netflow", extreme, settings.modifiers.netflow)


def _bitcoin_dominance(
    values: Arrays, settings: CoinglassSettings, intervals: Sequence[str]
) -> Columns:
    change = values["cg_dominance_change"]
    codes = dominance.rotation(change, settings.extremes.dominance)
    btc = _multipliers("dominance", codes, settings.modifiers.dominance.btc)
    alts = _multipliers("dominance", codes, settings.modifiers.dominance.alts)
    is_btc = values["cg_dominance_is_btc"]
    chosen = {name: np.where(is_btc, btc[name], alts[name]) for name in btc}
    return {"cg_rotation": dominance.rotation_names(codes), **chosen}


#: Datasets with multipliers of their own.
_JUDGES: dict[str, Callable[[Arrays, CoinglassSettings, Sequence[str]], Columns]] = {
    "open_interest": _open_interest,
    "funding_rate": _funding_rate,
    "long_short_ratio": _long_short_ratio,
    "taker_volume": _taker_volume,
    "order_book": _order_book,
    "large_orders": _large_orders,
    "exchange_netflow": _exchange_netflow,
    "bitcoin_dominance": _bitcoin_dominance,
}
