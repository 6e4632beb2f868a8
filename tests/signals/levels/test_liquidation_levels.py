"""The estimate of liquidation levels: what it promises, and one example worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import naive_levels
from tests.support.frames import native_rows, random_candles, settings_with, utc
from vectra_freqtrade.settings.opinions import Levels
from vectra_freqtrade.signals.assemble import PairData, add_columns
from vectra_freqtrade.signals.levels import level_folds, liquidation_levels
from vectra_freqtrade.signals.levels.level_clusters import CloseSide
from vectra_freqtrade.signals.levels.level_folds import Folds, block_ms, blocks_of
from vectra_freqtrade.signals.levels.level_steps import steps_of
from vectra_freqtrade.signals.levels.liquidation_levels import LevelMemo

HOUR_MS = 3_600_000
HOUR = pd.Timedelta(hours=1)
#: Start of a block of ten days, counted from 1970: what rests from here on is told where rows and
#: candles are known for the block before.
START = utc("2025-01-02")
BLOCK_ROWS = 240
WARM_UP = BLOCK_ROWS * HOUR

seeds = st.integers(min_value=0, max_value=2**32 - 1)


def _released(rows):
    return rows.assign(available_at=rows["time"] + HOUR + pd.Timedelta(seconds=60))


def _estimate(rows, candles, rule=None, length_ms=HOUR_MS):
    """Levels, by the rows' times."""
    found = liquidation_levels.features(rows, candles, length_ms=length_ms, rule=rule or Levels())
    return pd.DataFrame(found.columns, index=rows.loc[rows["oi"] > 0, "time"])


def _told(rows, candles):
    """Levels from START on, a row an hour counted from there."""
    return _estimate(rows, candles)[START:].reset_index(drop=True)


def _random(seed, count, *, holes=True):
    """
    Random open interest and candles from a block before START on, some rows, some candles missing,
    a venue that joins. :param count: rows from START on
    """
    chance = np.random.default_rng([seed, 5])
    count += BLOCK_ROWS
    rows = _released(native_rows("open_interest", START - WARM_UP, count, HOUR_MS, seed))
    rows["time"] = rows["time"].dt.as_unit("ms")
    candles = random_candles(START - WARM_UP, count, HOUR_MS, seed)
    if holes:
        rows.loc[rows.index >= int(chance.integers(1, count)), "oi"] *= 1.5
        there = chance.random((2, count)) > 0.03
        there[:, 0] = True  # both begin with the block
        rows, candles = rows[there[0]], candles[there[1]]
    return rows.reset_index(drop=True), candles.reset_index(drop=True)


def _resting(rows, candles):
    """Coins that rest per side after each row from START on; open interest beside them."""
    rows = rows[rows["oi"] > 0]
    steps = steps_of(rows, candles, HOUR_MS)
    runs = list(Folds(steps, Levels()).run(blocks_of(steps, Levels())))
    return rows["oi"].to_numpy()[runs[0].rows.start :], {
        side: np.concatenate([resting.coins[side] for resting in runs]) for side in CloseSide
    }


def _flat(count, oi, price=100.0):
    """
    Rows and candles that do not move, both indexed from START on; for the block before START
    open interest stays at its first value.
    """
    places = np.arange(-BLOCK_ROWS, count)
    oi = np.concatenate([np.full(BLOCK_ROWS, oi[0]), oi])
    times = pd.Series(START + pd.to_timedelta(places, unit="h"), index=places)
    candles = pd.DataFrame({"date": times})
    candles = candles.assign(open=price, high=price, low=price, close=price)
    return _released(pd.DataFrame({"time": times, "oi": oi})), candles


def test_a_rise_worked_out_by_hand():
    # 100 coins are opened at 100 in the second hour. Longs are liquidated at 100 (1 - 1/L + 0.5 %):
    #   leverage 10: 90.5 (40 coins), 25: 96.5 (30), 50: 98.5 (20), 100: 99.5 (10)
    # and shorts at 109.5, 103.5, 101.5, 100.5. A week later half of each rests: 20, 15, 10 and 5.
    # At least 0.6 × 20 = 12 have only the first two, and of these 96.5 is the nearer one:
    # 15 coins × 100 = 1500 USD, in the bin around 96.5, which is 0.1 % wide.
    rows, candles = _flat(170, [1000.0] + 169 * [1100.0])
    week_later = _told(rows, candles).iloc[169]
    assert week_later["liq_below_price"] == pytest.approx(math.exp(4.570))  # ln 96.5 = 4.5695
    assert week_later["liq_above_price"] == pytest.approx(math.exp(4.640))  # ln 103.5 = 4.6396
    assert week_later["liq_below_usd"] == pytest.approx(1500.0)
    assert week_later["liq_above_usd"] == pytest.approx(1500.0)


def test_what_a_candle_reached_is_gone_and_what_it_did_not_reach_stays():
    rows, candles = _flat(175, [1000.0] + 174 * [1100.0])
    candles.loc[170, "low"] = 96.0  # reaches 99.5, 98.5 and 96.5, not 90.5
    estimate = _told(rows, candles)
    assert estimate.loc[169, "liq_below_price"] == pytest.approx(math.exp(4.570))
    assert (estimate.loc[170:, "liq_below_price"] < 91).all()
    assert estimate.loc[170:, "liq_above_price"].to_numpy() == pytest.approx(math.exp(4.640))


def test_what_a_row_opens_is_first_reached_by_the_next_candle():
    rows, candles = _flat(175, 170 * [1000.0] + 5 * [1100.0])
    candles.loc[170:171, "low"] = 97.9  # the candle in which 100 coins are opened, and the next
    _, coins = _resting(rows, candles)
    # Typical price 99.3: leverage 100 is liquidated at 98.8, 50 at 97.81.
    assert coins[CloseSide.BELOW][170] == pytest.approx(100.0)
    assert coins[CloseSide.BELOW][171] == pytest.approx(90.0 * 0.5 ** (1 / 168))


def test_a_fall_closes_both_sides_in_proportion_to_what_rests():
    # A day after 100 coins were opened, open interest falls by 50: nothing was liquidated, so 50
    # of what rests are closed, at every level alike.
    rows, candles = _flat(26, [1000.0] + 24 * [1100.0] + [1050.0])
    _, coins = _resting(rows, candles)
    rests = 100.0 * 0.5 ** (24 / 168)
    for side in CloseSide:
        assert coins[side][25] == pytest.approx(rests - 50.0)


def test_a_liquidation_counts_toward_the_fall_of_open_interest():
    # The candle liquidates longs of leverage 100 and 50 (30 % of what rests) while open interest
    # falls by 50: of the longs the rest of the fall is closed, of the shorts all of it.
    rows, candles = _flat(3, [1000.0, 1100.0, 1050.0])
    candles.loc[2, "low"] = 98.0
    _, coins = _resting(rows, candles)
    rests = 100.0 * 0.5 ** (1 / 168)
    assert coins[CloseSide.BELOW][2] == pytest.approx(rests - 50.0)
    assert coins[CloseSide.ABOVE][2] == pytest.approx(rests - 50.0)


def test_a_liquidation_beyond_the_fall_closes_nothing_more():
    rows, candles = _flat(3, [1000.0, 1100.0, 1090.0])
    candles.loc[2, "low"] = 98.0
    _, coins = _resting(rows, candles)
    assert coins[CloseSide.BELOW][2] == pytest.approx(100.0 * 0.5 ** (1 / 168) * 0.7)


def test_a_venue_that_joins_and_a_gap_open_nothing():
    rows, candles = _flat(4, [1000.0, 1200.0, 1200.0, 1200.0])  # 20 % in a candle without range
    assert _resting(rows, candles)[1][CloseSide.BELOW].max() == 0.0
    rows, candles = _flat(4, [1000.0, 1000.0, 1050.0, 1100.0])
    gap = rows.drop(index=[1, 2])
    assert _resting(gap, candles)[1][CloseSide.BELOW].max() == 0.0


@pytest.mark.parametrize("seed", range(8))
def test_the_estimate_equals_the_naive_one_with_a_dictionary_of_levels(seed):
    rows, candles = _random(seed, 500)
    fast, naive = _estimate(rows, candles), naive_levels.in_blocks(rows, candles, HOUR)
    _, coins = _resting(rows, candles)
    assert coins[CloseSide.BELOW] == pytest.approx([row["longs"] for row in naive], abs=1e-9)
    assert coins[CloseSide.ABOVE] == pytest.approx([row["shorts"] for row in naive], abs=1e-9)
    assert fast.loc[: naive[0]["time"] - HOUR].isna().all().all()
    told = 0
    for row in naive:
        for word in ("above", "below"):
            price, usd = fast.loc[row["time"], [f"liq_{word}_price", f"liq_{word}_usd"]]
            if row[word] is None:
                assert np.isnan(price) and np.isnan(usd)
                continue
            told += 1
            assert (price, usd) == pytest.approx(row[word], rel=1e-9)
    assert told > 600


def test_many_deep_falls_in_a_row_lose_no_precision():
    # Each pair of rows leaves a ninth of what rests: after 210 rows less than 1e-100 of the first.
    rows, candles = _flat(400, [1000.0 if row % 2 else 200.0 for row in range(400)])
    candles = candles.assign(high=101.2, low=98.8)  # a wide candle, so that no venue joined
    naive = naive_levels.in_blocks(rows, candles, HOUR)
    _, coins = _resting(rows, candles)
    assert coins[CloseSide.BELOW] == pytest.approx([row["longs"] for row in naive], abs=1e-9)
    estimate = _told(rows, candles)
    wanted = [row["below"][0] if row["below"] else np.nan for row in naive]
    assert estimate["liq_below_price"].to_numpy() == pytest.approx(wanted, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(seed=seeds)
def test_resting_coins_never_exceed_open_interest_and_clusters_lie_where_they_must(seed):
    rows, candles = _random(seed, 300)
    oi, coins = _resting(rows, candles)
    for side in CloseSide:
        assert (coins[side] >= 0).all()
        assert (coins[side] <= oi * (1 + 1e-9)).all()
    estimate = _estimate(rows, candles).reset_index(drop=True)
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
    _, candles = _flat(200, [1.0] * 200)
    _, coins = _resting(rows, candles)
    assert coins[CloseSide.ABOVE] == pytest.approx(coins[CloseSide.BELOW])
    assert coins[CloseSide.ABOVE].max() > 0


def test_no_level_without_candles_without_rows_and_without_a_rise():
    rows, candles = _random(1, 400, holes=False)
    assert _estimate(rows, candles)[START:].notna().mean().min() > 0.8
    assert _estimate(rows, candles.iloc[:0]).isna().all().all()
    assert _estimate(rows.iloc[:0], candles).empty
    falling = rows.assign(oi=np.linspace(2000.0, 1000.0, len(rows)))
    assert _estimate(falling, candles).isna().all().all()


def test_levels_begin_with_the_first_block_after_a_whole_block_of_rows_and_candles():
    rows, candles = _random(1, 300, holes=False)
    for late in (rows.iloc[1:], candles.iloc[1:]):
        both = (late, candles) if "oi" in late else (rows, late)
        estimate = _estimate(*both)
        second = START + WARM_UP  # an hour is missing: one block later
        assert estimate[: second - HOUR].isna().all().all()
        assert estimate[second:].notna().mean().min() > 0.8
    estimate = _estimate(rows, candles)
    assert estimate[: START - HOUR].isna().all().all()
    assert estimate[START:].notna().mean().min() > 0.8


def test_only_past_rows_count_through_the_whole_assembly():
    rows, candles = _random(3, 300)
    frame = random_candles(START, 300, HOUR_MS, 3)
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
    for count in range(3, len(frame), 7):
        pd.testing.assert_frame_equal(columns(count), whole.iloc[:count], check_exact=True)


@settings(max_examples=40, deadline=None)
@given(
    seed=seeds,
    cut=st.tuples(st.integers(0, 700), st.integers(0, 700)),
    half_life=st.sampled_from([2.0, 3.5, 7.0]),
)
def test_where_a_frame_starts_changes_no_level_that_two_frames_have(seed, cut, half_life):
    rule = Levels(half_life_days=half_life)
    rows, candles = _random(seed, 700)
    whole = _estimate(rows, candles, rule)
    later_rows, later_candles = rows.iloc[cut[0] :], candles.iloc[cut[1] :]
    later = _estimate(later_rows, later_candles, rule)
    before = whole.loc[later.index]
    pd.testing.assert_frame_equal(  # to the bit, and nothing where the whole frame has nothing
        later, before.where(later.notna()), check_exact=True
    )
    # Where both reach back two blocks, both have them.
    starts = max(later_rows["time"].iloc[0], later_candles["date"].iloc[0])
    reaches = later.index >= starts + 2 * pd.Timedelta(block_ms(rule), "ms")
    pd.testing.assert_frame_equal(later[reaches], before[reaches], check_exact=True)


def test_a_bot_that_loads_as_many_candles_as_the_shipped_strategies_ask_for_has_every_level():
    """480 hourly candles: whichever hour it is, levels are those of a backtest over years."""
    rows, candles = _random(21, 700, holes=False)
    whole = _estimate(rows, candles)
    for last in range(479, len(candles)):
        live = _estimate(rows.iloc[: last + 1], candles.iloc[last - 479 : last + 1]).iloc[-1]
        pd.testing.assert_series_equal(live, whole.iloc[last], check_exact=True)
    assert whole.iloc[479:].notna().all(axis=1).mean() > 0.5


@given(seed=seeds, half_life=st.sampled_from([0.5, 2.0, 7.0]), holes=st.booleans())
@settings(max_examples=25)
def test_what_a_bot_remembers_of_its_last_frame_changes_no_bit_of_the_next(seed, half_life, holes):
    """Frames that move on by no, one or several rows, or back; candles corrected, rows late."""
    chance = np.random.default_rng([seed, 6])
    rows, candles = _random(seed, 500, holes=holes)
    rule, memo = Levels(half_life_days=half_life), LevelMemo()
    last = int(chance.integers(300, 600))
    for _ in range(12):
        last = int(np.clip(last + chance.choice([0, 1, 1, 1, 2, 30, -1, 300]), 250, len(rows)))
        first = max(0, last - int(chance.choice([480, 480, 700, 260])))
        later = candles["date"] <= rows["time"].iloc[last - 1] + int(chance.integers(0, 3)) * HOUR
        if chance.random() < 0.2:
            place = int(chance.integers(first, last))
            candles.loc[candles.index[place:][:1], "high"] *= 1.02
        frame = rows.iloc[first:last], candles[later].tail(480)
        found = liquidation_levels.features(*frame, length_ms=HOUR_MS, rule=rule, memo=memo)
        again = pd.DataFrame(found.columns, index=frame[0].loc[frame[0]["oi"] > 0, "time"])
        pd.testing.assert_frame_equal(again, _estimate(*frame, rule), check_exact=True)


def test_candles_that_reach_back_further_than_before_give_levels_that_there_were_not():
    rows, candles = _random(8, 300, holes=False)
    memo = LevelMemo()
    for begin in (1, 0):  # the first candle is that of the fold's first row
        known = liquidation_levels.features(
            rows, candles[begin:], length_ms=HOUR_MS, rule=Levels(), memo=memo
        )
        found = pd.DataFrame(known.columns, index=rows["time"])
        pd.testing.assert_frame_equal(found, _estimate(rows, candles[begin:]), check_exact=True)
    assert found.notna().any().all()


def test_a_row_more_is_one_step_more(monkeypatch):
    rows, candles = _random(3, 400, holes=False)
    steps, memo = [], LevelMemo()
    real = level_folds._Fold._step
    monkeypatch.setattr(
        level_folds._Fold, "_step", lambda fold, row: (steps.append(row), real(fold, row))
    )
    for last in range(600, 620):
        steps.clear()
        frame = rows.iloc[last - 480 : last], candles.iloc[last - 480 : last]
        liquidation_levels.features(*frame, length_ms=HOUR_MS, rule=Levels(), memo=memo)
    assert len(steps) == len(CloseSide)


def test_a_block_lasts_ten_sevenths_of_a_half_life_in_whole_days():
    days = {7.0: 10, 3.5: 5, 2.0: 3, 0.1: 1, 30.0: 43}
    for half_life, wanted in days.items():
        assert block_ms(Levels(half_life_days=half_life)) == wanted * 24 * HOUR_MS


def test_the_source_is_named_only_where_there_is_a_level():
    rows, candles = _random(2, 300, holes=False)
    frame = random_candles(START - 60 * HOUR, 360, HOUR_MS, 2)
    data = PairData({("open_interest", "1h"): rows}, {"1h": candles})
    added = add_columns(frame, HOUR_MS, data, settings_with(), ("1h",))
    levels = added[["cg_liq_above_price", "cg_liq_below_price"]].notna().any(axis=1)
    assert (added["cg_liq_source"] == np.where(levels, "estimate", "none")).all()
    assert levels.any() and not levels.all()
    none = add_columns(frame, HOUR_MS, PairData({}, {}), settings_with(), ("1h",))
    assert (none["cg_liq_source"] == "none").all()
