"""
How a full download uses the key's budget, for each plan and both kinds of window.

    python -m tests.measure.download [--plans hobbyist startup ...]

5 coins × the plan's datasets × 90 days on every interval the plan has, from a loopback CoinGlass
in a process of its own, on an accelerated clock; then every stored row is held against what the
server has.

The share of the budget is counted over whole minutes, up to a minute before the end, while there
is work for every slot: the clock's own minutes where the server counts by them, else minutes from
the first request on. None of them can hold more than the limit unless the server was overrun, so
a share above 100 % would be a refusal.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.coinglass.live_server import NOW, SharedClock
from tests.measure.server import PAIRS, simulated_market
from tests.measure.truth import Compared, Truth
from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.catalogue.intervals import INTERVALS
from vectra_freqtrade.catalogue.plans import Plan, allows_interval
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.history.download.download import Downloader
from vectra_freqtrade.history.download.download_plan import DownloadPlan, plan_download, symbols_of
from vectra_freqtrade.history.download.order_download import OrderDownloader
from vectra_freqtrade.history.orders import Orders
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.clock import AcceleratedClock
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY

#: Faster, and the machine is the limit, not the plan.
SPEEDS = {"hobbyist": 10.0, "startup": 4.0, "standard": 2.0, "professional": 1.0}


def work_of(plan: Plan, days: int = 90) -> DownloadPlan:
    kinds = (Kind.INTERVAL, Kind.DAILY, Kind.ORDERS)
    names = [name for name, spec in DATASETS.items() if spec.kind in kinds]
    symbols = symbols_of(names, PAIRS, "binance", CoinglassSettings())
    intervals = [name for name in INTERVALS if allows_interval(plan, name)]
    return plan_download(symbols, intervals, NOW - timedelta(days=days), NOW, plan=plan, now=NOW)


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


def share_of(times: Sequence[float], rate: int, window: str) -> tuple[float, int]:
    """
    :param times: of the requests, seconds, sorted
    :param rate: requests per minute
    :param window: fixed counts the clock's minutes, sliding minutes from the first request on
    :return: the share of the budget that was used, and the most requests of any window
    """
    first = -(-times[0] // 60) * 60 if window == "fixed" else times[0]
    minutes = int((times[-1] - 60.0 - first) // 60)
    end = first + 60.0 * minutes
    used = bisect_left(times, end) - bisect_left(times, first)
    if window == "fixed":
        most = max(Counter(int(time // 60) for time in times).values())
    else:
        most = max(n - bisect_right(times, at - 60.0) for n, at in enumerate(times, start=1))
    return (used / (rate * minutes) if minutes > 0 else float("nan")), most


def check(work: DownloadPlan, folder: Path, plan: str, log: list[dict[str, Any]]) -> Compared:
    """Every stored row against the server's."""
    result = Compared()
    truth = Truth(simulated_market(), plan, log[0]["time"], log[-1]["time"])
    try:
        for series, start, end in work.rows:
            held = Store(folder).read(series)
            result += truth.rows(series, start, end, held)
        for symbol, start, end in work.orders:
            result += truth.orders(symbol, start, end, Orders(folder).read(symbol))
    finally:
        truth.close()
    return result


def measure(
    plan: Plan,
    window: str,
    speed: float,
    folder: Path,
    work: DownloadPlan,
    serve: Callable[[str, str, float], AbstractContextManager[str]],
) -> str:
    """
    :param work: what is downloaded into the folder
    :param serve: of plan, window and speed: `served`, or `server.serving` in this process
    :return: the line of the table
    """
    with serve(plan.value, window, speed) as url:
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
            results = Downloader(client, Store(folder)).run(work.rows)
            rows = sum(result.added for result in results)
            orders = OrderDownloader(client, Store(folder)).run(work.orders)
            rows += sum(result.added for result in orders)
            cpu, took = time.process_time() - cpu, time.monotonic() - began
            rate = client.rate
        log = sorted(asked(f"{url}/__log"), key=lambda entry: entry["time"])
    times = [entry["time"] for entry in log]
    share, most = share_of(times, rate, window)
    found = check(work, folder, plan.value, log)
    return (
        f"{plan.value:13}{window:8}{len(times):6} requests in {(times[-1] - times[0]) / 60:5.1f} "
        f"min (limit {rate}/min, most {most}), share {share:6.1%}, "
        f"refused {sum(e['refused'] for e in log)}, "
        f"failed {sum(r.error is not None for r in (*results, *orders))}; "
        f"{found.expected} rows expected, "
        f"missing {found.missing}, differing {found.differing}, foreign {found.foreign}, late "
        f"{sum(r.late for r in results)}; {rows} rows, {cpu / rows * 1e6:.1f} ms CPU per 1,000 "
        f"rows, {took:.0f} s at {speed:g} ×" + "".join(f"\n  {e}" for e in found.examples[:5])
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", nargs="*", default=list(SPEEDS))
    parser.add_argument("--speed", type=float, help="of the clock, instead of the plan's own")
    parser.add_argument("--windows", nargs="*", default=["fixed", "sliding"])
    given = parser.parse_args()
    for name in given.plans:
        for window in given.windows:
            with tempfile.TemporaryDirectory() as folder:
                speed = given.speed or SPEEDS[name]
                plan = Plan(name)
                line = measure(plan, window, speed, Path(folder), work_of(plan), served)
                print(line, flush=True)


if __name__ == "__main__":
    main()
