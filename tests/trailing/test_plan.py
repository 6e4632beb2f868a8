"""The plan of a trade: entry at 100 with an ATR of 2, unless a test says otherwise."""

import json
import math
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import EntryPlan, Side, make_plan

from .market import NAN, levels, mirrored_price, promise, settings_of_eighths, trades

DEFAULTS = TrailingSettings()


def plan_of(side: Side = Side.LONG, settings: TrailingSettings = DEFAULTS, **given_) -> EntryPlan:
    numbers = {"entry": 100.0, "atr": 2.0, "fees": 0.001, "opened": 7} | given_
    plan = make_plan(side=side, settings=settings, **numbers)
    assert plan is not None
    return plan


@pytest.mark.parametrize(
    ("cluster", "target", "because"),
    [
        (NAN, 106.0, "no cluster: 3 ATR"),
        (104.4, 106.0, "less half a point it is nearer than 2 ATR"),
        (104.5, 104.0, "exactly 2 ATR"),
        (109.0, 108.5, "half a point before it"),
        (112.5, 112.0, "exactly 6 ATR"),
        (112.6, 106.0, "farther than 6 ATR"),
        (99.0, 106.0, "on the other side of the fill"),
        (0.0, 106.0, "no price"),
        (math.inf, 106.0, "no price"),
    ],
)
def test_the_target_is_the_nearest_cluster_if_it_is_in_range(cluster, target, because):
    assert plan_of(level_above=cluster).target == pytest.approx(target), because
    assert plan_of(Side.SHORT, level_below=mirrored_price(cluster, 100.0)).target == pytest.approx(
        200 - target
    ), because


def test_in_a_wild_market_a_target_stays_half_a_percent_before_its_cluster():
    assert plan_of(atr=4.0, level_above=115.0).target == pytest.approx(114.5)
    assert plan_of(atr=1.0, level_above=105.0).target == pytest.approx(104.75)


@pytest.mark.parametrize(
    ("cluster", "stop", "because"),
    [
        (NAN, 97.0, "no cluster: 1.5 ATR"),
        (98.5, 97.0, "0.75 ATR away: more than half an ATR from the stop"),
        (98.0, 97.5, "exactly half an ATR before the stop: a quarter beyond it"),
        (97.0, 96.5, "it would rest on the cluster: a quarter beyond"),
        (96.5, 96.0, "a quarter beyond is exactly 2 ATR"),
        (96.2, 96.0, "at most 2 ATR"),
        (96.0, 97.0, "no room beyond it: it stays well before it"),
        (95.0, 97.0, "farther than half an ATR from the stop"),
        (103.0, 97.0, "on the other side of the fill"),
        (0.0, 97.0, "no price"),
    ],
)
def test_the_stop_goes_beyond_a_cluster_near_it(cluster, stop, because):
    assert plan_of(level_below=cluster).stop == pytest.approx(stop), because
    assert plan_of(Side.SHORT, level_above=mirrored_price(cluster, 100.0)).stop == pytest.approx(
        200 - stop
    ), because


@pytest.mark.parametrize(
    ("cluster", "stop", "because"),
    [
        (NAN, 97.6, "1.2 ATR"),
        (98.0, 97.5, "the cluster is near this stop too, and the buffer is the same"),
        (96.5, 97.6, "the cluster is near the plain stop alone"),
        (98.5, 98.0, "the cluster is near this stop alone"),
    ],
)
def test_under_adverse_funding_the_stop_has_its_own_place(cluster, stop, because):
    assert plan_of(level_below=cluster).stop_adverse == pytest.approx(stop), because


@promise
@given(settings_of_eighths(), levels(1024.0, -1), levels(1024.0, 1))
def test_stop_and_target_keep_their_bounds(numbers, below, above):
    plan = make_plan(
        side=Side.LONG,
        entry=1024.0,
        atr=2.0,
        fees=0.0,
        opened=0,
        settings=numbers,
        level_above=above,
        level_below=below,
    )
    assert plan is not None
    for stop in (plan.stop, plan.stop_adverse):
        assert 1024.0 - stop <= numbers.initial_stop_max * 2
        if numbers.cluster_buffer > 0 and numbers.cluster_reach > 0 and numbers.levels:
            assert stop != below
    assert numbers.target_min * 2 <= plan.target - 1024.0 <= numbers.target_max * 2


@promise
@given(settings_of_eighths(), levels(1024.0, -1), levels(1024.0, 1))
def test_a_mirrored_market_has_a_mirrored_plan(numbers, below, above):
    common = {"entry": 1024.0, "atr": 1.75, "fees": 1 / 512, "opened": 0, "settings": numbers}
    long = make_plan(side=Side.LONG, level_above=above, level_below=below, **common)
    short = make_plan(
        side=Side.SHORT,
        level_above=mirrored_price(below, 1024.0),
        level_below=mirrored_price(above, 1024.0),
        **common,
    )
    assert long is not None
    assert short is not None
    for name in ("stop", "stop_adverse", "target"):
        assert getattr(short, name) == 2048.0 - getattr(long, name)


def test_levels_that_are_off_place_nothing():
    blind = TrailingSettings(levels=False)
    assert plan_of(settings=blind, level_above=109.0, level_below=97.0) == plan_of()


@pytest.mark.parametrize("atr", [NAN, 0.0, -1.0, math.inf, 1e-12])
def test_without_an_atr_there_is_no_plan(atr):
    assert (
        make_plan(side=Side.LONG, entry=100.0, atr=atr, fees=0.0, opened=0, settings=DEFAULTS)
        is None
    )


@pytest.mark.parametrize("broken", [{"entry": 0.0}, {"entry": NAN}, {"fees": NAN}])
def test_broken_numbers_make_no_plan(broken):
    numbers = {"entry": 100.0, "atr": 2.0, "fees": 0.0, "opened": 0} | broken
    assert make_plan(side=Side.LONG, settings=DEFAULTS, **numbers) is None


@promise
@given(trades())
def test_a_plan_comes_back_from_json_as_it_was(trade):
    plan = trade[0]
    assert EntryPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan


STORED = plan_of().to_dict()


@pytest.mark.parametrize(
    "stored",
    [
        None,
        "plan",
        [],
        {},
        {"version": 1},
        STORED | {"version": 2},
        STORED | {"side": 0},
        STORED | {"side": None},
        STORED | {"entry": "100"},
        STORED | {"atr": True},
        STORED | {"atr": None},
        STORED | {"stop": NAN},
        STORED | {"target": math.inf},
        STORED | {"opened": NAN},
        STORED | {"opened": math.inf},
        STORED | {"side": -1},  # a stop below and a target above are no short's
        {key: value for key, value in STORED.items() if key != "target"},
    ],
)
def test_a_foreign_or_broken_plan_is_none(stored):
    assert EntryPlan.from_dict(stored) is None


@promise
@given(st.recursive(st.none() | st.floats() | st.text() | st.booleans(), st.lists, max_leaves=5))
def test_no_stored_value_raises(value):
    for key in STORED:
        EntryPlan.from_dict(STORED | {key: value})
    assert EntryPlan.from_dict(value) is None


def test_a_plan_can_not_be_changed():
    with pytest.raises(AttributeError):
        plan_of().stop = 99.0
    assert asdict(replace(plan_of(), opened=8)) == asdict(plan_of()) | {"opened": 8}
