"""Run the real command line programs one after another, and leave none of them behind."""

import logging
import shutil
import signal
import subprocess
import sysconfig
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from vectra_freqtrade.errors import VectraError

logger = logging.getLogger(__name__)

STOP_SECONDS = 30.0
TAIL_LINES = 25


class CommandFailed(VectraError):
    """Carries the end of the command's log."""


def executable(name: str) -> str:
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        raise CommandFailed(f"{name} is not installed in this environment")
    return found


def run_command(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    *,
    seconds: float | None = None,
) -> float:
    """Run one command; its tables go to the terminal, its log lines (stderr) to a file.

    :param seconds: ask it to stop after so long, for a bot that never ends by itself
    :return: seconds it took
    :raises CommandFailed: another status than 0, unless we stopped it
    """
    began = time.monotonic()
    with log.open("ab") as file:
        start = file.tell()
        process = subprocess.Popen(  # noqa: S603 our own commands
            [executable(command[0]), *command[1:]], env=dict(environment), stderr=file
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:  # a bot that is told to stop now reports 130
            status = 0
        finally:
            _end(process)
    if status != 0:
        with log.open("rb") as written:
            written.seek(start)
            lines = written.read().decode(errors="replace").splitlines()
        tail = "\n".join(lines[-TAIL_LINES:])
        raise CommandFailed(f"{' '.join(command)}\nended with status {status}:\n{tail}")
    return time.monotonic() - began


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def stop_on_sigterm() -> Iterator[None]:
    """Let SIGTERM unwind like Ctrl-C, so that servers and children end with us."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
