"""Properties of the stop path."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.path import StopPath, stop_path
from vectra_freqtrade.trailing.plan import Side, make_plan
from vectra_freqtrade.trailing.state import Candle, Candles, Checkpoint, TrailState
from vectra_freqtrade.trailing.step import step

from .market import blinded, columns, mirrored, promise, trades, without_data
from .oracle import told

OPTIONAL = {field.name for field in fields(Candle)} - {"high", "low"}


def rows(path: StopPath) -> list[TrailState]:
    return [path.state(k) for k in range(len(path))]


def signed_stops(trade, candles=None) -> np.ndarray:
    plan, own, numbers = trade
    return plan.side * stop_path(plan, columns(own if candles is None else candles), numbers).stop


@promise
@given(trades())
def test_a_path_is_what_the_rules_say_in_plain_words(trade):
    plan, candles, numbers = trade
    path = stop_path(plan, columns(candles), numbers)
    assert rows(path) == told(plan, candles, numbers)


@promise
@given(trades())
def test_arrays_and_single_steps_agree_to_the_last_bit(trade):
    plan, candles, numbers = trade
    path = stop_path(plan, columns(candles), numbers)
    state = TrailState.at_entry(plan)
    for k, candle in enumerate(candles):
        state = step(state, plan, candle, numbers)
        assert state == path.state(k)
    assert state == path.final


def random_market(seed: int, n: int = 300):
    """Ordinary floats, whose sums do round."""
    generator = np.random.default_rng(seed)
    side = Side.LONG if seed % 2 else Side.SHORT
    close = 61234.5 * np.exp(np.cumsum(generator.normal(side * 0.0002, 0.002, n)))
    reach = np.abs(generator.normal(0, 0.002, (2, n))) * close
    gap = np.abs(generator.normal(0, 0.03, (2, n))) * close
    gap[generator.random((2, n)) < 0.3] = np.nan
    flags = generator.random((4, n)) < 0.2
    candles = Candles(close + reach[0], close - reach[1], close + gap[0], close - gap[1], *flags)
    plan = make_plan(
        side=side,
        entry=61234.5,
        atr=generator.uniform(100, 900),
        fees=0.001,
        opened=0,
        settings=TrailingSettings(),
        level_above=close[0] + gap[0, 0],
        level_below=close[0] - gap[1, 0],
    )
    assert plan is not None
    return plan, candles


@pytest.mark.parametrize("seed", range(12))
def test_they_agree_on_numbers_that_round_too(seed):
    plan, candles = random_market(seed)
    numbers = TrailingSettings()
    path = stop_path(plan, candles, numbers)
    slow = told(plan, [candles.row(k) for k in range(len(candles))], numbers)
    state = TrailState.at_entry(plan)
    for k in range(len(candles)):
        state = step(state, plan, candles.row(k), numbers)
        assert state == path.state(k)
        assert state.phase == slow[k][0]
        assert state[1:] == pytest.approx(slow[k][1:], rel=1e-12)


def test_random_markets_reach_every_phase_and_move_some_targets():
    markets = [random_market(seed) for seed in range(12)]
    paths = [stop_path(*market, TrailingSettings()) for market in markets]
    assert {int(phase) for path in paths for phase in path.phase} == {0, 1, 2, 3}
    pairs = zip(paths, markets, strict=True)
    assert any(path.final.target != plan.target for path, (plan, _) in pairs)


@promise
@given(trades())
def test_a_stop_only_moves_toward_profit(trade):
    stops = signed_stops(trade)
    plan = trade[0]
    assert (np.diff(stops) >= 0).all()
    assert (stops >= plan.side * plan.stop).all()


@promise
@given(trades())
def test_phases_never_go_back_and_targets_never_move_away(trade):
    plan, candles, numbers = trade
    path = stop_path(plan, columns(candles), numbers)
    assert (np.diff(path.phase) >= 0).all()
    target = plan.side * path.target
    assert (np.diff(target) <= 0).all()
    least = plan.side * plan.entry + numbers.target_min * plan.atr
    moved = np.diff(target, prepend=plan.side * plan.target) != 0
    assert (target[moved] >= np.maximum(least, plan.side * path.best)[moved]).all()


@promise
@given(trades())
def test_data_never_loosens_a_stop(trade):
    bare = signed_stops(trade, [without_data(candle) for candle in trade[1]])
    assert (signed_stops(trade) >= bare).all()


@promise
@given(trades())
def test_a_stop_never_passes_the_best_price(trade):
    plan, candles, numbers = trade
    path = stop_path(plan, columns(candles), numbers)
    assert (plan.side * path.stop <= plan.side * path.best).all()


@promise
@given(trades(), st.data())
def test_any_optional_cell_may_be_missing(trade, data):
    plan, candles, numbers = trade
    names = st.sets(st.sampled_from(sorted(OPTIONAL)))
    poorer = [blinded(candle, data.draw(names)) for candle in candles]
    path = stop_path(plan, columns(poorer), numbers)
    assert np.isfinite(path.stop).all() and np.isfinite(path.target).all()
    assert rows(path) == told(plan, poorer, numbers)
    bare = signed_stops(trade, [without_data(candle) for candle in candles])
    assert (plan.side * path.stop >= bare).all()


@promise
@given(trades())
def test_a_dataset_that_is_off_is_one_whose_cells_are_all_missing(trade):
    plan, candles, numbers = trade
    given_ = columns(candles)
    off = Candles(given_.high, given_.low)
    missing = columns([without_data(candle) for candle in candles])
    assert rows(stop_path(plan, off, numbers)) == rows(stop_path(plan, missing, numbers))


@promise
@given(trades())
def test_a_switch_that_is_off_hides_its_data(trade):
    plan, candles, numbers = trade
    blind = numbers.model_copy(update={"levels": False, "whales": False, "funding": False})
    path = stop_path(plan, columns(candles), blind)
    bare = stop_path(plan, columns([without_data(candle) for candle in candles]), numbers)
    assert rows(path) == rows(bare)


@promise
@given(trades(), st.integers(0, 40))
def test_a_candle_of_which_nothing_is_known_changes_nothing(trade, at):
    plan, candles, numbers = trade
    gap = Candle(math.nan, math.nan)
    states = rows(stop_path(plan, columns([*candles[:at], gap, *candles[at:]]), numbers))
    del states[min(at, len(candles))]
    assert states == rows(stop_path(plan, columns(candles), numbers))


@promise
@given(trades())
def test_a_mirrored_market_has_mirrored_stops(trade):
    plan, candles, numbers = trade
    axis = plan.entry

    def flip(price: float) -> float:
        return 2 * axis - price

    other = replace(
        plan,
        side=Side(-plan.side),
        stop=flip(plan.stop),
        stop_adverse=flip(plan.stop_adverse),
        target=flip(plan.target),
    )
    path = stop_path(plan, columns(candles), numbers)
    reflected = stop_path(other, columns([mirrored(c, axis) for c in candles]), numbers)
    assert [
        (phase, flip(target), flip(stop), flip(best))
        for phase, target, stop, best in rows(reflected)
    ] == rows(path)


@promise
@given(trades(), st.integers(0, 40))
def test_two_pieces_give_the_same_as_one(trade, cut):
    plan, candles, numbers = trade
    given_ = columns(candles)
    whole = stop_path(plan, given_, numbers)
    first = stop_path(plan, given_.rows(0, cut), numbers)
    kept = Checkpoint.from_dict(Checkpoint(5, first.final).to_dict())
    assert kept is not None
    second = stop_path(plan, given_.rows(cut, len(candles)), numbers, kept.state)
    assert rows(first) + rows(second) == rows(whole)
    assert second.final == whole.final


@promise
@given(trades(), st.integers(0, 40))
def test_later_candles_change_nothing_before_them(trade, cut):
    plan, candles, numbers = trade
    whole = stop_path(plan, columns(candles), numbers)
    assert rows(stop_path(plan, columns(candles[:cut]), numbers)) == rows(whole)[:cut]


def leaves(plan, candles: list[Candle], numbers: TrailingSettings) -> tuple[int, float] | None:
    """A market that fills stops: the candle and the price at which a trade ends."""
    state = TrailState.at_entry(plan)
    for k, candle in enumerate(candles):
        against = candle.low if plan.side is Side.LONG else candle.high
        if plan.side * against <= plan.side * state.stop:
            return k, state.stop
        state = step(state, plan, candle, numbers)
    return None


@promise
@given(trades())
def test_a_candle_that_arms_a_phase_never_exits_through_its_stop(trade):
    plan, candles, numbers = trade
    path = stop_path(plan, columns(candles), numbers)
    end = leaves(plan, candles, numbers)
    if end is not None:
        k, price = end
        assert price == path.state(k - 1).stop


def test_a_candle_that_runs_to_the_target_and_back_stays_in_the_trade():
    numbers = TrailingSettings()
    plan = make_plan(side=Side.LONG, entry=100.0, atr=2.0, fees=0.001, opened=0, settings=numbers)
    assert plan is not None
    wild = Candle(high=107.0, low=99.0)
    assert leaves(plan, [wild], numbers) is None
    assert leaves(plan, [wild, Candle(high=106.0, low=105.0)], numbers) == (1, 105.5)


def test_inputs_are_never_written_to():
    plan, candles = random_market(1)
    names = [field.name for field in fields(Candles)]
    before = {name: getattr(candles, name).copy() for name in names}
    for name in names:
        getattr(candles, name).setflags(write=False)
    stop_path(plan, candles, TrailingSettings())
    for name in names:
        assert np.array_equal(getattr(candles, name), before[name], equal_nan=True)
