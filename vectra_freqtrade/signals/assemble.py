"""
All columns of one pair: features on native rows, aligned to the candles' decision times, judged.

Pure: native frames and candles in, columns out. Every column of the settings comes out, whatever
came in, empty where there is nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.columns import LEVELS, Column, columns_for
from vectra_freqtrade.catalogue.datasets import Kind
from vectra_freqtrade.catalogue.intervals import interval_ms, levels_interval
from vectra_freqtrade.settings.custom import custom_columns
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals import (
    divergence,
    dominance,
    funding,
    liquidation,
    long_short,
    netflow,
    order_book,
    taker,
)
from vectra_freqtrade.signals.align import Int64, decision_times, last_known, take, within
from vectra_freqtrade.signals.judge import judge_columns
from vectra_freqtrade.signals.levels import liquidation_levels
from vectra_freqtrade.signals.levels.liquidation_levels import LevelMemo
from vectra_freqtrade.signals.momentary import MomentMemo, decision_columns
from vectra_freqtrade.signals.native import SPACING, Features, FloatArray, features_of

#: (dataset, interval)
Key = tuple[str, str]

#: Interval of the files of whole histories, whatever spacing their rows have.
DAILY = "1d"

#: Datasets whose features need nothing but their own rows.
_FEATURES: dict[str, Callable[..., Features]] = {
    "funding_rate": funding.features,
    "long_short_ratio": long_short.features,
    "taker_volume": taker.features,
    "liquidation": liquidation.features,
    "order_book": order_book.features,
    "exchange_netflow": netflow.features,
    "bitcoin_dominance": dominance.features,
}


@dataclass(frozen=True, slots=True)
class PairData:
    """
    What is known of one pair, nothing later than the last decision.

    :param rows: native rows per dataset and interval (`native_keys`); a dataset without rows may
        be left out
    :param candles: the pair's closed candles per interval; needed with open interest only
    :param coin: CoinGlass's coin of the pair; needed with dominance only
    :param orders: large orders as `large_orders.features` takes them, None where there are none
    :param snapshots: levels as `level_snapshots.features` takes them, None where there are none
    :param units: coins in one of the pair's own unit, which its prices are for: 1000 for 1000PEPE;
        rows and snapshots are in single coins
    :param order_units: the same of the contract whose large orders these are
    """

    rows: Mapping[Key, pd.DataFrame]
    candles: Mapping[str, pd.DataFrame]
    coin: str = ""
    orders: pd.DataFrame | None = None
    snapshots: pd.DataFrame | None = None
    units: int = 1
    order_units: int = 1


def native_keys(settings: CoinglassSettings, intervals: Sequence[str]) -> Iterator[Key]:
    """Dataset and interval of all rows that the settings' columns are made of."""
    catalogue = settings.catalogue
    for dataset in settings.all_datasets:
        kind = catalogue[dataset].kind
        if kind is Kind.DAILY:
            yield dataset, DAILY
        elif kind is Kind.INTERVAL:
            yield from ((dataset, interval) for interval in intervals)


def native_features(
    data: PairData,
    settings: CoinglassSettings,
    intervals: Sequence[str],
    memo: LevelMemo | None = None,
) -> dict[Key, Features]:
    """
    :param data: native rows and candles
    :param settings: datasets, lookback, whether bands are adaptive, source of liquidation levels
    :param intervals: in use, the lower first
    :param memo: of this pair and these settings, where its frame was seen before
    :return: features of every dataset and interval that has rows
    """
    found: dict[Key, Features] = {}
    for dataset, interval in native_keys(settings, intervals):
        rows = data.rows.get((dataset, interval))
        if rows is None or rows.empty:
            continue
        length = interval_ms(interval)
        if dataset != "open_interest":
            make = _FEATURES.get(dataset, _as_they_are)
            found[dataset, interval] = make(rows, length_ms=length)
            continue
        candles = data.candles[interval]
        found[dataset, interval] = divergence.features(
            rows,
            candles,
            length_ms=length,
            lookback=settings.lookback,
            adaptive=settings.bands.adaptive,
            units=data.units,
        )
        if settings.levels_source == "estimate" and interval == levels_interval(intervals):
            found[LEVELS, interval] = liquidation_levels.features(
                rows,
                candles,
                length_ms=length,
                rule=settings.levels,
                units=data.units,
                memo=memo,
            )
    return found


def _as_they_are(rows: pd.DataFrame, *, length_ms: int) -> Features:
    """A custom column: the row's own value."""
    names = rows.columns.difference(["time", "available_at", SPACING], sort=False)
    return features_of(rows, **{str(name): rows[name].to_numpy() for name in names})


class _Joins:
    """The as-of join, once per vector of available_at: datasets of one download share theirs."""

    def __init__(self, decisions: Int64) -> None:
        self._decisions = decisions
        self._done: list[tuple[Int64, NDArray[np.intp]]] = []

    def last_known(self, available_at: Int64) -> NDArray[np.intp]:
        for held, rows in self._done:
            if np.array_equal(held, available_at):
                return rows
        rows = last_known(available_at, self._decisions)
        self._done.append((available_at, rows))
        return rows


def feature_columns(
    dates: pd.Series,
    timeframe_ms: int,
    features: Mapping[Key, Features],
    settings: CoinglassSettings,
    intervals: Sequence[str],
) -> tuple[dict[str, object], dict[str, FloatArray]]:
    """
    Features joined to candles.

    :return: the features' columns, one value per candle; and per dataset its age / max_age
    """
    decisions = decision_times(dates, timeframe_ms)
    joins, catalogue = _Joins(decisions), settings.catalogue
    values: dict[str, object] = {}
    ages: dict[str, FloatArray] = {}
    for (dataset, interval), native in features.items():
        max_age = native.max_age(settings.max_age_intervals, interval_ms(interval))
        last = joins.last_known(native.available_at)
        rows = within(last, native.available_at, decisions, max_age)
        per_interval = dataset != LEVELS and catalogue[dataset].kind is Kind.INTERVAL
        if dataset in settings.datasets and (interval == intervals[0] or not per_interval):
            since = (decisions - take(native.available_at, last, 0)) / take(max_age, last, 1)
            ages[dataset] = np.where(last >= 0, since, np.nan)
        for name, feature in native.columns.items():
            empty = False if feature.dtype == np.bool_ else np.nan
            suffix = f"_{interval}" if per_interval else ""
            values[f"cg_{name}{suffix}"] = take(feature, rows, empty)
    return values, ages


def _priced(frame: pd.DataFrame | None, coins: float) -> pd.DataFrame | None:
    """Prices for as many coins as the pair's own price is for."""
    if frame is None or coins == 1:
        return frame
    return frame.assign(price=frame["price"] * coins)


@cache
def _columns(
    datasets: tuple[str, ...], intervals: tuple[str, ...], adaptive: bool
) -> tuple[Column, ...]:
    return tuple(columns_for(datasets, intervals, adaptive=adaptive))


def _freshness(ages: Mapping[str, FloatArray], datasets: int, rows: int) -> dict[str, object]:
    """cg_fresh and cg_age, from the datasets' ages / max_age."""
    if not ages:
        return {"cg_fresh": np.zeros(rows), "cg_age": np.full(rows, np.nan)}
    stacked = np.stack(list(ages.values()))
    fresh = (stacked <= 1.0).sum(axis=0) / datasets
    return {"cg_fresh": fresh, "cg_age": np.fmax.reduce(stacked, axis=0)}


def add_columns(
    dataframe: pd.DataFrame,
    timeframe_ms: int,
    data: PairData,
    settings: CoinglassSettings,
    intervals: Sequence[str],
    features: Mapping[Key, Features] | None = None,
    moments: MomentMemo | None = None,
) -> pd.DataFrame:
    """
    :param dataframe: freqtrade's candles: date, and close, which large orders and snapshots of
        levels are compared with
    :param timeframe_ms: their length
    :param data: what is known of the pair
    :param settings: the whole section
    :param intervals: in use, the lower first
    :param features: of `native_features` for this data, where they are known already
    :param moments: of this pair and these settings, where its frame was seen before
    :return: the same rows, order, index and length, with every cg_ column of the settings
    """
    if features is None:
        features = native_features(data, settings, intervals)
    values, ages = feature_columns(dataframe["date"], timeframe_ms, features, settings, intervals)
    more, more_ages = decision_columns(
        dataframe,
        timeframe_ms,
        settings,
        data.coin,
        _priced(data.orders, data.units / data.order_units),
        _priced(data.snapshots, data.units),
        values,
        moments,
    )
    values |= more
    values |= _freshness(ages | more_ages, len(settings.datasets), len(dataframe))
    return with_columns(dataframe, values, settings, intervals)


def all_columns(settings: CoinglassSettings, intervals: Sequence[str]) -> list[Column]:
    """Every column of the settings, in order."""
    return [
        *_columns(settings.datasets, tuple(intervals), settings.bands.adaptive),
        *custom_columns(settings.custom, intervals),
    ]


def with_columns(
    dataframe: pd.DataFrame,
    values: Mapping[str, object],
    settings: CoinglassSettings,
    intervals: Sequence[str],
) -> pd.DataFrame:
    """
    :param dataframe: freqtrade's candles
    :param values: columns that are not judged, one value per candle; missing columns get their
        empty value
    :param settings: the whole section
    :param intervals: in use, the lower first
    :return: as `add_columns`
    """
    names = all_columns(settings, intervals)
    filled = dict(values)
    for column in names:
        if not column.judged and column.name not in filled:
            # numpy's own "str" would keep the first letter only.
            dtype = object if column.dtype == "str" else column.dtype
            filled[column.name] = np.full(len(dataframe), column.empty, dtype=dtype)
    if "close" in dataframe:
        filled["close"] = dataframe["close"].to_numpy()
    judged = judge_columns(filled, len(dataframe), settings, intervals)
    added = {column.name: (judged if column.judged else filled)[column.name] for column in names}
    kept = {name: dataframe[name].array for name in dataframe if name not in added}
    # Made in one go, of whole blocks: a frame in a hundred pieces is slow to work with.
    return pd.DataFrame(kept | added, index=dataframe.index)
