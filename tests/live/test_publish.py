"""What a live bot could see at a decision is what a backtest finds known at that moment."""

import pandas as pd

from tests.coinglass.clocks import FakeClock
from tests.support.frames import utc
from vectra_freqtrade.live.publish import Publisher

NOON = utc("2026-01-01 12:00")


def at(moment: pd.Timestamp) -> FakeClock:
    return FakeClock(moment.timestamp())


def test_data_counts_as_seen_when_it_is_shown() -> None:
    shown: list[pd.Timestamp] = []
    _, seen = Publisher(at(NOON).now).publish(lambda moment: moment, shown.append)
    assert shown == [seen] == [NOON]


def test_a_decision_already_made_never_saw_it_even_where_the_clock_is_behind() -> None:
    publisher = Publisher(at(NOON - pd.Timedelta("5min")).now)
    publisher.read(NOON, lambda: None)
    _, seen = publisher.publish(lambda moment: moment, lambda made: None)
    assert seen > NOON


def test_a_decision_made_while_it_was_being_prepared_never_saw_it() -> None:
    publisher = Publisher(at(NOON - pd.Timedelta("1s")).now)
    tries: list[pd.Timestamp] = []

    def make(moment: pd.Timestamp) -> pd.Timestamp:
        if not tries:  # the bot looks just now
            publisher.read(NOON, lambda: None)
        tries.append(moment)
        return moment

    made, seen = publisher.publish(make, lambda made: None)
    assert len(tries) == 2
    assert made == seen > NOON


def test_moments_are_whole_milliseconds_and_never_early() -> None:
    moment = NOON + pd.Timedelta("0.0004ms")
    _, seen = Publisher(at(moment).now).publish(lambda each: each, lambda made: None)
    assert seen == seen.floor("ms") >= NOON


def test_it_is_being_read_until_a_moment_after_the_last_read() -> None:
    seconds = iter([5.0, 10.0, 10.2, 10.3, 10.5, 10.6])
    publisher = Publisher(at(NOON).now, lambda: next(seconds))
    assert not publisher.being_read  # at 5.0, before any read
    publisher.read(NOON, lambda: None)  # at 10.0
    assert publisher.being_read
    assert not publisher.being_read  # at 10.3
    publisher.read(NOON, lambda: None)
    assert publisher.being_read
