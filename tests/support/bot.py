"""A user_data folder and the real `freqtrade` executable run over it, offline."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
SHIPPED_STRATEGIES = REPOSITORY / "user_data" / "strategies"

#: COLUMNS: as wide as any line of a log. freqtrade breaks longer ones, also within a word.
WIDE = "1000"
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
    """:param output: standard output and error together"""

    status: int
    output: str


@dataclass
class Bot:
    """
    :param userdir: freqtrade's user_data
    :param config: written anew for each run
    :param overlay: what points freqtrade at the loopback exchange
    """

    userdir: Path
    config: dict[str, Any]
    overlay: dict[str, Any]
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.userdir / "strategies").mkdir(parents=True, exist_ok=True)
        for shipped in SHIPPED_STRATEGIES.glob("*.py"):
            shutil.copy(shipped, self.userdir / "strategies")

    def strategy(self, name: str, code: str) -> None:
        """Write a strategy file."""
        (self.userdir / "strategies" / f"{name}.py").write_text(code)

    def run(self, command: str, *arguments: str, fails: bool = False, timeout: float = 300) -> Run:
        """
        :param command: of freqtrade
        :param fails: whether it must end with an error
        :return: what it printed; nothing in it may have been raised and swallowed
        """
        done = subprocess.run(
            self.command(command, *arguments),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=self.whole_environment,
        )
        output = done.stdout + done.stderr
        # freqtrade ends with status 0 after a ConfigurationError.
        failed = done.returncode != 0 or "Configuration error:" in output
        assert failed == fails, output[-6000:]
        _nothing_swallowed(output)
        return Run(done.returncode, output)

    def until(self, words: str, command: str, *arguments: str, timeout: float = 120) -> str:
        """
        Run a command that does not end by itself, and end it.

        :param words: printed when it has done what it was started for
        :param command: of freqtrade
        :return: what it printed; nothing in it may have been raised and swallowed
        """
        running = subprocess.Popen(
            self.command(command, *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.whole_environment,
        )
        deadline = threading.Timer(timeout, running.kill)
        deadline.start()
        lines: list[str] = []
        said = False
        assert running.stdout is not None
        with running.stdout as stream:
            for line in stream:
                lines.append(line)
                if words in line and not said:  # a second signal would meet freqtrade's exit
                    said = True
                    running.send_signal(signal.SIGTERM)
        running.wait()
        deadline.cancel()
        output = "".join(lines)
        assert words in output, output[-6000:]
        _nothing_swallowed(output)
        return output

    def command(self, command: str, *arguments: str) -> list[str]:
        """As it is started, with its config files written."""
        files = {"config.json": self.config, "loopback.json": self.overlay}
        chosen = []
        for name, content in files.items():
            (self.userdir / name).write_text(json.dumps(content))
            chosen += ["-c", str(self.userdir / name)]
        executable = str(Path(sys.executable).parent / "freqtrade")
        return [executable, command, "--userdir", str(self.userdir), *chosen, *arguments]

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


def _nothing_swallowed(output: str) -> None:
    assert not [word for word in SWALLOWED if word in output], output[-6000:]
