"""Moments go to milliseconds and back without a loss, and never into the future."""

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest

from vectra_freqtrade.coinglass.answers.numbers import millis
from vectra_freqtrade.coinglass.spans import missing_runs
from vectra_freqtrade.history.download.spans import missing_spans
from vectra_freqtrade.times import (
    ceil_to,
    floor_to,
    from_ms,
    from_seconds,
    seconds_to_ms,
    span_ms,
    to_ms,
)

FIRST = 1_763_877_600_000
HOUR = 3_600_000


def test_each_millisecond_comes_back_as_it_went():
    stamps = range(FIRST, FIRST + 2000)
    assert [to_ms(from_ms(stamp)) for stamp in stamps] == list(stamps)
    assert [to_ms(pd.Timestamp(stamp, unit="ms", tz="UTC")) for stamp in stamps] == list(stamps)
    assert [seconds_to_ms(stamp / 1000) for stamp in stamps] == list(stamps)
    assert [millis(stamp / 1000) for stamp in stamps] == list(stamps)


@pytest.mark.parametrize("micros", [0, 1, 499, 500, 999])
def test_what_lies_between_two_milliseconds_belongs_to_the_earlier_one(micros):
    moment = from_ms(FIRST) + timedelta(microseconds=micros)
    assert to_ms(moment) == FIRST
    assert to_ms(moment.astimezone(timezone(timedelta(hours=9)))) == FIRST
    assert to_ms(pd.Timestamp(moment) + pd.Timedelta(999, "ns")) == FIRST
    assert seconds_to_ms(moment.timestamp()) == FIRST
    assert to_ms(datetime(1969, 12, 31, 23, 59, 59, 999_001, tzinfo=UTC)) == -1


def test_a_clocks_seconds_come_back_as_they_went():
    for micros in range(0, 1_000_000, 997):
        moment = from_ms(FIRST) + timedelta(microseconds=micros)
        assert from_seconds(moment.timestamp()) == moment


def test_lengths_and_grids_are_whole():
    assert span_ms(timedelta(hours=1, microseconds=999)) == HOUR
    assert floor_to(FIRST + 1, HOUR) == floor_to(FIRST, HOUR) == FIRST
    assert ceil_to(FIRST + 1, HOUR) == FIRST + HOUR
    assert ceil_to(FIRST, HOUR) == FIRST


def test_an_hour_that_ends_within_the_millisecond_has_not_closed():
    """Rounded, the row counted as closed four tenths of a millisecond before it had."""
    almost = from_ms(FIRST + HOUR) - timedelta(microseconds=400)
    none = pd.Series(dtype="datetime64[ms, UTC]")
    assert missing_runs(none, from_ms(FIRST), from_ms(FIRST + HOUR), "1h", almost) == []
    held = pd.DataFrame({"time": [pd.Timestamp(FIRST - HOUR, unit="ms", tz="UTC")]})
    hour = timedelta(hours=1)
    assert missing_spans(held, from_ms(FIRST - HOUR), almost, hour, hour, None) == []
    (span,) = missing_spans(held, from_ms(FIRST - HOUR), from_ms(FIRST + HOUR), hour, hour, None)
    assert span.start == from_ms(FIRST)
