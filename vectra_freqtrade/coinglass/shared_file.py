"""A small file that processes share, and what it holds in memory where the disk fails."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from vectra_freqtrade.files import SOON, Version, locked, replace_text, version_of

logger = logging.getLogger(__name__)

State = TypeVar("State")

#: What could not be written is tried again after so many seconds.
_PAUSE: Final = 60.0
#: So many changes wait for the disk; the oldest is given up where that lasts.
_UNWRITTEN: Final = 1024


class SharedFile(Generic[State]):
    """
    Usable from several threads and processes; each sees what another one changed.

    :param file: only ever replaced; None keeps the state in memory
    :param parse: text → state, never changed in place; raises where it is broken
    :param dump: state → ASCII
    :param empty: the state where there is no file
    :param now: seconds
    :param what: is in it, for the log
    """

    def __init__(
        self,
        file: Path | None,
        parse: Callable[[str], State],
        dump: Callable[[State], str],
        empty: State,
        now: Callable[[], float],
        what: str,
    ) -> None:
        self._file = file
        self._parse = parse
        self._dump = dump
        self._now = now
        self._what = what
        self._state = empty
        self._version: Version | None = None
        self._unwritten: deque[Callable[[State], State]] = deque(maxlen=_UNWRITTEN)
        self._next_try = 0.0
        self._guard = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_guard": None, "_unwritten": deque(maxlen=_UNWRITTEN)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _guard=threading.Lock())

    def read(self) -> State:
        """As it is on disk now, with what could not be written yet; waits for no writer."""
        if self._file is not None and self._guard.acquire(blocking=False):
            try:
                if self._unwritten and not 0.0 <= self._next_try - self._now() <= _PAUSE:
                    self._write(self._file, 0.0)
                with suppress(OSError):
                    self._renew(self._file)
            finally:
                self._guard.release()
        return self._state

    def change(self, change: Callable[[State], State]) -> State:
        """
        Made in memory at once, and in the file as soon as it can be written.

        :param change: pure; made again on what another process wrote meanwhile
        :return: the state now
        """
        with self._guard:
            if self._file is not None:
                with suppress(OSError):
                    self._renew(self._file)
            before, self._state = self._state, change(self._state)
            if self._file is not None and self._state is not before:
                patience = 0.0 if self._unwritten else SOON
                self._unwritten.append(change)
                self._write(self._file, patience)
            return self._state

    def _renew(self, file: Path) -> None:
        version = version_of(file)
        if version == self._version:
            return
        self._version = version
        if version is None:
            return
        try:
            state = self._parse(file.read_text(encoding="utf-8"))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            logger.warning("%s, in %s, can't be read; it is made anew.", self._what, file.name)
            return
        for change in self._unwritten:
            state = change(state)
        self._state = state

    def _write(self, file: Path, patience: float) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with locked(file.with_name(f"{file.name}.lock"), patience):
                self._renew(file)
                replace_text(file, self._dump(self._state))
                self._version = version_of(file)
        except OSError as error:
            if not self._next_try:
                why = error.strerror or type(error).__name__
                logger.warning("%s can't be kept, for now: %s.", self._what, why)
            self._next_try = self._now() + _PAUSE
            return
        self._unwritten.clear()
        self._next_try = 0.0
