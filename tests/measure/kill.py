"""
kill -9 at random moments of a download, then resume, again and again.

    python -m tests.measure.kill [--times 100]

After every kill each file must be readable and hold at least what was reported as saved; the
download that is resumed at last must equal an undisturbed one, cell by cell.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from tests.coinglass.live_server import NOW
from tests.measure.download import served, work_of
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.history.download.download import Downloader
from vectra_freqtrade.history.download.progress import Silent
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY

PLAN = Plan.PROFESSIONAL


class Reporting(Silent):
    """Tells each save on stdout."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def saved(self, series: Series, rows: int) -> None:
        held = self.store.read(series)
        print(f"{series} {0 if held is None else len(held)}", flush=True)


def download(url: str, folder: Path) -> None:
    """What the child process does."""
    store = Store(folder)
    settings = CoinglassSettings(base_url=url)
    end = NOW - pd.Timedelta(hours=1)
    work = [
        (series, start, end)
        for series, start, _ in work_of(PLAN).rows
        if series.interval in ("30m", "1h", "4h")
    ]
    with CoinglassClient(settings, key=ApiKey(DEMO_KEY), environ={}) as client:
        client.plan()
        Downloader(client, store, progress=Reporting(store)).run(work)


def child(url: str, folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.measure.kill", "--child", url, str(folder)]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE)


def check(folder: Path, reported: dict[str, int]) -> None:
    store = Store(folder)
    for series in store.series():
        rows = store.read(series)
        assert rows is not None
        assert len(rows) >= reported.get(str(series), 0), series
    missing = set(reported) - {str(series) for series in store.series()}
    assert not missing, missing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--child", nargs=2)
    given = parser.parse_args()
    if given.child:
        download(given.child[0], Path(given.child[1]))
        return
    with tempfile.TemporaryDirectory() as name, served(PLAN.value, "fixed", 20.0) as url:
        kill(url, Path(name), given.times)


def kill(url: str, root: Path, times: int) -> None:
    """
    :param url: of the server
    :param root: an empty folder
    :param times: how often
    """
    rng = random.Random(1)
    plain, folder = root / "plain", root / "killed"
    download(url, plain)
    kills = whole = 0
    while kills < times:
        reported: dict[str, int] = {}
        process = child(url, folder)
        time.sleep(rng.uniform(2.0, 6.0))
        ended = process.poll() is not None
        process.kill()
        assert process.stdout is not None
        for line in process.stdout.read().splitlines():
            series, _, count = line.rpartition(" ")
            if count.isdecimal():
                reported[series] = int(count)
        process.wait()
        check(folder, reported)
        if ended:
            whole += 1
            for path in folder.rglob("*.feather"):
                path.unlink()
            continue
        kills += 1
    download(url, folder)
    one, two = Store(plain), Store(folder)
    assert one.series() == two.series()
    for series in one.series():
        pd.testing.assert_frame_equal(one.read(series), two.read(series))
    left = [path for path in folder.rglob("*.tmp")]
    print(
        f"{kills} kills, {whole} downloads that were whole before; no broken file, nothing "
        f"reported was lost, {len(one.series())} series equal; {len(left)} temporary files left"
    )


if __name__ == "__main__":
    main()
