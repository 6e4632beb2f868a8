"""What the feed says about itself: one line for a change of health, none for each try."""

import json
import logging
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vectra_freqtrade.errors import (
    AuthError,
    ContractError,
    PlanError,
    SymbolError,
    UndecidedError,
    VectraError,
)
from vectra_freqtrade.files import atomic_write
from vectra_freqtrade.live.lacking import PlanGaps
from vectra_freqtrade.live.outage import Outage, Word
from vectra_freqtrade.live.timer import Timer
from vectra_freqtrade.times import from_seconds

logger = logging.getLogger(__name__)

_ERRORS: Final = 20
#: Where nothing changed it is written again after so many seconds: a sign of life.
_ALIVE: Final = 300.0

#: In place of a dataset, where the key itself is refused.
_KEY: Final = "the key"
_OFF: Final = (AuthError, PlanError, ContractError, SymbolError)


@dataclass(slots=True)
class _State:
    """
    :param state: ok, waiting (due, not there yet), failing or off
    :param since: seconds
    :param reason: of a failure
    """

    state: str
    since: float
    reason: str = ""
    last_row: str | None = None


class Health:
    """
    Told by all threads of the feed, read by `doctor`.

    :param file: where it is kept for other processes, None for nowhere
    :param bot: its name
    """

    def __init__(self, file: Path | None = None, bot: str = "") -> None:
        self._file = file
        self._bot = bot
        self._guard = threading.Lock()
        self._series: dict[str, _State] = {}
        self._errors: deque[dict[str, str]] = deque(maxlen=_ERRORS)
        self._said_off: set[str] = set()
        self._outage = Outage()
        self._reason = ""
        self._plan_gaps = PlanGaps()
        self._unwritten = False
        self._alive = Timer()

    def ok(self, label: str, dataset: str, now: float, last_row: str | None = None) -> None:
        """
        :param label: of the series
        :param dataset: its name
        :param now: seconds
        :param last_row: open of the newest row
        """
        with self._guard:
            self._set(label, dataset, "ok", now, "")
            self._plan_gaps.had(dataset, now)
            self._series[label].last_row = last_row

    def waiting(self, label: str, dataset: str, now: float) -> None:
        """It answered, and the row that is due is not there yet."""
        with self._guard:
            self._set(label, dataset, "waiting", now, "")

    def failed(self, label: str, dataset: str, now: float, error: VectraError) -> None:
        """
        :param error: by its class: failing, or off
        """
        off = isinstance(error, _OFF)
        with self._guard:
            if self._set(label, dataset, "off" if off else "failing", now, str(error)):
                when = from_seconds(now).isoformat(timespec="seconds")
                self._errors.append({"at": when, "what": label, "reason": str(error)})
            if isinstance(error, PlanError):
                self._plan_gaps.refused(dataset, error, now)
            elif off and not isinstance(error, UndecidedError):  # said where it was measured
                self._say_off(label, dataset, error)

    def forget(self, labels: Iterable[str]) -> None:
        """Series that nobody asks for any more."""
        with self._guard:
            for label in labels:
                self._series.pop(label, None)

    def say(self, now: float) -> None:
        """
        What changed, in one line, once it has settled.

        :param now: seconds
        """
        with self._guard:
            lacks, again = self._plan_gaps.look(now)
            failing = self._failing()
            if failing:
                label, state = next(iter(failing.items()))
                self._reason = f"{label}: {state.reason}"
            news = self._outage.look(frozenset(name.split()[0] for name in failing), now)
        if lacks:
            logger.warning(
                "%s Trading goes on. What is off is asked for again from time to time, and as soon "
                "as the key has another plan.",
                lacks,
            )
        if again:
            logger.info("%s", again)
        if news is None:
            return
        if news.word is Word.WELL:
            minutes = (news.until - news.since) / 60
            logger.info("CoinGlass data comes again, after %.0f minutes.", minutes)
            return
        goes = "can't be had" if news.word is Word.DOWN else "comes and goes"
        logger.warning(
            "CoinGlass data %s since %s UTC: %s (%s). The columns keep their last values until "
            "max_age, then they are empty; trading goes on, and it is asked for again and again.",
            goes,
            from_seconds(news.since).strftime("%H:%M:%S"),
            ", ".join(sorted(news.names)),
            self._reason,
        )

    def write(self, now: float) -> None:
        """
        Keep it for other processes, if anything changed, and every few minutes anyway.

        :param now: seconds
        """
        if self._file is None or not (self._unwritten or self._alive.reached(now)):
            return
        self._unwritten = False
        self._alive.set(now + _ALIVE, now)
        text = json.dumps(self.state(now), indent=1)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(self._file, lambda path: path.write_text(text, encoding="utf-8"))
        except OSError as error:
            logger.debug("The feed's health could not be written: %s.", error.strerror)

    def state(self, now: float) -> dict[str, Any]:
        """All of it, ready for json."""

        def when(seconds: float) -> str:
            return from_seconds(seconds).isoformat(timespec="seconds")

        with self._guard:
            series = {
                label: {
                    "state": held.state,
                    "since": when(held.since),
                    "last_row": held.last_row,
                    "reason": held.reason,
                }
                for label, held in sorted(self._series.items())
            }
            errors = list(self._errors)
        return {"written": when(now), "bot": self._bot, "series": series, "errors": errors}

    def _failing(self) -> dict[str, _State]:
        return {label: held for label, held in self._series.items() if held.state == "failing"}

    def _set(self, label: str, dataset: str, state: str, now: float, reason: str) -> bool:
        held = self._series.get(label)
        if held is not None and held.state == state:
            held.reason = reason
            return False
        last = held.last_row if held is not None else None
        self._series[label] = _State(state, now, reason, last)
        self._unwritten = True
        if state == "failing":
            self._outage.failed(now)
        elif held is not None and held.state == "failing":
            self._outage.recovered(now)
        if state == "ok" and held is not None and held.state == "off":
            self._say_on(label, dataset)
        return True

    def _say_on(self, label: str, dataset: str) -> None:
        """One line for each that was said when it went off."""
        back = self._said_off & {dataset, label, _KEY}
        self._said_off -= back
        if _KEY in back:
            logger.info("CoinGlass accepts the key again.")
        elif back:
            logger.info("%s comes again.", label)

    def _say_off(self, label: str, dataset: str, error: VectraError) -> None:
        key = label if isinstance(error, SymbolError) else dataset
        if isinstance(error, AuthError):
            key = _KEY
        if key in self._said_off:
            return
        self._said_off.add(key)
        again = "It is asked for again from time to time."
        if isinstance(error, AuthError):
            logger.warning(
                "CoinGlass does not accept the key any more: %s Its columns become empty at "
                "max_age; trading goes on. %s",
                error,
                again,
            )
        elif isinstance(error, ContractError):
            logger.warning("%s is off: CoinGlass sent %s. %s", label, error, again)
        else:
            logger.warning("%s is off: %s %s", label, error, again)
