"""Backtests of the real `freqtrade backtesting`, each a process, with the user's own config."""

import json
import os
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.report.backtest.results import BacktestResult, read_result

#: freqtrade logs what a callback raised and goes on with another value, exit status 0.
_FAILURES: Final = (
    "Traceback",
    "Configuration error:",
    "Unexpected error",
    "Strategy caused the following exception",
)
_NO_CANDLES: Final = (
    "there are no candles of these pairs at this time. Fetch them with: freqtrade download-data."
)
#: Seconds between two looks at the processes, and between two words about them.
_LOOK, _SAY = 0.2, 3.0
_PATIENCE = 10.0
#: freqtrade breaks longer lines, also within a word.
_WIDE = "1000"


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What every run is made with, unchanged.

    :param strategy: its name
    :param configs: freqtrade's config files, later ones over earlier ones
    :param userdir: freqtrade's user_data
    :param options: of `freqtrade backtesting`: --timerange, --strategy-path, ...
    :param folder: results and logs are kept below it
    :param overlays: folder for config files that go when the command ends
    """

    strategy: str
    configs: tuple[str, ...]
    userdir: Path
    options: tuple[str, ...]
    folder: Path
    overlays: Path


@dataclass(frozen=True, slots=True)
class Job:
    """
    :param name: as a person reads it, different for each run
    :param section: what differs in the `coinglass` section
    :param options: more of `freqtrade backtesting`
    """

    name: str
    section: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """For a file."""
        return "".join(c if c.isalnum() else "-" for c in self.name.lower())


@dataclass(frozen=True, slots=True)
class Failed:
    """:param why: what freqtrade said last, one line"""

    why: str


@dataclass(frozen=True, slots=True)
class Ran:
    """
    :param result: freqtrade's
    :param warnings: of ours, each once
    """

    result: BacktestResult
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Running:
    job: Job
    process: "subprocess.Popen[bytes]"
    log: Path
    since: float


def run_all(
    asked: Asked,
    jobs: Sequence[Job],
    say: Callable[[str], None],
    *,
    at_once: int = 1,
    before: int = 0,
    total: int | None = None,
) -> dict[str, Ran | Failed]:
    """
    :param asked: the same for all
    :param jobs: what differs
    :param say: told every few seconds which runs are on, and how long
    :param at_once: how many processes
    :param before: runs that were made already, for what is said
    :param total: runs there will be in the end, for what is said
    :return: name of the job -> its result
    """
    waiting, running, done = list(jobs), list[_Running](), dict[str, Ran | Failed]()
    total, said = total or len(jobs), 0.0
    with _ended(running):
        while waiting or running:
            while waiting and len(running) < at_once:
                running.append(_start(asked, waiting.pop(0)))
                said = 0.0
            if time.monotonic() - said >= _SAY:
                said = time.monotonic()
                on = ", ".join(f"{each.job.name} ({said - each.since:.0f} s)" for each in running)
                number = min(before + len(done) + len(running), total)
                say(f"Backtest {number} of {total}: {on}")
            time.sleep(_LOOK)
            for each in [each for each in running if each.process.poll() is not None]:
                running.remove(each)
                done[each.job.name] = _finished(asked, each)
    return done


def _start(asked: Asked, job: Job) -> _Running:
    results = asked.folder / job.slug
    results.mkdir(parents=True, exist_ok=True)
    overlay, log = asked.overlays / f"{job.slug}.json", asked.folder / f"{job.slug}.log"
    overlay.write_text(json.dumps({"coinglass": dict(job.section)}), encoding="utf-8")
    words = [
        *("backtesting", "--strategy", asked.strategy, "--userdir", str(asked.userdir)),
        *asked.options,
        *(word for path in asked.configs for word in ("-c", path)),
        *("-c", str(overlay), "--cache", "none", "--export", "trades"),
        *("--backtest-directory", str(results), *job.options),
    ]
    with log.open("wb") as out:
        return _Running(job, started(words, out), log, time.monotonic())


def started(words: Sequence[str], out: IO[bytes]) -> "subprocess.Popen[bytes]":
    """
    :param words: of `freqtrade`
    :param out: gets whatever it says
    """
    program = shutil.which("freqtrade", path=sysconfig.get_path("scripts")) or "freqtrade"
    return subprocess.Popen(  # noqa: S603 - freqtrade's own command
        [program, *words],
        stdout=out,
        stderr=subprocess.STDOUT,
        env={**os.environ, "COLUMNS": _WIDE},
    )


def _finished(asked: Asked, ended: _Running) -> Ran | Failed:
    output = ended.log.read_text(encoding="utf-8", errors="replace")
    archives = sorted((asked.folder / ended.job.slug).glob("*.zip"))
    if ended.process.returncode or not archives or any(word in output for word in _FAILURES):
        return Failed(_reason(output))
    try:
        result = read_result(archives[-1], asked.strategy)
    except SettingsError as error:
        return Failed(str(error))
    return Ran(result, tuple(dict.fromkeys(_our_warnings(output))))


@contextmanager
def _ended(running: list[_Running]) -> Iterator[None]:
    """Whatever happens, no process is left."""
    try:
        yield
    finally:
        for each in running:
            each.process.terminate()
        for each in running:
            try:
                each.process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                each.process.kill()
                each.process.wait()


def _our_warnings(output: str) -> Iterator[str]:
    for line in output.splitlines():
        name, found, text = line.partition(" - WARNING - ")
        if found and " - vectra_freqtrade." in name:
            yield text.strip()


def _reason(output: str) -> str:
    """What freqtrade said last, without a traceback."""
    lines = [line.strip() for line in output.splitlines() if line.strip(" ^~\n")]
    errors = [line.rpartition(" - ")[2] for line in lines if " - ERROR - " in line]
    said = (errors or lines or ["it said nothing"])[-1]
    return _NO_CANDLES if said.startswith("No data found") else said
