"""The estimate of liquidation levels: what it promises, and one example worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import naive_levels
from tests.support.frames import native_rows, random_candles, settings_with, utc
from vectra_freqtrade.signals import liquidation_levels
from vectra_freqtrade.signals.assemble import PairData, add_columns
from vectra_freqtrade.signals.level_clusters import Side
from vectra_freqtrade.thresholds import Levels

HOUR_MS = 3_600_000
HOUR = pd.Timedelta(hours=1)
START = utc("2025-01-01")
WEEK_ROWS = 168

seeds = st.integers(min_value=0, max_value=2**32 - 1)


def _released(rows):
    return rows.assign(available_at=rows["time"] + HOUR + pd.Timedelta(seconds=60))


def _estimate(rows, candles, length_ms=HOUR_MS):
    found = liquidation_levels.features(rows, candles, length_ms=length_ms, rule=Levels())
    return pd.DataFrame(found.columns)


def _random(seed, count, *, holes=True):
    """Random open interest and candles, some rows, some candles missing, a venue that joins."""
    chance = np.random.default_rng([seed, 5])
    rows = _released(native_rows("open_interest", START, count, HOUR_MS, seed))
    rows["time"] = rows["time"].dt.as_unit("ms")
    candles = random_candles(START, count, HOUR_MS, seed)
    if holes:
        rows.loc[rows.index >= int(chance.integers(1, count)), "oi"] *= 1.5
        rows = rows[chance.random(count) > 0.03].reset_index(drop=True)
        candles = candles[chance.random(count) > 0.03].reset_index(drop=True)
    return rows, candles


def _resting(rows, candles):
    """Coins that rest per side, one a row; open interest beside them."""
    steps = liquidation_levels.steps_of(rows[rows["oi"] > 0], candles, HOUR_MS)
    runs = list(liquidation_levels.run(steps, Levels()))
    return steps.oi, {
        side: np.concatenate([resting.coins[side] for resting in runs]) for side in Side
    }


def _flat(count, oi, price=100.0):
    """Candles that do not move."""
    times = START + pd.to_timedelta(np.arange(count), unit="h")
    rows = _released(pd.DataFrame({"time": times, "oi": oi}))
    candles = pd.DataFrame({"date": times})
    return rows, candles.assign(open=price, high=price, low=price, close=price)


def test_a_rise_worked_out_by_hand():
    # 100 coins are opened at 100 in the second hour. Longs are liquidated at 100 (1 - 1/L + 0.5 %):
    #   leverage 10: 90.5 (40 coins), 25: 96.5 (30), 50: 98.5 (20), 100: 99.5 (10)
    # and shorts at 109.5, 103.5, 101.5, 100.5. A week later half of each rests: 20, 15, 10 and 5.
    # At least 0.6 × 20 = 12 have only the first two, and of these 96.5 is the nearer one:
    # 15 coins × 100 = 1500 USD, in the bin around 96.5, which is 0.1 % wide.
    rows, candles = _flat(170, [1000.0] + 169 * [1100.0])
    week_later = _estimate(rows, candles).iloc[169]
    assert week_later["liq_below_price"] == pytest.approx(math.exp(4.570))  # ln 96.5 = 4.5695
    assert week_later["liq_above_price"] == pytest.approx(math.exp(4.640))  # ln 103.5 = 4.6396
    assert week_later["liq_below_usd"] == pytest.approx(1500.0)
    assert week_later["liq_above_usd"] == pytest.approx(1500.0)


def test_what_a_candle_reached_is_gone_and_what_it_did_not_reach_stays():
    rows, candles = _flat(175, [1000.0] + 174 * [1100.0])
    candles.loc[170, "low"] = 96.0  # reaches 99.5, 98.5 and 96.5, not 90.5
    estimate = _estimate(rows, candles)
    assert estimate.loc[169, "liq_below_price"] == pytest.approx(math.exp(4.570))
    assert (estimate.loc[170:, "liq_below_price"] < 91).all()
    assert estimate.loc[170:, "liq_above_price"].to_numpy() == pytest.approx(math.exp(4.640))


def test_what_a_row_opens_is_first_reached_by_the_next_candle():
    rows, candles = _flat(175, 170 * [1000.0] + 5 * [1100.0])
    candles.loc[170:171, "low"] = 97.9  # the candle in which 100 coins are opened, and the next
    _, coins = _resting(rows, candles)
    # Typical price 99.3: leverage 100 is liquidated at 98.8, 50 at 97.81.
    assert coins[Side.BELOW][170] == pytest.approx(100.0)
    assert coins[Side.BELOW][171] == pytest.approx(90.0 * 0.5 ** (1 / 168))


def test_a_fall_closes_both_sides_in_proportion_to_what_rests():
    # A day after 100 coins were opened, open interest falls by 50: nothing was liquidated, so 50
    # of what rests are closed, at every level alike.
    rows, candles = _flat(26, [1000.0] + 24 * [1100.0] + [1050.0])
    _, coins = _resting(rows, candles)
    rests = 100.0 * 0.5 ** (24 / 168)
    for side in Side:
        assert coins[side][25] == pytest.approx(rests - 50.0)


def test_a_liquidation_counts_toward_the_fall_of_open_interest():
    # The candle liquidates longs of leverage 100 and 50 (30 % of what rests) while open interest
    # falls by 50: of the longs the rest of the fall is closed, of the shorts all of it.
    rows, candles = _flat(3, [1000.0, 1100.0, 1050.0])
    candles.loc[2, "low"] = 98.0
    _, coins = _resting(rows, candles)
    rests = 100.0 * 0.5 ** (1 / 168)
    assert coins[Side.BELOW][2] == pytest.approx(rests - 50.0)
    assert coins[Side.ABOVE][2] == pytest.approx(rests - 50.0)


def test_a_liquidation_beyond_the_fall_closes_nothing_more():
    rows, candles = _flat(3, [1000.0, 1100.0, 1090.0])
    candles.loc[2, "low"] = 98.0
    _, coins = _resting(rows, candles)
    assert coins[Side.BELOW][2] == pytest.approx(100.0 * 0.5 ** (1 / 168) * 0.7)


def test_a_venue_that_joins_and_a_gap_open_nothing():
    rows, candles = _flat(4, [1000.0, 1200.0, 1200.0, 1200.0])  # 20 % in a candle without range
    assert _resting(rows, candles)[1][Side.BELOW].max() == 0.0
    rows, candles = _flat(4, [1000.0, 1000.0, 1050.0, 1100.0])
    gap = rows.drop(index=[1, 2]).reset_index(drop=True)
    assert _resting(gap, candles)[1][Side.BELOW].max() == 0.0


@pytest.mark.parametrize("seed", range(8))
def test_the_estimate_equals_the_naive_one_with_a_dictionary_of_levels(seed):
    rows, candles = _random(seed, 400)
    fast, naive = _estimate(rows, candles), naive_levels.levels(rows, candles, HOUR)
    _, coins = _resting(rows[rows["time"] >= candles["date"].iloc[0] - HOUR], candles)
    assert len(fast) == len(naive)
    assert coins[Side.BELOW] == pytest.approx([row["longs"] for row in naive], abs=1e-9)
    assert coins[Side.ABOVE] == pytest.approx([row["shorts"] for row in naive], abs=1e-9)
    told = 0
    for place, row in enumerate(naive):
        for word in ("above", "below"):
            price, usd = fast.loc[place, [f"liq_{word}_price", f"liq_{word}_usd"]]
            if not row["warm"] or row[word] is None:
                assert np.isnan(price) and np.isnan(usd)
                continue
            told += 1
            assert (price, usd) == pytest.approx(row[word], rel=1e-9)
    assert told > 200


def test_many_deep_falls_in_a_row_lose_no_precision():
    # Each pair of rows leaves a ninth of what rests: after 210 rows less than 1e-100 of the first.
    rows, candles = _flat(500, [1000.0 if row % 2 else 200.0 for row in range(500)])
    candles = candles.assign(high=101.2, low=98.8)  # a wide candle, so that no venue joined
    naive = naive_levels.levels(rows, candles, HOUR)
    _, coins = _resting(rows, candles)
    assert coins[Side.BELOW] == pytest.approx([row["longs"] for row in naive], abs=1e-9)
    estimate = _estimate(rows, candles)
    wanted = [row["below"][0] if row["warm"] and row["below"] else np.nan for row in naive]
    assert estimate["liq_below_price"].to_numpy() == pytest.approx(wanted, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(seed=seeds)
def test_resting_coins_never_exceed_open_interest_and_clusters_lie_where_they_must(seed):
    rows, candles = _random(seed, 300)
    oi, coins = _resting(rows, candles)
    for side in Side:
        assert (coins[side] >= 0).all()
        assert (coins[side] <= oi * (1 + 1e-9)).all()
    rows = rows[rows["time"] >= candles["date"].iloc[0] - HOUR]
    estimate = _estimate(rows, candles)
    close = candles.set_index("date")["close"].reindex(rows["time"]).to_numpy()
    above, below = estimate["liq_above_price"], estimate["liq_below_price"]
    assert (above.isna() | (above >= close * 1.003) & (above <= close * 1.1)).all()
    assert (below.isna() | (below <= close * 0.997) & (below >= close * 0.9)).all()
    for word in ("above", "below"):
        assert (estimate[f"liq_{word}_usd"].isna() == estimate[f"liq_{word}_price"].isna()).all()
        assert not (estimate[f"liq_{word}_usd"] <= 0).any()


@settings(max_examples=30, deadline=None)
@given(seed=seeds)
def test_longs_and_shorts_rest_alike_as_long_as_no_candle_reaches_them(seed):
    rows, _ = _random(seed, 200, holes=False)
    _, candles = _flat(200, 1.0)
    _, coins = _resting(rows, candles)
    assert coins[Side.ABOVE] == pytest.approx(coins[Side.BELOW])
    assert coins[Side.ABOVE].max() > 0


def test_no_level_without_candles_without_a_rise_and_in_the_first_week():
    rows, candles = _random(1, 400, holes=False)
    assert _estimate(rows, candles.iloc[:0]).empty
    assert _estimate(rows.iloc[:0], candles).empty
    assert _estimate(rows, candles).iloc[:WEEK_ROWS].isna().all().all()
    assert _estimate(rows, candles).iloc[WEEK_ROWS:].notna().mean().min() > 0.8
    falling = rows.assign(oi=np.linspace(2000.0, 1000.0, 400))
    assert _estimate(falling, candles).isna().all().all()


def test_only_past_rows_count_through_the_whole_assembly():
    rows, candles = _random(3, 260)
    frame = random_candles(START, 260, HOUR_MS, 3)
    options = settings_with(datasets=("open_interest",))

    def columns(count):
        now = frame["date"].iloc[count - 1] + HOUR
        data = PairData(
            {("open_interest", "1h"): rows[rows["available_at"] <= now]},
            {"1h": candles[candles["date"] + HOUR <= now]},
        )
        added = add_columns(frame.iloc[:count], HOUR_MS, data, options, ("1h",))
        return added.filter(like="cg_liq_")

    whole = columns(len(frame))
    assert whole["cg_liq_above_price"].notna().sum() > 50
    for count in range(150, len(frame), 7):
        pd.testing.assert_frame_equal(columns(count), whole.iloc[:count], check_exact=True)


def test_where_the_frame_starts_is_forgotten():
    rows, candles = _random(11, 24 * 120, holes=False)
    late = candles.iloc[24 * 60 :].reset_index(drop=True)
    early, later = _estimate(rows, candles), _estimate(rows, late)
    early = early.iloc[-len(later) :].reset_index(drop=True)
    last = slice(24 * 45, None)  # the later frame has seen six half-lives
    same = np.isclose(early[last], later[last], rtol=0.02, equal_nan=True).all(axis=1)
    assert same.mean() > 0.95


def test_the_source_is_named_only_where_there_is_a_level():
    rows, candles = _random(2, 300, holes=False)
    frame = random_candles(START, 300, HOUR_MS, 2)
    data = PairData({("open_interest", "1h"): rows}, {"1h": candles})
    added = add_columns(frame, HOUR_MS, data, settings_with(), ("1h",))
    levels = added[["cg_liq_above_price", "cg_liq_below_price"]].notna().any(axis=1)
    assert (added["cg_liq_source"] == np.where(levels, "estimate", "none")).all()
    assert levels.any() and not levels.all()
    none = add_columns(frame, HOUR_MS, PairData({}, {}), settings_with(), ("1h",))
    assert (none["cg_liq_source"] == "none").all()
