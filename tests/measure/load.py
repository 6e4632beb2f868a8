"""
Reading the store as a strategy does: 10 hourly datasets over two years, for 5, 20 and 50 pairs.

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


def read(root: Path, pairs: int) -> None:
    provider = HistoryProvider(Store(root))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, cpu = time.monotonic(), time.process_time()
    rows = 0
    for pair in range(pairs):
        for spec in datasets():
            rows += len(provider.rows(Series.of(spec, f"C{pair}", "1h"), END))
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{pairs:3} pairs × {len(datasets())} datasets: {rows} rows, {took:.2f} s ({cpu:.2f} s "
        f"CPU), {grown:.0f} MB more; {took / pairs * 1e3:.0f} ms and {grown / pairs:.1f} MB a pair"
    )


def main() -> None:
    if len(sys.argv) == 3:
        read(Path(sys.argv[1]), int(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), 50)
        for pairs in (5, 20, 50):
            command = [sys.executable, "-m", "tests.measure.load", folder, str(pairs)]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
