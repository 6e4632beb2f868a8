"""Log lines that are worth one line, not one for each try."""

import logging
import threading
from collections.abc import Hashable, Iterable
from typing import Any, Final

_NEVER: Final = object()


class Announcer:
    """
    Says a thing once, again when it has changed, and once when it is over. For several threads.

    :param logger: of the module that speaks
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._guard = threading.Lock()
        self._said: dict[Hashable, Hashable] = {}
        self._sets: dict[str, frozenset[str]] = {}

    def say(
        self,
        key: Hashable,
        message: str,
        *args: object,
        what: Hashable = None,
        level: int = logging.WARNING,
    ) -> bool:
        """
        :param key: of the thing
        :param message: with its arguments, as `logging` takes them
        :param what: how it stands; the thing is said again where this is another than before
        :return: whether it was said
        """
        with self._guard:
            if self._said.get(key, _NEVER) == what:
                return False
            self._said[key] = what
        self._logger.log(level, message, *args)
        return True

    def over(self, key: Hashable, message: str = "", *args: object) -> bool:
        """
        :param key: of a thing that is over; where it was said, so is this, at level INFO
        :param message: "" for nothing to say
        :return: whether it had been said
        """
        with self._guard:
            known = self._said.pop(key, _NEVER) is not _NEVER
        if known and message:
            self._logger.info(message, *args)
        return known

    def changed(self, kind: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """
        For a line about several things; who asks says it.

        :param names: all of a kind that are so now
        :return: those that are new, those that are over; sorted
        """
        now = frozenset(names)
        with self._guard:
            before = self._sets.get(kind, frozenset())
            self._sets[kind] = now
        return sorted(now - before), sorted(before - now)

    def __getstate__(self) -> dict[str, Any]:
        """Without the lock, for hyperopt's workers."""
        return {name: held for name, held in self.__dict__.items() if name != "_guard"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state | {"_guard": threading.Lock()}
