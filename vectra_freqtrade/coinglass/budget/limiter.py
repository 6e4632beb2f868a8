"""One limiter per key, shared by threads and, through a small file, by processes."""

import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from vectra_freqtrade.catalogue.plans import UNKNOWN_RATE
from vectra_freqtrade.coinglass.answers.envelope import header
from vectra_freqtrade.coinglass.budget.window import Window
from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.errors import RateLimitError
from vectra_freqtrade.files import SOON, Version, locked, replace_text, version_of

logger = logging.getLogger(__name__)

#: A wait is looked at again after so many seconds: another process may have learnt a higher rate,
#: and a machine that was suspended has waited without knowing.
_LOOK: Final = 2.0


class Limiter:
    """
    Gives out the slots of one key.

    :param clock: its `now` must be the same for all processes that share the file
    :param path: of `key_file`; None keeps the window in memory
    """

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        self._clock = clock
        self._path = path
        self._memory = Window(UNKNOWN_RATE)
        self._version: Version | None = None
        self._alone: float | None = None  # since when, seconds
        self._guard = threading.Lock()
        # One thread of a kind asks at a time, so that waiting threads don't all read the file.
        self._turns = {True: threading.Lock(), False: threading.Lock()}
        self._answers: list[tuple[int, float]] = []

    def acquire(self, *, live: bool = False, deadline: float | None = None) -> tuple[int, float]:
        """
        Wait for a slot.

        :param deadline: by the clock's `monotonic`, None to wait as long as it takes
        :return: the slot, and the seconds that were waited
        :raises RateLimitError: where no slot comes free before the deadline
        """
        start = self._clock.monotonic()
        with self._turn(live, deadline):
            while True:
                with self._window() as window:
                    slot, wait = window.take(self._clock.now(), live=live)
                now = self._clock.monotonic()
                if slot is not None:
                    return slot, now - start
                if deadline is not None and now + wait > deadline:
                    raise RateLimitError("The key's request budget is spent.", retry_after=wait)
                self._clock.sleep(min(max(wait, 0.001), _LOOK))

    def answered(self, slot: int, headers: Mapping[str, str]) -> None:
        """What an answer's headers say, of a refusal too; empty where none came."""
        now = self._clock.now()
        limit = _count(header(headers, "api-key-max-limit"))
        use = _count(header(headers, "api-key-use-limit"))
        if limit is None and use is None:
            with self._guard:  # kept until the next slot is taken: one write, not two
                self._answers.append((slot, now))
            return
        with self._window() as window:
            before = window.limit
            window.answer(slot, now)
            window.learn(slot, now, limit, use)
            if window.limit != before:
                logger.info("CoinGlass allows this key %d requests a minute.", window.limit)

    def refused(self, wait: float | None) -> None:
        """The server refused; it asked to wait so many seconds, None where it did not say."""
        with self._window() as window:
            window.refuse(self._clock.now(), wait)

    def assume(self, limit: int) -> None:
        """Requests per minute of the plan; a header comes before it."""
        with self._window() as window:
            if not window.told:
                window.limit = limit

    @property
    def limit(self) -> int:
        with self._window() as window:
            return window.limit

    @property
    def told(self) -> bool:
        with self._window() as window:
            return window.told

    @contextmanager
    def _turn(self, live: bool, deadline: float | None) -> Iterator[None]:
        turn = self._turns[live]
        while not turn.acquire(timeout=self._rest(deadline)):
            if not self._rest(deadline):
                raise RateLimitError("The key's request budget is spent, and others wait for it.")
        try:
            yield
        finally:
            turn.release()

    def _rest(self, deadline: float | None) -> float:
        """Seconds until then, at most those after which a wait is looked at again."""
        if deadline is None:
            return _LOOK
        return max(0.0, min(deadline - self._clock.monotonic(), _LOOK))

    @contextmanager
    def _window(self) -> Iterator[Window]:
        with self._guard, ExitStack() as held:
            path = self._path
            if path is None or not self._load(path, held):
                self._settle(self._memory)
                yield self._memory
                return
            self._settle(self._memory)
            self._version = None
            yield self._memory
            self._save(path)

    def _load(self, path: Path, held: ExitStack) -> bool:
        """
        Under the file's lock; False where the disk allows none: this process goes on by its own
        count.
        """
        # A process that hangs with the lock is waited for once; from then on one look is enough.
        patience = SOON if self._alone is None else 0.0
        try:
            held.enter_context(locked(path.with_name(f"{path.name}.lock"), patience, poll=0.002))
            if self._version is None or self._version != version_of(path):
                mine, self._memory = self._memory, self._read(path)  # another process wrote it
                if self._alone is not None:
                    self._memory.absorb(mine, self._alone)
        except OSError as error:
            self._go_alone(error)
            return False
        return True

    def _save(self, path: Path) -> None:
        try:
            replace_text(path, json.dumps(self._memory.state()))
            self._alone = None
        except OSError as error:
            self._go_alone(error)
        with suppress(OSError):
            self._version = version_of(path)

    def _go_alone(self, error: OSError) -> None:
        """Said once; a disk that is full must not stop what is asked, only what is shared."""
        if self._alone is None:
            self._alone = self._clock.now()
            logger.warning(
                "The request budget of this key can't be shared with other processes: %s.",
                error.strerror or type(error).__name__,
            )

    def _settle(self, window: Window) -> None:
        for slot, when in self._answers:
            window.answer(slot, when)
        self._answers.clear()

    def _read(self, path: Path) -> Window:
        try:
            return Window.of(json.loads(path.read_text(encoding="ascii")))
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError, OverflowError):
            logger.warning("The request budget in %s can't be read; starting afresh.", path.name)
        return Window(UNKNOWN_RATE)


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() and len(text) < 10 else None
