"""
A dry-run bot trades; a backtest over the store that it wrote takes the same trades.

`python -m tests.measure.dry_run` is the same for longer, and tells every difference.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.measure import dry_run
from tests.support.dry_run import DryRun
from tests.support.dry_run_deals import Compared
from tests.support.matching import STOPS, Kind, Match

pytestmark = [pytest.mark.freqtrade, pytest.mark.real_time]

CANDLES = 14


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compared]:
    with DryRun(tmp_path_factory.mktemp("dry_run")) as run:
        run.trade(CANDLES)
        run.candles()
        yield Compared(run, run.backtest())


@pytest.fixture(scope="module")
def matches(compared: Compared) -> list[Match]:
    return compared.matches()


def test_a_bot_decides_on_the_cells_signals_and_tags_of_its_backtest(compared: Compared):
    cells = compared.differing_cells()
    assert cells.pop("") > 1000
    assert not cells
    decided = compared.run.decided()
    assert decided["cg_state"].nunique() >= 4
    assert decided[["enter_long", "enter_short", "exit_long", "exit_short"]].sum().min() > 0


def test_no_trade_differs_without_an_explanation(matches: list[Match]):
    kinds = Counter(each.kind for each in matches)
    assert not kinds[Kind.NONE], [each for each in matches if each.kind is Kind.NONE]
    assert kinds[Kind.SAME] >= 5
    assert kinds[Kind.SAME] >= len(matches) / 2


def test_what_signals_decide_is_the_same_wherever_the_bot_was_in_time(matches: list[Match]):
    both = [(each, each.bot, each.tested) for each in matches if each.bot and each.tested]
    assert len(both) >= 6
    by_signal = [
        each for each, bot, tested in both if not {bot.reason, tested.reason} & {*STOPS, None}
    ]
    assert {each.kind for each in by_signal} <= {Kind.SAME, Kind.LATE}
    reasons = {each.deal.reason.split()[0] for each in by_signal if each.deal.reason}
    assert any(reason == "to" or reason.startswith("cg_") for reason in reasons)


def test_each_stop_is_the_one_that_the_trades_own_entry_gives(compared: Compared):
    assert not compared.astray()
    assert all(deal.stops for deal in [*compared.bot, *compared.tested])


def test_the_bot_enters_at_a_price_of_the_candle_that_the_backtest_enters_at(compared: Compared):
    assert compared.prices_apart()["inside"].all()


def test_the_tool_that_measures_it_tells_of_every_trade(compared: Compared, capsys):
    dry_run.tell(compared)
    told = capsys.readouterr().out
    assert f"bot {len(compared.bot)} trades, backtest {len(compared.tested)}" in told
    assert "that differ: 0" in told and "stops that are not the plan's: 0" in told
