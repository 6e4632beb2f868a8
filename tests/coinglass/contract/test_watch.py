"""How late rows come and how far they change is measured, on clocks that only jump."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support import contract_faults as plant
from tests.support.contract import BTC, World, deviations
from tests.support.fault_hook import Fault
from tests.support.served import BOOK, FUNDING, LIQUIDATION, OI, RATIO, TAKER
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.contract.asking import Asking
from vectra_freqtrade.coinglass.contract.run import Verification
from vectra_freqtrade.coinglass.contract.watch import advice
from vectra_freqtrade.coinglass.contract.watching import Watch, watched_intervals
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.times import from_ms

CLOSE = datetime(2025, 3, 1, 4, tzinfo=UTC).timestamp()
START = CLOSE - 3000
HOUR = 3600


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return SimulatedMarket(["BTC/USDT:USDT"], start=datetime(2025, 1, 1, tzinfo=UTC), seed=1)


Watching = Callable[..., tuple[World, Watch]]


@pytest.fixture
def watching(market: SimulatedMarket) -> Iterator[Watching]:
    made: list[World] = []

    def make(
        *faults: Fault, intervals: Sequence[str] = ("4h",), plan: str = "hobbyist", **others: Any
    ) -> tuple[World, Watch]:
        world = World(market, START, plan, faults, **others)
        made.append(world)
        asking = Asking(world.client, BTC)
        return world, Watch(asking, Verification(asking).prepare(), intervals)

    yield make
    for each in made:
        each.close()


def of(watch: Watch, path: str, interval: str = "4h") -> Any:
    found = watch.measured()
    return next(each for each in found if (each.path, each.interval) == (path, interval))


def test_it_runs_until_each_interval_has_closed_twice_and_says_so_before(watching):
    world, watch = watching(intervals=("4h", "8h"))
    assert watch.ends / 1000 == CLOSE + 12 * HOUR
    watch.run()
    assert watch.ends / 1000 < world.clock.now() < watch.ends / 1000 + 120
    assert {each.rows for each in watch.measured() if each.interval == "8h"} == {2}
    assert not watch.failed


def test_what_keeps_the_contract_is_measured_without_a_deviation(watching):
    _, watch = watching()
    watch.run()
    assert deviations(watch.findings()) == []
    assert all(each.by <= 60 for each in watch.measured())
    assert of(watch, BOOK).change > 0.01  # provisional, as captured


def test_a_row_that_comes_late_is_timed_and_the_delay_that_it_needs_is_named(watching):
    _, watch = watching(plant.Late(FUNDING, 180))
    watch.run()
    late = of(watch, FUNDING)
    assert late.after < 180 <= late.by < 215
    (found,) = deviations(watch.findings())
    assert (found.promise, found.where) == ("late rows", f"{FUNDING} 4h")
    assert "cg_funding" in "".join(found.columns)
    assert 190 <= advice(watch.measured(), 60).delay <= 220


@pytest.mark.parametrize("seconds", [61, 90, 128])
@pytest.mark.parametrize("opens", [True, False])
def test_rows_up_to_two_minutes_late_ask_for_a_delay_and_break_nothing(watching, opens, seconds):
    _, watch = watching(plant.Late("history", seconds, opens=opens))
    watch.run()
    assert deviations(watch.findings()) == []
    assert seconds < advice(watch.measured(), 60).delay <= seconds + 50
    assert advice(watch.measured(), 190).delay is None


@pytest.mark.parametrize("path", [OI, TAKER, RATIO, LIQUIDATION])
def test_rows_revised_by_ten_percent_are_named_and_settle_waits_for_them(watching, path):
    _, watch = watching(plant.FirstValues(path, 1.1), rules=Rules.plain())
    watch.run()
    (found,) = deviations(watch.findings())
    assert (found.promise, found.where) == ("revised rows", f"{path} 4h")
    changed = of(watch, path)
    assert changed.change == pytest.approx(1 - 1 / 1.1, abs=0.005)
    assert advice(watch.measured(), 60).settle == {changed.dataset: 1}


def test_an_order_book_that_changes_as_captured_is_no_deviation_but_advice(watching):
    _, watch = watching(plant.FirstValues(BOOK, 1.1), rules=Rules.plain())
    watch.run()
    assert deviations(watch.findings()) == []
    assert advice(watch.measured(), 60).settle == {"order_book": 1}


def test_an_interrupt_leaves_what_was_measured_by_then(watching):
    world, watch = watching(plant.Late(OI, 180))

    def stop(_: float) -> None:
        if world.clock.now() > CLOSE + 2 * HOUR + 60:
            raise KeyboardInterrupt

    world.clock.on_sleep = stop
    with pytest.raises(KeyboardInterrupt):
        watch.run()
    late = of(watch, OI)
    assert (late.rows, late.changed) == (1, 2)
    assert [each.promise for each in deviations(watch.findings())] == ["late rows"]


def test_an_interrupt_before_the_first_close_knows_nothing_and_says_nothing(watching):
    world, watch = watching()

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    world.clock.on_sleep = stop
    with pytest.raises(KeyboardInterrupt):
        watch.run()
    assert all((each.rows, each.by) == (0, None) for each in watch.measured())
    assert deviations(watch.findings()) == []


def test_a_row_that_never_comes_is_not_waited_for_and_named(watching):
    world, watch = watching(plant.Late(OI, 7 * HOUR))
    watch.run()
    assert world.clock.now() < watch.ends / 1000 + 1200
    assert [each.promise for each in deviations(watch.findings())] == ["late rows"]


def test_a_coin_without_liquidations_is_watched_without_a_word(watching):
    world, watch = watching(plant.EachRow(LIQUIDATION, lambda row, _: None))
    watch.run()
    assert world.clock.now() < watch.ends / 1000 + 1200
    assert deviations(watch.findings()) == []


def test_it_leaves_half_of_the_keys_rate_to_a_bot(watching):
    world, watch = watching(plant.Late("history", 600))
    watch.run()
    hours = (watch.ends / 1000 - START) / HOUR
    assert len(world.asked) < 30 * 60 * hours / 4


def test_minutes_are_watched_where_the_plan_has_them(watching):
    world, watch = watching(intervals=("1m",), plan="standard", rules=Rules.plain())
    watch.run()
    assert world.clock.now() < START + 5 * 60
    assert {each.rows for each in watch.measured()} == {2}
    assert deviations(watch.findings()) == []


def test_a_day_is_watched_only_where_it_is_named():
    def usual(plan: Plan, *intervals: str) -> tuple[str, ...]:
        return watched_intervals(CoinglassSettings(intervals=intervals or "auto"), plan, [])

    assert usual(Plan.STARTUP) == ("1h", "4h")
    assert usual(Plan.HOBBYIST) == ("4h",)
    assert usual(Plan.HOBBYIST, "8h", "1d") == ("8h",)
    assert usual(Plan.HOBBYIST, "1d") == ("4h",)
    assert watched_intervals(CoinglassSettings(), Plan.HOBBYIST, ["1d"]) == ("1d",)
    with pytest.raises(SettingsError, match="1h needs CoinGlass Startup"):
        watched_intervals(CoinglassSettings(), Plan.HOBBYIST, ["1h"])


def test_the_end_is_after_the_second_close_of_the_longest(watching):
    _, watch = watching(intervals=("4h", "1d"))
    assert from_ms(watch.ends) == datetime(2025, 3, 3, tzinfo=UTC)
