"""What of a range a store lacks: the spans to ask for, pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd

from vectra_freqtrade.coinglass.catalogue import Dataset, Kind
from vectra_freqtrade.coinglass.limits import Plan, depth
from vectra_freqtrade.intervals import interval_ms
from vectra_freqtrade.times import floor_to, from_ms, to_ms

#: CoinGlass's oldest series begin here.
EVER: Final = datetime(2019, 9, 1, tzinfo=UTC)


def warm_up(interval: str) -> timedelta:
    """
    What a backtest reads before its first candle: the rows behind a percentile.

    :param interval: of the rows
    :return: 30 days, or 120 rows where they last longer; a year of daily rows
    """
    if interval == "1d":
        return timedelta(days=365)
    return max(timedelta(days=30), 120 * timedelta(milliseconds=interval_ms(interval)))


def earliest(dataset: Dataset, plan: Plan, interval: str, now: datetime) -> datetime:
    """
    :param dataset: of the catalogue
    :param plan: detected
    :param interval: of the rows
    :param now: tz-aware
    :return: before this the plan's history gives nothing
    """
    return EVER if dataset.kind is not Kind.INTERVAL else rows_begin(plan, interval, now)


def rows_begin(plan: Plan, interval: str, now: datetime) -> datetime:
    """
    :param plan: detected
    :param interval: of the rows
    :param now: tz-aware
    :return: before this the plan has no rows of an interval
    """
    reach = depth(plan, interval)
    return EVER if reach is None or reach.days is None else now - timedelta(days=reach.days)


@dataclass(frozen=True, slots=True)
class Span:
    """
    A stretch of time to ask for.

    :param start: first time wanted
    :param end: first time not wanted
    :param begins: nothing older is known, so leading zeros are padding
    :param before: it lies before the rows there are: written in one piece, or rows inside it
        would later count as late
    """

    start: datetime
    end: datetime
    begins: bool
    before: bool = False


def missing_spans(
    held: pd.DataFrame | None,
    start: datetime,
    end: datetime,
    interval: str,
    newest: datetime,
    asked_from: datetime | None,
) -> list[Span]:
    """
    :param held: rows of the file, None where there is none
    :param start: wanted
    :param end: wanted, not included
    :param interval: of the rows
    :param newest: open of the newest row that has closed
    :param asked_from: everything from here to the first row was asked for before
    :return: at most one span before the rows there are and one behind them
    """
    if held is None or held.empty:
        return [Span(start, end, begins=True)] if start < end else []
    first, last = held["time"].iloc[0], held["time"].iloc[-1]
    spans = []
    to = first if asked_from is None else min(first, pd.Timestamp(asked_from))
    if start < to:
        spans.append(Span(start, first.to_pydatetime(), begins=True, before=True))
    following = last + pd.Timedelta(interval_ms(interval), "ms")
    if following < end and last < newest:
        spans.append(Span(following.to_pydatetime(), end, begins=False))
    return spans


def newest_closed(dataset: Dataset, interval: str, now: datetime, delay: timedelta) -> datetime:
    """
    Open of the newest row that counts as closed.

    :param dataset: its extra delay counts
    :param interval: of the rows
    :param now: tz-aware
    :param delay: the setting
    """
    length = interval_ms(interval)
    known = to_ms(now - delay - dataset.extra_delay)
    return from_ms(floor_to(known, length) - length)
