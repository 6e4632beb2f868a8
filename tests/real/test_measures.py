"""Thresholds fire on real data, and the estimate's worth is measured. Figures: run with -s."""

from pathlib import Path

import pytest

from tests.real.build import COINS
from tests.real.level_worth import level_worth
from tests.real.modifiers import daily_columns, hourly_columns, shares

pytestmark = pytest.mark.real


@pytest.mark.parametrize("coin", COINS)
def test_every_factor_speaks_for_and_against_both_sides_and_none_all_the_time(shared: Path, coin):
    for table in (
        shares(hourly_columns(shared, coin), "1h"),
        shares(daily_columns(shared, coin), "1d"),
    ):
        print(table)
        datasets = table.drop(index=[name for name in table.index if " " in name])
        datasets = datasets.drop(index="conflict")
        for name in ("long > 1", "long < 1", "short > 1", "short < 1"):
            assert (datasets[name] > 0).all()
        assert (datasets["long any"] < 0.5).all() and (datasets["short any"] < 0.5).all()


@pytest.mark.parametrize("coin", COINS)
def test_the_worth_of_the_estimate_comes_with_an_interval(shared: Path, coin):
    """
    No claim about its sign: on a year of BTC and ETH neither difference can be told from zero.
    """
    table = level_worth(shared, coin)
    print(table)
    assert table.notna().all().all()
    assert (table["low"] < table["difference"]).all() and (
        table["difference"] < table["high"]
    ).all()
    assert table["levels"].between(0.1, 0.9).all()
