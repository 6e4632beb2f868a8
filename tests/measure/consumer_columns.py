"""
A consumer's columns of a pair: what a candle costs the loop of a bot whose producer sends them.

    python -m tests.measure.consumer_columns [pairs] [candles]

In one process: frames of 999 candles with all default columns, put where freqtrade's thread puts
what it receives; per candle one more row of each pair.
"""

import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from tests.data.consumer.test_consumer import Strategy, consumer_of
from tests.support.wire import analysed, send

CANDLES = 999


def main(pairs: int, candles: int) -> None:
    whole = analysed(CANDLES + candles)
    names = [f"C{number}/USDT:USDT" for number in range(pairs)]
    times = []
    with tempfile.TemporaryDirectory() as folder:
        strategy = Strategy(Path(folder))
        consumer = consumer_of(strategy, strategy.coinglass.settings)
        for name in names:
            send(strategy.dp, whole.iloc[:CANDLES], pair=name)
        for candle in range(1, candles + 1):
            frame = whole.iloc[candle : candle + CANDLES]
            own = frame[["date", "open", "high", "low", "close", "volume"]].reset_index(drop=True)
            for name in names:
                send(strategy.dp, frame.iloc[-1:], pair=name)
                began, cpu = time.perf_counter(), time.thread_time()
                added = consumer.add_columns(own, name)
                times.append((time.perf_counter() - began, time.thread_time() - cpu))
                assert not added["cg_wait_long"].iloc[-1] or added["cg_fresh"].iloc[-1] > 0
    table = pd.DataFrame(times, columns=["clock", "cpu"]) * 1000
    print(table.describe(percentiles=[0.5, 0.95]).loc[["count", "50%", "95%", "max"]].round(2))


if __name__ == "__main__":
    given = [*sys.argv[1:], *["50", "20"][len(sys.argv) - 1 :]]
    main(int(given[0]), int(given[1]))
