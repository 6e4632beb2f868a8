"""What a check found."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # it works, and not as well as it could
    PROBLEM = "problem"  # it does not work, or something that was asked for does not


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table; the fix is "" where there is nothing to do."""

    check: str
    level: Level
    text: str
    fix: str = ""


def ok(check: str, text: str, fix: str = "") -> Finding:
    return Finding(check, Level.OK, text, fix)


def warning(check: str, text: str, fix: str = "") -> Finding:
    return Finding(check, Level.WARNING, text, fix)


def problem(check: str, text: str, fix: str = "") -> Finding:
    return Finding(check, Level.PROBLEM, text, fix)


def some(names: Iterable[str], most: int = 3) -> str:
    """`a, b, c and 4 more`."""
    listed = list(names)
    shown = ", ".join(listed[:most])
    return shown if len(listed) <= most else f"{shown} and {len(listed) - most} more"


def ago(moment: datetime, now: datetime) -> str:
    """`3 h ago`; `in 3 h` where it lies ahead."""
    passed = now - moment
    span = length(abs(passed))
    return f"{span} ago" if passed >= timedelta(0) else f"in {span}"


def length(span: timedelta) -> str:
    """A span of time in its largest fitting unit."""
    seconds = span.total_seconds()
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
