"""A real `freqtrade trade --dry-run` whose time runs as fast as an accelerated clock."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.bot import WIDE, Bot
from vectra_freqtrade.simulator.clock import AcceleratedClock

#: Of whoever runs the tests: no bot of a test may have them.
_OWN: Final = ("COINGLASS_API_KEY", "COINGLASS_BASE_URL")


def faketime() -> Path:
    """The library that makes a process' clock run faster; from PyPI, Linux only."""
    spec = find_spec("libfaketime")
    if spec is None or spec.origin is None or sys.platform != "linux":
        pytest.skip("needs the package libfaketime, which is for Linux")
    return Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"


def preloaded() -> dict[str, str]:
    """Variables of a process whose date is another, and whose waits are the machine's own."""
    return {
        "LD_PRELOAD": str(faketime()),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # or a wait on a lock may never end
        # Python's own for the GIL. What is left to the library ends at once: it takes the fake time
        # from the machine's, and threads that wait for each other spin.
        "FAKETIME_WAIT_MS": "5",
    }


class BotTime:
    """
    A bot's clock: it runs with the market's, but it may be wrong.

    Only what asks for the date is faster. Waits are the machine's own, so a pause of 30 s is 30 s.

    :param clock: the market's
    :param off: seconds it is ahead of the market's
    """

    def __init__(self, clock: AcceleratedClock, off: float = 0.0) -> None:
        self._speed, self._off = clock.speed, off
        # What the process adds to the machine's time when it starts; both run from there.
        self._ahead = clock.now() - time.time()

    @property
    def rate(self) -> str:
        return f"{self._ahead + self._off:+.3f} x{self._speed:g}"

    @property
    def environment(self) -> dict[str, str]:
        """For a process that starts now."""
        return preloaded() | {"FAKETIME": self.rate}


class MovableBotTime(BotTime):
    """
    One that can be moved while the process runs.

    :param file: the process reads it
    """

    def __init__(self, clock: AcceleratedClock, file: Path, off: float = 0.0) -> None:
        super().__init__(clock, off)
        self._file = file
        self._write()

    @property
    def environment(self) -> dict[str, str]:
        named = {"FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_CACHE_DURATION": "1"}
        environment = super().environment | named
        del environment["FAKETIME"]  # it would come before the file
        return environment

    def advance(self, seconds: float) -> None:
        """
        :param seconds: it jumps so far
        """
        self._ahead += seconds
        self._write()

    def _write(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(self.rate)
        new.replace(self._file)


def start(
    bot: Bot,
    strategy: str,
    environment: Mapping[str, str],
    *more: str,
    **streams: Any,
) -> "subprocess.Popen[Any]":
    """
    :param bot: its config is written, and it is started
    :param strategy: name of its class
    :param environment: of its time, and what else is new in it
    :param more: options of `freqtrade trade`
    :param streams: as of Popen
    """
    chosen = []
    for name, content in (("config", bot.config), ("loopback", bot.overlay)):
        path = bot.userdir / f"{name}.json"
        path.write_text(json.dumps(content))
        chosen += ["-c", str(path)]
    plain = {name: value for name, value in os.environ.items() if name not in _OWN}
    plain["COLUMNS"] = WIDE
    return subprocess.Popen(
        [
            *(str(Path(sys.executable).parent / "freqtrade"), "trade", "--dry-run"),
            *("--userdir", str(bot.userdir), *chosen, "--strategy", strategy),
            *("--db-url", f"sqlite:///{bot.userdir / 'trades.sqlite'}", *more),
        ],
        stderr=subprocess.STDOUT,
        env={**plain, **environment},
        **streams,
    )
