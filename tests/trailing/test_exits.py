"""Early exits, state by state."""

import itertools

import numpy as np
import pytest

from vectra_freqtrade.catalogue.columns import STATE_CODES, MarketState
from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.exits import (
    EXIT_TAGS,
    MarketStates,
    early_exits,
    past_grace,
    state_against,
    state_codes,
)
from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.state import SideColumns

LONG, SHORT = Side.LONG, Side.SHORT
DEFAULTS = TrailingSettings()
BULL, BEAR = MarketState.CONFIRM_BULL, MarketState.CONFIRM_BEAR
FLUSH, SQUEEZE = MarketState.LONG_LIQUIDATION, MarketState.SHORT_SQUEEZE
NEUTRAL, UNKNOWN = MarketState.NEUTRAL, MarketState.UNKNOWN


def tag(side, now, before, upper=None, settings=DEFAULTS, **causes) -> str | None:
    states = MarketStates(
        np.array([STATE_CODES[now]]),
        np.array([STATE_CODES[before]]),
        None if upper is None else np.array([STATE_CODES[upper]]),
    )
    cells = {name: np.array([value]) for name, value in causes.items()}
    (code,) = early_exits(side, states, SideColumns(np.array([100.0]), **cells), settings)
    return EXIT_TAGS[code]


@pytest.mark.parametrize("state", MarketState)
def test_a_long_fears_new_shorts_and_a_flush_a_short_new_longs_and_a_squeeze(state):
    code = [STATE_CODES[state]]
    assert state_against(LONG, code).tolist() == [state in (BEAR, FLUSH)]
    assert state_against(SHORT, code).tolist() == [state in (BULL, SQUEEZE)]


def test_against_on_both_intervals_is_enough():
    assert tag(LONG, BEAR, NEUTRAL, BEAR) == "cg_oi_divergence"
    assert tag(LONG, BEAR, UNKNOWN, FLUSH) == "cg_oi_divergence"
    assert tag(SHORT, SQUEEZE, BEAR, BULL) == "cg_oi_divergence"


@pytest.mark.parametrize("upper", [NEUTRAL, UNKNOWN, BULL, None])
def test_against_on_the_lower_alone_takes_two_rows_and_a_second_cause(upper):
    assert tag(LONG, BEAR, FLUSH, upper) is None
    assert tag(LONG, BEAR, NEUTRAL, upper, funding_adverse=True) is None
    assert tag(LONG, NEUTRAL, BEAR, upper, funding_adverse=True) is None
    assert tag(LONG, BEAR, FLUSH, upper, funding_adverse=True) == "cg_funding_adverse"
    assert tag(LONG, BEAR, FLUSH, upper, whale_against=True) == "cg_whale_exit"
    assert tag(LONG, BEAR, FLUSH, upper, confidence=0.87) == "cg_low_confidence"
    assert tag(LONG, BEAR, FLUSH, upper, confidence=0.88) is None
    assert tag(LONG, BEAR, FLUSH, upper, confidence=np.nan) is None


def test_against_on_the_upper_alone_is_nothing():
    assert tag(LONG, NEUTRAL, BEAR, BEAR, funding_adverse=True, confidence=0.5) is None


def test_the_gravest_cause_gives_the_tag():
    causes = {"funding_adverse": True, "whale_against": True, "confidence": 0.5}
    order = ["cg_funding_adverse", "cg_whale_exit", "cg_low_confidence"]
    for name, expected in zip(list(causes), order, strict=True):
        assert tag(SHORT, BULL, BULL, **causes) == expected
        del causes[name]
    assert tag(SHORT, BULL, BULL, BULL, funding_adverse=True) == "cg_oi_divergence"


def test_settings_turn_causes_off():
    off = TrailingSettings(early_exit=False)
    assert tag(LONG, BEAR, BEAR, BEAR, off, funding_adverse=True) is None
    causes = {"funding_adverse": True, "whale_against": True}
    assert tag(LONG, BEAR, BEAR, None, TrailingSettings(funding=False), **causes) == "cg_whale_exit"
    deaf = TrailingSettings(funding=False, whales=False)
    assert tag(LONG, BEAR, BEAR, None, deaf, **causes) is None
    low = TrailingSettings(low_confidence=0.7)
    assert tag(LONG, BEAR, BEAR, None, low, confidence=0.75) is None


def test_every_combination_is_what_the_rule_says():
    """All of them at once, one per row, against the rule in a line."""
    states = list(STATE_CODES.values())
    rows = list(itertools.product(states, states, states, [0, 1], [0, 1], [0.8, 0.9, np.nan]))
    now, before, upper, funding, whale, confidence = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    states = MarketStates(now, before, upper)
    columns = SideColumns(np.full(len(rows), 100.0), None, whale == 1, funding == 1, confidence)
    for side, bad in ((LONG, {2, 3}), (SHORT, {1, 4})):
        codes = early_exits(side, states, columns, DEFAULTS)
        for code, (n, b, u, adverse, against, own) in zip(codes, rows, strict=True):
            if n in bad and u in bad:
                expected = 1
            elif n in bad and b in bad:
                expected = 2 if adverse else 3 if against else 4 if own < 0.88 else 0
            else:
                expected = 0
            assert code == expected


def test_words_become_codes_and_foreign_words_unknown():
    words = [*map(str, MarketState), "", "HAUSSE", None, np.nan]
    assert state_codes(words).tolist() == [*(STATE_CODES[s] for s in MarketState), -1, -1, -1, -1]
    assert state_codes(list(MarketState)).tolist() == [STATE_CODES[s] for s in MarketState]


def test_every_code_has_a_tag_of_ours():
    assert EXIT_TAGS[0] is None
    assert all(str(tag_).startswith("cg_") for tag_ in EXIT_TAGS[1:])


def test_the_grace_is_one_row_of_the_lower_interval():
    hour, candle = 3_600_000, 300_000
    opened = 10 * hour + candle
    assert not past_grace(opened, 11 * hour, hour, candle)
    assert not past_grace(opened, opened + hour - 1, hour, candle)
    assert past_grace(opened, opened + hour, hour, candle)


@pytest.mark.parametrize("late", [0, 1, 10_000, 299_999])
def test_a_bot_that_is_filled_within_the_candle_has_the_grace_of_its_backtest(late):
    hour, candle = 3_600_000, 300_000
    opened = 10 * hour + candle
    decisions = range(opened, opened + 2 * hour, candle)
    backtest = [past_grace(opened, decision, hour, candle) for decision in decisions]
    assert [past_grace(opened + late, each, hour, candle) for each in decisions] == backtest
