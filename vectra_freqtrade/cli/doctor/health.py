"""The health of bots, as each keeps it in a small file of the store."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from vectra_freqtrade.cli.doctor.finding import Finding, Level, ago, some
from vectra_freqtrade.live.health import BotHealth

#: A running bot writes more often.
_SILENT: Final = timedelta(minutes=10)
#: Errors and bots older than this are history.
_RECENT: Final = timedelta(hours=24)
_SHOWN: Final = 3


def read_health(folder: Path) -> tuple[list[BotHealth], list[str]]:
    """Of each bot, newest first; and the names of files that can't be read."""
    held, broken = [], []
    for path in sorted(folder.glob("health-*.json")):
        try:
            held.append(BotHealth.model_validate_json(path.read_bytes()))
        except (OSError, ValueError):
            broken.append(path.name)
    return sorted(held, key=lambda each: each.written, reverse=True), broken


def bots(held: Iterable[BotHealth], broken: Iterable[str], now: datetime) -> list[Finding]:
    """:param broken: files that can't be read"""
    found: list[Finding] = []
    for each in held:
        found += _bot(each, now)
    found += [
        Finding("bot", Level.WARNING, f"{name} can't be read", "a running bot will rewrite it")
        for name in broken
    ]
    return found or [Finding("bot", Level.OK, "no bot has run with this store")]


def _bot(health: BotHealth, now: datetime) -> list[Finding]:
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
    errors = [(each.at, each) for each in health.errors if each.at is not None]
    recent = sorted((at, each.what, each.reason) for at, each in errors if now - at <= _RECENT)
    if recent:
        shown = "; ".join(
            f"{at.astimezone(UTC):%H:%M} {what}: {reason}" for at, what, reason in recent[-_SHOWN:]
        )
        text = f"{health.bot}: {len(recent)} errors in 24 h, the last: {shown}"
        found.append(Finding("bot", Level.WARNING, text))
    return found


def _alive(health: BotHealth, now: datetime) -> str:
    return f"{health.bot}: last sign of life {ago(health.written, now)}"


def _series(health: BotHealth, now: datetime) -> list[Finding]:
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


def _by_reason(health: BotHealth, names: Iterable[str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name in names:
        grouped.setdefault(health.series[name].reason, []).append(name)
    return grouped
