from datetime import UTC, datetime

import httpx
import pytest

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import FakeCoinglass, envelope
from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.catalogue.intervals import INTERVALS
from vectra_freqtrade.catalogue.offers import offers, unavailable_reason
from vectra_freqtrade.catalogue.plans import (
    RATES,
    Plan,
    allows_interval,
    auto_intervals,
    depth,
    plan_of_rate,
    smallest_plan_for,
)
from vectra_freqtrade.coinglass.account.key_state import KeyState
from vectra_freqtrade.coinglass.account.plan import request_load
from vectra_freqtrade.errors import AuthError, PlanError, TransientError

SUBSCRIPTION = "/api/user/account/subscription"
ALL = list(DATASETS)


@pytest.fixture
def server():
    return FakeCoinglass(FakeClock())


def answering(path: str, response: httpx.Response):
    return lambda request: response if request.url.path == path else None


@pytest.mark.parametrize("plan", [plan for plan in Plan if plan is not Plan.FREE])
def test_the_subscription_names_the_plan(server, plan):
    server.level = plan.value.upper()
    with server.client() as client:
        status = client.plan()
        assert client.plan() is status
    assert (status.plan, status.source) == (plan, "subscription")
    assert status.expires == datetime(2027, 3, 25, 2, 58, 11, tzinfo=UTC)
    assert len(server.seen) == 1


@pytest.mark.parametrize("plan", list(RATES))
@pytest.mark.parametrize(
    "answer",
    [
        envelope(code="404", msg="Endpoint not found."),
        envelope({"level": "GOLD"}),
        envelope(None),
        envelope(code="500", msg="Server Error"),
        envelope(code="400", msg="Not Supported"),
        envelope(code="422", msg="?"),
    ],
    ids=["404", "unknown level", "nothing", "500", "not supported", "a wrong parameter"],
)
def test_else_the_limit_header_of_any_answer_does(server, plan, answer):
    server.first.append(answering(SUBSCRIPTION, answer))
    server.budget.limit = RATES[plan] + (plan is Plan.ENTERPRISE)
    with server.client() as client:
        assert client.plan().plan is plan
        assert client.rate == server.budget.limit


def test_a_key_without_a_plan_is_free(server):
    server.first.append(lambda request: envelope(code="401", msg="Upgrade plan"))
    with server.client() as client:
        assert client.plan().plan is Plan.FREE


def test_an_expired_subscription_is_free(server):
    expired = envelope({"level": "STANDARD", "expire_time": 1705943491000, "expired": True})
    server.first.append(answering(SUBSCRIPTION, expired))
    with server.client() as client:
        assert client.plan().plan is Plan.FREE
        assert client.plan().expires.year == 2024


def test_the_setting_comes_before_everything_and_costs_no_request(server):
    with server.client(plan="professional") as client:
        assert client.plan().plan is Plan.PROFESSIONAL
        assert client.rate == 1200
    assert not server.seen


def test_a_wrong_key_is_an_error_and_so_is_no_answer(server):
    server.first.append(lambda request: envelope(code="400", msg="Invalid API key provided"))
    with server.client() as client, pytest.raises(AuthError):
        client.plan()
    server.first[:] = [lambda request: httpx.Response(503)]
    with server.client() as client, pytest.raises(TransientError):
        client.plan()


def test_rates_between_two_plans_count_as_the_smaller_one():
    assert plan_of_rate(29) is Plan.HOBBYIST
    assert plan_of_rate(120) is Plan.STARTUP
    assert plan_of_rate(600) is Plan.STANDARD
    assert plan_of_rate(6000) is Plan.ENTERPRISE


def test_auto_takes_the_two_shortest_intervals_of_the_plan():
    assert auto_intervals(Plan.FREE) == ()
    assert auto_intervals(Plan.HOBBYIST) == ("4h", "12h")
    assert auto_intervals(Plan.STARTUP) == ("1h", "4h")


def test_the_history_table_and_the_smallest_intervals_agree():
    for plan in Plan:
        for interval in INTERVALS:
            assert (depth(plan, interval) is not None) == allows_interval(plan, interval)
    assert str(depth(Plan.HOBBYIST, "4h")) == "180 d"
    assert str(depth(Plan.PROFESSIONAL, "1h")) == "720 d"
    assert str(depth(Plan.HOBBYIST, "1d")) == "all"
    assert smallest_plan_for("1m") is Plan.STANDARD


def test_a_dataset_that_is_off_names_the_plan_that_has_it():
    table = {offer.dataset: offer for offer in offers(Plan.HOBBYIST, ALL, ("1h", "4h"))}
    assert table["open_interest"].on
    assert table["open_interest"].why == "1h needs CoinGlass Startup"
    assert table["open_interest"].depth == "4h 180 d"
    assert table["bitcoin_dominance"].why == "needs CoinGlass Startup"
    assert table["large_orders"].why == "needs CoinGlass Standard"
    assert table["liquidation_heatmap"].why == "needs CoinGlass Professional"
    assert not table["liquidation_heatmap"].on


def test_with_no_plan_everything_is_off():
    assert not any(offer.on for offer in offers(Plan.FREE, ALL, ("1h",)))


def test_a_refusal_turns_its_dataset_off_for_a_day():
    clock = FakeClock()
    refusals = KeyState(clock.now)
    spec = DATASETS["open_interest"]
    refusals.add(spec.endpoints[0].path, "1h", PlanError("no", needed_plan="standard"))
    assert "Standard" in unavailable_reason(spec, "1h", Plan.STARTUP, refusals)
    assert unavailable_reason(spec, "4h", Plan.STARTUP, refusals) == ""
    clock.time += 86_401
    assert unavailable_reason(spec, "1h", Plan.STARTUP, refusals) == ""


def test_the_load_says_which_delay_the_rate_needs():
    pairs = [f"C{number}" for number in range(30)]
    symbols = [("open_interest", coin) for coin in pairs]
    symbols += [("long_short_ratio", f"Binance_{coin}USDT") for coin in pairs]
    light, heavy = request_load(symbols, 2, 300, 60), request_load(symbols, 2, 30, 60)
    assert light.requests == heavy.requests == 30 * 2 + 30 * 2 * 2
    assert light.fits and light.advice() == ""
    assert "coinglass.delay to 370" in heavy.advice()
    assert request_load([*symbols, *symbols], 2, 300, 60) == light
    assert request_load([], 2, 0, 60).fits
    orders = [("large_orders", "Binance_BTCUSDT")]  # one request for each of their states
    assert request_load(orders, 2, 300, 60).requests == 3
