from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pandas as pd
import pytest
from pyarrow import feather

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass, envelope
from tests.support.stuck_locks import StuckLocks
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import AuthError, ContractError
from vectra_freqtrade.files import LockedError
from vectra_freqtrade.history.download.order_download import OrderDownloader
from vectra_freqtrade.history.orders import Orders, with_availability
from vectra_freqtrade.history.store import Store

NOW = datetime(2026, 11, 23, 6, 0, 30, tzinfo=UTC)
SYMBOL = "Binance_BTCUSDT"
HOUR, MINUTE = 3_600_000, 60_000
DAY = timedelta(days=1)


class Book:
    """
    Every hour one order; each rests for so long.

    :param minutes: between its start and its end
    :param listed: minutes after its start until it is told
    """

    def __init__(self, minutes: int = 10, listed: int = 0) -> None:
        self.server = FakeCoinglass(FakeClock(NOW.timestamp()), rate=None)
        self.server.first.append(self)
        self.minutes = minutes
        self.listed = listed

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        params = request.url.params
        if "state" not in params:
            return None
        now = self.server.clock.now() * 1000
        first, last = -(-int(params["start_time"]) // HOUR), -(-int(params["end_time"]) // HOUR)
        told = (n for n in range(first, last) if n * HOUR + self.listed * MINUTE <= now)
        orders = [self._order(number, now) for number in told]
        return envelope([o for o in orders if o["order_state"] == int(params["state"])])

    def _order(self, number: int, now: float) -> dict[str, object]:
        end = number * HOUR + self.minutes * MINUTE
        order = {
            "id": number,
            "limit_price": 100.0,
            "start_time": number * HOUR,
            "start_usd_value": 2e6,
            "executed_usd_value": 1e6,
            "order_side": 1 + number % 2,
            "order_state": 2 if end <= now else 1,
        }
        return order | ({"order_end_time": end} if end <= now else {})

    def client(self) -> CoinglassClient:
        client = self.server.client()
        client._http.limiter.assume(30_000)
        return client

    def asked_days(self, since: int = 0) -> set[str]:
        """Days, and parts of days, that orders were asked for."""
        spans = (r.url.params for r in self.server.seen[since:] if "state" in r.url.params)
        return {f"{pd.Timestamp(int(p['start_time']), unit='ms'):%m-%d}" for p in spans}


def download_orders(
    client: CoinglassClient, store: Store, symbol: str, start: datetime, end: datetime
) -> int:
    """
    :return: orders that were not there before
    """
    (result,) = OrderDownloader(client, store).run([(symbol, start, end)])
    if result.error is not None:
        raise result.error
    return result.added


def test_orders_are_fetched_day_by_day_once_and_known_a_delay_after_their_end(tmp_path):
    book = Book()
    store, orders = Store(tmp_path), Orders(tmp_path)
    with book.client() as client:
        added = download_orders(client, store, SYMBOL, NOW - 9 * DAY, NOW)
        asked = len(book.server.seen)
        again = download_orders(client, store, SYMBOL, NOW - 9 * DAY, NOW)
    frame = orders.read(SYMBOL)
    assert added == len(frame) == 9 * 24
    assert again == 0
    # The newest day may not have been whole; the others are not asked for again.
    assert book.asked_days(asked) == {"11-23"}
    ended = frame[frame["end"].notna()]
    assert len(ended) == len(frame) - 1
    assert (ended["end_available_at"] - ended["end"] == timedelta(seconds=60)).all()


def test_days_between_two_downloads_and_before_them_are_asked_for(tmp_path):
    book = Book()
    store = Store(tmp_path)
    with book.client() as client:
        download_orders(client, store, SYMBOL, NOW - 9 * DAY, NOW - 7 * DAY)
        download_orders(client, store, SYMBOL, NOW - 3 * DAY, NOW - 2 * DAY)
        asked = len(book.server.seen)
        download_orders(client, store, SYMBOL, NOW - 10 * DAY, NOW)
    assert len(Orders(tmp_path).read(SYMBOL)) == 10 * 24
    assert "11-15" not in book.asked_days(asked)
    assert {"11-13", "11-17", "11-18", "11-22"} <= book.asked_days(asked)


def test_what_a_bot_recorded_does_not_pass_for_downloaded_days(tmp_path):
    book = Book()
    store, orders = Store(tmp_path), Orders(tmp_path)
    with book.client() as client:
        download_orders(client, store, SYMBOL, NOW - 9 * DAY, NOW - 6 * DAY)
        recent = client.large_orders(SYMBOL, NOW - timedelta(hours=3), NOW)
        orders.add(SYMBOL, with_availability(recent, timedelta(seconds=60), NOW))
        download_orders(client, store, SYMBOL, NOW - 9 * DAY, NOW)
    assert len(orders.read(SYMBOL)) == 9 * 24


def test_an_order_that_rested_is_asked_for_until_it_has_ended(tmp_path):
    book = Book(minutes=3 * 24 * 60)
    store, orders = Store(tmp_path), Orders(tmp_path)
    with book.client() as client:
        download_orders(client, store, SYMBOL, NOW - 6 * DAY, NOW)
        assert orders.read(SYMBOL)["end"].isna().sum() == 3 * 24
        book.server.clock.time += 4 * DAY.total_seconds()
        asked = len(book.server.seen)
        download_orders(client, store, SYMBOL, NOW - 6 * DAY, NOW)
        assert book.asked_days(asked) == {"11-20", "11-21", "11-22", "11-23"}
        assert orders.read(SYMBOL)["end"].notna().all()
        asked = len(book.server.seen)
        download_orders(client, store, SYMBOL, NOW - 6 * DAY, NOW)
    assert book.asked_days(asked) == set()


def test_a_day_that_fails_leaves_what_lies_before_it_and_the_next_run_goes_on(tmp_path):
    book = Book()
    store, orders = Store(tmp_path), Orders(tmp_path)
    failing = (NOW - 3 * DAY).replace(hour=0, minute=0, second=0).timestamp() * 1000

    def alien(request: httpx.Request) -> httpx.Response | None:
        start = request.url.params.get("start_time")
        return envelope([{"id": {}}]) if start and int(start) == failing else None

    book.server.first.insert(0, alien)
    with book.client() as client:
        (result,) = OrderDownloader(client, store).run([(SYMBOL, NOW - 9 * DAY, NOW)])
        assert isinstance(result.error, ContractError)
        assert orders.read(SYMBOL)["start"].max() < pd.Timestamp(failing, unit="ms", tz="UTC")
        del book.server.first[0]
        asked = len(book.server.seen)
        download_orders(client, store, SYMBOL, NOW - 9 * DAY, NOW)
    assert len(orders.read(SYMBOL)) == 9 * 24
    assert "11-19" not in book.asked_days(asked)


def test_an_order_that_is_listed_late_is_found_by_the_next_run(tmp_path):
    book, store = Book(listed=30), Store(tmp_path)
    with book.client() as client:
        assert download_orders(client, store, SYMBOL, NOW - DAY, NOW) == 23
        book.server.clock.time += 5400.0
        later = NOW + timedelta(seconds=5400)
        assert download_orders(client, store, SYMBOL, NOW - DAY, later) == 2


def test_a_key_that_dies_ends_all_of_it(tmp_path):
    book = Book()
    dead = envelope(code="400", msg="Invalid API key provided")
    book.server.first.insert(0, lambda request: dead if "state" in request.url.params else None)
    with book.client() as client, pytest.raises(AuthError):
        OrderDownloader(client, Store(tmp_path)).run([(SYMBOL, NOW - 9 * DAY, NOW)])


@pytest.mark.parametrize("content", [b"", b"{}", b"[[1]]", b'[["a", "b"]]', b"[[1e300, 2e300]]"])
def test_a_broken_note_of_what_was_asked_costs_requests_and_nothing_else(
    tmp_path: Path, content: bytes
):
    book, store = Book(), Store(tmp_path)
    path = Orders(tmp_path).path(SYMBOL)
    with book.client() as client:
        download_orders(client, store, SYMBOL, NOW - 2 * DAY, NOW)
        table = feather.read_table(path, memory_map=False)
        feather.write_feather(table.replace_schema_metadata({b"vectra_asked": content}), path)
        before = len(book.server.seen)
        assert download_orders(client, store, SYMBOL, NOW - 2 * DAY, NOW) == 0
        assert len(book.server.seen) == before + 3 * 3
    assert len(Orders(tmp_path).read(SYMBOL)) == 48


def test_a_file_that_was_moved_away_is_fetched_again_whole(tmp_path: Path):
    """Also where a bot has begun another one meanwhile."""
    book, store = Book(), Store(tmp_path)
    orders = Orders(tmp_path)
    with book.client() as client:
        download_orders(client, store, SYMBOL, NOW - 5 * DAY, NOW)
        orders.path(SYMBOL).rename(tmp_path / "away")
        recent = client.large_orders(SYMBOL, NOW - timedelta(hours=3), NOW)
        orders.add(SYMBOL, with_availability(recent, timedelta(0), NOW))
        download_orders(client, store, SYMBOL, NOW - 5 * DAY, NOW)
    assert len(orders.read(SYMBOL)) == 5 * 24


def test_a_lock_that_another_process_keeps_ends_a_download_of_orders_after_one_wait(
    tmp_path, monkeypatch
):
    book, locks = Book(), StuckLocks(monkeypatch)
    wanted = [(f"Binance_{coin}USDT", NOW - 40 * DAY, NOW) for coin in ("BTC", "ETH", "SOL")]
    with book.server.client(plan="professional") as client, pytest.raises(LockedError):
        OrderDownloader(client, Store(tmp_path)).run(wanted)
    assert locks.seconds == 60.0
