"""Exchange netflow and bitcoin dominance: daily rows, known a day after the day."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.frames import settings_with, utc
from vectra_freqtrade.signals.assemble import PairData, add_columns

START = utc("2024-01-01")
DAY = pd.Timedelta(days=1)
DAY_MS = 86_400_000
DATASETS = ("exchange_netflow", "bitcoin_dominance")

seeds = st.integers(min_value=0, max_value=2**32 - 1)


def _rows(name, values):
    times = pd.Series(pd.date_range(START, periods=len(values), freq=DAY))
    return pd.DataFrame(
        {
            "time": times,
            "available_at": times + 2 * DAY + pd.Timedelta(seconds=60),
            name: np.array(values, dtype=float),
        }
    )


def _columns(netflow=None, dominance=None, coin="ETH", frame=None, **sections):
    rows = {}
    if netflow is not None:
        rows["exchange_netflow", "1d"] = _rows("netflow", netflow)
    if dominance is not None:
        rows["bitcoin_dominance", "1d"] = _rows("dominance", dominance)
    if frame is None:
        longest = max((len(each) for each in rows.values()), default=5)
        moments = pd.Series(pd.date_range(START, periods=longest, freq=DAY)) + 2 * DAY
        frame = pd.DataFrame({"date": moments + pd.Timedelta(seconds=60), "close": 1.0})
    options = settings_with(datasets=DATASETS, **sections)
    return add_columns(frame, 0, PairData(rows, {}, coin), options, ("1h", "4h"))


def test_a_z_score_worked_out_by_hand():
    # 50 days of -1 and 50 of +1: mean 0, sample variance 100 / 99, deviation 1.00504. Then 3 coins:
    # z = 3 / 1.00504 = 2.985, beyond 2: coins came to be sold.
    added = _columns(netflow=[-1, 1] * 50 + [3, -3])
    assert added["cg_netflow_z"].iloc[:100].isna().all()
    assert added["cg_netflow_z"].iloc[100] == pytest.approx(3 / np.sqrt(100 / 99))
    assert added["cg_mod_netflow_long"].iloc[-2:].tolist() == [0.96, 1.03]
    assert added["cg_mod_netflow_short"].iloc[-2:].tolist() == [1.03, 0.96]


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_outflow_is_inflow_mirrored(seed):
    flow = np.random.default_rng(seed).standard_t(2, 150)
    added, mirrored = _columns(netflow=flow), _columns(netflow=-flow)
    assert np.allclose(added["cg_netflow_z"], -mirrored["cg_netflow_z"], equal_nan=True)
    assert (added["cg_mod_netflow_long"] == mirrored["cg_mod_netflow_short"]).all()
    assert set(added["cg_mod_netflow_long"]) <= {0.96, 1.0, 1.03}


def test_netflow_that_never_differs_has_no_z():
    assert _columns(netflow=[5.0] * 200)["cg_netflow_z"].isna().all()


def test_a_rotation_worked_out_by_hand():
    # Dominance 50 for 7 days, then 51.5: 1.5 points above the row 7 days earlier, to bitcoin. Seven
    # days later the 51.5 is compared with: 50 is 1.5 below it, to the rest.
    share = [50.0] * 7 + [51.5] + [50.0] * 7
    alts, btc = _columns(dominance=share), _columns(dominance=share, coin="BTC")
    assert alts["cg_dominance_change"].iloc[[6, 7, 14]].to_numpy() == pytest.approx(
        [np.nan, 1.5, -1.5], nan_ok=True
    )
    assert alts["cg_rotation"].iloc[[6, 7, 8, 14]].tolist() == ["NONE", "BTC", "NONE", "ALTS"]
    assert alts["cg_mod_dominance_long"].iloc[[6, 7, 14]].tolist() == [1.0, 0.96, 1.02]
    assert alts["cg_mod_dominance_short"].iloc[[6, 7, 14]].tolist() == [1.0, 1.02, 0.96]
    assert btc["cg_mod_dominance_long"].iloc[[6, 7, 14]].tolist() == [1.0, 1.02, 0.98]
    assert btc["cg_mod_dominance_short"].iloc[[6, 7, 14]].tolist() == [1.0, 0.98, 1.02]


def test_a_change_of_exactly_the_band_is_no_rotation_and_the_band_is_a_setting():
    share = [50.0] * 7 + [51.0]
    assert _columns(dominance=share)["cg_rotation"].iloc[-1] == "NONE"
    narrow = _columns(dominance=share, extremes={"dominance": {"band": 0.5}})
    assert narrow["cg_rotation"].iloc[-1] == "BTC"


def test_for_a_missing_day_the_change_is_against_the_one_before_within_two_days():
    # The row of day 8 is compared with that of day 1, else of day 0; day 10's with day 1's at most.
    share = [50.0, np.nan, np.nan, np.nan, *[51.0] * 4, 55.0, 56.0, 57.0]
    change = _columns(dominance=share)["cg_dominance_change"]
    assert change.iloc[7:].to_numpy() == pytest.approx([1.0, 5.0, 6.0, np.nan], nan_ok=True)


def _every_third_day(values, name="dominance"):
    times = pd.Series(pd.date_range(START, periods=len(values), freq=3 * DAY))
    known = times + 4 * DAY + pd.Timedelta(seconds=60)
    spacing = pd.Series([3 * DAY] * len(values)).astype("timedelta64[ms]")
    return pd.DataFrame({"time": times, "available_at": known, "spacing": spacing, name: values})


def _sparse(dataset, rows, days):
    hours = pd.Series(pd.date_range(START, periods=24 * days, freq="h"))
    frame = pd.DataFrame({"date": hours, "close": 1.0})
    options = settings_with(datasets=DATASETS)
    return add_columns(frame, 0, PairData({(dataset, "1d"): rows}, {}, "ETH"), options, ("1h",))


def test_a_change_of_rows_three_days_apart_is_against_the_newest_one_seven_days_older():
    """The captured case: 60.1 - 57.0 = 3.1, nine days apart."""
    added = _sparse("bitcoin_dominance", _every_third_day([57.0, 58.2, 59.4, 60.1]), 16)
    assert added["cg_dominance_change"].iloc[-1] == pytest.approx(3.1)
    assert added["cg_dominance_change"].dropna().unique() == pytest.approx([3.1])
    assert added["cg_rotation"].iloc[-1] == "BTC"


def test_a_row_that_spans_three_days_is_used_for_nine():
    added = _sparse("exchange_netflow", _every_third_day([7.0], "netflow"), 20)
    seen = added["date"][added["cg_netflow"].notna()]
    assert seen.iloc[0] == START + 4 * DAY + pd.Timedelta(hours=1)
    assert seen.iloc[-1] == START + 13 * DAY
    at = added["date"] == START + 10 * DAY
    minute = pd.Timedelta(seconds=60) / DAY
    assert added.loc[at, "cg_age"].item() == pytest.approx((6 - minute) / 9)


def test_a_day_without_a_value_leaves_the_one_before_in_place():
    added = _columns(netflow=[7.0, np.nan, np.nan], dominance=[50.0, np.nan, np.nan])
    assert added["cg_netflow"].tolist() == [7.0] * 3
    assert added["cg_dominance"].tolist() == [50.0] * 3


def test_a_day_is_known_a_day_after_it_ended_and_for_three_days():
    hours = pd.Series(pd.date_range(START, periods=24 * 9, freq="h"))
    frame = pd.DataFrame({"date": hours, "close": 1.0})
    added = _columns(netflow=[7.0], dominance=[50.0], frame=frame)
    seen = hours[added["cg_netflow"].notna()]
    assert seen.iloc[0] == START + 2 * DAY + pd.Timedelta(hours=1)  # 48 h and 60 s
    assert seen.iloc[-1] == START + 5 * DAY
    assert (added["cg_dominance"].notna() == added["cg_netflow"].notna()).all()
    assert added["cg_fresh"].max() == 1.0


def test_without_rows_it_is_neutral():
    added = _columns()
    assert added[["cg_netflow", "cg_netflow_z", "cg_dominance"]].isna().all().all()
    assert (added["cg_rotation"] == "NONE").all()
    assert (added.filter(like="cg_mod_") == 1.0).all().all()
    assert (added["cg_confidence_long"] == 1.0).all() and (added["cg_fresh"] == 0.0).all()


def test_only_past_rows_count():
    chance = np.random.default_rng(4)
    flow, share = chance.standard_t(2, 140), 50 + np.cumsum(chance.normal(0, 0.5, 140))
    whole = _columns(netflow=flow, dominance=share)
    for count in (1, 8, 101, 120, 139):
        part = _columns(netflow=flow[:count], dominance=share[:count])
        pd.testing.assert_frame_equal(part, whole.iloc[:count], check_exact=True)


def test_the_z_score_looks_at_the_365_rows_before_and_no_further():
    flow = np.random.default_rng(6).normal(0, 1, 450)
    flow[:40] += 100.0  # out of sight from row 405 on
    last = flow[-366:-1]
    expected = (flow[-1] - last.mean()) / last.std(ddof=1)
    assert _columns(netflow=flow)["cg_netflow_z"].iloc[-1] == pytest.approx(expected)
