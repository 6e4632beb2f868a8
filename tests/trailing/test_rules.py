"""
Stories of trades, one per phase and one per kind of data, in numbers worked out by hand.

All of them enter at 100 with an ATR of 2 and round-trip fees of 0.1 %. With no cluster near, the
initial stop is 3 away, the target 6 away, and entry plus fees is 0.1 away. A row of a story is a
closed candle and what holds from its close on.
"""

import pytest

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import EntryPlan, Side, make_plan
from vectra_freqtrade.trailing.rules import Reason, stop_path
from vectra_freqtrade.trailing.state import Phase, TrailState

from .market import NAN, columns, mirrored, reason, step
from .oracle import Candle

INITIAL, BREAKEVEN, TRAILING, LOCKED = Phase

#: high, low, phase, stop, target, why
Row = tuple[float, float, Phase, float, float, Reason]
#: the same with the CoinGlass cells of the candle
DataRow = tuple[float, float, dict[str, float | bool], Phase, float, float, Reason]

DEFAULTS = TrailingSettings()


def a_plan(side: Side = Side.LONG, settings: TrailingSettings = DEFAULTS, **given) -> EntryPlan:
    numbers = {"entry": 100.0, "atr": 2.0, "fees": 0.001, "opened": 0} | given
    plan = make_plan(side=side, settings=settings, **numbers)
    assert plan is not None
    return plan


def run(plan: EntryPlan, story, settings: TrailingSettings = DEFAULTS) -> None:
    """Candle by candle, and all at once: a story is told of both."""
    candles = [Candle(row[0], row[1], **row[2]) for row in story]
    path = stop_path(plan, columns(candles, plan.side), settings)
    state = TrailState.at_entry(plan)
    for number, (candle, (_, _, _, phase, stop, target, expected)) in enumerate(
        zip(candles, story, strict=True)
    ):
        state = step(state, plan, candle, settings)
        row = f"row {number}"
        assert state == path[number], row
        assert Phase(state.phase) is phase, row
        assert state.stop == pytest.approx(stop), row
        assert state.target == pytest.approx(target), row
        assert reason(state, plan, candle, settings) == expected, row


def bare(story: list[Row]) -> list[DataRow]:
    return [(high, low, {}, *rest) for high, low, *rest in story]


def reflected(story: list[DataRow]) -> list[DataRow]:
    """The story of the short in the market upside down."""
    rows = []
    for high, low, data, phase, stop, target, told in story:
        candle = mirrored(Candle(high, low, **data), 100.0)
        cells = {name: getattr(candle, name) for name in Candle.__slots__[2:]}
        rows.append((candle.high, candle.low, cells, phase, 200 - stop, 200 - target, told))
    return rows


A_LONG_FROM_ENTRY_TO_BEYOND_ITS_TARGET: list[Row] = [
    # a best move of 1.00 is 17 % of the way
    (101.0, 99.5, INITIAL, 97.0, 106.0, Reason.INITIAL),
    # a setback moves nothing
    (100.5, 98.0, INITIAL, 97.0, 106.0, Reason.INITIAL),
    # 1.75: 29 %
    (101.75, 100.0, INITIAL, 97.0, 106.0, Reason.INITIAL),
    # 2.00: 33 %, and more than the fees of 0.1 and half an ATR together
    (102.0, 101.0, BREAKEVEN, 100.1, 106.0, Reason.BREAKEVEN),
    # 2.50: 42 %
    (102.5, 101.0, BREAKEVEN, 100.1, 106.0, Reason.BREAKEVEN),
    # 3.00: 50 %; behind by 2.0 is 101.0, a lock on 40 % is 101.2
    (103.0, 102.0, TRAILING, 101.2, 106.0, Reason.LOCK),
    # 4.00: 67 %; behind by 2.0 is 102.0, a lock on 40 % is 101.6
    (104.0, 103.0, TRAILING, 102.0, 106.0, Reason.TRAIL),
    # price falls back: the phase and the stop stay
    (103.0, 102.5, TRAILING, 102.0, 106.0, Reason.TRAIL),
    # 5.00: 83 %; behind by 1.6 is 103.4, a lock on 70 % is 103.5
    (105.0, 104.0, LOCKED, 103.5, 106.0, Reason.LOCK),
    # the target: its floor is half a point under it
    (106.0, 105.6, LOCKED, 105.5, 106.0, Reason.TARGET),
    # 7.00: behind by 1.6 is 105.4, a lock on 70 % is 104.9; the floor is better
    (107.0, 106.0, LOCKED, 105.5, 106.0, Reason.TARGET),
    # 8.00: the trail has overtaken the floor
    (108.0, 107.0, LOCKED, 106.4, 106.0, Reason.TRAIL),
    (107.5, 106.5, LOCKED, 106.4, 106.0, Reason.TRAIL),
]

A_SHORT_FROM_ENTRY_TO_BEYOND_ITS_TARGET: list[Row] = [
    (100.5, 99.0, INITIAL, 103.0, 94.0, Reason.INITIAL),
    (101.5, 99.5, INITIAL, 103.0, 94.0, Reason.INITIAL),
    (99.0, 98.0, BREAKEVEN, 99.9, 94.0, Reason.BREAKEVEN),
    (98.0, 97.0, TRAILING, 98.8, 94.0, Reason.LOCK),
    (97.0, 96.0, TRAILING, 98.0, 94.0, Reason.TRAIL),
    (97.5, 97.0, TRAILING, 98.0, 94.0, Reason.TRAIL),
    (96.0, 95.0, LOCKED, 96.5, 94.0, Reason.LOCK),
    (94.4, 94.0, LOCKED, 94.5, 94.0, Reason.TARGET),
    (93.0, 92.0, LOCKED, 93.6, 94.0, Reason.TRAIL),
]

WHALE = {"whale_long_against": True}
WHALES_TIGHTEN_IN_LOCKED_ALONE: list[DataRow] = [
    (101.0, 99.5, WHALE, INITIAL, 97.0, 106.0, Reason.INITIAL),
    (104.0, 103.0, WHALE, TRAILING, 102.0, 106.0, Reason.TRAIL),
    (105.0, 104.2, {}, LOCKED, 103.5, 106.0, Reason.LOCK),
    # behind by 1.0 instead of 1.6
    (105.0, 104.2, WHALE, LOCKED, 104.0, 106.0, Reason.TRAIL),
    # and the stop stays when they have gone
    (105.0, 104.2, {}, LOCKED, 104.0, 106.0, Reason.KEPT),
    # whales against shorts are no concern of a long
    (105.5, 104.5, {"whale_short_against": True}, LOCKED, 104.0, 106.0, Reason.KEPT),
]

ADVERSE = {"funding_long_adverse": True}
ADVERSE_FUNDING_SHORTENS_THE_DISTANCES: list[DataRow] = [
    # the initial stop is 2.4 away instead of 3.0
    (100.5, 99.5, ADVERSE, INITIAL, 97.6, 106.0, Reason.INITIAL),
    (100.5, 99.5, {}, INITIAL, 97.6, 106.0, Reason.KEPT),
    # fees are fees
    (102.0, 101.0, ADVERSE, BREAKEVEN, 100.1, 106.0, Reason.BREAKEVEN),
    # behind by 1.6 instead of 2.0 beats the lock of 101.2
    (103.0, 102.0, ADVERSE, TRAILING, 101.4, 106.0, Reason.TRAIL),
    # behind by 1.28 instead of 1.6 beats the lock of 103.5
    (105.0, 104.0, ADVERSE, LOCKED, 103.72, 106.0, Reason.TRAIL),
    # with whales: 0.5 × 0.8 × 2 = 0.8 behind
    (105.0, 104.3, ADVERSE | WHALE, LOCKED, 104.2, 106.0, Reason.TRAIL),
    # the floor's distance stays
    (106.0, 105.6, ADVERSE, LOCKED, 105.5, 106.0, Reason.TARGET),
]

A_NEARER_CLUSTER_PULLS_THE_TARGET_IN: list[DataRow] = [
    (101.5, 100.5, {"level_above": 108.0}, INITIAL, 97.0, 106.0, Reason.INITIAL),
    # 105, less half a point: 1.5 is now 33 % of the way
    (101.5, 100.5, {"level_above": 105.0}, BREAKEVEN, 100.1, 104.5, Reason.BREAKEVEN),
    # the cluster goes, the target stays
    (101.5, 100.5, {"level_above": NAN}, BREAKEVEN, 100.1, 104.5, Reason.BREAKEVEN),
    (101.5, 100.5, {"level_above": 107.0}, BREAKEVEN, 100.1, 104.5, Reason.BREAKEVEN),
    # a cluster at 103 would put it at 102.5: 2 ATR is the least
    (101.5, 100.5, {"level_above": 103.0}, BREAKEVEN, 100.1, 104.0, Reason.BREAKEVEN),
    # the pulled-in target has its floor
    (104.0, 103.6, {}, LOCKED, 103.5, 104.0, Reason.TARGET),
    # and so has the planned one: knowing of a cluster never costs a stop
    (106.0, 105.6, {}, LOCKED, 105.5, 104.0, Reason.TARGET),
]

A_TARGET_IS_NOT_PULLED_BELOW_THE_BEST_MOVE: list[DataRow] = [
    # 4.50 of 6: 75 %
    (104.5, 104.0, {}, TRAILING, 102.5, 106.0, Reason.TRAIL),
    # back at 103 a cluster appears at 104.2: the target comes in to 104.5, which the trade has
    # seen. That is all of the way, hence LOCKED; but no price has touched this target since it is
    # one, hence no floor. A lock on 70 % of 4.5 is 103.15, behind by 1.6 is 102.9.
    (103.9, 103.4, {"level_above": 104.2}, LOCKED, 103.15, 104.5, Reason.LOCK),
    (104.5, 104.1, {}, LOCKED, 104.0, 104.5, Reason.TARGET),
]

STORIES = {
    "from entry to beyond the target": bare(A_LONG_FROM_ENTRY_TO_BEYOND_ITS_TARGET),
    "whales": WHALES_TIGHTEN_IN_LOCKED_ALONE,
    "funding": ADVERSE_FUNDING_SHORTENS_THE_DISTANCES,
    "clusters": A_NEARER_CLUSTER_PULLS_THE_TARGET_IN,
    "clusters behind the best price": A_TARGET_IS_NOT_PULLED_BELOW_THE_BEST_MOVE,
}


@pytest.mark.parametrize("name", STORIES)
def test_a_long_goes_as_told(name):
    run(a_plan(Side.LONG), STORIES[name])


@pytest.mark.parametrize("name", STORIES)
def test_a_short_goes_as_told(name):
    run(a_plan(Side.SHORT), reflected(STORIES[name]))


def test_a_short_told_in_its_own_numbers():
    run(a_plan(Side.SHORT), bare(A_SHORT_FROM_ENTRY_TO_BEYOND_ITS_TARGET))


def test_one_leap_goes_through_all_phases_at_once():
    run(a_plan(), bare([(106.5, 99.0, LOCKED, 105.5, 106.0, Reason.TARGET)]))


def test_a_phase_begins_exactly_at_its_share_of_the_way():
    """The target 8 away; a quarter, a half and three quarters of it."""
    quarters = TrailingSettings(
        breakeven_from=0.25, trailing_from=0.5, locked_from=0.75, target_default=4.0
    )
    story: list[Row] = [
        (101.75, 101.0, INITIAL, 97.0, 108.0, Reason.INITIAL),
        (102.0, 101.0, BREAKEVEN, 100.1, 108.0, Reason.BREAKEVEN),
        (103.75, 102.0, BREAKEVEN, 100.1, 108.0, Reason.BREAKEVEN),
        (104.0, 103.0, TRAILING, 102.0, 108.0, Reason.TRAIL),
        (105.75, 104.5, TRAILING, 103.75, 108.0, Reason.TRAIL),
        (106.0, 105.0, LOCKED, 104.4, 108.0, Reason.TRAIL),
        (107.75, 107.0, LOCKED, 106.15, 108.0, Reason.TRAIL),
        (108.0, 107.6, LOCKED, 107.5, 108.0, Reason.TARGET),
    ]
    run(a_plan(settings=quarters), bare(story), quarters)


def test_a_phase_once_reached_outlives_settings_that_would_not_have_reached_it():
    plan = a_plan()
    stored = TrailState(int(LOCKED), 106.0, 101.0, 102.0)
    calm = Candle(101.5, 101.2)
    expected = TrailState(int(LOCKED), 106.0, pytest.approx(101.4), 102.0)
    assert step(stored, plan, calm, DEFAULTS) == expected


def test_a_floor_is_kept_once_the_price_has_left_the_target():
    """Its price is still the stop's, but the rule no longer speaks."""
    story: list[Row] = [
        (106.0, 105.6, LOCKED, 105.5, 106.0, Reason.TARGET),
        (105.9, 105.6, LOCKED, 105.5, 106.0, Reason.KEPT),
    ]
    run(a_plan(), bare(story))


def test_a_target_that_closes_the_trade_leaves_no_floor():
    closing = TrailingSettings(at_target="close")
    story: list[Row] = [
        (105.0, 104.0, LOCKED, 103.5, 106.0, Reason.LOCK),
        # a lock on 70 % of 6 is 104.2, behind by 1.6 is 104.4
        (106.0, 105.0, LOCKED, 104.4, 106.0, Reason.TRAIL),
    ]
    run(a_plan(settings=closing), bare(story), closing)


def test_fees_that_the_move_has_not_paid_hold_breakeven_back():
    """1.6 % of fees: BREAKEVEN takes a move of 1.6 + 1.0, where 30 % of the way is 1.8."""
    story: list[Row] = [
        (102.0, 101.0, INITIAL, 97.0, 106.0, Reason.INITIAL),
        (102.7, 101.9, BREAKEVEN, 101.6, 106.0, Reason.BREAKEVEN),
    ]
    run(a_plan(fees=0.016), bare(story))


def test_a_stop_at_entry_plus_fees_never_stands_beyond_the_price():
    """3.5 % of fees: a move of 3.0 has not paid them; the trail and the lock still count."""
    story: list[Row] = [
        (103.0, 102.0, TRAILING, 101.2, 106.0, Reason.LOCK),
        (104.6, 104.0, TRAILING, 103.5, 106.0, Reason.BREAKEVEN),
    ]
    run(a_plan(fees=0.035), bare(story))


def test_data_of_the_other_side_says_nothing():
    other = {
        "level_below": 96.0,
        "whale_short_against": True,
        "funding_short_adverse": True,
    }
    story = bare(A_LONG_FROM_ENTRY_TO_BEYOND_ITS_TARGET)
    run(a_plan(Side.LONG), [(high, low, other, *rest) for high, low, _, *rest in story])
