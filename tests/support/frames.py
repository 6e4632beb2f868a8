"""Small frames, stores and settings for tests of signals, history and feed."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded, recorded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings

#: The datasets whose rows come once an interval, which most tests here are about.
INTERVAL_DATASETS = (
    "open_interest",
    "funding_rate",
    "long_short_ratio",
    "taker_volume",
    "liquidation",
)
DELAY = timedelta(seconds=60)


def utc(text: str) -> pd.Timestamp:
    """
    :param text: a date
    :return: the same, in UTC
    """
    return pd.Timestamp(text, tz="UTC")


def settings_with(**sections: Any) -> CoinglassSettings:
    """
    :param sections: what differs from the defaults
    :return: settings of the interval datasets
    """
    return CoinglassSettings().override(**{"datasets": INTERVAL_DATASETS, **sections})


def stored_provider(
    root: Path, batches: Iterable[tuple[Series, pd.DataFrame, pd.Timestamp | None]]
) -> HistoryProvider:
    """
    :param root: the store's folder
    :param batches: series, rows, and when a bot saw them (None: downloaded), written in this order
    :return: a provider over a store that went through the public writer
    """
    store = Store(root)
    for series, rows, first_seen in batches:
        if first_seen is None:
            store.add(series, downloaded(series, rows, DELAY))
        else:
            store.add(series, recorded(series, rows, DELAY, first_seen))
    return HistoryProvider(store)


def native_rows(
    dataset: str, start: pd.Timestamp, count: int, length_ms: int, seed: int
) -> pd.DataFrame:
    """
    :param dataset: one of INTERVAL_DATASETS
    :param start: open of the first row
    :param count: rows
    :param length_ms: their distance
    :param seed: of the random walks
    :return: time and the dataset's values, whole
    """
    chance = np.random.default_rng([seed, length_ms // 60_000, len(dataset)])
    times = start + pd.to_timedelta(np.arange(count) * length_ms, unit="ms")
    frame = pd.DataFrame({"time": times})
    for name in DATASETS[dataset].values:
        if dataset == "funding_rate":
            frame[name] = np.round(chance.normal(0.0001, 0.0001, count), 5)
        else:
            frame[name] = 1000.0 * np.exp(np.cumsum(chance.normal(0, 0.01, count)))
    return frame


def random_candles(start: pd.Timestamp, count: int, length_ms: int, seed: int) -> pd.DataFrame:
    """
    :param start: open of the first candle
    :param count: candles
    :param length_ms: their length
    :param seed: of the random walk
    :return: date, open, high, low, close, volume as freqtrade holds them
    """
    chance = np.random.default_rng([seed, 77])
    dates = start + pd.to_timedelta(np.arange(count) * length_ms, unit="ms")
    spread = 0.005 * (length_ms / 3_600_000) ** 0.5
    close = 100.0 * np.exp(np.cumsum(chance.normal(0, spread, count)))
    open_ = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(open_, close) * (1 + chance.exponential(spread, count))
    low = np.minimum(open_, close) * (1 - chance.exponential(spread, count))
    return pd.DataFrame(
        {
            "date": pd.Series(dates).dt.as_unit("us"),
            "open": open_,
            "high": high,
            "low": low,
            "close": close,
            "volume": 1.0,
        }
    )


def random_orders(start: pd.Timestamp, days: int, per_day: int, seed: int) -> pd.DataFrame:
    """
    :param start: of the first day
    :param days: of orders
    :param per_day: orders that start on each
    :param seed: of all that is random
    :return: large orders around a price of 100, resting for 20 seconds to a day, as
        `large_orders.features` takes them
    """
    chance = np.random.default_rng([seed, 91])
    count = days * per_day
    begun = np.sort(chance.uniform(0, days * 86_400_000, count)).astype(np.int64)
    rests = np.exp(chance.uniform(np.log(20_000), np.log(86_400_000), count)).astype(np.int64)
    delay = pd.Timedelta(DELAY)
    side = chance.choice([-1.0, 1.0], count)
    times = pd.Series(start + pd.to_timedelta(begun, unit="ms")).dt.as_unit("ms")
    ends = pd.Series(start + pd.to_timedelta(begun + rests, unit="ms")).dt.as_unit("ms")
    usd = np.round(chance.exponential(2e6, count), 2)
    return pd.DataFrame(
        {
            "available_at": times + delay,
            "end": ends,
            "end_available_at": ends + delay,
            "side": side,
            "price": np.round(100 * (1 - side * chance.exponential(0.02, count)), 1),
            "start_usd": usd,
            "executed_usd": usd * chance.choice([0.0, 0.5, 1.0], count),
        }
    )
