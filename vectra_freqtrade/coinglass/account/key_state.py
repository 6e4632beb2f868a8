"""
What CoinGlass told about a key: its plan, and what it refused in the last day.

Kept in a small file beside the key's request budget, so that a download, `record`, a bot and `plan`
know it from each other, and so that a backtest, which asks nobody, can tell a key without a plan.
Losing the file costs a few requests, nothing else.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.account.key_files import key_file_if_there
from vectra_freqtrade.coinglass.shared_file import SharedFile
from vectra_freqtrade.errors import PlanError
from vectra_freqtrade.times import from_seconds

#: Of the file's name.
KIND: Final = "told"
_DAY: Final = 86_400.0
#: A refusal dated later than this after now was noted by a clock that has been put right since.
_AHEAD: Final = 120.0


@dataclass(frozen=True, slots=True)
class KnownPlan:
    """The plan that CoinGlass told last; `source` as in `PlanStatus`."""

    plan: Plan
    source: str
    at: datetime
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Refusal:
    path: str
    interval: str
    needs: str | None
    at: float


@dataclass(frozen=True, slots=True)
class _Told:
    """As the file has it."""

    plan: KnownPlan | None
    refused: tuple[_Refusal, ...]

    def without(self, path: str, interval: str, now: float) -> "_Told":
        """Without a refusal, and without those of other days."""
        kept = [
            each
            for each in self.refused
            if (each.path, each.interval) != (path, interval) and _holds(each, now)
        ]
        return replace(self, refused=tuple(kept))


_NOTHING: Final = _Told(None, ())
_FILE: Final = TypeAdapter(_Told)


class KeyState:
    """Usable from several threads; through the file, from several processes."""

    def __init__(self, now: Callable[[], float], file: Path | None = None) -> None:
        self._now = now
        self._file = SharedFile(
            file, _FILE.validate_json, _dumped, _NOTHING, now, "What CoinGlass told"
        )

    def add(self, path: str, interval: str, error: PlanError) -> None:
        """An endpoint was refused; "" for the interval where it has none."""
        refusal = _Refusal(path, interval, error.needed_plan, self._now())

        def change(told: _Told) -> _Told:
            others = told.without(path, interval, refusal.at)
            return replace(others, refused=(*others.refused, refusal))

        self._file.change(change)

    def get(self, path: str, interval: str) -> PlanError | None:
        """The refusal of the last day, if there was one."""
        for each in self._file.read().refused:
            if (each.path, each.interval) == (path, interval) and _holds(each, self._now()):
                text = "CoinGlass: not in this plan (refused in the last 24 h)."
                return PlanError(text, needed_plan=each.needs)
        return None

    def forget(self, path: str, interval: str) -> None:
        """It was answered after all."""
        if self.get(path, interval) is not None:
            now = self._now()
            self._file.change(lambda told: told.without(path, interval, now))

    def tell(self, plan: Plan, source: str, expires: datetime | None = None) -> None:
        """CoinGlass told the key's plan. What was refused under another one is forgotten."""
        known = KnownPlan(plan, source, from_seconds(self._now()), expires)

        def change(told: _Told) -> _Told:
            same = told.plan is None or told.plan.plan is plan
            return _Told(known, told.refused if same else ())

        self._file.change(change)

    @property
    def told(self) -> KnownPlan | None:
        return self._file.read().plan


def last_told(folder: Path, key: ApiKey) -> KnownPlan | None:
    """The plan that CoinGlass told last for a key. Nobody is asked, nothing is written."""
    file = key_file_if_there(folder, key, KIND)
    return None if file is None else KeyState(lambda: 0.0, file).told


def last_plan(folder: Path, key: ApiKey) -> Plan | None:
    told = last_told(folder, key)
    return None if told is None else told.plan


def _holds(refusal: _Refusal, now: float) -> bool:
    return refusal.at - _AHEAD <= now < refusal.at + _DAY


def _dumped(told: _Told) -> str:
    return json.dumps(asdict(told), default=datetime.timestamp)
