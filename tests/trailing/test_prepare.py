"""A pair's arrays: found by time, never by position."""

import numpy as np
import pytest

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.prepare import MarketColumns, Prices, epoch_ms, pair_arrays

MINUTE = 60_000
TIMEFRAME = 5 * MINUTE
START = np.datetime64("2026-01-05T00:00:00")
START_MS = epoch_ms(START).item()
DEFAULTS = TrailingSettings()


def opens(n: int, unit: str = "ns") -> np.ndarray:
    return (START + np.arange(n) * np.timedelta64(5, "m")).astype(f"datetime64[{unit}]")


def arrays(n: int = 10, dates=None, market=None, settings=DEFAULTS):
    dates = opens(n) if dates is None else dates
    flat = np.full(len(dates), 100.0)
    return pair_arrays(
        Prices(dates, flat + 1, flat - 1, flat, flat / 50), TIMEFRAME, settings, market
    )


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_dates_of_any_resolution_are_the_same_instants(unit):
    assert arrays(dates=opens(3, unit)).close_ms.tolist() == [
        START_MS + k * TIMEFRAME for k in (1, 2, 3)
    ]


def test_a_candle_counts_from_its_close_on():
    pair = arrays(3)
    first_close = START_MS + TIMEFRAME
    assert pair.last_closed(first_close - 1) is None
    assert pair.last_closed(first_close) == 0
    assert pair.last_closed(first_close + TIMEFRAME - 1) == 0
    assert pair.last_closed(first_close + TIMEFRAME) == 1


def test_a_stale_pair_has_no_last_candle():
    pair = arrays(3)
    last_close = START_MS + 3 * TIMEFRAME
    assert pair.last_closed(last_close + 2 * TIMEFRAME) == 2
    assert pair.last_closed(last_close + 2 * TIMEFRAME + 1) is None


def test_an_empty_pair_has_none_at_all():
    pair = arrays(0)
    assert len(pair) == 0
    assert pair.last_closed(START_MS) is None
    assert pair.after(START_MS) == 0
    assert not pair.covers(START_MS)


def test_a_missing_candle_shifts_nothing():
    dates = np.delete(opens(6), 2)
    pair = arrays(dates=dates)
    assert pair.last_closed(START_MS + 6 * TIMEFRAME) == 4
    # five minutes after the gap opened, the candle before it is the last closed one
    assert pair.last_closed(START_MS + 3 * TIMEFRAME) == 1


def test_a_trade_starts_with_the_candle_it_was_opened_in():
    pair = arrays(4)
    assert pair.after(START_MS) == 0
    assert pair.after(START_MS + 1) == 0
    assert pair.after(START_MS + TIMEFRAME - 1) == 0
    assert pair.after(START_MS + TIMEFRAME) == 1
    assert pair.after(START_MS + 4 * TIMEFRAME) == 4
    assert pair.covers(START_MS)
    assert not pair.covers(START_MS - 1)


def test_what_happens_to_the_frame_later_does_not_matter():
    dates, high = opens(3), np.full(3, 101.0)
    pair = pair_arrays(Prices(dates, high, high, high, high), TIMEFRAME, DEFAULTS)
    high[:] = 0
    dates[:] = START
    assert pair.candles.high.tolist() == [101.0] * 3
    assert len(set(pair.close_ms.tolist())) == 3


def test_nothing_in_it_can_be_written_to():
    market = MarketColumns(
        level_above=[1.0] * 3,
        whale_long_against=[True] * 3,
        state=[2] * 3,
        state_before=[2] * 3,
        upper_state=[2] * 3,
    )
    pair = arrays(3, market=market)
    candles = pair.candles
    assert candles.level_above is not None
    assert candles.whale_long_against is not None
    for column in (
        pair.close_ms,
        pair.close,
        pair.atr,
        pair.exit_long,
        pair.exit_short,
        candles.high,
        candles.low,
        candles.level_above,
        candles.whale_long_against,
    ):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


@pytest.mark.parametrize("flags", [[True, False, False], [1.0, np.nan, 0.0], [1, 0, -1]])
def test_flags_of_any_type_are_flags_and_nan_is_none(flags):
    pair = arrays(3, market=MarketColumns(funding_long_adverse=flags))
    assert pair.candles.funding_long_adverse.dtype == bool
    assert pair.candles.funding_long_adverse.tolist() == [True, False, False]


def test_object_columns_with_none_are_read():
    market = MarketColumns(level_above=np.array([1.5, None, 2.5], dtype=object))
    np.testing.assert_array_equal(arrays(3, market=market).candles.level_above, [1.5, np.nan, 2.5])


def test_exits_are_there_for_each_side():
    market = MarketColumns(
        state=[2.0, 1.0, 2.0, np.nan],
        state_before=[0.0, 1.0, 2.0, 2.0],
        upper_state=[3, 0, 0, 3],
        confidence_long=[1.0, 1.0, 0.8, 0.5],
        confidence_short=[0.5, 0.8, 1.0, 0.5],
    )
    pair = arrays(4, market=market)
    assert pair.exit_long.tolist() == [1, 0, 4, 0]
    assert pair.exit_short.tolist() == [0, 4, 0, 0]
    assert [pair.exit_code(Side.LONG, 2), pair.exit_code(Side.SHORT, 2)] == [4, 0]


def test_second_causes_are_those_of_the_side():
    market = MarketColumns(
        state=[2, 2, 1, 1],
        state_before=[2, 2, 1, 1],
        funding_long_adverse=[True, False, False, False],
        funding_short_adverse=[False, False, True, False],
        whale_long_against=[False, True, False, False],
        whale_short_against=[False, False, False, True],
    )
    pair = arrays(4, market=market)
    assert pair.exit_long.tolist() == [2, 3, 0, 0]
    assert pair.exit_short.tolist() == [0, 0, 2, 3]


def test_without_open_interest_there_are_no_early_exits():
    market = MarketColumns(funding_long_adverse=[True] * 3, confidence_long=[0.5] * 3)
    assert arrays(3, market=market).exit_long.tolist() == [0, 0, 0]


@pytest.mark.parametrize("dates", [opens(3)[::-1], opens(3)[[0, 1, 1]]])
def test_dates_that_do_not_ascend_are_refused(dates):
    with pytest.raises(ValueError, match="ascend"):
        arrays(dates=dates)


def test_a_column_of_another_length_is_refused():
    with pytest.raises(ValueError, match="shape"):
        arrays(3, market=MarketColumns(level_above=[1.0]))
    with pytest.raises(ValueError, match="shape"):
        arrays(3, market=MarketColumns(funding_long_adverse=[True]))
