"""Which addresses are asked, through what, and for how long."""

import httpx
import pytest

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass, envelope
from vectra_freqtrade.coinglass import http
from vectra_freqtrade.errors import (
    ContractError,
    SettingsError,
    SymbolError,
    TransientError,
    VectraError,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> FakeCoinglass:
    return FakeCoinglass(clock)


@pytest.mark.parametrize(
    "address",
    ["http://example.com", "ftp://x", "nonsense", "https://user:pw@example.com", "http://"],
)
def test_an_address_that_is_neither_https_nor_this_machine_is_refused(server, address):
    with pytest.raises(SettingsError, match="base_url"):
        server.client(base_url=address)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]"])
def test_this_machine_may_be_asked_in_the_clear(server, address):
    with server.client(base_url=address) as client:
        assert client.plan().plan == "standard"


def test_a_redirect_never_takes_the_key_elsewhere(server):
    elsewhere = httpx.Response(302, headers={"location": "http://example.com/"})
    server.first.append(lambda request: elsewhere)
    with server.client() as client, pytest.raises(ContractError, match="redirect"):
        client.query("/api/x")
    assert {request.url.host for request in server.seen} == {"open-api-v4.coinglass.com"}


@pytest.mark.parametrize(
    "path",
    ["https://example.com/api/x", "//example.com/api/x", "api/x", "/x", "/api/x?symbol=BTC", ""],
)
def test_a_path_that_leads_elsewhere_or_holds_parameters_is_refused_unasked(server, path):
    with server.client() as client, pytest.raises(SettingsError, match="begins with /api/"):
        client.query(path)
    assert not server.seen


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
def test_the_machines_proxy_is_taken_as_other_programs_read_it(monkeypatch, variable):
    """Without a scheme it is one of http; what can't be used is told without its password."""
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    used = []
    monkeypatch.setattr(
        http.httpx, "HTTPTransport", lambda proxy, **_: used.append(proxy) or httpx.Proxy(proxy)
    )
    base = httpx.URL("https://open-api-v4.coinglass.com")
    for told in ("proxy.example:3128", "http://user:pw@proxy.example:3128"):
        monkeypatch.setenv(variable, told)
        http._network(base)
    assert used == ["http://proxy.example:3128", "http://user:pw@proxy.example:3128"]
    monkeypatch.setenv(variable, "ftp://user:pw@proxy.example")
    with pytest.raises(SettingsError, match="proxy") as caught:
        http._network(base)
    assert "pw" not in str(caught.value)


def test_a_body_that_drips_ends_with_the_calls_deadline(server, clock):
    class Dripping(httpx.SyncByteStream):
        def __iter__(self):
            while True:
                clock.time += 1.0
                yield b" "

    server.first.append(lambda request: httpx.Response(200, stream=Dripping()))
    start = clock.monotonic()
    with server.client() as client, pytest.raises(TransientError):
        client.get("/api/x", deadline=5.0)
    assert clock.monotonic() - start < 7.0


def test_httpx_logs_no_line_per_request_and_keeps_its_own_for_others(server, caplog):
    caplog.set_level("DEBUG")
    with server.client() as client:
        client.get("/api/x")
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200))) as other:
        other.get("https://open-api-v4.coinglass.com/")
    assert [record.name for record in caplog.records].count("httpx") == 1


OI = "/api/futures/open-interest/aggregated-history"


def fails(server, client, params, times):
    """Asks as often, each time with all retries; how often CoinGlass was reached."""
    before = len(server.seen)
    for _ in range(times):
        with pytest.raises(VectraError):
            client.get(OI, params, live=True)
    return len(server.seen) - before


def test_an_endpoint_that_keeps_failing_is_left_alone_and_a_refusal_is_an_answer(server):
    with server.client() as client:
        client.learn_lists()
        server.first.append(lambda request: envelope(code="500"))
        assert fails(server, client, {"symbol": "BTC"}, 2) == 6
        server.first[:] = [lambda request: envelope(code="422", msg="no")]
        assert fails(server, client, {"symbol": "BTC"}, 1) == 1
        server.first[:] = [lambda request: envelope(code="500")]
        assert fails(server, client, {"symbol": "BTC"}, 4) == 9


def test_a_coin_that_no_list_has_says_nothing_of_the_endpoint(server):
    with server.client() as client:
        client.learn_lists()
        server.first.append(lambda request: envelope(code="500"))
        assert fails(server, client, {"symbol": "BTC"}, 2) == 6
        with pytest.raises(SymbolError):
            client.get(OI, {"symbol": "NOPE"}, live=True)
        assert fails(server, client, {"symbol": "BTC"}, 2) == 3
