"""What a live feed has shown and not written yet."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from vectra_freqtrade.announcer import Announcer
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.live.timer import Timer

logger = logging.getLogger(__name__)

#: A disk that can't be written to is tried again after so many seconds.
_AGAIN: Final = 60.0

Item = TypeVar("Item")


class WriteThrough(Generic[Item]):
    """In order, one at a time; what could not be written for now is written later."""

    def __init__(self, write: Callable[[Item], object]) -> None:
        self._write = write
        self._waiting: deque[Item] = deque()
        self.usable = True

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, item: Item) -> None:
        if self.usable:
            self._waiting.append(item)

    @property
    def written(self) -> bool:
        """Whether all of it is in the store."""
        return self.usable and not self._waiting

    def give_up(self) -> None:
        """The file can't be used: it is left as it is."""
        self.usable = False
        self._waiting.clear()

    def flush(self) -> int:
        """
        :return: how many items were written
        :raises StoreError: once, where the file can't be used any more
        :raises OSError: where the disk is full, for now
        """
        count = 0
        while self._waiting:
            try:
                self._write(self._waiting[0])
            except StoreError:
                self.give_up()
                raise
            self._waiting.popleft()
            count += 1
        return count


class Writer:
    """Writes what is unsaved, one thread at a time; a disk that is full is one line and no loss."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._guard = threading.Lock()
        self._next = Timer()
        self._announcer = Announcer(logger)

    def flush(
        self, unsaved: Iterable[WriteThrough[Any]], now: float, *, last: bool = False
    ) -> None:
        """:param last: try even if the disk failed a moment ago"""
        with self._guard:
            if not (last or self._next.reached(now)):
                return
            for each in unsaved:
                try:
                    each.flush()
                except StoreError as error:
                    logger.error("%s Live data of it is kept in memory only.", error)
                except OSError as error:
                    self._failed(now, error, last=last)
                    return
            self._announcer.over(
                self._root, "CoinGlass data is written to %s again; nothing was lost.", self._root
            )

    def _failed(self, now: float, error: OSError, *, last: bool) -> None:
        self._next.set(now + _AGAIN, now)
        why = error.strerror or type(error).__name__
        if last:
            logger.error(
                "The newest CoinGlass data could not be written to %s before the end (%s). "
                "What has a history is fetched again by the next start or by download-data; "
                "recorded snapshots are lost.",
                self._root,
                why,
            )
            return
        self._announcer.say(
            self._root,
            "CoinGlass data can't be written to %s (%s). It is kept in memory and tried again "
            "every minute.",
            self._root,
            why,
            level=logging.ERROR,
        )
