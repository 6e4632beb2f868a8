"""A lock is never waited for without end, and whoever waits is told for whom."""

import errno
import logging
from pathlib import Path

import pytest
from filelock import Timeout

from vectra_freqtrade import files
from vectra_freqtrade.files import LockedError, atomic_write, locked, replace_text, version_of


class Held:
    """In place of FileLock: another process holds it for so many seconds. Nothing waits."""

    seconds = 0.0
    waited = 0.0
    released = 0

    def __init__(self, path: Path, poll_interval: float) -> None:
        assert poll_interval > 0

    def acquire(self, timeout: float) -> None:
        left = type(self).seconds - type(self).waited
        type(self).waited += min(timeout, left)
        if left > timeout:
            raise Timeout("the lock")

    def release(self) -> None:
        type(self).released += 1


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> type[Held]:
    kind = type("Held", (Held,), {})
    monkeypatch.setattr(files, "FileLock", kind)
    return kind


def test_a_lock_that_is_free_is_taken_and_given_back_whatever_happens(tmp_path):
    path = tmp_path / "a.lock"
    with pytest.raises(ValueError, match="ours"), locked(path):
        with pytest.raises(LockedError), locked(path, 0.0):
            pass
        raise ValueError("ours")
    with locked(path, 0.0):
        pass


def test_whoever_waits_longer_than_a_moment_is_told_once_for_whom(held, caplog, tmp_path):
    held.seconds = 30.0
    with locked(tmp_path / "a.lock"):
        pass
    assert held.waited == 30.0
    assert held.released == 1
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == f"Waiting for another process, which holds {tmp_path / 'a.lock'}."


def test_a_short_wait_is_no_line(held, caplog, tmp_path):
    held.seconds = 4.0
    with locked(tmp_path / "a.lock"):
        pass
    assert not caplog.records


@pytest.mark.parametrize(("timeout", "lines"), [(0.0, 0), (1.0, 0), (5.0, 0), (60.0, 1)])
def test_a_wait_ends_in_an_error_of_the_disk_that_names_the_lock(
    held, caplog, tmp_path, timeout, lines
):
    held.seconds = 1e9
    path = tmp_path / "a.lock"
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(OSError, match="another process holds") as caught,
        locked(path, timeout),
    ):
        raise AssertionError("nobody gets here")
    assert held.waited == timeout
    assert held.released == 0
    assert caught.value.filename == str(path)
    assert str(path) in (caught.value.strerror or "")
    assert len(caplog.records) == lines


def test_a_version_changes_with_each_write_and_hides_no_trouble(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    assert version_of(path) is None
    seen = set()
    for _ in range(3):
        replace_text(path, "same")
        seen.add(version_of(path))
    atomic_write(path, lambda target: target.write_text("same"))
    seen.add(version_of(path))
    assert len(seen) == 4
    with pytest.raises(NotADirectoryError):
        version_of(path / "below a file")

    def denied(self: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "stat", denied)
    with pytest.raises(PermissionError):
        version_of(path)


def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("before")

    def full(target: Path) -> None:
        target.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        atomic_write(path, full)
    assert caught.value.filename == str(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
