"""
What CoinGlass told about a key: its plan, and what it refused in the last day.

Kept in a small file beside the key's request budget, so that a download, `record`, a bot and `plan`
know it from each other, and so that a backtest, which asks nobody, can tell a key without a plan.
Losing the file costs a few requests, nothing else.
"""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cachetools import TLRUCache

from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.account.key_files import key_file_if_there
from vectra_freqtrade.errors import PlanError
from vectra_freqtrade.files import SOON, Version, locked, replace_text, version_of
from vectra_freqtrade.times import from_seconds

logger = logging.getLogger(__name__)

#: Of the file's name.
KIND: Final = "told"
DAY_SECONDS: Final = 86_400.0
#: A refusal dated later than this after now was noted by a clock that has been put right since.
_AHEAD: Final = 120.0
#: What could not be written is tried again after so many seconds.
_PAUSE: Final = 60.0
_UNWRITTEN: Final = 1024


@dataclass(frozen=True, slots=True)
class KnownPlan:
    """The plan that CoinGlass told last; `source` as in `PlanStatus`."""

    plan: Plan
    source: str
    at: datetime
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Refusal:
    error: PlanError
    at: float


_Held = dict[tuple[str, str], _Refusal]


class KeyState:
    """Usable from several threads; through the file, from several processes."""

    def __init__(self, now: Callable[[], float], file: Path | None = None) -> None:
        self._now = now
        self._file = file
        self._version: Version | None = None
        self._guard = threading.Lock()
        self._told: KnownPlan | None = None
        self._refused = self._cache({})
        # What the file doesn't have yet, in order; the oldest is given up where that lasts.
        self._unwritten: deque[Callable[[], object]] = deque(maxlen=_UNWRITTEN)
        self._again = 0.0

    def add(self, path: str, interval: str, error: PlanError) -> None:
        """An endpoint was refused; "" for the interval where it has none."""
        refusal = {(path, interval): _Refusal(error, self._now())}
        with self._guard:
            self._change(lambda: self._refused.update(refusal))

    def get(self, path: str, interval: str) -> PlanError | None:
        """The refusal of the last day, if there was one."""
        with self._guard:
            self._look()
            held: _Refusal | None = self._refused.get((path, interval))
        return None if held is None else held.error

    def forget(self, path: str, interval: str) -> None:
        """It was answered after all."""
        with self._guard:
            if (path, interval) in self._refused:
                self._change(lambda: self._refused.pop((path, interval), None))

    def tell(self, plan: Plan, source: str, expires: datetime | None = None) -> None:
        """CoinGlass told the key's plan. What was refused under another one is forgotten."""
        told = KnownPlan(plan, source, from_seconds(self._now()), expires)

        def change() -> None:
            if self._told is not None and self._told.plan is not plan:
                self._refused = self._cache({})
            self._told = told

        with self._guard:
            self._change(change)

    @property
    def told(self) -> KnownPlan | None:
        with self._guard:
            self._look()
            return self._told

    def _cache(self, held: _Held) -> "TLRUCache[tuple[str, str], _Refusal]":
        cache: TLRUCache[tuple[str, str], _Refusal] = TLRUCache(
            maxsize=4096, ttu=lambda _, value, __: value.at + DAY_SECONDS, timer=self._now
        )
        cache.update(held)
        return cache

    def _look(self) -> None:
        """Another process may have written the file."""
        if self._file is None:
            return
        if self._unwritten and not 0.0 <= self._again - self._now() <= _PAUSE:
            self._write(self._file, 0.0)
        with suppress(OSError):
            self._renew(self._file)

    def _renew(self, file: Path) -> None:
        version = version_of(file)
        if version == self._version:
            return
        self._version = version
        self._told, held = _parsed(file, self._now())
        self._refused = self._cache(held)
        for change in self._unwritten:
            change()

    def _change(self, change: Callable[[], object]) -> None:
        """Made in memory at once, and in the file as soon as it can be written."""
        if self._file is None:
            change()
            return
        with suppress(OSError):
            self._renew(self._file)
        change()
        waiting = bool(self._unwritten)
        self._unwritten.append(change)
        self._write(self._file, 0.0 if waiting else SOON)

    def _write(self, file: Path, patience: float) -> None:
        said = self._again > 0.0
        try:
            with locked(file.with_name(f"{file.name}.lock"), patience):
                self._renew(file)
                replace_text(file, json.dumps(self._state()))
                self._version = version_of(file)
        except OSError as error:
            self._again = self._now() + _PAUSE
            if not said:
                why = error.strerror or type(error).__name__
                logger.warning("What CoinGlass told can't be kept, for now: %s.", why)
            return
        self._unwritten.clear()
        self._again = 0.0

    def _state(self) -> dict[str, Any]:
        told = self._told
        return {
            "plan": None
            if told is None
            else {
                "plan": told.plan.value,
                "source": told.source,
                "at": told.at.timestamp(),
                "expires": told.expires.timestamp() if told.expires else None,
            },
            "refused": [
                {"path": path, "interval": interval, "needs": held.error.needed_plan, "at": held.at}
                for (path, interval), held in self._refused.items()
            ],
        }


def last_told(folder: Path, key: ApiKey) -> KnownPlan | None:
    """
    The plan that CoinGlass told last for a key, None before. Nobody is asked, nothing is written.
    """
    file = key_file_if_there(folder, key, KIND)
    return None if file is None else _parsed(file, 0.0)[0]


def last_plan(folder: Path, key: ApiKey) -> Plan | None:
    told = last_told(folder, key)
    return None if told is None else told.plan


def _parsed(file: Path, now: float) -> tuple[KnownPlan | None, _Held]:
    """What a file holds; nothing where it is missing or broken."""
    try:
        state = json.loads(file.read_text(encoding="ascii"))
        told = None if state["plan"] is None else _told(state["plan"])
        refused = {
            (str(item["path"]), str(item["interval"])): _Refusal(_error(item), float(item["at"]))
            for item in state["refused"]
            if float(item["at"]) <= now + _AHEAD
        }
    except FileNotFoundError:
        return None, {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        logger.warning("What CoinGlass told, in %s, can't be read; asking again.", file.name)
        return None, {}
    return told, refused


def _told(state: dict[str, Any]) -> KnownPlan:
    expires = state["expires"]
    return KnownPlan(
        Plan(state["plan"]),
        str(state["source"]),
        from_seconds(state["at"]),
        None if expires is None else from_seconds(expires),
    )


def _error(item: dict[str, Any]) -> PlanError:
    needs = item["needs"]
    return PlanError(
        "CoinGlass: not in this plan (refused in the last 24 h).",
        needed_plan=None if needs is None else str(needs),
    )
