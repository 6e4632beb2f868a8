"""What one thing did: sums that add up, and nothing where nothing is."""

import pytest

from tests.report.compare.made import BALANCE, STAKE, pair, result, trade, trades
from vectra_freqtrade.report.compare.effect import Pair, effect, equity
from vectra_freqtrade.report.compare.matching import Change

WEEK = 7 * 24
#: With: every week one exit better by 2. Without: every week another entry, which loses 3.
HAVING = [trade(week * WEEK, 2, 3.0) for week in range(12)]
LACKING = [trade(week * WEEK, 3, 1.0) for week in range(12)]
LACKING += [trade(week * WEEK + 50, 2, -3.0) for week in range(10)]


@pytest.fixture
def found():
    return effect("CoinGlass", pair(*HAVING), pair(*LACKING), STAKE, 7)


def test_groups_add_up_to_the_difference_of_the_unlimited_runs(found):
    sizes = {group.change: group.trades for group in found.groups}
    assert sizes == {Change.MOVED: 12, Change.BLOCKED: 10}
    total = sum(group.difference.value for group in found.groups)
    assert total * STAKE == pytest.approx(12 * 2.0 + 10 * 3.0)
    blocked = next(group for group in found.groups if group.change == Change.BLOCKED)
    assert (blocked.with_, blocked.without) == (0.0, pytest.approx(-30.0 / STAKE))
    assert blocked.difference.value > 0  # not to lose is a gain


def test_the_total_is_the_difference_of_the_users_own_results(found):
    assert found.difference.value == pytest.approx(found.having.profit - found.lacking.profit)
    assert found.difference.value * BALANCE == pytest.approx(36.0 - (12.0 - 30.0))
    assert found.difference.low < found.difference.value < found.difference.high
    assert (found.made, found.changed, found.nothing) == (22, 22, False)


def test_the_same_trades_are_nothing():
    found = effect("CoinGlass", pair(*HAVING), pair(*HAVING), STAKE, 7)
    assert found.nothing and not found.changed and not found.groups
    assert found.difference.value == found.difference.low == found.difference.high == 0.0


def test_what_only_the_users_own_config_shows_is_not_nothing():
    """Such as a wallet that one run has used up."""
    alone = result(trades(*HAVING))
    lacking = Pair(result(trades(*HAVING[:-1])), alone)
    found = effect("CoinGlass", Pair(alone, alone), lacking, STAKE, 7)
    assert not found.changed and not found.nothing


def test_equity_is_the_closed_profit_up_to_each_day():
    curve = equity(result(trades(trade(0, 1, 10.0), trade(30, 1, -5.0)), days=3))
    assert list(curve) == pytest.approx([0.01, 0.005, 0.005])


def test_a_run_without_trades_can_be_one_side():
    found = effect("CoinGlass", pair(*HAVING), pair(), STAKE, 7)
    assert found.count(Change.LIFTED) == 12 and found.lacking.trades == 0
    assert found.difference.value == pytest.approx(found.having.profit)
