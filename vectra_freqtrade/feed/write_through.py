"""What a live feed has shown and not written yet."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from vectra_freqtrade.errors import StoreError

Item = TypeVar("Item")


class WriteThrough(Generic[Item]):
    """
    In order, one at a time; what could not be written for now is written later.

    :param write: one item to the store
    """

    def __init__(self, write: Callable[[Item], object]) -> None:
        self._write = write
        self._waiting: deque[Item] = deque()
        self._usable = True

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, item: Item) -> None:
        """
        :param item: to be written at the next flush
        """
        if self._usable:
            self._waiting.append(item)

    def give_up(self) -> None:
        """The file can't be used: it is left as it is."""
        self._usable = False
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
