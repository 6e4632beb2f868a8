"""The four backtests of the trade study, each a run of the real `freqtrade backtesting`."""

import json
import logging
import shutil
import subprocess
import sysconfig
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vectra_freqtrade.errors import VectraError
from vectra_freqtrade.report.evidence.trades import HELD_BACK, KEPT, LIFTED, RUNS, trade_table

logger = logging.getLogger(__name__)

GATE_KEY = "vectra_evidence_gate"

#: What makes the exits CoinGlass's; without them the same phases are a plain ATR trail.
PLAIN_EXITS = {"levels": False, "whales": False, "funding": False, "early_exit": False}

STRATEGY = "EvidenceStrategy"
#: The gate is the shipped strategy's own: what it enters, and nothing said here a second time.
_CODE = f"""
from VectraStrategy import BASE_CONFIDENCE, PER_CONFLUENCE, VectraStrategy


class {STRATEGY}(VectraStrategy):
    def populate_entry_trend(self, dataframe, metadata):
        dataframe = super().populate_entry_trend(dataframe, metadata)
        bar = self.coinglass.settings.min_confidence + self.bar_shift.value
        gate = self.config["{GATE_KEY}"]
        dataframe["enter_tag"] = ""
        for side in ("long", "short"):
            passed = dataframe[f"enter_{{side}}"] == 1
            own = BASE_CONFIDENCE + PER_CONFLUENCE * self._confluences(dataframe, side)
            alone = self._cross(dataframe, side) & (own >= bar) & (dataframe["volume"] > 0)
            enter = passed if gate else alone
            dataframe[f"enter_{{side}}"] = enter.astype(int)
            for tag, where in (
                ("{KEPT}", alone & passed),
                ("{HELD_BACK}", alone & ~passed),
                ("{LIFTED}", ~alone & passed),
            ):
                dataframe.loc[enter & where, "enter_tag"] = tag
        return dataframe

    def leverage(self, *args, **kwargs):
        return 1.0
"""

_FAILURES = ("Traceback", "Configuration error:", "Unexpected error")


class BacktestFailed(VectraError):
    """freqtrade did not end well; carries what it said last."""


def run_backtests(
    configs: Sequence[Path], userdir: Path, strategies: Path, options: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Run of RUNS -> its trades; BacktestFailed for a run that did not end well."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_strategy(strategies, folder)
        for run, (gate, exits) in RUNS.items():
            overlay = folder / "run.json"
            trailing = {} if exits else PLAIN_EXITS
            overlay.write_text(
                json.dumps({GATE_KEY: gate, "coinglass": {"trailing": trailing}}), encoding="utf-8"
            )
            logger.info("Backtest: %s.", run)
            found[run] = _backtest([*configs, overlay], userdir, folder, options)
    return found


def write_strategy(strategies: Path, folder: Path) -> None:
    """Put the shipped VectraStrategy, and the study's strategy made of it, into a folder."""
    shutil.copy(strategies / "VectraStrategy.py", folder)
    (folder / f"{STRATEGY}.py").write_text(_CODE, encoding="utf-8")


def _backtest(
    configs: Sequence[Path], userdir: Path, folder: Path, options: Sequence[str]
) -> pd.DataFrame:
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    program = shutil.which("freqtrade", path=sysconfig.get_path("scripts")) or "freqtrade"
    done = subprocess.run(  # noqa: S603 - freqtrade's own command
        [
            *(program, "backtesting", "--userdir", str(userdir)),
            *(word for path in configs for word in ("-c", str(path))),
            *("--strategy", STRATEGY, "--strategy-path", str(folder), "--cache", "none"),
            *("--backtest-directory", str(results), *options),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    archives = list(results.glob("*.zip"))
    if done.returncode or not archives or any(word in output for word in _FAILURES):
        raise BacktestFailed(f"freqtrade backtesting failed: {_reason(output)}")
    with zipfile.ZipFile(archives[0]) as opened:
        result: dict[str, Any] = json.loads(opened.read(f"{archives[0].stem}.json"))
    return trade_table(result["strategy"][STRATEGY]["trades"])


def _reason(output: str) -> str:
    """What freqtrade said last, without a traceback."""
    lines = [line.strip() for line in output.splitlines() if line.strip(" ^~\n")]
    errors = [line.rpartition(" - ")[2] for line in lines if " - ERROR - " in line]
    return (errors or lines or ["it said nothing"])[-1]
