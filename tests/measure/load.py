"""
Reading the store as a strategy does, beside a bare `pd.read_feather` of the same files: 10 hourly
datasets over two years, for 5, 20 and 50 pairs, each in a process of its own.

    python -m tests.measure.load
"""

import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.datasets import Dataset, Kind
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.release import Release
from vectra_freqtrade.settings.section import CoinglassSettings

HOURS = 2 * 365 * 24
END = pd.Timestamp("2026-01-01", tz="UTC")
#: With the six built-in ones, ten.
CUSTOM = [
    {"name": f"extra_{n}", "path": f"/api/futures/extra{n}/history", "field": "close"}
    for n in range(4)
]


def datasets() -> list[Dataset]:
    catalogue = CoinglassSettings().override(custom=CUSTOM).catalogue
    return [spec for spec in catalogue.values() if spec.kind is Kind.INTERVAL]


def build(root: Path, pairs: int, hours: int = HOURS) -> None:
    rng = np.random.default_rng(1)
    times = pd.date_range(end=END, periods=hours, freq="1h", unit="ms")
    store = Store(root)
    for spec in datasets():
        values = {value: rng.lognormal(size=hours) for value in spec.values}
        frame = pd.DataFrame({"time": times, **values})
        for pair in range(pairs):
            series = Series.of(spec, f"C{pair}", "1h")
            store.add(series, downloaded(series, frame, timedelta(seconds=60)))


def read(root: Path, pairs: int, way: str) -> str:
    series = [Series.of(spec, f"C{pair}", "1h") for pair in range(pairs) for spec in datasets()]
    provider = HistoryProvider(Store(root, Release(timedelta(seconds=60))))
    held = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu = time.monotonic(), time.process_time()
    for each in series:
        bare = way == "read_feather"
        held.append(pd.read_feather(each.path(root)) if bare else provider.rows(each, END))
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    rows = sum(map(len, held))
    return f"{cpu:.2f} {took:.2f} {grown:.0f} {rows}"


def least(root: Path, pairs: int, way: str, rounds: int) -> tuple[float, ...]:
    """The least of several rounds: the machine has other things to do."""
    command = [sys.executable, "-m", "tests.measure.load", str(root), str(pairs), way]
    told = [
        subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout.split()
        for _ in range(rounds)
    ]
    return tuple(min(map(float, figures)) for figures in zip(*told, strict=True))


def compare(root: Path, pairs: int, rounds: int = 5) -> None:
    for way in ("read_feather", "the store"):
        cpu, took, grown, rows = least(root, pairs, way, rounds)
        print(
            f"{pairs:3} pairs × {len(datasets())} datasets, {way:12}: {rows:.0f} rows, "
            f"{cpu:.2f} s of CPU, {took:.2f} s, {grown:.0f} MB"
        )


def main() -> None:
    if len(sys.argv) == 4:
        print(read(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
        return
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), 50)
        for pairs in (5, 20, 50):
            compare(Path(folder), pairs)


if __name__ == "__main__":
    main()
