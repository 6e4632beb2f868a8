"""Trades of two runs, matched: what is the data's doing, and what follows from it."""

from typing import Any

import numpy as np
import pytest

from tests.report.compare.made import HOUR_MS, trade, trades
from vectra_freqtrade.report.compare.matching import Change, matched

ETH = {"pair": "ETH/USDT:USDT"}
SHORT = {"is_short": True}


def changes(having: list[dict[str, Any]], lacking: list[dict[str, Any]]) -> list[str]:
    return list(matched(trades(*having), trades(*lacking), HOUR_MS)["change"])


def test_a_trade_that_ends_the_same_is_the_same_whatever_its_exit_is_called():
    assert changes([trade(0)], [trade(0, exit_reason="cg_stop")]) == [Change.SAME]


@pytest.mark.parametrize("other", [trade(0, 3), trade(0, close_rate=90.0)])
def test_an_exit_at_another_time_or_price_has_moved(other):
    assert changes([trade(0)], [other]) == [Change.MOVED]


def test_another_profit_from_the_same_entry_and_exit_is_another_size():
    assert changes([trade(0, profit=2.0)], [trade(0, profit=1.0, close_rate=102.0)]) == [
        Change.SIZED
    ]


def test_an_entry_of_one_run_alone_is_blocked_or_lifted():
    assert changes([trade(0)], [trade(0), trade(9)]) == [Change.SAME, Change.BLOCKED]
    assert changes([trade(0), trade(9)], [trade(0)]) == [Change.SAME, Change.LIFTED]


def test_an_entry_that_met_the_other_runs_position_is_a_consequence():
    long, later = trade(0, 10), trade(5)
    assert changes([long], [trade(0, 4), later]) == [Change.MOVED, Change.TAKEN]
    assert changes([trade(0, 4), later], [long]) == [Change.MOVED, Change.FREED]


def test_a_position_that_closes_in_a_candle_bars_an_entry_in_it_and_not_in_the_next():
    """As freqtrade does: entries of a candle come before exits."""
    held = trade(0, 5)
    assert changes([held], [trade(0, 2), trade(5)])[1] == Change.TAKEN
    assert changes([held], [trade(0, 2), trade(6)])[1] == Change.BLOCKED


def test_a_position_on_another_pair_takes_nothing():
    assert changes([trade(0, 10, **ETH)], [trade(0, 10, **ETH), trade(5)])[1] == Change.BLOCKED


def test_another_side_on_the_same_candle_is_one_blocked_and_one_lifted():
    assert sorted(changes([trade(0)], [trade(0, **SHORT)])) == [Change.BLOCKED, Change.LIFTED]


def test_entries_within_one_candle_are_matched_in_their_order():
    """With a detail timeframe they lie inside it."""
    within = [trade(0.1, 0.2), trade(0.5, 0.2)]
    assert changes(within, [trade(0.2, 0.2), trade(0.5, 0.2)]) == [Change.MOVED, Change.SAME]


def test_nothing_matches_nothing():
    assert changes([], []) == []
    assert changes([], [trade(0)]) == [Change.BLOCKED]


def test_differences_add_up_to_the_difference_of_the_runs():
    rng = np.random.default_rng(3)

    def run() -> list[dict[str, Any]]:
        entries = np.sort(rng.choice(200, 60, replace=False)) * 3
        return [
            trade(int(at), int(rng.integers(1, 9)), float(rng.normal()), **(ETH if at % 2 else {}))
            for at in entries
        ]

    one, other = run(), run()
    table = matched(trades(*one), trades(*other), HOUR_MS)
    total = sum(t["profit_abs"] for t in one) - sum(t["profit_abs"] for t in other)
    assert table["difference"].sum() == pytest.approx(total)
    assert table["profit_abs_with"].notna().sum() == 60
    assert table["profit_abs_without"].notna().sum() == 60
    assert len(set(table["change"])) >= 4
