"""Price at an interval: closed candles only, made of the own ones where there are no others."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import random_candles, settings_with, utc
from vectra_freqtrade.catalogue.coin_names import NOTHING_KNOWN
from vectra_freqtrade.data.candles import closed_candles, resampled
from vectra_freqtrade.data.pair_data import PairReader
from vectra_freqtrade.errors import CandlesError, SettingsError

START = utc("2025-03-01")
MINUTES = 60_000
HOUR = 60 * MINUTES
FIVE = 5 * MINUTES


def price(dataframe, informative, *, timeframe_ms=FIVE, adaptive=False):
    reader = PairReader(
        provider=None,
        settings=settings_with(),
        intervals=("1h",),
        store=SimpleNamespace(names=NOTHING_KNOWN),
        exchange="binance",
        timeframe=f"{timeframe_ms // MINUTES}m",
        candles_of=lambda pair, interval: informative,
    )
    return reader.candles(dataframe, "ETH/USDT:USDT", "1h", adaptive=adaptive)


@pytest.mark.parametrize(
    ("as_of", "closed"),
    [("2025-03-01 00:59:59", 0), ("2025-03-01 01:00", 1), ("2025-03-01 02:30", 2), ("2026", 5)],
)
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_only_candles_that_closed_by_the_decision_are_used(as_of, closed, unit):
    """A candle that closes at the decision is closed."""
    candles = random_candles(START, 5, HOUR, 1)
    candles["date"] = candles["date"].dt.as_unit(unit)
    found = closed_candles(candles, HOUR, utc(as_of))
    assert found["date"].tolist() == candles["date"].tolist()[:closed]
    assert list(found.columns) == list(candles.columns)


@pytest.mark.parametrize("offset", [0, 1, 11])
@pytest.mark.parametrize("count", [0, 11, 12, 13, 40])
def test_longer_candles_are_made_of_whole_ones_only(offset, count):
    """Against a loop; a candle with a part missing, at the start, inside or at the end, is none."""
    candles = random_candles(START, 60, FIVE, 2).iloc[offset : offset + count]
    candles = candles[candles["date"] != START + pd.Timedelta("100min")].reset_index(drop=True)
    found = resampled(candles, FIVE, HOUR)
    expected = []
    for hour in range(6):
        opens = START + pd.Timedelta(hour, "h")
        part = [row for row in candles.itertuples() if opens <= row.date < opens + HOUR * ms()]
        if len(part) == 12:
            high, low = max(row.high for row in part), min(row.low for row in part)
            expected.append((opens, part[0].open, high, low, part[-1].close))
    assert [tuple(row) for row in found.itertuples(index=False)] == expected


def ms() -> pd.Timedelta:
    return pd.Timedelta("1ms")


def test_freqtrades_candles_of_the_interval_come_first():
    """Those of the strategy's frame are not asked where there are better ones."""
    own, informative = random_candles(START, 40, FIVE, 1), random_candles(START, 9, HOUR, 2)
    found = price(own, informative)
    np.testing.assert_array_equal(found["close"], informative["close"].iloc[:3])


@pytest.mark.parametrize("informative", [None, pd.DataFrame({"date": [], "close": []})])
def test_without_them_they_are_made_of_the_strategys_own(informative):
    """Closed ones."""
    own = random_candles(START, 40, FIVE, 1)
    found = price(own, informative)
    assert found["date"].tolist() == [START + pd.Timedelta(n, "h") for n in range(3)]
    assert found["close"].iloc[0] == own["close"].iloc[11]


def test_the_strategys_own_candles_are_those_of_an_equal_interval():
    """Whatever the informative frame says."""
    own = random_candles(START, 4, HOUR, 1)
    found = price(own, random_candles(START, 9, HOUR, 2), timeframe_ms=HOUR)
    np.testing.assert_array_equal(found["close"], own["close"])


@pytest.mark.parametrize("timeframe", [7, 45, 90, 240])
def test_where_they_can_not_be_made_the_message_names_the_command(timeframe):
    """Timeframes that do not divide the interval, shorter and longer."""
    own = random_candles(START, 20, timeframe * MINUTES, 1)
    with pytest.raises(CandlesError) as raised:
        price(own, None, timeframe_ms=timeframe * MINUTES)
    assert "freqtrade download-data --pairs ETH/USDT:USDT --timeframes 1h" in str(raised.value)


def test_adaptive_bands_refuse_made_candles():
    """They reach back no further than the bot's own, so live would differ from backtest."""
    own = random_candles(START, 40, FIVE, 1)
    with pytest.raises(SettingsError, match="needs real 1h candles of ETH/USDT:USDT"):
        price(own, None, adaptive=True)
    assert len(price(own, random_candles(START, 9, HOUR, 2), adaptive=True)) == 3
