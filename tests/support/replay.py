"""
The path from store to columns at any last candle, as a bot or a backtest walks it.

Rows come through the provider and price through `PairReader`, both capped at the frame's last
decision time. All of it is looked up by name at the moment of use, so that a test can put a wrong
function in its place and see the replay notice.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import pandas as pd

from tests.support.frames import DELAY, native_rows, random_candles, settings_with
from vectra_freqtrade.catalogue.columns import DATASET_CODES
from vectra_freqtrade.catalogue.datasets import DATASETS, Kind, Scope
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.data.pair_data import PairReader
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals import assemble

INTERVALS = ("1h", "4h")
#: All datasets whose rows have an interval. Orders and snapshots have tests of their own.
ROW_DATASETS = tuple(
    name for name in DATASET_CODES if DATASETS[name].kind in (Kind.INTERVAL, Kind.DAILY)
)


class Replay:
    """
    :param root: folder for the store
    :param start: open of the first candle
    :param count: candles of 5 minutes
    :param warmup_days: native rows and informative candles before the first candle
    :param informative: whether freqtrade has candles of the intervals, else they are made of 5m
    :param seed: of all that is random
    :param sections: settings
    """

    timeframe_ms = 300_000

    def __init__(
        self,
        root: Path,
        start: pd.Timestamp,
        count: int,
        *,
        warmup_days: int = 35,
        informative: bool = True,
        seed: int = 1,
        **sections: object,
    ) -> None:
        self.settings = settings_with(datasets=ROW_DATASETS, **sections)
        self.candles = random_candles(start, count, self.timeframe_ms, seed)
        first, last = start - pd.Timedelta(warmup_days, "D"), self.candles["date"].iloc[-1]
        store = Store(root)
        for key in assemble.native_keys(self.settings, INTERVALS):
            _fill(store, key, first, start, last, seed)
        self.provider = HistoryProvider(store)
        self.informative: dict[str, pd.DataFrame | None] = dict.fromkeys(INTERVALS)
        if informative:
            for interval in INTERVALS:
                length = interval_ms(interval)
                rows = int((last - first) / pd.Timedelta(length, "ms")) + 2
                self.informative[interval] = random_candles(first, rows, length, seed + 1)

        self.reader = PairReader(
            provider=self.provider,
            settings=self.settings,
            intervals=INTERVALS,
            store=store,
            exchange="binance",
            timeframe="5m",
            candles_of=lambda pair, interval: self.informative[interval],
        )

    def data(self, candles: int) -> assemble.PairData:
        """
        :param candles: how many of the first ones the frame has
        :return: what may be known at its last decision
        """
        frame = self.candles.iloc[:candles]
        as_of = frame["date"].max() + pd.Timedelta(self.timeframe_ms, "ms")
        rows = {
            key: self.provider.rows(series_of(*key), as_of)
            for key in assemble.native_keys(self.settings, INTERVALS)
        }
        prices = {
            interval: self.reader.candles(
                frame, "BTC/USDT:USDT", interval, adaptive=self.settings.bands.adaptive
            )
            for interval in INTERVALS
        }
        return assemble.PairData(rows, prices, "BTC")

    def columns(self, candles: int, settings: CoinglassSettings | None = None) -> pd.DataFrame:
        """
        :param candles: how many of the first ones the frame has
        :param settings: others than the replay's own
        :return: the frame with its columns, from what may be known at its last decision
        """
        frame, chosen = self.candles.iloc[:candles], settings or self.settings
        data = self.data(candles)
        return assemble.add_columns(frame, self.timeframe_ms, data, chosen, INTERVALS)

    def differing_prefixes(self, prefixes: Iterable[int]) -> list[int]:
        """
        :param prefixes: lengths of frames
        :return: those in which any cell differs from the same cell of the whole frame
        """
        whole = self.columns(len(self.candles))
        with mock.patch.object(assemble, "native_features", _remembered(assemble.native_features)):
            return [
                length
                for length in prefixes
                if not whole.iloc[:length].equals(self.columns(length))
            ]


def _remembered(real: Callable[..., dict]) -> Callable[..., dict]:
    """
    Native features once per set of rows and candles rather than once per prefix: between two
    releases nothing that they are made of changes. The whole frame is computed without this.
    """
    done: dict[tuple[object, ...], dict] = {}

    def features(
        data: assemble.PairData, settings: CoinglassSettings, intervals: Sequence[str]
    ) -> dict:
        found: dict = {}
        for key, rows in data.rows.items():
            priced = key[0] == "open_interest"
            inputs = (*key, len(rows), len(data.candles[key[1]]) if priced else 0)
            if inputs not in done:
                alone = assemble.PairData({key: rows}, data.candles, data.coin)
                done[inputs] = real(alone, settings, intervals)
            found |= done[inputs]
        return found

    return features


def series_of(dataset: str, interval: str) -> Series:
    """The file of a dataset in the replay's store."""
    pair = DATASETS[dataset].scope is Scope.PAIR
    return Series(dataset, "Binance_BTCUSDT" if pair else "BTC", interval)


def _fill(
    store: Store,
    key: assemble.Key,
    first: pd.Timestamp,
    start: pd.Timestamp,
    last: pd.Timestamp,
    seed: int,
) -> None:
    """
    History downloaded up to shortly after the first candle, with gaps and a jump; from then on
    recorded row by row, each at its own moment, some late, some never.
    """
    series, length = series_of(*key), pd.Timedelta(interval_ms(key[1]), "ms")
    count = int((last - first) / length) + 2
    raw = native_rows(key[0], first.floor(length), count, series.length_ms, seed)
    chance = np.random.default_rng([seed, len(key[0]), count])
    if key[0] == "open_interest":
        raw.loc[raw["time"] >= start + 9 * length, "oi"] *= 1.4  # a venue joins
    if key[1] != "1d":
        raw = raw[chance.random(count) > 0.02]
    rows = downloaded(series, raw, DELAY)
    live = rows["time"] >= start + 5 * length
    waits = pd.to_timedelta(chance.choice([0, 1, 2, 5, 90], len(rows)), unit="min")
    seen = rows["available_at"] + waits
    rows["first_seen"] = seen.where(live).astype(rows["first_seen"].dtype)
    rows["available_at"] = seen.where(live, rows["available_at"]).cummax()
    late = live & (chance.random(len(rows)) < 0.05)
    late.iloc[-1] = False  # late is what a later row overtook
    rows["available_at"] = rows["available_at"].mask(late).astype(rows["first_seen"].dtype)
    store.add(series, rows)
