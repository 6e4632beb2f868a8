"""Which changes in which rows are an alert; `tests/freqtrade/test_alerts.py` has the bot's part."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectra_freqtrade.catalogue.columns import COLUMNS, STATE_CODES
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.alert_kinds import AlertKind
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.strategy.alerts import NEEDS, freshness_change, trade_alert
from vectra_freqtrade.trailing.plan import Side

LONG, SHORT = Side.LONG, Side.SHORT
CODES = {str(state): code for state, code in STATE_CODES.items()}
NAN = float("nan")


def states(*names: str) -> dict[str, np.ndarray]:
    return {"cg_state_code": np.array([CODES[name] for name in names], dtype=np.int8)}


def extremes(*values: float) -> dict[str, np.ndarray]:
    return {"cg_funding_extreme": np.array(values)}


def levels(*rows: tuple[float, float, float, float]) -> dict[str, np.ndarray]:
    names = NEEDS[AlertKind.LEVEL_REACHED]
    return dict(zip(names, np.array(rows).T, strict=True))


def row_of(kind: AlertKind, columns: dict[str, np.ndarray], side: Side, first: int = 1):
    alert = trade_alert(kind, columns, side, first)
    return None if alert is None else alert.row


@pytest.mark.parametrize(
    ("seen", "long", "short"),
    [
        (("NEUTRAL", "CONFIRM_BEAR"), 1, None),
        (("CONFIRM_BULL", "LONG_LIQUIDATION"), 1, None),
        (("CONFIRM_BEAR", "SHORT_SQUEEZE"), None, 1),
        # told once, however long it lasts and in whichever of the two states
        (("NEUTRAL", "CONFIRM_BEAR", "LONG_LIQUIDATION", "CONFIRM_BEAR"), 1, None),
        # a gap in the data is no turn
        (("CONFIRM_BEAR", "UNKNOWN", "CONFIRM_BEAR"), None, None),
        (("UNKNOWN", "CONFIRM_BEAR"), 1, None),
        # turned, back, and turned again
        (("NEUTRAL", "CONFIRM_BEAR", "NEUTRAL", "CONFIRM_BEAR"), 3, None),
        (("CONFIRM_BEAR", "NEUTRAL"), None, None),
    ],
)
def test_a_state_flip_is_a_turn_against_the_position(seen, long, short):
    assert row_of(AlertKind.STATE_FLIP, states(*seen), LONG) == long
    assert row_of(AlertKind.STATE_FLIP, states(*seen), SHORT) == short


def test_a_state_flip_says_from_what_to_what():
    alert = trade_alert(AlertKind.STATE_FLIP, states("CONFIRM_BULL", "CONFIRM_BEAR"), LONG, 1)
    assert alert.text == "the market state turned from CONFIRM_BULL to CONFIRM_BEAR"


@pytest.mark.parametrize(
    ("seen", "row"),
    [
        ((0, 1), 1),
        ((0, -1), 1),
        ((1, 1, 1), None),
        ((1, 0), None),
        ((1, -1), 1),
        ((1, NAN, 1), None),
        ((NAN, NAN), None),
        ((0, 1, 0, 1, 1), 3),
    ],
)
def test_extreme_funding_is_told_when_it_becomes_so(seen, row):
    assert row_of(AlertKind.EXTREME_FUNDING, extremes(*seen), LONG) == row


def test_extreme_funding_says_for_whom_it_speaks():
    for value, side, words in (
        (1, LONG, "longs pay unusually much, against this position"),
        (1, SHORT, "longs pay unusually much, in its favour"),
        (-1, SHORT, "shorts pay unusually much, against this position"),
    ):
        alert = trade_alert(AlertKind.EXTREME_FUNDING, extremes(0, value), side, 1)
        assert words in alert.text


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        # high, low, level above, level below; a level counts from the candle after it is named
        (((101, 99, 105, 95), (105, 100, 110, 95)), 1),
        (((101, 99, 105, 95), (104.9, 95, 105, 90)), 1),
        (((101, 99, 105, 95), (104.9, 95.1, 105, 95)), None),
        (((106, 99, 105, 95), (104, 100, 105, 95)), None),
        (((101, 99, NAN, 0), (200, 1, NAN, 0)), None),
        # still named and still touched: not reached again
        (((101, 99, 105, 95), (105, 100, 105, 95), (105, 100, 105, 95)), 1),
        # left and reached again
        (((101, 99, 105, 95), (105, 99, 105, 95), (104, 99, 105, 95), (105, 99, 105, 95)), 3),
        # the next one
        (((101, 99, 105, 95), (105, 99, 107, 95), (107, 100, 110, 95)), 2),
    ],
)
def test_a_level_is_reached_by_the_candle_after_the_one_that_named_it(rows, row):
    for side in (LONG, SHORT):
        assert row_of(AlertKind.LEVEL_REACHED, levels(*rows), side) == row


def test_a_reached_level_is_named_with_its_price_and_side():
    alert = trade_alert(
        AlertKind.LEVEL_REACHED, levels((101, 99, 105, 95.5), (102, 95, 105, 90)), LONG, 1
    )
    assert alert.text == "price reached the liquidation level below, 95.5"


def test_only_candles_not_looked_at_yet_are_told_of():
    columns = states("NEUTRAL", "CONFIRM_BEAR", "CONFIRM_BEAR")
    assert row_of(AlertKind.STATE_FLIP, columns, LONG, first=1) == 1
    assert row_of(AlertKind.STATE_FLIP, columns, LONG, first=2) is None
    assert row_of(AlertKind.STATE_FLIP, columns, LONG, first=9) is None


def test_freshness_is_compared_with_what_was_told_last():
    fresh = np.array([1.0, 0.75, 0.5, 0.5])
    assert freshness_change(fresh, 1) == (1.0, 0.5)
    assert freshness_change(fresh, 3) is None
    assert freshness_change(fresh, 4) is None
    assert freshness_change(np.array([0.5, 1.0]), 1) == (0.5, 1.0)
    assert freshness_change(np.array([1.0, NAN]), 1) is None


@given(
    st.lists(st.sampled_from(sorted(CODES.values())), min_size=2, max_size=40),
    st.sampled_from([LONG, SHORT]),
)
def test_going_candle_by_candle_tells_the_same_as_looking_later(codes, side):
    """Each flip once and none lost, whether the bot looks at each candle or at many at once."""
    whole = np.array(codes, dtype=np.int8)
    told = []
    for last in range(2, whole.size + 1):
        alert = trade_alert(AlertKind.STATE_FLIP, {"cg_state_code": whole[:last]}, side, last - 1)
        told += [] if alert is None else [alert]
    later = trade_alert(AlertKind.STATE_FLIP, {"cg_state_code": whole}, side, 1)
    assert (told[-1] if told else None) == later


def test_every_column_that_an_alert_reads_is_one_of_ours_or_a_candles():
    known = {column.name for column in COLUMNS} | {"high", "low"}
    assert {name for names in NEEDS.values() for name in names} <= known
    assert set(NEEDS) == set(AlertKind)


def test_there_are_no_alerts_unless_asked_for_and_unknown_ones_are_refused():
    assert CoinglassSettings().alerts == ()
    with pytest.raises(SettingsError, match="'state_flip', 'extreme_funding'"):
        CoinglassSettings.from_config({"coinglass": {"alerts": ["state_flop"]}})


def test_alerts_change_no_result_so_they_are_not_in_the_fingerprint():
    asked = CoinglassSettings.from_config({"coinglass": {"alerts": ["stale"]}})
    assert asked.fingerprint() == CoinglassSettings().fingerprint()
