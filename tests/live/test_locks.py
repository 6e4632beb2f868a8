"""A process that hangs with a lock of the store costs a bot nothing: not a row, not a moment."""

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import KEY, FakeCoinglass, envelope
from tests.support.live_feed import FUNDING, Bench, stamp
from tests.support.stuck_locks import StuckLocks
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.coinglass.clock import StoppableClock
from vectra_freqtrade.history.orders import Orders
from vectra_freqtrade.history.snapshots import Snapshots
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.live.feed import LiveFeed
from vectra_freqtrade.live.health import Health
from vectra_freqtrade.live.schedule import MAX_CLOCK_SKEW
from vectra_freqtrade.live.threads import FeedThreads
from vectra_freqtrade.settings.section import CoinglassSettings

PATIENCE = 60.0


@pytest.fixture
def locks(monkeypatch: pytest.MonkeyPatch) -> StuckLocks:
    locks = StuckLocks(monkeypatch)
    locks.let_go()
    return locks


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]


def test_rows_are_kept_said_once_and_written_when_the_lock_is_free(
    tmp_path: Path, locks: StuckLocks, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path / "coinglass", datasets=["funding_rate"])
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("07:02"))
    locks.held = lambda name: True
    bench.run(stamp("10:02"))
    assert bench.read()["time"].iloc[-1] == stamp("09:00")
    assert bench.store.read(FUNDING)["time"].iloc[-1] == stamp("06:00")
    # A look each minute at the store's lock; the budget's and the key's are waited for once.
    assert locks.seconds / (3 * 3600) < 0.02
    assert all(timeout <= 1.0 for _, timeout in locks.waited)
    told = warnings(caplog)
    assert sum("CoinGlass data can't be written" in line for line in told) == 1
    assert all("another process holds the lock" in line for line in told)
    locks.let_go()
    bench.run(stamp("10:10"))
    held = bench.store.read(FUNDING).set_index("time")
    late = held.loc[stamp("07:00") : stamp("09:00")]
    assert len(late) == 3
    seen = late["first_seen"] - late.index - pd.Timedelta("1h")
    assert (seen < pd.Timedelta("90s")).all()  # as the bot saw them, not as they were written


def heatmap(request: httpx.Request) -> httpx.Response | None:
    candles = [[1_763_877_600, "1", "1", "1", "100", "1"]]
    levels = {"y_axis": [90.0, 110.0], "liquidation_leverage_data": [[0, 0, 5e6], [0, 1, 6e6]]}
    found = "heatmap" in request.url.path
    return envelope(levels | {"price_candlesticks": candles}) if found else None


def bench_of(root: Path, dataset: str, symbol: str) -> Bench:
    bench = Bench(root, datasets=["large_orders"], levels_source="heatmap")
    bench.fake.level, bench.fake.first = "PROFESSIONAL", [heatmap]
    bench.feed.watch(dataset, symbol)
    bench.feed.load()
    return bench


def test_orders_are_kept_and_written_later_too(tmp_path: Path, locks: StuckLocks) -> None:
    bench = bench_of(tmp_path / "coinglass", "large_orders", "Binance_BTCUSDT")
    orders = Orders(bench.store.root)
    locks.held = lambda name: True
    bench.run(stamp("07:01"), step=60.0)
    assert orders.read("Binance_BTCUSDT") is None
    assert all(timeout <= 1.0 for _, timeout in locks.waited)
    locks.let_go()
    bench.run(stamp("07:05"), step=60.0)
    assert orders.read("Binance_BTCUSDT") is not None


def test_snapshots_are_kept_and_written_later_too(tmp_path: Path, locks: StuckLocks) -> None:
    bench = bench_of(tmp_path / "coinglass", "liquidation_heatmap", "BTC")
    snapshots = Snapshots(bench.store.root)
    locks.held = lambda name: True
    bench.run(stamp("07:01"), step=60.0)
    assert snapshots.read("liquidation_heatmap", "BTC").empty
    assert all(timeout <= 1.0 for _, timeout in locks.waited)
    locks.let_go()
    bench.run(stamp("07:05"), step=60.0)
    taken = snapshots.read("liquidation_heatmap", "BTC")["available_at"].unique()
    assert len(taken) >= 4  # each quarter of an hour, and the first one


def test_what_can_not_be_written_before_the_end_is_said(
    tmp_path: Path, locks: StuckLocks, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path / "coinglass", datasets=["funding_rate"])
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.run(stamp("07:02"))
    locks.held = lambda name: name == ".lock"
    bench.run(stamp("08:02"))
    locks.waited.clear()
    bench.feed.close()
    assert locks.seconds <= 1.0
    assert "could not be written" in warnings(caplog)[-1]
    assert "another process holds the lock" in warnings(caplog)[-1]


_HOLD = """
import sys
from contextlib import ExitStack
from pathlib import Path
from vectra_freqtrade.files import locked
with ExitStack() as stack:
    for path in sys.argv[1:]:
        stack.enter_context(locked(Path(path)))
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[list[Path]]:
    """The locks of a store and its key, which a process has that was stopped."""
    state = Store(tmp_path).state_dir
    FakeCoinglass(FakeClock()).client(state).close()
    keys = [path for path in state.glob("*.json") if "-" in path.name]
    names = {f"{path.name}.lock" for path in keys} | {"asked.json.lock", "salt.lock"}
    kinds = {path.name.partition("-")[2] for path in keys}
    names |= {f"{kind}-{rest}.lock" for kind in ("budget", "told") for rest in kinds}
    paths = [tmp_path / ".lock", *(state / name for name in sorted(names))]
    command = [sys.executable, "-c", _HOLD, *map(str, paths)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        process.send_signal(signal.SIGSTOP)
        yield paths
        process.kill()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a signal of POSIX")
def test_a_bot_starts_asks_and_ends_while_a_stopped_process_has_all_locks(
    tmp_path: Path, stopped: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    fake, shown = FakeCoinglass(FakeClock(), rate=None), threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        fake.clock.time = time.time()
        return fake(request)

    clock = StoppableClock()
    began = time.monotonic()
    client = CoinglassClient(
        CoinglassSettings(datasets=("funding_rate",)),
        key=ApiKey(KEY),
        transport=httpx.MockTransport(answer),
        clock=clock,
        state_dir=Store(tmp_path).state_dir,
        environ={},
        max_clock_skew=MAX_CLOCK_SKEW,
    )
    feed = LiveFeed(client, Store(tmp_path), timedelta(days=2), Health())
    feed.renewed = lambda *_: shown.set()
    feed.watch("funding_rate", "BTC", "1h")
    feed.load()
    running = FeedThreads(feed, clock)
    running.start()
    assert running.wait(PATIENCE)
    assert shown.wait(PATIENCE)
    ready = time.monotonic()
    running.stop()
    ended = time.monotonic()
    assert not feed.rows(FUNDING, pd.Timestamp.now("UTC")).empty
    # Three seconds and one; the machine may be busy, and what waits for the lock never comes back.
    assert ready - began < PATIENCE
    assert ended - ready < PATIENCE
    assert any(str(stopped[0]) in line for line in warnings(caplog))
