"""A contract that is kept shows no deviation; a planted one is named as what it is, alone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tests.support import contract_faults as plant
from tests.support.contract import World, deviations
from tests.support.fault_hook import Fault
from tests.support.served import DOMINANCE, FUNDING, LIQUIDATION, OI, PAIRS, RATIO, TAKER
from vectra_freqtrade.coinglass.contract.asking import Contract
from vectra_freqtrade.coinglass.contract.rows import Rows
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.loopback import Reply
from vectra_freqtrade.simulator.market.market import SimulatedMarket

COINS = ["BTC/USDT:USDT", "ETH/USDT:USDT", "PEPE/USDT:USDT"]
CLOSE = datetime(2025, 3, 1, 4, tzinfo=UTC).timestamp()
MIDDLE = CLOSE + 5400
PEPE = Contract("PEPE", "Binance", "1000PEPEUSDT")
ORDERS = "/api/futures/orderbook/large-limit-order-history"
NETFLOW = "/api/exchange/balance/chart"


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return SimulatedMarket(COINS, start=datetime(2024, 12, 1, tzinfo=UTC), seed=1)


@pytest.fixture
def world(market: SimulatedMarket) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(now: float = MIDDLE, plan: str = "hobbyist", *faults: Fault, **others: Any) -> World:
        made.append(World(market, now, plan, faults, **others))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("plan", ["hobbyist", "startup", "standard", "professional"])
def test_what_keeps_the_contract_shows_no_deviation(world, plan):
    report = world(MIDDLE, plan).verify(PEPE)
    assert deviations(report.findings) == []


def test_hobbyist_needs_no_more_than_forty_requests_and_about_two_minutes(world):
    made = world()
    report = made.verify(PEPE, *(Contract(f"X{n}", "Binance", f"X{n}USDT") for n in range(30)))
    assert len(made.asked) <= report.asked <= 40
    assert made.clock.now() - MIDDLE < 150


@pytest.mark.parametrize("after", [0.5, 30, 61, 100, 125, 200, 3600, 14380])
@pytest.mark.parametrize("seconds", [0, 60, 119])
def test_rows_within_two_minutes_are_no_deviation_at_any_time(world, after, seconds):
    fault = plant.Lagging("history", seconds)
    made = world(CLOSE + after, "standard", fault)
    assert deviations(made.verify().findings) == []


def _zeros(row: dict[str, Any], _: int) -> dict[str, Any]:
    return {name: cell if name == "time" else 0 for name, cell in row.items()}


def _every_other(row: dict[str, Any], length: int) -> dict[str, Any]:
    return _zeros(row, length) if row["time"] // length % 2 else row


def _whole_coins(row: dict[str, Any], _: int) -> dict[str, Any]:
    return {k: f"{float(c):.0f}" if isinstance(c, str) else c for k, c in row.items()}


@pytest.mark.parametrize(
    "fault",
    [
        plant.EachRow(LIQUIDATION, lambda row, _: None),
        plant.EachRow(LIQUIDATION, _zeros),
        plant.EachRow(LIQUIDATION, _every_other),
        plant.EachRow(OI, _whole_coins),
        plant.FirstValues("history", 1.3),
    ],
    ids=["no liquidations", "zeros", "quiet nights", "rounded", "provisional"],
)
def test_what_real_answers_show_is_no_deviation(world, fault):
    assert deviations(world(MIDDLE, "hobbyist", fault).verify().findings) == []


@pytest.mark.parametrize("days", [1, 2, 3])
def test_any_spacing_of_dominance_up_to_days_is_no_deviation(world, days):
    made = world(MIDDLE, "startup", rules=Rules(dominance_days=days))
    assert deviations(made.verify().findings) == []


@dataclass(frozen=True)
class Planted:
    """:param said: what the line says beside its promise and path"""

    fault: Fault | None
    promise: str
    path: str
    said: str
    columns: str = "cg_"
    plan: str = "hobbyist"
    now: float = MIDDLE
    rules: Rules | None = None


def _seconds(row: dict[str, Any], _: int) -> dict[str, Any]:
    return row | {"time": row["time"] // 1000}


def _text(name: str, make: Callable[[Any], str]) -> Callable[[dict[str, Any], int], Any]:
    return lambda row, _: row | {name: make(row[name])}


def _renamed(data: Any) -> Any:
    def base(item: dict[str, Any]) -> dict[str, Any]:
        other = {"BTC": "WBTC"}.get(item["base_asset"], item["base_asset"])
        return item | {"base_asset": other}

    return {venue: [base(item) for item in items] for venue, items in data.items()}


def _pepe_renamed(data: Any) -> Any:
    def base(item: dict[str, Any]) -> dict[str, Any]:
        return item | {"base_asset": item["base_asset"].replace("1000PEPE", "FROG")}

    return {venue: [base(item) for item in items] for venue, items in data.items()}


def _pepe_alone(data: Any) -> Any:
    def base(item: dict[str, Any]) -> dict[str, Any]:
        return item | {"base_asset": item["base_asset"].replace("1000PEPE", "PEPE")}

    return {venue: [base(item) for item in items] for venue, items in data.items()}


def _orders_in_seconds(data: Any) -> Any:
    return [row | {"start_time": row["start_time"] // 1000} for row in data]


def _fewer(data: Any) -> Any:
    inner = data[0]
    return [inner | {"data_map": {name: held[:-3] for name, held in inner["data_map"].items()}}]


def _in_seconds(data: Any) -> Any:
    return [{**each, "timestamp": each["timestamp"] // 1000} for each in data]


def _weekly(data: Any) -> Any:
    return data[::-7][::-1]


class ClosedAtTheClose(plant.NoOpenRow):
    """The newest stamp is where an open row's would be."""

    def rows(self, call, rows):
        closed = super().rows(call, rows)
        if closed is rows:
            return rows
        return [plant.moved(row, 1000 * call.interval) for row in closed]


class AsUsd(plant.Planned):
    """The server ignores the unit."""

    def __init__(self) -> None:
        super().__init__(OI, times=None)

    def before(self, call):
        call.request.params.pop("unit", None)


E = plant.EachRow
PLANTED = {
    "funding as a fraction": Planted(
        E(FUNDING, lambda row, _: plant.scaled(row, 0.01)), "unit of funding", FUNDING, "fraction"
    ),
    "open interest in USD": Planted(AsUsd(), "unit of open interest", OI, "USD of unit=usd"),
    "stamps at the close": Planted(E(OI, plant.moved), "stamp", OI, "at its close"),
    "stamps at the close, of takers": Planted(
        E(TAKER, plant.moved), "stamp", TAKER, "at its close"
    ),
    "stamps at the close without an open row": Planted(
        ClosedAtTheClose(OI), "stamp", OI, "closes there"
    ),
    "stamps at the close without an open row, of takers": Planted(
        ClosedAtTheClose(TAKER), "stamp", TAKER, "closes there"
    ),
    "stamps at the close, less a millisecond": Planted(
        E(RATIO, lambda row, length: plant.moved(row, length - 1)), "stamp", RATIO, "at its close"
    ),
    "seconds": Planted(E(RATIO, _seconds), "unit of stamps", RATIO, "seconds"),
    "newest first": Planted(plant.NewestFirst(FUNDING), "order", FUNDING, "newest first"),
    "no open row": Planted(plant.NoOpenRow(TAKER), "open row", TAKER, "closed one"),
    "missing field": Planted(E(OI, plant.without("close")), "fields", OI, "missing"),
    "a field that no column uses": Planted(
        E(OI, plant.without("high")), "fields", OI, "missing", columns=""
    ),
    "no stamps": Planted(
        E(LIQUIDATION, plant.without("time")), "fields", LIQUIDATION, "aggregated"
    ),
    "text that is a number": Planted(
        E(TAKER, _text("aggregated_buy_volume_usd", str)), "types", TAKER, "text", columns=""
    ),
    "text that is none": Planted(
        E(FUNDING, _text("close", lambda cell: f"{cell}%")), "types", FUNDING, "no number"
    ),
    "another limit": Planted(plant.Header(80), "rate", "", "80", columns=""),
    "rows three minutes late": Planted(
        plant.Late(OI, 180), "late rows", OI, "not there", now=CLOSE + 150
    ),
    "rows three minutes late behind an open one": Planted(
        plant.Late(OI, 180, opens=True), "late rows", OI, "not there", now=CLOSE + 150
    ),
    "dominance weekly": Planted(
        plant.Answered(DOMINANCE, _weekly),
        "spacing",
        DOMINANCE,
        "7 days",
        plan="startup",
        rules=Rules(dominance_days=1),
    ),
    "dominance as a fraction": Planted(
        plant.Answered(
            DOMINANCE,
            lambda data: [x | {"bitcoin_dominance": x["bitcoin_dominance"] / 100} for x in data],
        ),
        "unit of dominance",
        DOMINANCE,
        "fraction",
        plan="startup",
    ),
    "dominance in seconds": Planted(
        plant.Answered(DOMINANCE, _in_seconds),
        "unit of stamps",
        DOMINANCE,
        "seconds",
        plan="startup",
    ),
    "the coin under another name": Planted(plant.Answered(PAIRS, _renamed), "name", PAIRS, "WBTC"),
    "a pair's coin under another name": Planted(
        plant.Answered(PAIRS, _pepe_renamed), "name", PAIRS, "FROG"
    ),
    "a pair's coin in another multiple": Planted(
        plant.Answered(PAIRS, _pepe_alone), "name", PAIRS, "PEPE"
    ),
    "large orders in seconds": Planted(
        plant.Answered(ORDERS, _orders_in_seconds),
        "unit of stamps",
        ORDERS,
        "seconds",
        plan="standard",
    ),
    "large orders without a side": Planted(
        plant.Answered(ORDERS, lambda data: [plant.without("order_side")(row, 0) for row in data]),
        "shape",
        ORDERS,
        "",
        plan="standard",
    ),
    "null in place of numbers": Planted(
        E(RATIO, lambda row, _: row | {"global_account_long_short_ratio": None}),
        "types",
        RATIO,
        "null",
    ),
    "off the grid": Planted(
        E(RATIO, lambda row, _: plant.moved(row, 3_600_000)), "grid", RATIO, "60 min"
    ),
    "another interval": Planted(
        E(RATIO, lambda row, length: row if row["time"] % (3 * length) == 0 else None),
        "spacing",
        RATIO,
        "min apart",
    ),
    "takers in coins": Planted(
        E(TAKER, lambda row, _: plant.scaled(row, 1e-5)), "taker volume", TAKER, "of it"
    ),
    "a path that is gone": Planted(
        plant.Refusing(
            LIQUIDATION, lambda: Reply({"code": "404", "msg": "Endpoint not found."}, 404)
        ),
        "path",
        LIQUIDATION,
        "no such endpoint",
    ),
    "an endpoint above the plan": Planted(
        plant.Refusing(LIQUIDATION, lambda: Reply({"code": "401", "msg": "Upgrade plan"})),
        "plan",
        LIQUIDATION,
        "refused",
    ),
    "no rows of a coin that has them": Planted(
        E(FUNDING, lambda row, _: None), "rows", FUNDING, "none"
    ),
    "balances shorter than their times": Planted(
        plant.Answered(NETFLOW, _fewer), "shape", NETFLOW, "other lengths"
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_deviation_is_named_alone(world, name):
    planted = PLANTED[name]
    made = world(planted.now, planted.plan, planted.fault, rules=planted.rules)
    found = deviations(made.verify(PEPE).findings)
    assert [each.promise for each in found] == [planted.promise], found
    (one,) = found
    assert one.where.partition(" ")[0] == planted.path
    assert planted.said in one.came
    assert one.expected
    assert "".join(one.columns).startswith(planted.columns) if planted.columns else not one.columns


def test_settled_rows_that_change_between_two_looks_are_named(world):
    fault = E(TAKER, lambda row, _: plant.scaled(row, 1.1), skip=3)
    found = deviations(world(MIDDLE, "hobbyist", fault).verify().findings)
    assert [each.promise for each in found] == ["revised rows"]
    assert "9%" in found[0].came and "cg_taker" in "".join(found[0].columns)


def test_a_minutes_rows_tell_late_ones_at_any_time(world):
    made = world(MIDDLE + 40, "standard", plant.Late(OI, 240))
    found = deviations(made.verify().findings)
    assert [each.promise for each in found] == ["late rows"]


def test_the_open_row_and_the_two_before_it_decide_nothing():
    times = np.arange(6) * 3_600_000
    rows = Rows(times, {"close": np.arange(6.0)})
    assert rows.settled(int(times[-1]) + 60_000, 3_600_000).times.tolist() == times[:3].tolist()


def test_several_deviations_are_a_line_each(world):
    faults = (plant.NewestFirst(FUNDING), E(RATIO, _seconds), plant.Header(300))
    found = deviations(world(MIDDLE, "hobbyist", *faults).verify().findings)
    assert sorted(each.promise for each in found) == ["order", "rate", "unit of stamps"]


def test_every_path_with_the_same_deviation_has_its_line(world):
    found = deviations(world(MIDDLE, "hobbyist", plant.NewestFirst("history")).verify().findings)
    assert {each.promise for each in found} == {"order"}
    assert len(found) == len({each.where for each in found}) == 8
