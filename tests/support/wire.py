"""A producer's frames, and the way they take to a consumer: freqtrade's own messages, no socket."""

from typing import Any

import orjson
import pandas as pd
import rapidjson
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType
from freqtrade.rpc.api_server.ws.serializer import _json_default, _json_object_hook

from tests.support.frames import INTERVAL_DATASETS, native_rows, random_candles, utc
from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, add_columns, native_keys

PAIR = "BTC/USDT:USDT"
TIMEFRAME = "5m"
LENGTH_MS = 300_000
START = utc("2025-03-20")
SECTION: dict[str, Any] = {
    "datasets": [*INTERVAL_DATASETS, "order_book", "exchange_netflow", "bitcoin_dominance"],
    "intervals": ["1h", "4h"],
    "producer": "main",
}
SETTINGS = CoinglassSettings().override(**SECTION)


def analysed(
    count: int = 150, *, settings: CoinglassSettings = SETTINGS, seed: int = 3
) -> pd.DataFrame:
    """
    :param count: candles
    :return: a producer's candles with all columns, rows of half of them stale or not there yet
    """
    intervals = settings.intervals
    assert isinstance(intervals, tuple)
    rows, candles = {}, {}
    for dataset, interval in native_keys(settings, intervals):
        length, days = interval_ms(interval), 400 if interval == "1d" else 30
        first, many = START - pd.Timedelta(days=days), days * 86_400_000 // length
        held = native_rows(dataset, first, many, length, seed)
        held["available_at"] = held["time"] + pd.Timedelta(length + 60_000, "ms")
        known = DATASETS[dataset].values
        rows[dataset, interval] = held[["time", "available_at", *known]]
        candles[interval] = random_candles(first, many, length, seed)
    data = PairData(rows, candles, "BTC")
    begin = START - pd.Timedelta(count // 2 * LENGTH_MS, "ms")
    frame = random_candles(begin, count, LENGTH_MS, seed)
    return add_columns(frame, LENGTH_MS, data, settings, intervals)


def over_the_wire(frame: pd.DataFrame) -> pd.DataFrame:
    """What freqtrade's JSON makes of a frame."""
    text = str(orjson.dumps({"df": frame.copy()}, default=_json_default), "utf-8")
    return rapidjson.loads(text, object_hook=_json_object_hook)["df"]


def send(
    dp: DataProvider, frame: pd.DataFrame, *, pair: str = PAIR, timeframe: str = TIMEFRAME
) -> None:
    """As a consumer's thread hands over what came: all candles, or the newest."""
    took, _ = dp._add_external_df(
        pair,
        over_the_wire(frame),
        pd.Timestamp.now("UTC"),
        timeframe,
        CandleType.FUTURES,
        producer_name="main",
    )
    assert took


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Equal to the ten decimals that freqtrade sends."""
    pd.testing.assert_frame_equal(left, right, check_exact=False, rtol=1e-13, atol=6e-11)
