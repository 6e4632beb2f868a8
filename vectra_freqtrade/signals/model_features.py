"""
The cg_ columns as features for a model, such as FreqAI's: pure, columns in, columns out.

Only what is stationary: changes, shares, percentiles, distances in proportion to the price. Prices,
coins and dollars of one year say nothing about those of another. No feature is ever NaN, because
FreqAI drops such rows: where there is no data, a feature holds the value that says nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.columns import STATE_CODES, MarketState

Floats = NDArray[np.float64]

#: FreqAI takes a column for a feature by how its name begins.
PREFIX = "%-cg_"

#: As far as levels are looked for; a level that is not there is no nearer.
FAR = 0.10


@dataclass(frozen=True, slots=True)
class Feature:
    """
    :param name: without the prefix; `{i}` stands for an interval
    :param columns: it is made of, in the order of `make`'s arguments
    :param make: of float64 arrays of shape (n,) one of that shape
    :param nothing: the value that says nothing
    """

    name: str
    columns: tuple[str, ...]
    make: Callable[..., Floats]
    nothing: float = 0.0


def _same(values: Floats) -> Floats:
    return values


def _of(name: str, nothing: float = 0.0) -> Feature:
    """A column that is a feature as it is."""
    return Feature(name, (f"cg_{name}",), _same, nothing)


def _state(state: MarketState) -> Feature:
    def holds(codes: Floats) -> Floats:
        return np.where(codes == STATE_CODES[state], 1.0, 0.0)

    return Feature(f"state_{state.lower()}", ("cg_state_code",), holds)


FEATURES: tuple[Feature, ...] = (
    _of("oi_change_{i}"),
    _of("price_change_{i}"),
    _of("oi_pct_{i}", 0.5),
    *(_state(s) for s in MarketState if s not in (MarketState.UNKNOWN, MarketState.NEUTRAL)),
    _of("oi_conflict"),
    _of("funding_{i}"),
    _of("funding_change_{i}"),
    _of("funding_pct_{i}", 0.5),
    _of("lsr_pct_{i}", 0.5),
    # How much more the top accounts are long than all are.
    Feature("lsr_top_{i}", ("cg_lsr_top_{i}", "cg_lsr_{i}"), lambda top, all_: np.log(top / all_)),
    Feature("taker_{i}", ("cg_taker_ratio_{i}",), np.log),
    _of("liq_imbalance_{i}"),
    # Liquidated within the interval, as a share of what was open.
    Feature(
        "liq_share_{i}",
        ("cg_liq_long_usd_{i}", "cg_liq_short_usd_{i}", "cg_oi_usd_{i}"),
        lambda long, short, open_interest: (long + short) / open_interest,
    ),
    Feature("liq_above", ("cg_liq_above_price", "close"), lambda p, c: p / c - 1, FAR),
    Feature("liq_below", ("cg_liq_below_price", "close"), lambda p, c: 1 - p / c, FAR),
    _of("book_imbalance_{i}"),
    _of("whale_flow"),
    _of("netflow_z"),
    _of("dominance_change"),
    _of("confidence_long", 1.0),
    _of("confidence_short", 1.0),
    _of("fresh"),
)


def model_features(dataframe: pd.DataFrame, intervals: Sequence[str]) -> pd.DataFrame:
    """
    :param dataframe: candles with cg_ columns
    :param intervals: in use
    :return: the features alone, same index, float64, every value finite; those whose columns
        there are, so a dataset that is off has none
    """
    made = {}
    for name, feature, columns in _named(intervals):
        if not all(column in dataframe for column in columns):
            continue
        given = (dataframe[column].to_numpy(dtype=np.float64) for column in columns)
        with np.errstate(divide="ignore", invalid="ignore"):
            values = feature.make(*given)
        made[PREFIX + name] = np.where(np.isfinite(values), values, feature.nothing)
    return pd.DataFrame(made, index=dataframe.index)


def _named(intervals: Sequence[str]) -> Iterator[tuple[str, Feature, list[str]]]:
    """Each feature with its name and columns, once for each interval where it has one."""
    for feature in FEATURES:
        for interval in intervals if "{i}" in feature.name else ("",):
            columns = [column.format(i=interval) for column in feature.columns]
            yield feature.name.format(i=interval), feature, columns
