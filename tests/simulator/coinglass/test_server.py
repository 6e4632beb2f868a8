"""The loopback CoinGlass server keeps the API's rules: plans, windows, limits, open rows, keys."""

import http.client
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest

from tests.support.coinglass_server import CoinglassServer
from tests.support.fault_hook import Call, Fault
from tests.support.http_get import get, post
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.simulator.clock import AcceleratedClock, RealClock
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.loopback import Reply
from vectra_freqtrade.simulator.market.market import SimulatedMarket

DAY, HOUR = 86400, 3600
MARKET = SimulatedMarket(["BTC", "PEPE"], seed=4)
NOW = MARKET.start + 250 * DAY + 10 * HOUR + 754.0
PLANS = {name: name for name in ("none", "hobbyist", "startup", "standard", "professional")}
OI = "/api/futures/open-interest/aggregated-history"
RATIO = "/api/futures/global-long-short-account-ratio/history"
HEATMAP = "/api/futures/liquidation/aggregated-heatmap/model1"


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(NOW)


@pytest.fixture
def server(clock: SteppedClock) -> Iterator[CoinglassServer]:
    with CoinglassServer(MARKET, clock, plans=PLANS) as running:
        yield running


def oi(server: CoinglassServer, plan: str = "professional", **params):
    asked = {"symbol": "BTC", "interval": "4h", **params}
    return get(server.url + OI, plan, **asked)


def test_a_key_is_demanded_and_known_or_refused(server: CoinglassServer):
    coins = f"{server.url}/api/futures/supported-coins"
    assert get(coins).body == {"code": "400", "msg": "API key missing."}
    assert get(coins, "wrong").body == {"code": "400", "msg": "Invalid API key provided"}
    assert get(coins, "none").body == {"code": "401", "msg": "Upgrade plan"}
    assert get(coins, "hobbyist").data == ["BTC", "1000PEPE", "PEPE", "kPEPE"]


def test_each_plan_is_named_by_the_subscription(server: CoinglassServer):
    url = f"{server.url}/api/user/account/subscription"
    for plan in ("hobbyist", "startup", "standard", "professional"):
        account = get(url, plan).data
        assert account["level"] == plan.upper() and account["expired"] is False
        assert account["expire_time"] > NOW * 1000
    assert get(url, "none").body["code"] == "401"


@pytest.mark.parametrize(
    ("path", "params", "smallest"),
    [
        ("/api/index/bitcoin-dominance", {}, "startup"),
        (
            "/api/futures/orderbook/large-limit-order",
            {"exchange": "Binance", "symbol": "BTCUSDT"},
            "standard",
        ),
        (HEATMAP, {"symbol": "BTC", "range": "12h"}, "professional"),
        ("/api/exchange/balance/chart", {"symbol": "BTC"}, "hobbyist"),
    ],
)
def test_endpoints_open_with_their_plan(server: CoinglassServer, path, params, smallest):
    order = ["none", "hobbyist", "startup", "standard", "professional"]
    for plan in order:
        expected = "0" if order.index(plan) >= order.index(smallest) else "401"
        assert get(server.url + path, plan, **params).body["code"] == expected, plan


@pytest.mark.parametrize(
    ("plan", "refused", "allowed"),
    [("hobbyist", "2h", "4h"), ("startup", "15m", "30m"), ("standard", None, "1m")],
)
def test_intervals_below_the_plan_are_refused(server: CoinglassServer, plan, refused, allowed):
    if refused:
        assert oi(server, plan, interval=refused).body == {
            "code": "403",
            "msg": "The requested interval is not available for your current API plan.",
            "details": {"upgrade_required": "STANDARD"},  # whatever would do
        }
    assert len(oi(server, plan, interval=allowed).data) == 1000


def test_older_data_than_the_plan_reaches_is_silently_left_out(server: CoinglassServer):
    begin, end = (NOW - 240 * DAY) * 1000, (NOW - 175 * DAY) * 1000
    span = {"start_time": int(begin), "end_time": int(end)}
    first = {plan: oi(server, plan, **span).data[0]["time"] / 1000 for plan in ("startup",)}
    assert NOW - 180 * DAY <= first["startup"] < NOW - 180 * DAY + 4 * HOUR
    assert oi(server, "professional", **span).data[0]["time"] < begin + 4 * HOUR * 1000
    daily = oi(server, "hobbyist", interval="1d").data
    assert daily[0]["time"] / 1000 == MARKET.start


def test_start_counts_and_end_does_not(server: CoinglassServer):
    begin = (MARKET.start + 200 * DAY) * 1000
    hour = HOUR * 1000
    rows = oi(server, interval="1h", start_time=begin, end_time=begin + 3 * hour).data
    assert [row["time"] for row in rows] == [begin, begin + hour, begin + 2 * hour]
    rows = oi(server, interval="1h", start_time=begin + 1, end_time=begin + 3 * hour).data
    assert rows[0]["time"] == begin  # a part of a second is cut off
    rows = oi(server, interval="1h", start_time=begin + 1000, end_time=begin + 3 * hour).data
    assert rows[0]["time"] == begin + hour  # off a boundary: moved up
    rows = oi(server, interval="1h", start_time=begin, limit=5).data
    assert len(rows) == 5 and rows[0]["time"] == begin
    rows = oi(server, interval="1h", start_time=begin, end_time=begin + 9000 * hour).data
    assert len(rows) == 1000
    assert oi(server, interval="1h", limit=5000).data[-1]["time"] == NOW // HOUR * HOUR * 1000
    assert len(oi(server, interval="1h", limit=5000).data) == 1000


def test_the_last_row_is_still_open_and_changes_until_it_closes(server, clock: SteppedClock):
    rows = oi(server, interval="1h", limit=3).data
    assert [row["time"] for row in rows] == [(NOW // HOUR + k) * HOUR * 1000 for k in (-2, -1, 0)]
    assert isinstance(rows[-1]["close"], float) and isinstance(rows[-1]["open"], str)
    assert all(isinstance(row["close"], str) for row in rows[:-1])
    clock.advance(300)
    later = oi(server, interval="1h", limit=3).data
    assert later[0] == rows[0], "final"
    assert later[1]["open"] == rows[1]["open"] and later[-1] != rows[-1]
    clock.set((NOW // HOUR + 1) * HOUR)
    closed = oi(server, interval="1h", limit=3).data
    assert isinstance(closed[-1]["close"], str) and closed[-1]["time"] == rows[-1]["time"]
    assert closed[-1]["open"] == rows[-1]["open"]


def test_rows_come_oldest_first(server: CoinglassServer):
    times = [row["time"] for row in oi(server, interval="1h").data]
    assert times == sorted(set(times))


def test_a_missing_parameter_is_named(server: CoinglassServer):
    url = f"{server.url}/api/futures/liquidation/aggregated-history"
    body = get(url, "hobbyist", symbol="BTC", interval="4h").body
    assert body == {
        "code": "400",
        "msg": "Required String parameter 'exchange_list' is not present",
    }


def test_coins_and_pairs_are_not_the_same(server: CoinglassServer):
    assert oi(server, symbol="BTCUSDT").data == []
    assert oi(server, symbol="NOPE").body == {"code": "500", "msg": "Server Error"}
    ask = {"interval": "4h", "exchange": "Binance"}
    body = get(server.url + RATIO, "hobbyist", symbol="BTC", **ask).body
    assert body["code"] == "400" and "pair does not exist" in body["msg"]
    assert get(server.url + RATIO, "hobbyist", symbol="1000PEPEUSDT", **ask).data
    okx = {"interval": "4h", "exchange": "OKX", "symbol": "PEPE-USDT-SWAP"}
    assert get(server.url + RATIO, "hobbyist", **okx).data


def test_an_unknown_path_is_a_404(server: CoinglassServer):
    gone = get(f"{server.url}/api/futures/aggregated-liquidation/history", "professional")
    assert gone.status == 404 and gone.body["code"] == "404"


@pytest.mark.parametrize("window", ["fixed", "sliding"])
def test_the_rate_is_counted_per_key_and_window(clock: SteppedClock, window):
    clock.set(NOW // 60 * 60 + 50)
    with CoinglassServer(MARKET, clock, plans=PLANS, rules=Rules(window=window)) as server:
        for used in range(1, 31):
            headers = oi(server, "hobbyist", limit=1).headers
            assert headers["API-KEY-USE-LIMIT"] == str(used)
            assert headers["API-KEY-MAX-LIMIT"] == "30"
        refused = oi(server, "hobbyist", limit=1)
        assert refused.status == 429 and refused.headers["API-KEY-USE-LIMIT"] == "30"
        assert oi(server, "startup", limit=1).status == 200
        clock.advance(15)  # a new clock minute, but not sixty seconds
        assert oi(server, "hobbyist", limit=1).status == (200 if window == "fixed" else 429)
        clock.advance(46)
        assert oi(server, "hobbyist", limit=1).status == 200
    assert [entry.refused for entry in server.log.entries()].count(True) == (
        1 if window == "fixed" else 2
    )


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [("http429", 429, "429"), ("body429", 200, "429"), ("body400", 200, "400")],
)
def test_a_rate_refusal_has_three_forms(clock: SteppedClock, refusal, status, code):
    rules = Rules(refusal=refusal, per_minute=1)
    with CoinglassServer(MARKET, clock, plans=PLANS, rules=rules) as server:
        oi(server)
        refused = oi(server)
    assert (refused.status, refused.body["code"]) == (status, code)
    assert refused.body["msg"] == "Too Many Requests"


def test_its_clock_is_in_the_date_header_and_moves_over_http(server, clock: SteppedClock):
    date = parsedate_to_datetime(oi(server, limit=1).headers["Date"])
    assert date.timestamp() == NOW // 1
    assert post(f"{server.url}/__clock", {"advance": 60}) == {"now": NOW + 60}
    assert clock.now() == NOW + 60
    assert post(f"{server.url}/__clock", {"now": NOW}) == {"now": NOW}


def test_clocks_run_stand_and_leap():
    fast = AcceleratedClock(1000.0, speed=1e6)
    first = fast.now()
    assert fast.now() > first >= 1000.0
    fast.set(5.0)
    assert fast.now() < first
    assert RealClock().now() > 1.7e9


def test_a_delayed_row_appears_only_after_its_delay(clock: SteppedClock):
    with CoinglassServer(MARKET, clock, plans=PLANS, delays={OI: 120.0}) as server:
        closed = NOW // HOUR * HOUR
        clock.set(closed + 119)
        before = oi(server, interval="1h", limit=2).data
        clock.set(closed + 120)
        after = oi(server, interval="1h", limit=2).data
        assert before[-1]["time"] < after[-1]["time"] == (closed - HOUR) * 1000
        assert isinstance(after[-1]["close"], str)


def test_the_log_tells_what_was_served_and_never_the_key(clock: SteppedClock):
    plans = {"very-secret": "professional"}
    with CoinglassServer(MARKET, clock, plans=plans) as server:
        served = oi(server, "very-secret", interval="1h", limit=4).data
        get(server.url + OI, "very-secret", symbol="BTC")
        entries = get(f"{server.url}/__log").body
    assert [entry["code"] for entry in entries] == ["0", "400"]
    assert "very-secret" not in str(entries) + str(server.log.entries())
    rows = server.log.served_rows(OI, symbol="BTC", interval="1h")
    assert [row for _, row in rows.values()] == served
    assert all(time == NOW for time, _ in rows.values())
    assert server.log.served_rows(OI, until=NOW - 1) == {}


def test_knowable_is_what_has_closed_by_then(server: CoinglassServer):
    params = {"symbol": "BTC", "interval": "1h", "limit": "5"}
    rows = server.knowable(OI, params, NOW)
    served = oi(server, interval="1h", limit=5).data
    assert rows == served[:-1]


class Broken(Fault):
    """Replaces one path, doubles rows, turns the clock back and cuts a body short."""

    def before(self, call: Call) -> Reply | None:
        return Reply(body=b"<html>", status=502) if call.path.endswith("supported-coins") else None

    def rows(self, call, rows):
        return rows + rows[-1:]

    def after(self, call: Call, reply: Reply) -> Reply:
        reply.date = 0.0
        if call.path.endswith("supported-exchanges"):
            whole = reply.encoded()
            reply.pieces, reply.length, reply.close = [whole[:10]], len(whole), True
        return reply


def test_faults_replace_alter_and_cut_replies(server: CoinglassServer):
    server.faults.append(Broken())
    doubled = oi(server, limit=3)
    assert len(doubled.data) == 4
    assert parsedate_to_datetime(doubled.headers["Date"]).timestamp() == 0
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/api/futures/supported-coins")
    reply = connection.getresponse()
    assert (reply.status, reply.read()) == (502, b"<html>")
    headers = {"CG-API-KEY": "professional"}
    connection.request("GET", "/api/futures/supported-exchanges", headers=headers)
    reply = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead):
        reply.read()
    connection.close()
    last = server.log.entries()[-1]
    assert last.rows is None and last.code == ""


def test_a_plan_may_change_or_run_out_in_mid_run(server, clock: SteppedClock):
    assert oi(server, "professional", interval="1h", limit=1).data
    server.set_plan("professional", "hobbyist")
    assert oi(server, "professional", interval="1h", limit=1).body["code"] == "403"
    server.set_plan("professional", "startup", expires=NOW + 10)
    assert oi(server, "professional", interval="1h", limit=1).data
    clock.advance(10)
    assert oi(server, "professional", interval="1h", limit=1).body["code"] == "401"
