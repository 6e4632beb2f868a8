"""Properties of the stop path."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import EntryPlan, Side, make_plan
from vectra_freqtrade.trailing.rules import stop_path
from vectra_freqtrade.trailing.state import Checkpoint, SideColumns, TrailState

from .market import blinded, columns, mirrored, promise, step, trades, without_data
from .oracle import Candle, told

OPTIONAL = {field.name for field in fields(Candle)} - {"high", "low"}


def path_of(plan: EntryPlan, candles: list[Candle], numbers: TrailingSettings) -> list[TrailState]:
    return stop_path(plan, columns(candles, plan.side), numbers)


def signed(plan: EntryPlan, path: list[TrailState], name: str) -> np.ndarray:
    """A column of prices that grow toward profit."""
    return plan.side * np.array([getattr(state, name) for state in path], dtype=float)


def signed_stops(trade, candles=None) -> np.ndarray:
    plan, own, numbers = trade
    return signed(plan, path_of(plan, own if candles is None else candles, numbers), "stop")


@promise
@given(trades())
def test_a_path_is_what_the_rules_say_in_plain_words(trade):
    plan, candles, numbers = trade
    assert path_of(plan, candles, numbers) == told(plan, candles, numbers)


@promise
@given(trades())
def test_candle_by_candle_is_the_same_as_all_at_once_to_the_last_bit(trade):
    plan, candles, numbers = trade
    state = TrailState.at_entry(plan)
    for candle, expected in zip(candles, path_of(plan, candles, numbers), strict=True):
        state = step(state, plan, candle, numbers)
        assert state == expected


def random_market(seed: int, n: int = 300):
    """Ordinary floats, whose sums do round."""
    generator = np.random.default_rng(seed)
    side = Side.LONG if seed % 2 else Side.SHORT
    close = 61234.5 * np.exp(np.cumsum(generator.normal(side * 0.0002, 0.002, n)))
    reach = np.abs(generator.normal(0, 0.002, (2, n))) * close
    gap = np.abs(generator.normal(0, 0.03, (2, n))) * close
    gap[generator.random((2, n)) < 0.3] = np.nan
    flags = generator.random((4, n)) < 0.2
    cells = (close + reach[0], close - reach[1], close + gap[0], close - gap[1], *flags)
    candles = [Candle(*row) for row in zip(*(column.tolist() for column in cells), strict=True)]
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
    path, slow = path_of(plan, candles, numbers), told(plan, candles, numbers)
    state = TrailState.at_entry(plan)
    for candle, expected, plain in zip(candles, path, slow, strict=True):
        state = step(state, plan, candle, numbers)
        assert state == expected
        assert state.phase == plain[0]
        assert state[1:] == pytest.approx(plain[1:], rel=1e-12)


def test_random_markets_reach_every_phase_and_move_some_targets():
    markets = [random_market(seed) for seed in range(12)]
    paths = [path_of(*market, TrailingSettings()) for market in markets]
    assert {state.phase for path in paths for state in path} == {0, 1, 2, 3}
    pairs = zip(paths, markets, strict=True)
    assert any(path[-1].target != plan.target for path, (plan, _) in pairs)


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
    path = path_of(plan, candles, numbers)
    assert (np.diff([state.phase for state in path]) >= 0).all()
    target = signed(plan, path, "target")
    assert (np.diff(target) <= 0).all()
    least = plan.side * plan.entry + numbers.target_min * plan.atr
    moved = np.diff(target, prepend=plan.side * plan.target) != 0
    assert (target[moved] >= np.maximum(least, signed(plan, path, "best"))[moved]).all()


@promise
@given(trades())
def test_data_never_loosens_a_stop(trade):
    bare = signed_stops(trade, [without_data(candle) for candle in trade[1]])
    assert (signed_stops(trade) >= bare).all()


@promise
@given(trades())
def test_a_stop_never_passes_the_best_price(trade):
    plan, candles, numbers = trade
    path = path_of(plan, candles, numbers)
    assert (signed(plan, path, "stop") <= signed(plan, path, "best")).all()


@promise
@given(trades(), st.data())
def test_any_optional_cell_may_be_missing(trade, data):
    plan, candles, numbers = trade
    names = st.sets(st.sampled_from(sorted(OPTIONAL)))
    poorer = [blinded(candle, data.draw(names)) for candle in candles]
    path = path_of(plan, poorer, numbers)
    assert np.isfinite(path).all()
    assert path == told(plan, poorer, numbers)
    bare = signed_stops(trade, [without_data(candle) for candle in candles])
    assert (signed(plan, path, "stop") >= bare).all()


@promise
@given(trades())
def test_a_dataset_that_is_off_is_one_whose_cells_are_all_missing(trade):
    plan, candles, numbers = trade
    off = SideColumns(columns(candles, plan.side).extreme)
    missing = [without_data(candle) for candle in candles]
    assert stop_path(plan, off, numbers) == path_of(plan, missing, numbers)


@promise
@given(trades())
def test_a_switch_that_is_off_hides_its_data(trade):
    plan, candles, numbers = trade
    blind = numbers.model_copy(update={"levels": False, "whales": False, "funding": False})
    bare = [without_data(candle) for candle in candles]
    assert path_of(plan, candles, blind) == path_of(plan, bare, numbers)


@promise
@given(trades(), st.integers(0, 40))
def test_a_candle_of_which_nothing_is_known_changes_nothing(trade, at):
    plan, candles, numbers = trade
    gap = Candle(math.nan, math.nan)
    states = path_of(plan, [*candles[:at], gap, *candles[at:]], numbers)
    del states[min(at, len(candles))]
    assert states == path_of(plan, candles, numbers)


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
    reflected = path_of(other, [mirrored(candle, axis) for candle in candles], numbers)
    assert [
        (phase, flip(target), flip(stop), flip(best)) for phase, target, stop, best in reflected
    ] == path_of(plan, candles, numbers)


@promise
@given(trades(), st.integers(0, 40))
def test_two_pieces_give_the_same_as_one(trade, cut):
    plan, candles, numbers = trade
    given_ = columns(candles, plan.side)
    first = stop_path(plan, given_.rows(0, cut), numbers)
    reached = first[-1] if first else TrailState.at_entry(plan)
    kept = Checkpoint.from_dict(Checkpoint(5, reached).to_dict())
    assert kept is not None
    second = stop_path(plan, given_.rows(cut, len(candles)), numbers, kept.state)
    assert first + second == path_of(plan, candles, numbers)


@promise
@given(trades(), st.integers(0, 40))
def test_later_candles_change_nothing_before_them(trade, cut):
    plan, candles, numbers = trade
    assert path_of(plan, candles[:cut], numbers) == path_of(plan, candles, numbers)[:cut]


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
    end = leaves(plan, candles, numbers)
    if end is not None:
        k, price = end
        assert price == (path_of(plan, candles[:k], numbers) or [plan])[-1].stop


def test_a_candle_that_runs_to_the_target_and_back_stays_in_the_trade():
    numbers = TrailingSettings()
    plan = make_plan(side=Side.LONG, entry=100.0, atr=2.0, fees=0.001, opened=0, settings=numbers)
    assert plan is not None
    wild = Candle(high=107.0, low=99.0)
    assert leaves(plan, [wild], numbers) is None
    assert leaves(plan, [wild, Candle(high=106.0, low=105.0)], numbers) == (1, 105.5)


def test_inputs_are_never_written_to():
    plan, candles = random_market(1)
    given_, before = columns(candles, plan.side), columns(candles, plan.side)
    stop_path(plan, given_, TrailingSettings())
    for name in ("extreme", "level", "whale_against", "funding_adverse"):
        assert np.array_equal(getattr(given_, name), getattr(before, name), equal_nan=True)
