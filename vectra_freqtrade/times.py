"""
Moments as datetimes, milliseconds and seconds: the only conversions.

Milliseconds are integers and are counted, not computed in floats: a whole millisecond comes back
as it went. What lies between two milliseconds belongs to the earlier one, so that nothing counts
as known before it was. pandas' Timestamps are datetimes here.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970 UTC that have passed by a tz-aware moment."""
    return int((moment - _EPOCH) // _MS)


def from_ms(stamp: int) -> datetime:
    """:raises OverflowError: beyond the year 9999"""
    return _EPOCH + timedelta(milliseconds=stamp)


def span_ms(span: timedelta) -> int:
    """Whole milliseconds of it."""
    return span // _MS


def seconds_to_ms(seconds: float) -> int:
    """
    :param seconds: since 1970 UTC, of a clock or of an answer
    :return: whole milliseconds that have passed by then; a millisecond written as a fraction of a
        second, such as 1763877600.123, is that one although no float holds it exactly
    """
    return round(seconds * 1_000_000) // 1000


def from_seconds(seconds: float) -> datetime:
    """
    To the microsecond; its `timestamp()` is the same again.

    :raises OverflowError, ValueError, OSError: beyond what a datetime can hold
    """
    return datetime.fromtimestamp(seconds, UTC)


def floor_to(stamp: int, length: int) -> int:
    """When the interval that holds the moment began; both in the same unit."""
    return stamp // length * length


def ceil_to(stamp: int, length: int) -> int:
    """The first begin of an interval that is not before the moment."""
    return -(-stamp // length) * length
