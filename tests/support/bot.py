"""A user_data folder and the real `freqtrade` executable run over it, offline."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.support import fork_server
from tests.support.fork_server import Forked

REPOSITORY = Path(__file__).parents[2]
SHIPPED_STRATEGIES = REPOSITORY / "user_data" / "strategies"

#: COLUMNS: as wide as any line of a log. freqtrade breaks longer ones, also within a word.
WIDE = "1000"
Process = Forked | subprocess.Popen[bytes]

#: freqtrade logs what a callback raised and goes on with another value, exit status 0.
SWALLOWED = ("Unexpected error", "Strategy caused the following exception", "Traceback")


def base_config(pairs: list[str], **changes: Any) -> dict[str, Any]:
    """
    :param pairs: the whitelist; a pair without a settle currency makes it a spot config
    :param changes: top-level keys to replace
    """
    futures = all(":" in pair for pair in pairs)
    return {
        "dry_run": True,
        "dry_run_wallet": 10000,
        "trading_mode": "futures" if futures else "spot",
        **({"margin_mode": "isolated"} if futures else {}),
        "stake_currency": "USDT",
        "stake_amount": 1000,
        "max_open_trades": len(pairs),
        "exchange": {"name": "binance", "key": "", "secret": "", "pair_whitelist": pairs},
        "pairlists": [{"method": "StaticPairList"}],
        "entry_pricing": {"price_side": "same", "use_order_book": True, "order_book_top": 1},
        "exit_pricing": {"price_side": "same", "use_order_book": True, "order_book_top": 1},
        **changes,
    }


@dataclass(frozen=True)
class Run:
    """
    :param output: standard output and error together
    :param cpu: user seconds; without what is imported, where it was forked
    """

    status: int
    output: str
    cpu: float


@dataclass
class Bot:
    """
    :param userdir: freqtrade's user_data
    :param config: written anew for each run
    :param overlay: what points freqtrade at the loopback exchange
    :param alone: start the executable, which takes three seconds more than a fork
    """

    userdir: Path
    config: dict[str, Any]
    overlay: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)
    alone: bool = False

    def __post_init__(self) -> None:
        (self.userdir / "strategies").mkdir(parents=True, exist_ok=True)
        for shipped in SHIPPED_STRATEGIES.glob("*.py"):
            if not (target := self.userdir / "strategies" / shipped.name).exists():
                shutil.copy(shipped, target)

    def strategy(self, name: str, code: str) -> None:
        """Write a strategy file."""
        (self.userdir / "strategies" / f"{name}.py").write_text(code)

    def run(self, command: str, *arguments: str, fails: bool = False, timeout: float = 300) -> Run:
        """
        :param command: of freqtrade
        :param fails: whether it must end with an error
        :return: what it printed; nothing in it may have been raised and swallowed
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with ended_after(timeout, self._start(command, arguments, out, err)) as running:
                before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
                status = running.wait()
                cpu = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
            output = text(out) + text(err)
        assert status != -signal.SIGKILL, f"not ready within {timeout:g} s:\n{output[-6000:]}"
        # freqtrade ends with status 0 after a ConfigurationError.
        failed = status != 0 or "Configuration error:" in output
        assert failed == fails, output[-6000:]
        _nothing_swallowed(output)
        return Run(status, output, running.cpu if isinstance(running, Forked) else cpu)

    def until(self, words: str, command: str, *arguments: str, timeout: float = 300) -> str:
        """
        Run a command that does not end by itself, and end it.

        :param words: printed when it has done what it was started for
        :param command: of freqtrade
        :return: what it printed until it was told to end; nothing in it may have been raised and
            swallowed. Later the signal interrupts freqtrade anywhere, and that is its own end
        """
        lines: list[str] = []
        said = False
        reading, writing = os.pipe()
        with os.fdopen(reading, errors="replace") as stream:
            with os.fdopen(writing) as out:
                started = self._start(command, arguments, out, out)
            with ended_after(timeout, started) as running:
                for line in stream:
                    if said:  # a second signal would meet freqtrade's exit
                        continue
                    lines.append(line)
                    if words in line:
                        said = True
                        running.send_signal(signal.SIGTERM)
                running.wait()
        output = "".join(lines)
        assert words in output, output[-6000:]
        _nothing_swallowed(output)
        return output

    def command(self, command: str, *arguments: str) -> list[str]:
        """As it is started, with its config files written."""
        executable = str(Path(sys.executable).parent / "freqtrade")
        return [executable, *self._words(command, arguments)]

    def _words(self, command: str, arguments: Sequence[str]) -> list[str]:
        files = {"config.json": self.config, "loopback.json": self.overlay}
        chosen = []
        for name, content in files.items():
            (self.userdir / name).write_text(json.dumps(content))
            chosen += ["-c", str(self.userdir / name)]
        return [command, "--userdir", str(self.userdir), *chosen, *arguments]

    def _start(self, command: str, arguments: Sequence[str], out: IO[Any], err: IO[Any]) -> Process:
        """As a fork of a process that has imported freqtrade, if that makes no difference."""
        environment = self.whole_environment
        if self.alone or fork_server.READ_AT_START & self.environment.keys():
            return subprocess.Popen(
                self.command(command, *arguments), stdout=out, stderr=err, env=environment
            )
        words = self._words(command, arguments)
        return fork_server.run(words, environment, out.fileno(), err.fileno())

    @property
    def whole_environment(self) -> dict[str, str]:
        return {**os.environ, "COLUMNS": WIDE, **self.environment}

    def backtest(self, strategy: str, *arguments: str) -> dict[str, Any]:
        """
        :return: freqtrade's result of the strategy: trades, exit_reason_summary, ...
        """
        self.run("backtesting", "--strategy", strategy, "--cache", "none", *arguments)
        return self.last_result()["strategy"][strategy]

    def last_result(self) -> dict[str, Any]:
        """:return: the newest backtest result, whole"""
        results = self.userdir / "backtest_results"
        archive = max(results.glob("*.zip"), key=lambda path: path.stat().st_mtime_ns)
        with zipfile.ZipFile(archive) as opened:
            name = f"{archive.stem}.json"
            return json.loads(opened.read(name))


@contextmanager
def ended_after(seconds: float, running: Process) -> Iterator[Process]:
    deadline = threading.Timer(seconds, running.kill)
    deadline.start()
    try:
        yield running
    finally:
        deadline.cancel()


def text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode(errors="replace")


def _nothing_swallowed(output: str) -> None:
    assert not [word for word in SWALLOWED if word in output], output[-6000:]
