"""
How a full download uses the key's budget, for each plan and both kinds of window.

    python -m tests.measure.download [--plans hobbyist startup ...]

5 coins × the plan's datasets × 90 days on every interval the plan has, from a loopback CoinGlass
in a process of its own, on an accelerated clock. The share of the budget is counted up to a minute
before the end, while there is work for every slot.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.coinglass.live_server import NOW, SharedClock
from tests.measure.server import PAIRS
from vectra_freqtrade.coinglass.catalogue import DATASETS, Kind
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.coinglass.key import ApiKey
from vectra_freqtrade.coinglass.limits import Plan, allows_interval
from vectra_freqtrade.demo.clock import AcceleratedClock
from vectra_freqtrade.demo.coinglass_server import DEMO_KEY
from vectra_freqtrade.history.download import Downloader
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.history.wanted import symbols_of, wanted
from vectra_freqtrade.intervals import INTERVALS
from vectra_freqtrade.settings import CoinglassSettings

#: Faster, and the machine is the limit, not the plan.
SPEEDS = {"hobbyist": 10.0, "startup": 4.0, "standard": 2.0, "professional": 1.0}


def work_of(plan: Plan) -> list[tuple[Series, datetime, datetime]]:
    names = [name for name, spec in DATASETS.items() if spec.kind in (Kind.INTERVAL, Kind.DAILY)]
    symbols = symbols_of(names, PAIRS, "binance", "auto")
    intervals = [name for name in INTERVALS if allows_interval(plan, name)]
    return wanted(symbols, intervals, NOW - timedelta(days=90), NOW, plan=plan).rows


@contextmanager
def served(plan: str, window: str, speed: float) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.measure.server", plan, window, str(speed)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout is not None and process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def asked(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def measure(plan: Plan, window: str, speed: float, folder: Path) -> str:
    work = work_of(plan)
    with served(plan.value, window, speed) as url:
        clock = AcceleratedClock(asked(f"{url}/__clock")["now"], speed)
        settings = CoinglassSettings(base_url=url)
        with CoinglassClient(
            settings,
            key=ApiKey(DEMO_KEY),
            clock=SharedClock(clock),
            state_dir=folder / ".client",
            environ={},
        ) as client:
            client.plan()
            cpu, began = time.process_time(), time.monotonic()
            results = Downloader(client, Store(folder)).run(work)
            cpu, took = time.process_time() - cpu, time.monotonic() - began
            rate = client.rate
        log = asked(f"{url}/__log")
    times = sorted(entry["time"] for entry in log)
    busy = [at for at in times if at <= times[-1] - 60.0]
    share = len(busy) / (rate * (busy[-1] - busy[0]) / 60) if len(busy) > 1 else float("nan")
    rows = sum(result.added for result in results)
    minutes = (times[-1] - times[0]) / 60
    return (
        f"{plan.value:13}{window:8}{len(times):6} requests in {minutes:5.1f} min"
        f" (limit {rate}/min), share {share:6.1%}, refused {sum(e['refused'] for e in log)}, "
        f"failed {sum(r.error is not None for r in results)}, "
        f"gaps {sum(len(r.gaps) for r in results)}, {rows} rows, "
        f"{cpu / rows * 1e6:.1f} ms CPU per 1,000 rows, {took:.0f} s at {speed:g} ×"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", nargs="*", default=list(SPEEDS))
    given = parser.parse_args()
    for name in given.plans:
        for window in ("fixed", "sliding"):
            with tempfile.TemporaryDirectory() as folder:
                print(measure(Plan(name), window, SPEEDS[name], Path(folder)), flush=True)


if __name__ == "__main__":
    main()
