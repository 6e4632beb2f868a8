"""Values of options, looked at before any work begins; each refusal says how to write them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.exceptions import FreqtradeException
from freqtrade.exchange import timeframe_to_seconds

from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.times import from_seconds


def moment(text: str) -> pd.Timestamp:
    """In UTC where it names no zone."""
    try:
        read = pd.Timestamp(text)
    except ValueError:
        read = None
    if read is None or pd.isna(read):
        raise SettingsError(f'--date: {text!r} is no moment such as "2026-01-15 10:35" (UTC).')
    return read.tz_localize("UTC") if read.tz is None else read.tz_convert("UTC")


def timeframe(text: str) -> str:
    """As it came; SettingsError for what freqtrade can't count."""
    try:
        known = timeframe_to_seconds(text) > 0
    except Exception:  # noqa: BLE001 whatever the exchange library raises for it
        known = False
    if not known:
        raise SettingsError(f"{text!r} is no timeframe: write 5m, 1h, 4h or 1d.")
    return text


def timerange(text: str) -> tuple[datetime | None, datetime | None]:
    """freqtrade's --timerange as begin and end, None where it is open."""
    try:
        read = TimeRange.parse_timerange(text)
    except FreqtradeException as error:
        raise SettingsError(
            f"{error}. Write it as 20250101-20250601, or as 20250101- for up to now."
        ) from None
    begin = from_seconds(read.startts) if read.starttype == "date" else None
    end = from_seconds(read.stopts) if read.stoptype == "date" else None
    return begin, end


def one_span(days: int | None, timerange: str | None) -> str | None:
    """The timerange of either option, days counted up to now."""
    if days is None:
        return timerange
    if timerange is not None:
        raise SettingsError("Give --days or --timerange, not both.")
    return f"{datetime.now(UTC) - timedelta(days=days):%Y%m%d}-"


def new_file(path: Path) -> Path:
    """A file that is about to be written; its folder is made."""
    if path.is_dir():
        raise SettingsError(f"{path} is a folder: name a file in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"{path.parent} can't be made: {error.strerror}.") from None
    return path
