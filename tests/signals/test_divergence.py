"""OI × price: states, bands, jumps, the row before, conflicts; and equality with a naive loop."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import naive
from tests.support.engine import differences, naive_rows, states
from tests.support.frames import random_candles, settings_with, utc
from vectra_freqtrade.catalogue.columns import STATE_CODES
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.signals.assemble import PairData, add_columns

START = utc("2025-03-01")
HOUR = 3_600_000
BULL = "CONFIRM_BULL"
#: Changes far beyond, exactly at, and inside a band of 0.25 (exact in binary), and missing.
MOVES = {"up": 1.5, "top": 1.25, "in": 1.125, "still": 1.0, "bottom": 0.75, "down": 0.5, "gone": 0}


def run(oi, close, *, interval="1h", high=None, low=None, other=None, **sections) -> pd.DataFrame:
    """One candle per native row, decided at the moment the row became available."""
    rows, candles = pieces(oi, close, interval, high, low)
    frame = pd.DataFrame({"date": rows["available_at"]})
    data = {("open_interest", interval): rows}
    held = {interval: candles}
    intervals = (interval,)
    if other is not None:
        name, *values = other
        data["open_interest", name], held[name] = pieces(*values, name)
        intervals = (interval, name)
    options = settings_with(datasets=("open_interest",), **sections)
    return add_columns(frame, 0, PairData(data, held), options, intervals)


def pieces(oi, close, interval, high=None, low=None):
    """Native rows and candles; a zero or NaN in `oi` is a missing row, in `close` no candle."""
    length = pd.Timedelta(interval_ms(interval), "ms")
    times = pd.Series(pd.date_range(START, periods=len(oi), freq=length))
    rows = pd.DataFrame({"time": times, "available_at": times + length + pd.Timedelta("60s")})
    rows["oi"] = np.array(oi, dtype=float)
    price = np.array(close, dtype=float)
    candles = pd.DataFrame({"date": times, "open": price, "close": price})
    # Wide candles, unless a test is about jumps.
    candles["high"] = price * 1.05 if high is None else high
    candles["low"] = price * 0.95 if low is None else low
    return rows, candles[candles["close"] > 0].reset_index(drop=True)


def expected_state(oi: str, price: str) -> str:
    if "gone" in (oi, price):
        return "UNKNOWN"
    signs = {"up": 1, "down": -1}
    return naive.TABLE.get((signs.get(oi, 0), signs.get(price, 0)), "NEUTRAL")


@pytest.mark.parametrize("oi", MOVES)
@pytest.mark.parametrize("price", MOVES)
def test_the_state_table_holds_for_every_pair_of_moves_and_exactly_at_the_band_is_flat(oi, price):
    """Rising is more than the band, falling less than its negative, missing is UNKNOWN."""
    frame = run([8, 8 * MOVES[oi]], [16, 16 * MOVES[price]], bands={"oi": 0.25, "price": 0.25})
    state = expected_state(oi, price)
    if oi == "gone":  # the row is not there: the last one known is the first, without a change
        assert frame["cg_state"].tolist() == ["UNKNOWN", "UNKNOWN"]
        return
    assert frame["cg_state"].iloc[1] == state
    assert frame["cg_state_1h"].iloc[1] == state
    assert frame["cg_state_code"].iloc[1] == STATE_CODES[state]


@pytest.mark.parametrize(
    ("oi", "price", "long", "short"),
    [
        (1.5, 1.5, 1.15, 0.88),
        (1.5, 0.5, 0.88, 1.15),
        (0.5, 0.5, 0.92, 1.08),
        (0.5, 1.5, 1.08, 0.92),
        (1.0, 1.5, 1.0, 1.0),
        (1.5, 1.0, 1.0, 1.0),
        (1.5, 0.0, 1.0, 1.0),
    ],
)
def test_each_state_has_its_two_factors(oi, price, long, short):
    """The multipliers are DESIGN's, and a neutral state is 1.0 on both sides."""
    frame = run([10, 10 * oi], [10, 10 * price])
    row = frame.iloc[1]
    assert (row["cg_mod_oi_long"], row["cg_mod_oi_short"]) == (long, short)
    assert frame["cg_state"].iloc[0] == "UNKNOWN"
    assert frame["cg_mod_oi_long"].iloc[0] == 1.0


@pytest.mark.parametrize(
    ("interval", "lookback", "scale"),
    [("1h", 1, 1.0), ("4h", 1, 2.0), ("1h", 4, 2.0), ("15m", 1, 0.5), ("1d", 6, 12.0)],
)
def test_bands_scale_with_the_square_root_of_the_span(interval, lookback, scale):
    """A change just above the scaled band counts, one just below does not."""
    for nudge, state in ((1.001, BULL), (0.999, "NEUTRAL")):
        oi = [1000.0] * lookback + [1000.0 * (1 + 0.005 * scale * nudge)]
        price = [100.0] * lookback + [100.0 * (1 + 0.003 * scale * nudge)]
        frame = run(oi, price, interval=interval, lookback=lookback)
        assert frame["cg_state"].iloc[-1] == state, nudge


@pytest.mark.parametrize("missing", range(4))
def test_a_missing_row_in_between_makes_a_longer_change_missing(missing):
    """Lookback 3 needs all four rows, of open interest and of price."""
    whole, holed = [10, 11, 12, 20], [10, 11, 12, 20]
    holed[missing] = 0
    assert run(whole, whole, lookback=3)["cg_state"].iloc[-1] == BULL
    assert run(whole, holed, lookback=3)["cg_state"].iloc[-1] == "UNKNOWN"
    frame = run(holed, whole, lookback=3)
    assert frame["cg_state"].iloc[-1] == "UNKNOWN"
    assert np.isnan(frame["cg_oi_change_1h"].iloc[-1])


def test_after_a_gap_a_change_is_missing_and_not_longer():
    """The first row after a gap has no change; the second one has its own."""
    frame = run([10, 0, 12, 15], [10, 10, 12, 15])
    assert frame["cg_oi_change_1h"].isna().tolist() == [True, True, True, False]
    assert frame["cg_oi_change_1h"].iloc[-1] == 0.25


@pytest.mark.parametrize(
    ("change", "spread", "jump"),
    [
        (1.16, 0.019, True),
        (0.84, 0.019, True),
        (1.1499, 0.019, False),
        (0.8501, 0.019, False),
        (1.16, 0.02, False),
        (1.5, 0.12, False),
        (0.68, 0.1197, False),
    ],
)
def test_a_jump_is_more_than_15_percent_while_the_candle_spans_less_than_2(change, spread, jump):
    """Open interest that moves without the market is a venue; with the market it is traders."""
    frame = run(
        [1000, 1000 * change],
        [100, 100],
        high=[100, 100 + 100 * spread],
        low=[100, 100],
        bands={"price": 0.9},
    )
    assert frame["cg_oi_jump_1h"].tolist() == [False, jump]
    assert frame["cg_state"].iloc[1] == ("UNKNOWN" if jump else "NEUTRAL")


@pytest.mark.parametrize("lookback", [1, 2, 3])
def test_every_row_that_looks_back_over_a_jump_is_unknown(lookback):
    """The jump row and the next lookback − 1 rows, no more and no less."""
    oi = [100, 100, 100, 150, 151, 152, 153, 154]
    price = [10 * 1.01**row for row in range(8)]
    frame = run(oi, price, lookback=lookback, high=price, low=price, bands={"oi": 0.001})
    jumped = [3 <= row < 3 + lookback for row in range(8)]
    assert frame["cg_oi_jump_1h"].tolist() == jumped
    known = [state != "UNKNOWN" for state in frame["cg_state"]]
    assert known == [row >= lookback and not jumped[row] for row in range(8)]


def test_a_jump_before_a_gap_does_not_reach_over_it():
    """Rows after a gap longer than the lookback do not look back over the jump before it."""
    frame = run([100, 150, 0, 0, 150, 151, 152], [10] * 7, lookback=2, high=10, low=10)
    assert frame["cg_oi_jump_1h"].tolist() == [False, True, True, True, False, False, False]


def test_the_row_before_stands_beside_each_row():
    """The previous row's changes, jump and state are those of the row one interval earlier."""
    oi, price = [10, 11, 12, 0, 14, 20, 21], [10, 11, 12, 13, 14, 14, 14]
    frame = run(oi, price, high=price, low=price)
    for name in ("oi_change", "price_change", "oi_jump", "state"):
        now, before = frame[f"cg_{name}_1h"], frame[f"cg_{name}_prev_1h"]
        for row in (1, 2, 5, 6):
            np.testing.assert_equal(before.iloc[row], now.iloc[row - 1], err_msg=f"{name} {row}")
    after_gap = frame.iloc[4]
    assert after_gap["cg_state_prev_1h"] == "UNKNOWN"
    assert np.isnan(after_gap["cg_oi_change_prev_1h"])
    assert not after_gap["cg_oi_jump_prev_1h"]
    assert frame["cg_oi_jump_1h"].tolist()[5] and frame["cg_oi_jump_prev_1h"].tolist()[6]


def two_trends(first: float, second: float, second_price: float = 1.2) -> pd.Series:
    """The last row where 1h open interest moves by `first` and 4h open interest by `second`."""
    hours = 12
    oi = [100.0] * (hours - 1) + [100.0 * first]
    frame = run(
        oi,
        [10.0] * hours,
        other=("4h", [100, 100, 100 * second], [10, 10, 10 * second_price]),
    )
    return frame.iloc[-1]


@pytest.mark.parametrize("first", [1.2, 1.001, 0.8])
@pytest.mark.parametrize("second", [1.2, 1.001, 0.8])
def test_a_conflict_is_two_trends_both_not_flat_and_opposite(first, second):
    """The conflict multiplier stands while it holds, and takes part in both sides' confidence."""
    row = two_trends(first, second)
    conflict = {first, second} == {1.2, 0.8}
    assert row["cg_oi_conflict"] == conflict
    assert row["cg_mod_conflict"] == (0.96 if conflict else 1.0)
    assert row["cg_confidence_long"] == pytest.approx(0.96 if conflict else 1.0)
    assert row["cg_confidence_short"] == pytest.approx(0.96 if conflict else 1.0)


def test_an_unknown_or_stale_side_is_no_conflict():
    """A trend whose state is UNKNOWN, or whose rows are too old, opposes nothing."""
    assert two_trends(1.2, 0.8)["cg_oi_conflict"]
    assert not two_trends(1.2, 0.8, second_price=0)["cg_oi_conflict"]
    oi = [100.0] * 40
    oi[-1] = 120.0
    stale = run(oi, [10.0] * 40, other=("4h", [100, 80], [10, 12])).iloc[-1]
    assert stale["cg_state_4h"] == "UNKNOWN"
    assert not stale["cg_oi_conflict"]
    assert stale["cg_mod_conflict"] == 1.0


def test_with_one_interval_there_is_no_conflict_to_see():
    """A trend can't oppose itself."""
    frame = run([100, 120, 90, 130], [10, 12, 9, 13])
    assert not frame["cg_oi_conflict"].any()
    assert (frame["cg_mod_conflict"] == 1.0).all()


@pytest.mark.parametrize(
    ("named", "intervals", "seen"),
    [
        ("auto", ("1h", "4h"), True),
        ("auto", ("4h", "12h"), False),  # a plan without 1h
        (["4h", "12h"], ("4h", "12h"), True),
        (["30m", "4h"], ("30m", "4h"), True),
        (["4h"], ("4h",), False),
    ],
)
def test_a_plan_without_1h_has_no_conflict_to_see_and_named_intervals_have_theirs(
    named, intervals, seen
):
    lower, *higher = intervals
    flat = [100.0] * int(interval_ms(intervals[-1]) / interval_ms(lower) * 3 - 1)
    oi = [*flat, 150.0]
    other = (higher[0], [100, 100, 50], [10, 10, 15]) if higher else None
    row = run(oi, [10.0] * len(oi), interval=lower, other=other, intervals=named).iloc[-1]
    assert row["cg_oi_conflict"] == seen
    assert row["cg_mod_conflict"] == (0.96 if seen else 1.0)


def test_open_interest_in_usd_is_coins_times_close():
    """And missing where the pair has no candle."""
    frame = run([10, 20, 30], [5, 0, 7])
    np.testing.assert_array_equal(frame["cg_oi_usd_1h"], [50, np.nan, 210])


def test_the_percentile_of_open_interest_counts_earlier_rows_that_are_below_and_half_of_equals():
    oi = [*range(1, 101), 51, 1000, 0.5]
    pct = run(oi, [10.0] * len(oi))["cg_oi_pct_1h"]
    assert pct.iloc[:100].isna().all()  # fewer than a hundred earlier rows
    np.testing.assert_allclose(pct.iloc[100:], [50.5 / 100, 1.0, 0.0])


# Adaptive bands


def walks(count: int, seed: int, *, gaps: float = 0.0, jumps: float = 0.0):
    """Random open interest and candles, with missing rows, missing candles, NaNs and jumps."""
    chance = np.random.default_rng(seed)
    steps = chance.normal(0, 0.006, count)
    leaps = chance.random(count) < jumps
    steps[leaps] += chance.choice([-0.4, 0.4], leaps.sum())
    oi = 1000 * np.exp(np.cumsum(steps))
    oi[chance.random(count) < gaps] = np.nan
    hours = pd.Series(START + pd.Timedelta("1h") * np.arange(count))
    rows = pd.DataFrame({"time": hours, "available_at": hours + pd.Timedelta("61min"), "oi": oi})
    if gaps:
        rows = rows[chance.random(count) > gaps].reset_index(drop=True)
    candles = random_candles(START, count, HOUR, seed)
    if gaps:
        candles = candles[chance.random(count) > gaps / 2].reset_index(drop=True)
    return rows, candles


def test_adaptive_bands_need_100_changes_and_look_at_200():
    """With 99 earlier changes the state is UNKNOWN; a change 201 rows back no longer counts."""
    rows, candles = walks(420, 5)
    options = settings_with(datasets=("open_interest",), bands="adaptive")
    frame = pd.DataFrame({"date": rows["available_at"]})

    def sigma(oi: pd.DataFrame) -> np.ndarray:
        data = PairData({("open_interest", "1h"): oi}, {"1h": candles})
        return add_columns(frame, 0, data, options, ("1h",))["cg_oi_sigma_1h"].to_numpy()

    plain = sigma(rows)
    assert np.flatnonzero(~np.isnan(plain))[0] == 101  # row 0 has no change, 1..100 have one
    changed = rows.copy()
    changed.loc[:100, "oi"] *= 1.1  # only the change of row 101 is another one
    other = sigma(changed)
    differs = np.flatnonzero(plain != other)
    assert set(differs) - set(range(102)) == set(range(102, 302))


def test_adaptive_bands_are_k_standard_deviations_of_the_changes_before():
    """A change just above k sigma counts, one just below does not."""
    chance = np.random.default_rng(1)
    changes = chance.choice([-0.01, 0.01], 150)
    sigma = float(np.std(changes, ddof=1))
    for nudge, state in ((1.0001, BULL), (0.9999, "NEUTRAL")):
        steps = np.append(changes, 2.0 * sigma * nudge)
        oi = 1000 * np.cumprod(np.append(1.0, 1 + steps))
        frame = run(oi, oi, bands={"adaptive": True, "k": 2.0})
        assert frame["cg_state"].iloc[-1] == state
        assert frame["cg_oi_sigma_1h"].iloc[-1] == pytest.approx(sigma, rel=1e-9)


def test_every_column_but_the_percentile_is_the_same_wherever_the_frame_starts():
    """Bit for bit: a bot's shorter frame gives the same sigma as a backtest's long one."""
    rows, candles = walks(1000, 9, gaps=0.02, jumps=0.01)
    options = settings_with(datasets=("open_interest",), bands="adaptive")
    last = rows["available_at"].iloc[-50:]
    frame = pd.DataFrame({"date": last})

    def columns(first: int) -> pd.DataFrame:
        start = rows["time"].iloc[first]
        later = candles[candles["date"] >= start].reset_index(drop=True)
        data = PairData({("open_interest", "1h"): rows.iloc[first:]}, {"1h": later})
        # The percentile looks at 30 days, more than is there.
        return add_columns(frame, 0, data, options, ("1h",)).drop(columns="cg_oi_pct_1h")

    whole = columns(0)
    assert whole["cg_oi_sigma_1h"].notna().all()
    for first in (1, 7, 131, 300, 400):
        pd.testing.assert_frame_equal(whole, columns(first), check_exact=True)


# The naive loop


OPTIONS = [
    {},
    {"lookback": 2},
    {"lookback": 5, "bands": {"oi": 0.002, "price": 0.004}},
    {"bands": "adaptive"},
    {"lookback": 3, "bands": {"adaptive": True, "k": 0.7}},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: str(options or "default"))
@pytest.mark.parametrize("seed", range(4))
def test_the_engine_equals_the_naive_loop_on_random_rows_with_gaps_and_jumps(options, seed):
    """Every change, jump, sigma, state, and the row before, in every row."""
    rows, candles = walks(450, seed, gaps=0.01 * seed, jumps=0.01)
    chosen = settings_with(datasets=("open_interest",), **options)
    assert differences(rows, candles, chosen, "1h") == []
    assert len(states(naive_rows(rows, candles, chosen, "1h"))) >= 5  # it compared something


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    oi=st.lists(st.sampled_from([0.0, math.nan, 100, 100.4, 101, 116, 130, 99]), max_size=14),
    price=st.lists(st.sampled_from([0.0, 10, 10.02, 10.5, 9.5]), min_size=14, max_size=14),
    wide=st.booleans(),
    lookback=st.integers(1, 4),
)
def test_the_engine_equals_the_naive_loop_on_short_awkward_rows(oi, price, wide, lookback):
    """Empty, all missing, shorter than the lookback, jumps beside gaps."""
    spread = 1.05 if wide else 1.001
    rows, candles = pieces(oi, price[: len(oi)], "1h")
    candles["high"], candles["low"] = candles["close"] * spread, candles["close"]
    chosen = settings_with(datasets=("open_interest",), lookback=lookback)
    assert differences(rows, candles, chosen, "1h") == []


@pytest.mark.parametrize("seed", range(2))
def test_the_conflict_equals_the_naive_loop_at_every_decision(seed):
    """Two intervals, gaps in both, compared at each candle with the rows known then."""
    hourly, hourly_candles = walks(400, seed, gaps=0.03, jumps=0.01)
    four = hourly.iloc[3::4].assign(time=lambda rows: rows["time"].dt.floor("4h"))
    four = four.drop_duplicates("time", keep="last")
    four["available_at"] = four["time"] + pd.Timedelta("241min")
    four_candles = random_candles(START, 100, 4 * HOUR, seed + 50)
    chosen = settings_with(datasets=("open_interest",), bands={"oi": 0.003, "price": 0.001})
    frame = pd.DataFrame({"date": pd.date_range(START, periods=850, freq="30min")})
    data = PairData(
        {("open_interest", "1h"): hourly, ("open_interest", "4h"): four},
        {"1h": hourly_candles, "4h": four_candles},
    )
    result = add_columns(frame, 1_800_000, data, chosen, ("1h", "4h"))
    sides = [
        (hourly, naive_rows(hourly, hourly_candles, chosen, "1h"), 1),
        (four, naive_rows(four, four_candles, chosen, "4h"), 4),
    ]
    expected = []
    for date in frame["date"]:
        decision = date + pd.Timedelta("30min")
        known = [_known(native, rows, decision, hours) for native, rows, hours in sides]
        expected.append(naive.conflict(*known))
    assert result["cg_oi_conflict"].tolist() == expected
    assert 0 < sum(expected) < len(expected)


def _known(native: pd.DataFrame, rows: dict, decision: pd.Timestamp, hours: int):
    """The naive row that a decision may use: the last one available, at most 3 intervals old."""
    there = native[native["oi"] > 0]
    there = there[there["available_at"] <= decision]
    if there.empty or decision - there["available_at"].iloc[-1] > 3 * pd.Timedelta(hours, "h"):
        return None
    return rows[there["time"].iloc[-1].value // 1_000_000]
