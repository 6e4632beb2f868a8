"""What is known of one pair at a frame's last decision: asked for by the right names and times."""

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from tests.support.frames import random_candles, settings_with, utc
from vectra_freqtrade.catalogue.coin_names import NOTHING_KNOWN
from vectra_freqtrade.data.pair_data import PairReader, no_candles
from vectra_freqtrade.errors import CandlesError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import empty_rows

START = utc("2026-01-01")
PAIR = "BTC/USDT:USDT"
HOUR_MS, FIVE_MS = 3_600_000, 300_000
FRAME = random_candles(START, 48, FIVE_MS, 1)
#: When the last candle of the frame closes.
DECISION = START + pd.Timedelta("4h")


class Asked:
    """A provider that has nothing and remembers what it was asked for."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def rows(self, series: Series, as_of: pd.Timestamp) -> pd.DataFrame:
        self.seen.append((str(series), as_of))
        return empty_rows(series)

    def orders(self, symbol: str, as_of: pd.Timestamp) -> None:
        self.seen.append((symbol, as_of))

    def snapshots(
        self, dataset: str, symbol: str, since: pd.Timestamp, as_of: pd.Timestamp
    ) -> None:
        self.seen.append((dataset, symbol, since, as_of))


def known(
    provider: Asked, timeframe: str = "5m", hourly: pd.DataFrame | None = None, **section: Any
) -> PairReader:
    def get_pair_dataframe(pair: str, interval: str) -> pd.DataFrame | None:
        assert pair == PAIR and interval != timeframe, "its own candles are at hand"
        return hourly

    return PairReader(
        provider=provider,  # type: ignore[arg-type]
        settings=settings_with(intervals=("1h",), **section),
        intervals=("1h",),
        store=SimpleNamespace(names=NOTHING_KNOWN),  # type: ignore[arg-type]
        exchange="binance",
        timeframe=timeframe,
        candles_of=no_candles if hourly is None else get_pair_dataframe,
    )


def test_rows_are_asked_for_as_of_the_close_of_the_last_candle():
    asked = Asked()
    data = known(asked, datasets=("funding_rate", "long_short_ratio")).read(FRAME, PAIR)
    assert {as_of for _, as_of in asked.seen} == {DECISION}
    assert len(asked.seen) == 2
    assert all(rows.empty for rows in data.rows.values())


def test_snapshots_are_asked_for_from_as_long_before_the_first_candle_as_one_holds():
    """A snapshot from before the frame is what its first candles know."""
    asked = Asked()
    section = {"levels_source": "heatmap", "max_age_intervals": 3, "snapshot_every": 15}
    known(asked, datasets=("funding_rate",), **section).read(FRAME, PAIR)
    since = START - 3 * pd.Timedelta("15min")
    assert asked.seen[-1] == ("liquidation_heatmap", "BTC", since, DECISION)


def test_large_orders_are_asked_for_by_their_instrument():
    asked = Asked()
    known(asked, datasets=("large_orders",)).read(FRAME, PAIR)
    assert asked.seen == [("Binance_BTCUSDT", DECISION)]


def test_another_intervals_candles_are_freqtrades_own_none_later_than_the_decision():
    hourly = random_candles(START - pd.Timedelta("10h"), 20, HOUR_MS, 2)
    candles = known(Asked(), hourly=hourly).candles(FRAME, PAIR, "1h")
    assert candles["close"].tolist() == hourly["close"].iloc[:14].tolist()
    assert candles["date"].iloc[-1] + pd.Timedelta("1h") == DECISION


def test_the_strategys_own_candles_are_never_asked_for():
    hourly = random_candles(START, 4, HOUR_MS, 2)
    candles = known(Asked(), timeframe="1h", hourly=hourly.iloc[:0]).candles(hourly, PAIR, "1h")
    assert candles["close"].tolist() == hourly["close"].tolist()


def test_candles_that_nobody_has_are_an_error_that_names_them():
    with pytest.raises(CandlesError, match="has no 5m candles"):
        known(Asked(), timeframe="1h").candles(random_candles(START, 4, HOUR_MS, 2), PAIR, "5m")
