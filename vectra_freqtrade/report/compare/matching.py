"""
Trades of two backtests of one strategy, matched by pair, side and entry candle. Pure.

One run has something that the other lacks. A pair holds one position at a time, so a trade that
one run alone made is either what the data decided, or a consequence: the pair was taken in the
other run.
"""

from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Flags = NDArray[np.bool_]

_KEY = ["pair", "is_short", "candle", "number"]
_EXIT = ["close_timestamp", "close_rate"]
_KEPT = [*_EXIT, "closed", "exit_reason", "profit_ratio", "profit_abs", "funding_fees"]


class Change(StrEnum):
    """What became of a trade."""

    SAME = "the same"
    BLOCKED = "entry blocked"
    LIFTED = "entry lifted"
    MOVED = "exit moved"
    SIZED = "size or leverage changed"
    #: Only without the data: with it the pair held a position then.
    TAKEN = "not made, the pair was taken"
    #: Only with the data: without it the pair held a position then.
    FREED = "made, the pair was free"


def matched(having: pd.DataFrame, lacking: pd.DataFrame, timeframe_ms: int) -> pd.DataFrame:
    """
    :param having: trades of the run that has it, as `BacktestResult.trades`
    :param lacking: of the run that lacks it, over the same time
    :param timeframe_ms: the strategy's; with a detail timeframe entries lie inside its candles
    :return: by time of entry: pair, side, opened, change, difference (of profit_abs, after fees
        and funding; a trade that was not made made 0), and of each run (_with, _without) what
        _KEPT names, NaN where it has no such trade
    """
    both = _keyed(having, timeframe_ms).merge(
        _keyed(lacking, timeframe_ms),
        on=_KEY,
        how="outer",
        suffixes=("_with", "_without"),
        indicator=True,
    )
    profit = {run: both[f"profit_abs_{run}"] for run in ("with", "without")}
    opened = both["opened_with"].fillna(both["opened_without"])
    table = pd.DataFrame(
        {
            "pair": both["pair"],
            "side": np.where(both["is_short"], "short", "long"),
            "opened": opened,
            "change": _changes(both, opened, having, lacking),
            "difference": profit["with"].fillna(0.0) - profit["without"].fillna(0.0),
        }
    )
    names = [f"{name}_{run}" for name in _KEPT for run in ("with", "without")]
    table = pd.concat([table, both[names]], axis=1)
    return table.sort_values(["opened", "pair"], kind="stable", ignore_index=True)


def _keyed(trades: pd.DataFrame, timeframe_ms: int) -> pd.DataFrame:
    candle = trades["open_timestamp"].astype("int64") // timeframe_ms * timeframe_ms
    keyed = trades.assign(candle=candle).reindex(
        columns=["pair", "is_short", "candle", "opened", *_KEPT]
    )
    keyed["number"] = keyed.groupby(["pair", "is_short", "candle"]).cumcount()
    return keyed


def _changes(
    both: pd.DataFrame, opened: pd.Series, having: pd.DataFrame, lacking: pd.DataFrame
) -> pd.Series:
    moved = np.zeros(len(both), dtype=bool)
    for name in _EXIT:
        moved |= _differs(both[f"{name}_with"], both[f"{name}_without"])
    sized = _differs(both["profit_abs_with"], both["profit_abs_without"])
    found = np.select([moved, sized], [Change.MOVED, Change.SIZED], default=Change.SAME)
    changes = pd.Series(found, index=both.index, dtype=object)
    for only, other, free, taken in (
        ("left_only", lacking, Change.LIFTED, Change.FREED),
        ("right_only", having, Change.BLOCKED, Change.TAKEN),
    ):
        alone = both["_merge"] == only
        held = _held(both.loc[alone, "pair"], opened[alone], other)
        changes[alone] = np.where(held, taken, free)
    return changes.astype(str)


def _differs(one: pd.Series, other: pd.Series) -> Flags:
    first, second = one.to_numpy(dtype="float64"), other.to_numpy(dtype="float64")
    same: Flags = np.isclose(first, second, rtol=1e-9, atol=1e-9)
    return ~same


def _held(pairs: pd.Series, moments: pd.Series, trades: pd.DataFrame) -> Flags:
    """Whether a position was open on the pair; one that closes in a candle bars entries in it."""
    own = dict(iter(trades.groupby("pair")))
    held = np.zeros(len(pairs), dtype=bool)
    for place, (pair, moment) in enumerate(zip(pairs, moments, strict=True)):
        if pair in own:
            open_then = (own[pair]["opened"] < moment) & (own[pair]["closed"] >= moment)
            held[place] = bool(open_then.any())
    return held
