"""A pair's arrays: found by time, never by position."""

import numpy as np
import pytest

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.exits import MarketStates
from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.prepare import pair_arrays
from vectra_freqtrade.trailing.state import SideColumns

MINUTE = 60_000
TIMEFRAME = 5 * MINUTE
START_MS = 1_767_571_200_000
DEFAULTS = TrailingSettings()


def closes(n: int) -> np.ndarray:
    return START_MS + np.arange(1, n + 1) * TIMEFRAME


def arrays(n: int = 10, times=None, states=None, long=None, short=None):
    times = closes(n) if times is None else times
    flat = np.full(len(times), 100.0)
    sides = {
        Side.LONG: SideColumns(flat + 1, **(long or {})),
        Side.SHORT: SideColumns(flat - 1, **(short or {})),
    }
    return pair_arrays(
        times, flat, flat / 50, sides, states, timeframe_ms=TIMEFRAME, settings=DEFAULTS
    )


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
    pair = arrays(times=np.delete(closes(6), 2))
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
    times, high, bad = closes(3), np.full(3, 101.0), np.full(3, True)
    columns = SideColumns(high, whale_against=bad)
    pair = pair_arrays(
        times,
        high,
        high,
        dict.fromkeys(Side, columns),
        timeframe_ms=TIMEFRAME,
        settings=DEFAULTS,
    )
    high[:] = times[:] = bad[:] = 0
    held = pair.sides[Side.LONG]
    assert held.extreme.tolist() == pair.close.tolist() == pair.atr.tolist() == [101.0] * 3
    assert held.whale_against.all()
    assert pair.close_ms.tolist() == closes(3).tolist()


def test_nothing_in_it_can_be_written_to():
    cells = {"level": [1.0] * 3, "whale_against": [True] * 3, "confidence": [1.0] * 3}
    bear = np.full(3, 2)
    pair = arrays(3, states=MarketStates(bear, bear, bear), long=cells)
    held = pair.sides[Side.LONG]
    for column in (
        pair.close_ms,
        pair.close,
        pair.atr,
        *pair.exits.values(),
        *(side.extreme for side in pair.sides.values()),
        held.level,
        held.whale_against,
        held.confidence,
    ):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 1


@pytest.mark.parametrize("flags", [[True, False, False], [1.0, np.nan, 0.0], [1, 0, -1]])
def test_flags_of_any_type_are_flags_and_nan_is_none(flags):
    held = arrays(3, long={"funding_adverse": flags}).sides[Side.LONG].funding_adverse
    assert held.dtype == bool
    assert held.tolist() == [True, False, False]


def test_object_columns_with_none_are_read():
    level = np.array([1.5, None, 2.5], dtype=object)
    held = arrays(3, long={"level": level}).sides[Side.LONG].level
    np.testing.assert_array_equal(held, [1.5, np.nan, 2.5])


def test_exits_are_there_for_each_side():
    states = MarketStates(
        now=np.array([2, 1, 2, -1]), before=np.array([0, 1, 2, 2]), upper=np.array([3, 0, 0, 3])
    )
    pair = arrays(
        4,
        states=states,
        long={"confidence": [1.0, 1.0, 0.8, 0.5]},
        short={"confidence": [0.5, 0.8, 1.0, 0.5]},
    )
    assert pair.exits[Side.LONG].tolist() == [1, 0, 4, 0]
    assert pair.exits[Side.SHORT].tolist() == [0, 4, 0, 0]


def test_second_causes_are_those_of_the_side():
    twice = np.array([2, 2, 1, 1])
    pair = arrays(
        4,
        states=MarketStates(twice, twice),
        long={
            "funding_adverse": [True, False, False, False],
            "whale_against": [False, True, False, False],
        },
        short={
            "funding_adverse": [False, False, True, False],
            "whale_against": [False, False, False, True],
        },
    )
    assert pair.exits[Side.LONG].tolist() == [2, 3, 0, 0]
    assert pair.exits[Side.SHORT].tolist() == [0, 0, 2, 3]


def test_without_open_interest_there_are_no_early_exits():
    pair = arrays(3, long={"funding_adverse": [True] * 3, "confidence": [0.5] * 3})
    assert pair.exits[Side.LONG].tolist() == [0, 0, 0]


@pytest.mark.parametrize("times", [closes(3)[::-1], closes(3)[[0, 1, 1]]])
def test_times_that_do_not_ascend_are_refused(times):
    with pytest.raises(ValueError, match="ascend"):
        arrays(times=times)


@pytest.mark.parametrize("cells", [{"level": [1.0]}, {"funding_adverse": [True]}])
def test_a_column_of_another_length_is_refused(cells):
    with pytest.raises(ValueError, match="shape"):
        arrays(3, long=cells)
