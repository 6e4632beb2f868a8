"""What the feed says about itself: one line for a change of health, none for each try."""

import logging
import threading
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, PlainSerializer

from vectra_freqtrade.announcer import Announcer
from vectra_freqtrade.errors import (
    AuthError,
    ContractError,
    PlanError,
    SymbolError,
    UndecidedError,
    VectraError,
)
from vectra_freqtrade.files import atomic_write
from vectra_freqtrade.live.outage import SETTLE, Outage, Word
from vectra_freqtrade.live.timer import Timer
from vectra_freqtrade.times import from_seconds

logger = logging.getLogger(__name__)

_ERRORS: Final = 20
#: Where nothing changed it is written again after so many seconds: a sign of life.
_ALIVE: Final = 300.0
#: In place of a dataset, where the key itself is refused.
_KEY: Final = "the key"

_OFF: Final = (AuthError, PlanError, ContractError, SymbolError)
_AGAIN: Final = "It is asked for again from time to time."


def _moment(value: object) -> datetime | None:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


#: What is of another kind is None or "": other versions of the package write the file, too.
_Moment = Annotated[datetime | None, BeforeValidator(_moment), PlainSerializer(_iso)]
_Written = Annotated[datetime, BeforeValidator(_moment), PlainSerializer(_iso)]
_Words = Annotated[str, BeforeValidator(lambda value: str(value or ""))]


class SeriesHealth(BaseModel):
    """
    :param state: ok, waiting (due, not there yet), failing or off
    :param since: when that began
    :param last_row: open of the newest row
    :param reason: of a failure
    """

    state: _Words = ""
    since: _Moment = None
    last_row: Annotated[str | None, BeforeValidator(lambda value: value and str(value))] = None
    reason: _Words = ""


class Trouble(BaseModel):
    """An error: when, of which series, in words."""

    at: _Moment = None
    what: _Words = ""
    reason: _Words = ""


class BotHealth(BaseModel):
    """A bot's `health-*.json`, which its feed writes and `doctor` reads; errors oldest first."""

    written: _Written
    bot: Annotated[str, BeforeValidator(lambda value: str(value or "bot"))] = "bot"
    series: dict[str, SeriesHealth] = {}
    errors: list[Trouble] = []


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
        self._series: dict[str, SeriesHealth] = {}
        self._errors: deque[Trouble] = deque(maxlen=_ERRORS)
        self._announcer = Announcer(logger)
        self._outage = Outage()
        self._reason = ""
        #: What the plan lacks, by dataset and interval; another plan is one line, not one for each.
        self._gaps: dict[str, PlanError] = {}
        self._gaps_settled = Timer()
        self._unwritten = False
        self._alive = Timer()

    def ok(self, label: str, group: str, now: float, last_row: str | None = None) -> None:
        """
        :param label: of the series
        :param group: its dataset and interval
        :param now: seconds
        :param last_row: open of the newest row
        """
        with self._guard:
            before = self._set(label, "ok", now, "")
            self._series[label].last_row = last_row
            if self._gaps.pop(group, None) is not None:
                self._gaps_settled.set(now + SETTLE, now)
            if before == "off":
                self._say_back(label, group)

    def waiting(self, label: str, now: float) -> None:
        """It answered, and the row that is due is not there yet."""
        with self._guard:
            self._set(label, "waiting", now, "")

    def failed(self, label: str, group: str, now: float, error: VectraError) -> None:
        """:param error: by its class: failing, or off"""
        off = isinstance(error, _OFF)
        state = "off" if off else "failing"
        with self._guard:
            if self._set(label, state, now, str(error)) != state:
                self._errors.append(Trouble(at=from_seconds(now), what=label, reason=str(error)))
            if isinstance(error, PlanError):
                if group not in self._gaps:
                    self._gaps_settled.set(now + SETTLE, now)
                self._gaps[group] = error
            elif off and not isinstance(error, UndecidedError):  # said where it was measured
                self._say_off(label, group, error)

    def forget(self, labels: Iterable[str]) -> None:
        """Series that nobody asks for any more."""
        with self._guard:
            for label in labels:
                self._series.pop(label, None)

    def say(self, now: float) -> None:
        """What changed, in one line, once it has settled."""
        with self._guard:
            if self._gaps_settled.reached(now):
                self._say_gaps()
            self._say_outage(now)

    def write(self, now: float) -> None:
        """Keep it for other processes, if anything changed, and every few minutes anyway."""
        if self._file is None or not (self._unwritten or self._alive.reached(now)):
            return
        self._unwritten = False
        self._alive.set(now + _ALIVE, now)
        text = self.report(now).model_dump_json(indent=1)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(self._file, lambda path: path.write_text(text, encoding="utf-8"))
        except OSError as error:
            logger.debug("The feed's health could not be written: %s.", error.strerror)

    def report(self, now: float) -> BotHealth:
        """All of it, as it is now."""
        with self._guard:
            series = {label: held.model_copy() for label, held in sorted(self._series.items())}
            errors = list(self._errors)
        return BotHealth(written=from_seconds(now), bot=self._bot, series=series, errors=errors)

    def _set(self, label: str, state: str, now: float, reason: str) -> str | None:
        """What it was before."""
        held = self._series.get(label)
        before = None if held is None else held.state
        if held is not None and before == state:
            held.reason = reason
            return before
        last = None if held is None else held.last_row
        since = from_seconds(now)
        self._series[label] = SeriesHealth(state=state, since=since, last_row=last, reason=reason)
        self._unwritten = True
        if state == "failing":
            self._outage.failed(now)
        elif before == "failing":
            self._outage.recovered(now)
        return before

    def _say_off(self, label: str, group: str, error: VectraError) -> None:
        if isinstance(error, AuthError):
            self._announcer.say(
                _KEY,
                "CoinGlass does not accept the key any more: %s Its columns become empty at "
                "max_age; trading goes on. %s",
                error,
                _AGAIN,
            )
        elif isinstance(error, ContractError):
            self._announcer.say(group, "%s is off: CoinGlass sent %s. %s", label, error, _AGAIN)
        else:
            self._announcer.say(label, "%s is off: %s %s", label, error, _AGAIN)

    def _say_back(self, label: str, group: str) -> None:
        """One line for each that was said when it went off."""
        key, *rest = [self._announcer.over(off) for off in (_KEY, group, label)]
        if key:
            logger.info("CoinGlass accepts the key again.")
        elif any(rest):
            logger.info("%s is back.", label)

    def _say_gaps(self) -> None:
        new, over = self._announcer.changed("gaps", self._gaps)
        reasons: dict[str, list[str]] = {}
        for group in new:
            needed = self._gaps[group].needed_plan
            has = f" CoinGlass {needed.capitalize()} has it." if needed else ""
            reasons.setdefault(f"{self._gaps[group]}{has}", []).append(group)
        lacks = " ".join(
            f"{', '.join(groups)} {_are(groups)} off: {reason}"
            for reason, groups in reasons.items()
        )
        if lacks:
            logger.warning(
                "%s Trading goes on. What is off is asked for again from time to time, and as soon "
                "as the key has another plan.",
                lacks,
            )
        if over:
            logger.info("%s %s back.", ", ".join(over), _are(over))

    def _say_outage(self, now: float) -> None:
        failing = {label: each for label, each in self._series.items() if each.state == "failing"}
        if failing:
            label, first = next(iter(failing.items()))
            self._reason = f"{label}: {first.reason}"
        names = frozenset(label.split()[0] for label in failing)
        news = self._outage.look(names, now)
        if news is None:
            return
        if news.word is Word.WELL:
            minutes = (news.until - news.since) / 60
            logger.info("CoinGlass data %s, after %.0f minutes.", news.word, minutes)
            return
        logger.warning(
            "CoinGlass data %s since %s UTC: %s (%s). The columns keep their last values until "
            "max_age, then they are empty; trading goes on, and it is asked for again and again.",
            news.word,
            from_seconds(news.since).strftime("%H:%M:%S"),
            ", ".join(sorted(names)),
            self._reason,
        )


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
