"""One open trade's stop, asked candle by candle."""

import json

import numpy as np
import pytest

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing import trade_path
from vectra_freqtrade.trailing.plan import Side, make_plan
from vectra_freqtrade.trailing.prepare import pair_arrays
from vectra_freqtrade.trailing.rules import stop_path
from vectra_freqtrade.trailing.state import Checkpoint, SideColumns, TrailState
from vectra_freqtrade.trailing.trade_path import TradePath

TIMEFRAME = 300_000
DEFAULTS = TrailingSettings()
N = 5000


def a_pair(n: int = N, first: int = 0):
    generator = np.random.default_rng(3)
    close = 100 + np.cumsum(generator.normal(0.002, 0.1, N))
    reach = np.abs(generator.normal(0, 0.1, (4, N)))
    closes = 1_767_571_200_000 + np.arange(1, N + 1) * TIMEFRAME
    rows = slice(first, n)
    long = SideColumns(close + reach[0], close + 20 * reach[2], reach[2] > 0.2, reach[3] > 0.2)
    short = SideColumns(close - reach[1], close - 20 * reach[3])
    return pair_arrays(
        closes[rows],
        close[rows],
        np.full(N, 2.0)[rows],
        {Side.LONG: long.rows(first, n), Side.SHORT: short.rows(first, n)},
        timeframe_ms=TIMEFRAME,
        settings=DEFAULTS,
    )


PAIR = a_pair()


def a_plan(index: int, into: int = 0):
    """Of a trade opened so many milliseconds into a candle."""
    opened = int(PAIR.close_ms[index]) - TIMEFRAME + into
    entry = float(PAIR.close[index - 1])
    plan = make_plan(
        side=Side.LONG, entry=entry, atr=2.0, fees=0.001, opened=opened, settings=DEFAULTS
    )
    assert plan is not None
    return plan


@pytest.mark.parametrize("into", [0, 1, TIMEFRAME - 1])
def test_it_is_the_path_from_the_candle_of_the_first_fill_on(into):
    plan = a_plan(100, into)
    whole = stop_path(plan, PAIR.sides[Side.LONG].rows(100, N), DEFAULTS)
    asked = TradePath(plan, PAIR, DEFAULTS)
    assert asked.complete
    assert asked.first == 100
    assert asked.at(99) == TrailState.at_entry(plan)
    for index in range(100, N):
        assert asked.at(index) == whole[index - 100]
    assert asked.at(98) == asked.at(99) == TrailState.at_entry(plan)


def test_it_may_be_asked_in_any_order():
    plan = a_plan(100)
    forward, backward = TradePath(plan, PAIR, DEFAULTS), TradePath(plan, PAIR, DEFAULTS)
    places = list(range(100, N, 7))
    assert [backward.at(index) for index in reversed(places)] == [
        forward.at(index) for index in reversed(places)
    ]


@pytest.mark.parametrize("last", [100, 101, 163, 164, 165, 500, 1100])
def test_what_it_says_at_a_candle_does_not_depend_on_later_ones(last):
    plan = a_plan(100)
    assert TradePath(plan, a_pair(last + 1), DEFAULTS).at(last) == (
        TradePath(plan, PAIR, DEFAULTS).at(last)
    )


def test_blocks_are_computed_as_they_are_needed(monkeypatch):
    lengths = []

    def counted(plan, candles, *rest):
        lengths.append(len(candles))
        return stop_path(plan, candles, *rest)

    monkeypatch.setattr(trade_path, "stop_path", counted)
    asked = TradePath(a_plan(100), PAIR, DEFAULTS)
    assert asked.at(99) and lengths == []
    asked.at(100)
    asked.at(163)
    assert lengths == [64]
    asked.at(164)
    asked.at(N - 1)
    assert lengths == [64, 128, 256, 512, 1024, 1024, 1024, 868]


def test_a_candle_that_is_not_there_is_no_answer():
    asked = TradePath(a_plan(100), a_pair(110), DEFAULTS)
    asked.at(109)
    with pytest.raises(IndexError):
        asked.at(110)


@pytest.mark.parametrize("seen", [150, 400])
def test_a_restart_goes_on_where_the_bot_stopped(seen):
    """Even if the candles in memory begin after the entry."""
    plan = a_plan(100)
    whole = TradePath(plan, PAIR, DEFAULTS)
    stored = json.dumps(Checkpoint(int(PAIR.close_ms[seen]), whole.at(seen)).to_dict())
    checkpoint = Checkpoint.from_dict(json.loads(stored))
    for first in (0, 149, seen, seen + 1):
        later = a_pair(first=first)
        resumed = TradePath(plan, later, DEFAULTS, checkpoint)
        assert resumed.complete
        assert resumed.first == seen + 1 - first
        assert resumed.at(600 - first) == whole.at(600)


def test_without_a_checkpoint_what_is_known_is_used_and_said_to_be_incomplete():
    plan = a_plan(100)
    short = TradePath(plan, a_pair(first=300), DEFAULTS)
    assert not short.complete
    assert (
        short.at(600 - 300) == stop_path(plan, PAIR.sides[Side.LONG].rows(300, 601), DEFAULTS)[-1]
    )


def test_a_gap_after_the_checkpoint_is_incomplete():
    plan = a_plan(100)
    checkpoint = Checkpoint(int(PAIR.close_ms[150]), TradePath(plan, PAIR, DEFAULTS).at(150))
    assert not TradePath(plan, a_pair(first=152), DEFAULTS, checkpoint).complete


def test_a_checkpoint_from_before_the_trade_is_ignored():
    plan = a_plan(100)
    foreign = Checkpoint(plan.opened, TrailState(3, 120.0, 119.0, 121.0))
    assert TradePath(plan, PAIR, DEFAULTS, foreign).at(200) == TradePath(plan, PAIR, DEFAULTS).at(
        200
    )


STORED = Checkpoint(7, TrailState(2, 106.0, 101.0, 103.0)).to_dict()


@pytest.mark.parametrize(
    "stored",
    [
        None,
        3,
        {},
        STORED | {"version": 0},
        STORED | {"phase": 4},
        STORED | {"phase": "LOCKED"},
        STORED | {"stop": None},
        STORED | {"best": float("nan")},
        STORED | {"at": "now"},
        {key: value for key, value in STORED.items() if key != "best"},
    ],
)
def test_a_foreign_or_broken_checkpoint_is_none(stored):
    assert Checkpoint.from_dict(stored) is None
