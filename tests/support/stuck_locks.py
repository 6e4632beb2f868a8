"""Locks that a suspended process holds, without a process and without a wait."""

from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from vectra_freqtrade import files


class StuckLocks:
    """
    :param monkeypatch: puts this in filelock's place
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        #: Which of the lock files are held, by their names.
        self.held: Callable[[str], bool] = lambda name: True
        #: Names, and the seconds that each would have been waited for.
        self.waited: list[tuple[str, float]] = []
        monkeypatch.setattr(files, "FileLock", self._lock)

    def let_go(self) -> None:
        self.held = lambda name: False

    @property
    def seconds(self) -> float:
        """How long all of it would have taken."""
        return sum(timeout for _, timeout in self.waited)

    def _lock(self, path: Path, poll_interval: float) -> "_Lock":
        return _Lock(self, path, poll_interval)


class _Lock:
    def __init__(self, locks: StuckLocks, path: Path, poll_interval: float) -> None:
        self._locks, self._path = locks, path
        self._real = FileLock(path, poll_interval=poll_interval)

    def acquire(self, timeout: float) -> None:
        assert timeout >= 0, "without an end"
        if self._locks.held(self._path.name):
            self._locks.waited.append((self._path.name, timeout))
            raise Timeout(str(self._path))
        self._real.acquire(timeout)

    def release(self) -> None:
        self._real.release()
