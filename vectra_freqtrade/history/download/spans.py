"""What of a range a store lacks: the spans to ask for, pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pandas as pd

from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.catalogue.plans import Plan, depth

#: CoinGlass's oldest series begin here.
EVER: Final = datetime(2019, 9, 1, tzinfo=UTC)


def warm_up(interval: str, settle: int = 0) -> timedelta:
    """
    What a backtest reads before its first candle: the rows behind a percentile.

    :param settle: intervals that rows wait to be used: so much older is the newest one in use
    :return: 30 days, or 120 rows where they last longer; a year of daily rows
    """
    length = timedelta(milliseconds=interval_ms(interval))
    if interval == "1d":
        return timedelta(days=365) + settle * length
    return max(timedelta(days=30), 120 * length) + settle * length


def rows_begin(plan: Plan, interval: str, now: datetime) -> datetime:
    """Before this the plan has no rows of an interval."""
    reach = depth(plan, interval)
    return EVER if reach is None or reach.days is None else now - timedelta(days=reach.days)


@dataclass(frozen=True, slots=True)
class Span:
    """
    :param end: first time not wanted
    :param strip_leading_zeros: nothing older is known, so leading zeros are padding
    :param before: it lies before the rows there are: written in one piece, or rows inside it
        would later count as late
    """

    start: datetime
    end: datetime
    strip_leading_zeros: bool
    before: bool = False


def missing_spans(
    held: pd.DataFrame | None,
    start: datetime,
    end: datetime,
    length: timedelta,
    wait: timedelta,
    asked_from: datetime | None,
) -> list[Span]:
    """
    :param held: rows of the file, None where there is none
    :param length: of the newest row there is
    :param wait: from a row's time until it may be used; what may not by the end is not missing
    :param asked_from: everything from here to the first row was asked for before
    :return: at most one span before the rows there are and one behind them
    """
    if held is None or held.empty:
        return [Span(start, end, strip_leading_zeros=True)] if start < end else []
    first, last = held["time"].iloc[0], held["time"].iloc[-1]
    spans = []
    to = first if asked_from is None else min(first, pd.Timestamp(asked_from))
    if start < to:
        spans.append(Span(start, first.to_pydatetime(), strip_leading_zeros=True, before=True))
    following = last + length
    if following + wait <= end:
        spans.append(Span(following.to_pydatetime(), end, strip_leading_zeros=False))
    return spans
