"""Backtests as processes: what failed is told, nothing is swallowed, no process is left."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import pytest

from vectra_freqtrade.report.compare import runs
from vectra_freqtrade.report.compare.runs import Asked, Failed, Job, Ran, run_all

#: A backtest that says something and leaves a result, as freqtrade does.
RUN = """
import json, sys, zipfile
words = sys.argv[1:]
folder = words[words.index("--backtest-directory") + 1]
facts = {"trades": [], "pairlist": ["BTC/USDT:USDT"]}
with zipfile.ZipFile(f"{folder}/r.zip", "w") as archive:
    archive.writestr("r.json", json.dumps({"strategy": {"Mine": facts}}))
    archive.writestr("r_config.json", "{}")
"""
SAID = "2026-01-01 00:00:00,000 - vectra_freqtrade.data.missing - WARNING - No history of BTC"
OTHERS = "2026-01-01 00:00:00,000 - freqtrade.exchange - WARNING - Something of theirs"
RAISED = (
    "2026-01-01 00:00:00,000 - freqtrade.strategy - ERROR - Unexpected error 'cg_oi_1h' calling"
)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    folders = tmp_path / "runs", tmp_path / "overlays"
    for folder in folders:
        folder.mkdir()
    return Asked("Mine", ("own.json",), tmp_path, ("--timerange", "20260101-"), *folders)


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[list[str]]]:
    """What is run in place of freqtrade; the words of each process, and the processes."""

    def be(code: str) -> list[list[str]]:
        seen: list[list[str]] = []

        def started(words: Sequence[str], out: IO[bytes]) -> "subprocess.Popen[bytes]":
            seen.append(list(words))
            line = [sys.executable, "-c", code, *words]
            return subprocess.Popen(line, stdout=out, stderr=subprocess.STDOUT)

        monkeypatch.setattr(runs, "started", started)
        return seen

    return be


def quietly(text: str) -> None:
    pass


def test_a_run_has_the_users_config_then_ours_and_its_own_results_folder(asked, program):
    seen = program(RUN)
    found = run_all(asked, [Job("with CoinGlass", {"neutral": True}, ("--fee=0",))], quietly)
    assert isinstance(found["with CoinGlass"], Ran)
    [words] = seen
    configs = [words[at + 1] for at, word in enumerate(words) if word == "-c"]
    assert configs[0] == "own.json"
    assert json.loads(Path(configs[1]).read_text()) == {"coinglass": {"neutral": True}}
    assert words[words.index("--cache") + 1] == "none"
    results = Path(words[words.index("--backtest-directory") + 1])
    assert results.parent == asked.folder and words[-1] == "--fee=0"


def test_our_warnings_are_told_once_and_those_of_others_are_not(asked, program):
    program(RUN + f"print({SAID!r}); print({SAID!r}); print({OTHERS!r})")
    found = run_all(asked, [Job("a")], quietly)["a"]
    assert isinstance(found, Ran) and found.warnings == ("No history of BTC",)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (RUN + f"print({RAISED!r})", "cg_oi_1h"),
        ("print('x - y - ERROR - Impossible to load'); raise SystemExit(2)", "Impossible to load"),
        ("print('it ends'); raise SystemExit(0)", "it ends"),
        ("print('f - ERROR - No data found. Terminating.'); raise SystemExit(2)", "download-data"),
        ("raise SystemExit(1)", "it said nothing"),
    ],
    ids=["a callback raised", "an error", "no result", "no candles", "no word"],
)
def test_a_run_that_did_not_end_well_says_why(asked, program, code, why):
    """freqtrade goes on after a callback raised, with another value and exit status 0."""
    program(code)
    found = run_all(asked, [Job("a"), Job("b")], quietly)
    for each in found.values():
        assert isinstance(each, Failed) and why in each.why


def test_as_many_run_at_once_as_are_asked_for_and_it_is_said_which(asked, program):
    program("import time; time.sleep(0.5)\n" + RUN)
    said: list[str] = []
    jobs = [Job(name) for name in "abc"]
    assert set(run_all(asked, jobs, said.append, at_once=2, before=1, total=9)) == set("abc")
    assert said[0].startswith("Backtest 3 of 9: a (0 s), b (0 s)")


def test_whoever_stops_it_leaves_no_process(asked, monkeypatch):
    left: list[subprocess.Popen[bytes]] = []

    def started(words: Sequence[str], out: IO[bytes]) -> "subprocess.Popen[bytes]":
        left.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]))
        return left[-1]

    def stop(text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "started", started)
    with pytest.raises(KeyboardInterrupt):
        run_all(asked, [Job("a"), Job("b")], stop, at_once=2)
    assert len(left) == 2 and all(each.poll() is not None for each in left)
