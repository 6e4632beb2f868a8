"""
Memory of ten pairs' columns over a year of 5m candles, beyond the candles themselves:

    python -m tests.benchmarks.memory

What stays, and the peak while columns are added, are set against the cg_ columns' own bytes; the
goal is at most 1.2 of them.
"""

import gc
import threading
import time

import psutil

from tests.benchmarks.test_add_columns import CANDLES, SETTINGS, START, TIMEFRAME_MS, pair_data
from tests.support.frames import random_candles
from tests.support.replay import INTERVALS
from vectra_freqtrade.signals import assemble

PAIRS = 10


class Peak:
    """The highest resident size while it is open, looked at every few milliseconds."""

    def __enter__(self) -> "Peak":
        self.bytes, self._open = 0, True
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def _look(self) -> None:
        process = psutil.Process()
        while self._open:
            self.bytes = max(self.bytes, process.memory_info().rss)
            time.sleep(0.005)

    def __exit__(self, *_: object) -> None:
        self._open = False
        self._thread.join()


def main(pairs: int = PAIRS, count: int = CANDLES) -> None:
    candles = [random_candles(START, count, TIMEFRAME_MS, seed) for seed in range(pairs)]
    data = [pair_data(seed, days=count // 288) for seed in range(pairs)]
    assemble.add_columns(candles[0], TIMEFRAME_MS, data[0], SETTINGS, INTERVALS)  # imports, caches
    gc.collect()
    before = psutil.Process().memory_info().rss
    frames = []
    with Peak() as peak:
        for frame, known in zip(candles, data, strict=True):
            # Like freqtrade, which copies what a strategy returned.
            frames.append(
                assemble.add_columns(frame, TIMEFRAME_MS, known, SETTINGS, INTERVALS).copy()
            )
    gc.collect()
    after = psutil.Process().memory_info().rss
    columns = [[name for name in frame if name.startswith("cg_")] for frame in frames]
    own = sum(
        int(frame[names].memory_usage(index=False, deep=True).sum())
        for frame, names in zip(frames, columns, strict=True)
    )
    plain = sum(int(frame.memory_usage(deep=True).sum()) for frame in candles)
    print(f"{pairs} pairs, {len(columns[0])} columns, {own / 2**20:.0f} MiB of their own")
    stays, most = ((size - before - plain) / own for size in (after, peak.bytes))
    print(f"what stays {stays:.2f}, peak {most:.2f}")


if __name__ == "__main__":
    main()
