"""CoinGlass's candle lengths, 1m to 1d. Weekly rows are not used."""

from collections.abc import Sequence

from vectra_freqtrade.errors import SettingsError

#: Interval -> length in seconds, shortest first.
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
}

_HOUR = 3600

#: Out of these `intervals: "auto"` takes the two shortest that are to be had.
AUTO_INTERVALS = ("1h", "4h", "12h", "1d")


def interval_ms(interval: str) -> int:
    """
    :return: milliseconds of a key of INTERVALS
    :raises SettingsError: where CoinGlass has no such interval
    """
    try:
        return INTERVALS[interval] * 1000
    except KeyError:
        raise SettingsError(
            f"Unknown interval {interval!r}. CoinGlass has {', '.join(INTERVALS)}."
        ) from None


def levels_interval(intervals: Sequence[str]) -> str:
    """
    What liquidation levels are estimated on: the shortest of at least an hour, else the longest.

    The estimate looks back for weeks, and a live bot never has weeks of candles of minutes.
    """
    long_enough = (interval for interval in intervals if INTERVALS[interval] >= _HOUR)
    return next(long_enough, intervals[-1])
