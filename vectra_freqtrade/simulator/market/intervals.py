"""Interval and timeframe names in seconds, and the boundaries on which their rows open (UTC)."""

WEEK, WEEK_OFFSET = 7 * 86400, 4 * 86400  # 1970-01-01 was a Thursday; weeks open on Monday
INTERVALS: dict[str, int] = {
    "1m": 60,
    "3m": 180,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "2h": 7200,
    "4h": 14400,
    "6h": 21600,
    "8h": 28800,
    "12h": 43200,
    "1d": 86400,
    "1w": WEEK,
}


def boundary_up(time: float, interval: int) -> int:
    """First opening of an interval at or after `time`, seconds UTC."""
    return -boundary_down(-time, interval, -_offset(interval))


def boundary_down(time: float, interval: int, offset: int | None = None) -> int:
    """Last opening of an interval at or before `time`, seconds UTC."""
    shift = _offset(interval) if offset is None else offset
    return int((time - shift) // interval * interval + shift)


def _offset(interval: int) -> int:
    return WEEK_OFFSET if interval == WEEK else 0
