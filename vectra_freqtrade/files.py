"""Files that processes share: locks that are never waited for without end, writes in one step."""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)

#: Seconds that a command waits for a lock. A writer holds one for a fraction of a second, so
#: whoever holds it for longer is suspended or hangs.
PATIENCE: Final = 60.0
#: Seconds that a bot waits for one: what it has goes on in memory and is written later.
SOON: Final = 1.0
#: A person who waits is told why after so many seconds.
_SAY: Final = 5.0

#: Ending of a file that is still being written.
TMP: Final = ".tmp"

#: Changes whenever a file is replaced.
Version = tuple[int, int, int]


class LockedError(TimeoutError):
    """Another process holds it. An OSError: who can go on without a disk can go on without it."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.ETIMEDOUT, f"another process holds the lock {path}", str(path))


@contextmanager
def locked(path: Path, timeout: float = PATIENCE, *, poll: float = 0.05) -> Iterator[None]:
    """
    Hold a lock that threads and processes share.

    :param path: of the lock file; its folder exists
    :param timeout: seconds to wait for it, 0 for one attempt
    :param poll: seconds between two attempts
    :raises LockedError: where another process holds it for longer
    :raises OSError: where the disk allows no lock
    """
    lock = FileLock(path, poll_interval=poll)
    first = min(timeout, _SAY)
    if not _taken(lock, first):
        if timeout <= first:
            raise LockedError(path)
        logger.warning("Waiting for another process, which holds %s.", path)
        if not _taken(lock, timeout - first):
            raise LockedError(path)
    try:
        yield
    finally:
        lock.release()


def _taken(lock: FileLock, timeout: float) -> bool:
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        return False
    return True


def version_of(path: Path) -> Version | None:
    """Changes whenever the file is replaced; None where there is none."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    # The inode too: two writes may fall into one tick of the clock.
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """
    :param path: the file to replace; its folder exists
    :param write: writes the whole content to the path it is given
    :raises OSError: naming the file, which is as it was
    """
    temporary = path.with_name(f".{path.name}{TMP}")
    try:
        write(temporary)
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        # A full disk gets its space back, and the one who reads of it learns where.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OSError(error.errno or 0, error.strerror or str(error), str(path)) from None


def replace_text(path: Path, text: str) -> None:
    """
    As `atomic_write`, under the file's lock, for ASCII that may be lost with the machine's power:
    it doesn't wait for the disk.
    """
    temporary = path.with_suffix(TMP)
    temporary.write_text(text, encoding="ascii")
    temporary.replace(path)
