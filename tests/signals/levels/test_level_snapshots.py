"""Levels from recorded heatmaps and maps: the last snapshot known, clustered around each close."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.frames import native_rows, random_candles, settings_with, utc
from tests.support.naive_levels import cluster, nearest_bin
from vectra_freqtrade.signals.assemble import PairData, add_columns

START = utc("2025-01-01")
MINUTE = pd.Timedelta(minutes=1)
FIVE_MINUTES_MS = 300_000
LEVELS = ["cg_liq_above_price", "cg_liq_above_usd", "cg_liq_below_price", "cg_liq_below_usd"]

seeds = st.integers(min_value=0, max_value=2**32 - 1)


def _snapshots(*snapshots):
    """Each: minute at which it was taken, and a list of (price, usd)."""
    rows = [(minute, *level) for minute, levels in snapshots for level in levels]
    frame = pd.DataFrame(rows, columns=["minute", "price", "usd"], dtype="float64")
    frame["available_at"] = START + pd.to_timedelta(frame.pop("minute"), unit="m")
    return frame


def _columns(snapshots, count, close=100.0, **sections):
    dates = pd.Series(pd.date_range(START, periods=count, freq="5min"))
    frame = pd.DataFrame({"date": dates, "close": close})
    options = settings_with(datasets=("open_interest",), **{"levels_source": "heatmap", **sections})
    data = PairData({}, {}, snapshots=snapshots)
    return add_columns(frame, FIVE_MINUTES_MS, data, options, ("1h",))


def test_a_snapshot_worked_out_by_hand():
    # Above 100: 103.0 (10 M) and 103.1 (6 M) are 0.1 % apart, one cluster; 101.0 (5 M) is below
    # 0.6 × 10 M; 112 is farther than 10 %. Below: 99.8 is nearer than 0.3 %, 97.0 is taken.
    levels = [(103.0, 10e6), (103.1, 6e6), (101.0, 5e6), (112.0, 90e6), (99.8, 4e6), (97.0, 3e6)]
    row = _columns(_snapshots((0, levels)), 1).iloc[0]
    middles = math.exp(4.635), math.exp(4.636)  # ln 103.0 = 4.6347, ln 103.1 = 4.6357
    assert row["cg_liq_above_usd"] == pytest.approx(16e6)
    assert row["cg_liq_above_price"] == pytest.approx((10 * middles[0] + 6 * middles[1]) / 16)
    assert row["cg_liq_below_price"] == pytest.approx(math.exp(4.575))  # ln 97 = 4.5747
    assert row["cg_liq_below_usd"] == pytest.approx(3e6)
    assert row["cg_liq_source"] == "heatmap"


def test_nothing_before_the_first_snapshot_and_nothing_after_three_missed_ones():
    added = _columns(_snapshots((20, [(103.0, 1e6)])), 30)
    decisions = added["date"] + 5 * MINUTE
    there = decisions[added["cg_liq_above_price"].notna()]
    assert there.iloc[0] == START + 20 * MINUTE
    assert there.iloc[-1] == START + (20 + 45) * MINUTE
    named = added["cg_liq_source"] == "heatmap"
    assert (named == added["cg_liq_above_price"].notna()).all()
    assert (added.loc[~named, "cg_liq_source"] == "none").all()


def test_an_estimate_never_stands_in_for_a_snapshot():
    rows = native_rows("open_interest", START, 400, 3_600_000, 1)
    rows["available_at"] = rows["time"] + pd.Timedelta(hours=1)
    candles = random_candles(START, 400, 3_600_000, 1)
    data = PairData({("open_interest", "1h"): rows}, {"1h": candles})
    for source, some in (("estimate", True), ("heatmap", False), ("map", False)):
        added = add_columns(candles, 3_600_000, data, settings_with(levels_source=source), ("1h",))
        assert added[LEVELS].notna().any().any() == some
        assert (added["cg_liq_source"] != "none").any() == some


def test_levels_that_the_price_has_passed_change_sides():
    snapshots = _snapshots((0, [(103.0, 1e6), (97.0, 1e6)]))
    added = _columns(snapshots, 2, close=[100.0, 105.0])
    assert added["cg_liq_below_price"].iloc[1] == pytest.approx(103.0, rel=0.001)
    assert np.isnan(added["cg_liq_above_price"].iloc[1])


def test_the_newest_snapshot_replaces_the_older_one_and_may_be_empty():
    snapshots = _snapshots((0, [(103.0, 1e6)]), (10, [(104.0, 2e6)]), (15, [(np.nan, np.nan)]))
    added = _columns(snapshots, 3)
    assert added["cg_liq_above_usd"].to_numpy() == pytest.approx([1e6, 2e6, np.nan], nan_ok=True)


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def testclusters_equal_the_naive_ones(seed):
    chance = np.random.default_rng(seed)
    snapshots = _snapshots(
        *(
            (
                15 * place,
                list(
                    zip(
                        100 * np.exp(chance.normal(0, 0.05, 60)),
                        chance.exponential(1e6, 60),
                        strict=True,
                    )
                ),
            )
            for place in range(3)
        )
    )
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.01, 12)))
    added = _columns(snapshots, 12, close)
    for row in added.itertuples():
        taken = snapshots[snapshots["available_at"] <= row.date + 5 * MINUTE]
        taken = taken[taken["available_at"] == taken["available_at"].max()]
        for sign, word in ((1, "above"), (-1, "below")):
            held = {}
            for level in taken.itertuples():
                place = nearest_bin(level.price, up=sign < 0)
                held[place] = held.get(place, 0.0) + level.usd
            wanted = cluster(held, row.close, sign)
            price = getattr(row, f"cg_liq_{word}_price")
            if wanted is None:
                assert np.isnan(price)
                continue
            assert price == pytest.approx(wanted[0])
            assert getattr(row, f"cg_liq_{word}_usd") == pytest.approx(wanted[1] / row.close)


def test_only_past_snapshots_count():
    chance = np.random.default_rng(2)
    taken = [
        (
            15 * place,
            list(zip(100 + chance.normal(0, 4, 30), chance.exponential(1e6, 30), strict=True)),
        )
        for place in range(8)
    ]
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.005, 24)))
    whole = _columns(_snapshots(*taken), 24, close)
    for count in (1, 3, 10, 23):
        known = [snapshot for snapshot in taken if snapshot[0] <= 5 * count]
        part = _columns(_snapshots(*known), count, close[:count])
        pd.testing.assert_frame_equal(part, whole.iloc[:count], check_exact=True)
