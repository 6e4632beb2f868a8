"""
The health of bots, as each keeps it in a small file of the store.

`{store}/.client/health-*.json`: {"written": iso, "bot": str, "series": {name: {"state": ok,
waiting, failing or off, "since": iso, "last_row": iso or null, "reason": str}}, "errors":
[{"at": iso, "what": str, "reason": str}]}. What is missing or of another kind is passed over.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from vectra_freqtrade.cli.doctor.finding import Finding, Level, ago, some

#: A running bot writes more often.
_SILENT: Final = timedelta(minutes=10)
#: Errors and bots older than this are history.
_RECENT: Final = timedelta(hours=24)
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class SeriesHealth:
    """
    :param state: ok, waiting, failing or off
    :param since: when that began
    :param reason: in words
    """

    state: str
    since: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    :param at: when
    :param what: series or endpoint
    :param reason: in words
    """

    at: datetime
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Health:
    """
    :param bot: its name
    :param written: when the file was
    :param series: by name
    :param errors: oldest first
    """

    bot: str
    written: datetime
    series: Mapping[str, SeriesHealth]
    errors: Sequence[Trouble]


def read_health(folder: Path) -> tuple[list[Health], list[str]]:
    """
    :param folder: the store's `.client`
    :return: of each bot, newest first; and the names of files that can't be read
    """
    held, broken = [], []
    for path in sorted(folder.glob("health-*.json")):
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            held.append(_health(state))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            broken.append(path.name)
    return sorted(held, key=lambda each: each.written, reverse=True), broken


def _health(state: dict[str, Any]) -> Health:
    written = _moment(state["written"])
    if written is None:
        raise ValueError("no time")
    series = {
        str(name): SeriesHealth(
            str(each.get("state", "")), _moment(each.get("since")), str(each.get("reason") or "")
        )
        for name, each in state.get("series", {}).items()
    }
    told = (
        (_moment(each.get("at")), str(each.get("what", "")), str(each.get("reason", "")))
        for each in state.get("errors", [])
    )
    errors = [Trouble(at, what, reason) for at, what, reason in told if at is not None]
    return Health(
        str(state.get("bot") or "bot"), written, series, sorted(errors, key=lambda each: each.at)
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def bots(held: Iterable[Health], broken: Iterable[str], now: datetime) -> list[Finding]:
    """
    :param held: of `read_health`
    :param broken: files that can't be read
    :param now: tz-aware
    """
    found: list[Finding] = []
    for each in held:
        found += _bot(each, now)
    found += [
        Finding("bot", Level.WARNING, f"{name} can't be read", "a running bot will rewrite it")
        for name in broken
    ]
    return found or [Finding("bot", Level.OK, "no bot has run with this store")]


def _bot(health: Health, now: datetime) -> list[Finding]:
    silent = now - health.written
    last = _alive(health, now)
    if silent > _RECENT:
        return [Finding("bot", Level.OK, f"{last}; it does not run")]
    found = []
    if silent > _SILENT:
        text = f"{last}: it has ended, or its feed is stuck"
        found.append(Finding("bot", Level.WARNING, text, "look at the bot's log"))
    else:
        found += _series(health, now)
    recent = [each for each in health.errors if now - each.at <= _RECENT]
    if recent:
        shown = "; ".join(
            f"{each.at.astimezone(UTC):%H:%M} {each.what}: {each.reason}"
            for each in recent[-_SHOWN:]
        )
        text = f"{health.bot}: {len(recent)} errors in 24 h, the last: {shown}"
        found.append(Finding("bot", Level.WARNING, text))
    return found


def _alive(health: Health, now: datetime) -> str:
    return f"{health.bot}: last sign of life {ago(health.written, now)}"


def _series(health: Health, now: datetime) -> list[Finding]:
    by_state: dict[str, list[str]] = {}
    for name, each in health.series.items():
        by_state.setdefault(each.state, []).append(name)
    counts = ", ".join(f"{len(names)} {state}" for state, names in by_state.items()) or "no series"
    found = [Finding("bot", Level.OK, f"{_alive(health, now)}; {counts}")]
    for state, level in (("failing", Level.PROBLEM), ("off", Level.WARNING)):
        for reason, names in _by_reason(health, by_state.get(state, [])).items():
            since = min(
                (moment for name in names if (moment := health.series[name].since)), default=None
            )
            began = f" since {since.astimezone(UTC):%Y-%m-%d %H:%M}" if since else ""
            text = f"{health.bot}: {some(names)} {state}{began}: {reason or 'no reason given'}"
            found.append(Finding("bot", level, text))
    return found


def _by_reason(health: Health, names: Iterable[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name in names:
        grouped.setdefault(health.series[name].reason, []).append(name)
    return grouped
