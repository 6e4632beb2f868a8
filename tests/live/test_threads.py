"""The bot never waits for CoinGlass: not while it trades, and not when it ends."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import KEY, FakeCoinglass, envelope
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.coinglass.clock import StoppableClock
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.live import threads as thread_module
from vectra_freqtrade.live.feed import LiveFeed
from vectra_freqtrade.live.health import Health
from vectra_freqtrade.live.schedule import MAX_CLOCK_SKEW
from vectra_freqtrade.live.threads import FeedThreads
from vectra_freqtrade.settings.section import CoinglassSettings

PATIENCE = 60.0
FUNDING = Series("funding_rate", "BTC", "1h")


class Hanging:
    """CoinGlass, which answers for the plan and then keeps everybody waiting until let go."""

    def __init__(self) -> None:
        self.asked, self.let_go = threading.Event(), threading.Event()
        self.ends = "answers"
        self._fake = FakeCoinglass(FakeClock(), rate=None)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self._fake.clock.time = StoppableClock().now()
        if "interval" in request.url.params:
            self.asked.set()
            assert self.let_go.wait(PATIENCE)
            if self.ends == "breaks":
                raise httpx.ReadError("the connection was closed")
            if self.ends == "refuses":
                return envelope(code="400", msg="Invalid API key provided")
        return self._fake(request)


@pytest.fixture
def coinglass() -> Iterator[Hanging]:
    server = Hanging()
    yield server
    server.let_go.set()


def threads(server: Hanging, root: Path, dataset: str = "funding_rate") -> FeedThreads:
    clock = StoppableClock()
    client = CoinglassClient(
        CoinglassSettings(datasets=(dataset,)),
        key=ApiKey(KEY),
        transport=httpx.MockTransport(server),
        clock=clock,
        environ={},
        max_clock_skew=MAX_CLOCK_SKEW,
    )
    feed = LiveFeed(client, Store(root), timedelta(days=2), Health())
    feed.watch(dataset, "BTC" if dataset == "funding_rate" else "Binance_BTCUSDT", "1h")
    feed.load()
    return FeedThreads(feed, clock)


def test_the_bot_reads_while_every_request_hangs(coinglass: Hanging, tmp_path: Path) -> None:
    running = threads(coinglass, tmp_path)
    running.start()
    assert coinglass.asked.wait(PATIENCE)
    rows = running.feed.rows(FUNDING, pd.Timestamp.now("UTC").floor("s"))  # would not come back
    assert not coinglass.let_go.is_set()
    assert rows.empty
    running.stop()


def test_a_bot_ends_while_every_request_hangs(coinglass: Hanging, tmp_path: Path) -> None:
    running = threads(coinglass, tmp_path)
    running.start()
    assert coinglass.asked.wait(PATIENCE)
    running.stop()
    assert not coinglass.let_go.is_set()  # nobody was answered
    left = [each for each in threading.enumerate() if each.name.startswith("coinglass")]
    assert all(each.daemon for each in left)


@pytest.mark.parametrize("ends", ["answers", "breaks", "refuses"])
@pytest.mark.parametrize("dataset", ["funding_rate", "long_short_ratio"])  # of one request, of two
def test_the_end_of_a_bot_with_requests_under_way_is_silent(
    ends: str,
    dataset: str,
    coinglass: Hanging,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(thread_module, "_PATIENCE", 0.05)
    coinglass.ends = ends
    running = threads(coinglass, tmp_path, dataset)
    running.start()
    assert coinglass.asked.wait(PATIENCE)
    running.stop()
    coinglass.let_go.set()
    for worker in running._workers:
        worker.join(PATIENCE)
    assert running.alive == 0
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


def test_rows_come_and_a_reload_leaves_no_second_set_of_threads(
    coinglass: Hanging, tmp_path: Path
) -> None:
    coinglass.let_go.set()
    for _ in range(3):
        running = threads(coinglass, tmp_path)
        running.start()
        assert running.wait(PATIENCE)
        assert not running.feed.rows(FUNDING, pd.Timestamp.now("UTC").floor("s")).empty
        running.stop()
        assert running.alive == 0
    assert Store(tmp_path).read(FUNDING) is not None


class Waits:
    """In place of an event that is never set; nobody sleeps."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        return False

    def is_set(self) -> bool:
        return False


class Reading:
    """A publisher that is read for a while."""

    def __init__(self, reading: Iterator[bool]) -> None:
        self._reading = reading

    @property
    def being_read(self) -> bool:
        return next(self._reading)


@pytest.mark.parametrize(("reads", "waits"), [(0, 0), (3, 3), (10_000, 10)])
def test_the_feed_stands_back_while_the_bot_makes_columns_but_not_for_ever(
    reads: int, waits: int, coinglass: Hanging, tmp_path: Path
) -> None:
    running, waiting = threads(coinglass, tmp_path), Waits()
    running._stopping = waiting  # type: ignore[assignment]
    reading = iter([True] * reads + [False])
    running.feed.publisher = Reading(reading)  # type: ignore[assignment]
    running._give_way()
    assert len(waiting.seconds) == waits
    assert sum(waiting.seconds) <= 1.0
    running.feed.close()
