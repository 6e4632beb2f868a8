"""
Two processes, one key: together they stay under its limit and use it.

    python -m tests.measure.two [--window sliding]
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.coinglass.live_server import SharedClock
from tests.measure.download import asked, served, work_of
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.history.download.download import Downloader
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.clock import AcceleratedClock
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY

PLAN = Plan.STARTUP
SPEED = 4.0


def download(url: str, folder: Path, half: int) -> None:
    clock = SharedClock(AcceleratedClock(asked(f"{url}/__clock")["now"], SPEED))
    settings = CoinglassSettings(base_url=url)
    shared = folder / "shared"
    with CoinglassClient(
        settings, key=ApiKey(DEMO_KEY), clock=clock, state_dir=shared, environ={}
    ) as client:
        client.plan()
        Downloader(client, Store(folder / str(half))).run(work_of(PLAN).rows[half::2])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", default="sliding", choices=("fixed", "sliding"))
    parser.add_argument("--child", nargs=3)
    given = parser.parse_args()
    if given.child:
        download(given.child[0], Path(given.child[1]), int(given.child[2]))
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        served(PLAN.value, given.window, SPEED) as url,
    ):
        command = [sys.executable, "-m", "tests.measure.two", "--child", url, folder]
        running = [subprocess.Popen([*command, str(half)]) for half in range(2)]
        for process in running:
            process.wait()
        log = asked(f"{url}/__log")
    print(f"{given.window}: {figures(log)}")


def figures(log: list[dict[str, Any]]) -> str:
    """
    :param log: the server's, of more than a minute
    """
    times = sorted(entry["time"] for entry in log)
    busy = [at for at in times if at <= times[-1] - 60.0]
    share = len(busy) / (80 * (busy[-1] - busy[0]) / 60)
    refused = sum(entry["refused"] for entry in log)
    return f"{len(log)} requests, share {share:.1%}, refused {refused}"


if __name__ == "__main__":
    main()
