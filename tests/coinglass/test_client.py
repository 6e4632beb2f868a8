import itertools
import json
import logging
import threading
import traceback
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.coinglass.clocks import FakeClock, MachineClock, TrueClock
from tests.coinglass.fake import KEY, FakeCoinglass, envelope
from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.coinglass.account.plan import PlanStatus
from vectra_freqtrade.coinglass.answers.rows import TIME_DTYPE
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import (
    AuthError,
    ContractError,
    EndpointError,
    PlanError,
    RateLimitError,
    ServerError,
    SymbolError,
    TransientError,
    VectraError,
)
from vectra_freqtrade.settings.section import CoinglassSettings

NOW = datetime(2026, 11, 23, 6, 0, 30, tzinfo=UTC)
PATH = "/api/futures/open-interest/aggregated-history"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW.timestamp())


@pytest.fixture
def server(clock: FakeClock) -> FakeCoinglass:
    return FakeCoinglass(clock)


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


@pytest.mark.parametrize("name", [n for n, d in DATASETS.items() if d.kind is Kind.INTERVAL])
def test_every_interval_dataset_is_fetched_whole_in_the_stores_shape(server, name):
    spec = DATASETS[name]
    symbol = "Binance_BTCUSDT" if spec.scope == "pair" else "BTC"
    with server.client() as client:
        frame = client.fetch(name, symbol, "1h", days(60), NOW)
    # From 07:00 to 04:00: the row of 05:00 has closed, but its delay of 60 s is not over.
    assert len(frame) == 60 * 24 - 2
    assert list(frame.columns) == ["time", *spec.values]
    assert str(frame["time"].dtype) == TIME_DTYPE
    assert frame["time"].is_monotonic_increasing


def test_a_long_range_is_asked_for_in_blocks_with_explicit_ends(server):
    with server.client() as client:
        client.fetch("open_interest", "BTC", "1h", days(90), NOW)
    asked = [r.url.params for r in server.seen if r.url.path == PATH]
    spans = [(int(p["start_time"]), int(p["end_time"])) for p in asked]
    assert len(spans) == 3
    assert all(end == following for (_, end), (following, _) in itertools.pairwise(spans))
    assert all(p["unit"] == "coin" and p["limit"] == "1000" for p in asked)


def test_the_lists_and_the_venue_are_sent_as_the_settings_say(server):
    with server.client(exchange_list=("Binance", "OKX")) as client:
        client.fetch("taker_volume", "BTC", "1h", days(1), NOW)
        client.fetch("long_short_ratio", "Bitget_BTCUSDT_UMCBL", "1h", days(1), NOW)
    params = [dict(request.url.params) for request in server.seen if request.url.params]
    assert params[0]["exchange_list"] == "Binance,OKX"
    assert (params[1]["exchange"], params[1]["symbol"]) == ("Bitget", "BTCUSDT")


def test_a_short_page_in_the_middle_is_no_end_and_leaves_no_hole(server):
    def short(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != PATH or len(server.seen) > 3:
            return None
        rows = server.rows(request.url.params)
        return envelope(rows[:100] + rows[150:400])

    server.first.append(short)
    with server.client() as client:
        frame = client.fetch("open_interest", "BTC", "1h", days(90), NOW)
    assert len(frame) == 90 * 24 - 2


def test_leading_zeros_begin_no_series_and_zeros_inside_stay(server):
    def padded(request: httpx.Request) -> httpx.Response | None:
        if request.url.path != PATH:
            return None
        rows = server.rows(request.url.params)
        for number, each in enumerate(rows):
            each["close"] = 0 if number < 5 or number == 10 else 7
        return envelope(rows)

    server.first.append(padded)
    with server.client() as client:
        assert len(client.fetch("open_interest", "BTC", "4h", days(10), NOW)) == 59
        frame = client.fetch("open_interest", "BTC", "4h", days(10), NOW, strip_leading_zeros=True)
    assert len(frame) == 54
    assert (frame["oi"] == 0).sum() == 1


def test_the_earlier_of_the_two_clocks_decides_what_has_closed(server, clock):
    def skewed(request: httpx.Request) -> httpx.Response | None:
        answer = envelope(server.rows(request.url.params)) if request.url.path == PATH else None
        if answer is not None:
            answer.headers["Date"] = "Mon, 23 Nov 2026 03:30:00 GMT"
        return answer

    server.first.append(skewed)
    with server.client() as client:
        frame = client.fetch("open_interest", "BTC", "1h", days(1), NOW)
        assert client.now() == datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
    assert frame["time"].iloc[-1].hour == 2


def test_a_refusal_by_plan_is_asked_for_once_a_day(server, clock):
    refusal = envelope(code="403", msg="The requested interval is not available for your plan.")
    server.first.append(lambda request: refusal if request.url.path == PATH else None)
    with server.client() as client:
        client.plan()
        for _ in range(3):
            with pytest.raises(PlanError):
                client.fetch("open_interest", "BTC", "1h", days(1), NOW)
        asked = sum(request.url.path == PATH for request in server.seen)
        assert asked == 1
        clock.time += 86_401
        server.first.clear()
        assert len(client.fetch("open_interest", "BTC", "1h", days(1), NOW)) == 24


def test_an_unknown_symbol_costs_no_request_and_is_said_once(server, caplog):
    with server.client() as client, caplog.at_level(logging.WARNING):
        for _ in range(3):
            with pytest.raises(SymbolError):
                client.fetch("open_interest", "NOSUCHCOIN", "1h", days(1), NOW)
    assert [r.url.path for r in server.seen] == ["/api/futures/supported-exchange-pairs"]
    assert caplog.text.count("NOSUCHCOIN") == 1


def test_without_a_key_nothing_is_sent(clock, server):
    transport = httpx.MockTransport(server)
    settings = CoinglassSettings()
    with CoinglassClient(
        settings, key=None, transport=transport, clock=clock, environ={}
    ) as client:
        assert client.plan().plan == "free"
        with pytest.raises(AuthError):
            client.fetch("open_interest", "BTC", "1h", days(1), NOW)
    assert not server.seen


def test_large_orders_ask_for_the_halves_of_a_full_answer(server):
    start = int(days(1).timestamp() * 1000)
    book = [
        {
            "id": number,
            "limit_price": 1.0,
            "start_time": start + number * 40_000,
            "start_usd_value": 1,
            "executed_usd_value": 0,
            "order_side": 1,
            "order_state": 2,
            "order_end_time": start + number * 40_000 + 1,
        }
        for number in range(2000)
    ]

    def full(request: httpx.Request) -> httpx.Response | None:
        params = request.url.params
        if params.get("state") != "2":
            return None
        span = range(int(params["start_time"]), int(params["end_time"]))
        return envelope([each for each in book if each["start_time"] in span][:1000])

    server.first.append(full)
    with server.client() as client:
        frame = client.large_orders("Binance_BTCUSDT", days(1), NOW)
    assert len(frame) == 2000


def test_a_custom_column_is_fetched_like_a_built_in_dataset(server):
    custom = {"name": "half", "path": "/api/futures/any/history", "field": "close", "scale": 0.5}
    with server.client(custom=[custom]) as client:
        frame = client.fetch("custom_half", "BTC", "1h", days(2), NOW)
        plain = client.fetch("open_interest", "BTC", "1h", days(2), NOW)
    assert (frame["half"] == plain["oi"] / 2).all()
    assert len(frame) == 46


def test_a_full_download_by_one_thread_uses_the_budget_without_a_refusal(clock):
    server = FakeCoinglass(clock, rate=80, level="STARTUP")
    server.latency = 0.05
    start = clock.now()
    with server.client() as client:
        while clock.now() - start < 180:
            client.fetch("open_interest", "BTC", "1h", days(0.2), NOW)
    assert server.budget.refused == 0
    assert len(server.budget.arrivals) >= 0.95 * 80 * 3


FAILURES = {
    "key": (lambda r: envelope(code="400", msg=f"Invalid API key provided {KEY}"), AuthError),
    "plan": (lambda r: envelope(code="401", msg="Upgrade plan"), PlanError),
    "rate": (lambda r: httpx.Response(429, headers={"retry-after": "7200"}), RateLimitError),
    "server": (lambda r: httpx.Response(502, text="<html>"), TransientError),
    "body": (lambda r: envelope(code="500", msg="Server Error"), ServerError),
    "cut": (lambda r: httpx.Response(200, text='{"code":"0","da'), TransientError),
    "shape": (lambda r: envelope({"rows": 1}), ContractError),
    "echo": (lambda r: envelope(code="9", msg=f"your key {KEY}"), ContractError),
    "missing": (lambda r: envelope(code="404", msg=KEY), EndpointError),
}


def broken(error: type[Exception]):
    def handler(request: httpx.Request) -> httpx.Response:
        raise error(f"with {request.headers['CG-API-KEY']}")

    return handler


for _error in (httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError):
    FAILURES[_error.__name__] = (broken(_error), TransientError)


@pytest.mark.parametrize("name", FAILURES)
def test_the_key_shows_in_no_failure_log_or_file(server, name, caplog, tmp_path):
    handler, reaction = FAILURES[name]
    server.first.append(lambda request: handler(request) if request.url.path == PATH else None)
    caplog.set_level(logging.DEBUG)
    with server.client(tmp_path / "state") as client:
        with pytest.raises(VectraError) as caught:
            client.fetch("open_interest", "BTC", "1h", days(1), NOW)
        shown = repr(client) + str(client) + json.dumps(str(client.plan()))
    error = caught.value
    assert type(error) is reaction
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown += "".join(trace.format()) + repr(error) + repr(error.__context__) + caplog.text
    for path in tmp_path.rglob("*"):
        shown += str(path) + (path.read_bytes().decode("latin-1") if path.is_file() else "")
    assert KEY not in shown


def test_a_failed_call_is_retried_by_one_layer_only(server, clock):
    server.first.append(lambda r: envelope(code="500") if r.url.path == PATH else None)
    with server.client() as client:
        with pytest.raises(TransientError):
            client.get(PATH, {"symbol": "BTC"})
        assert len([r for r in server.seen if r.url.path == PATH]) == 5
        assert sum(clock.sleeps) < 60


def test_a_wait_of_hours_is_an_error_not_a_sleep(server, clock):
    server.first.append(lambda r: httpx.Response(429, headers={"retry-after": "7200"}))
    with server.client() as client, pytest.raises(RateLimitError, match="7200"):
        client.query("/api/x")
    assert len(server.seen) == 1
    assert sum(clock.sleeps) == 0


def test_a_plan_that_is_known_waits_for_nobody_who_asks_for_it_again(server):
    """Else each row's thread stands still while the daily look at the plan hangs."""
    asks, let_go = threading.Event(), threading.Event()
    with server.client() as client:
        known = client.plan(live=True)

        def hang(request: httpx.Request) -> None:
            asks.set()
            assert let_go.wait(60)

        server.first.insert(0, hang)
        again = threading.Thread(target=client.plan, kwargs={"again": True}, daemon=True)
        again.start()
        assert asks.wait(60)
        told: list[PlanStatus] = []
        other = threading.Thread(target=lambda: told.append(client.plan(live=True)), daemon=True)
        other.start()
        other.join(10)
        assert told == [known]
        let_go.set()
        again.join(60)


def test_a_clock_that_was_put_right_is_right_before_the_next_answer():
    """Else the feed asks a quarter of an hour late, and nothing tells it before it asks."""
    clock = MachineClock(NOW.timestamp())
    server = FakeCoinglass(clock)
    with server.client() as client:
        server.clock = TrueClock(clock)
        clock.ahead = 7200.0
        client.plan()
        assert client.now().timestamp() == pytest.approx(clock.time, abs=1.0)
        assert client.ahead == pytest.approx(7200.0, abs=1.0)
        clock.time += 300.0
        clock.ahead = 0.0
        assert client.ahead == pytest.approx(0.0, abs=1.0)
        assert client.now().timestamp() == pytest.approx(clock.time, abs=1.0)
        assert client.corrected() == clock.time
        clock.ahead = -3600.0  # a wrong correction: the earlier of both is the machine's
        assert client.now().timestamp() == clock.now()
