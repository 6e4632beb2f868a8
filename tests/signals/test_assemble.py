"""Which columns there are, of what type, in every situation; freshness and age; judging again."""

import numpy as np
import pandas as pd
import pytest

from tests.signals.test_confidence import scalar
from tests.support.frames import INTERVAL_DATASETS, settings_with, utc
from tests.support.replay import INTERVALS, Replay
from vectra_freqtrade.catalogue.columns import Column, columns_for
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, add_columns
from vectra_freqtrade.signals.judge import judge

START = utc("2025-06-01")
ROWS = 400


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return Replay(tmp_path_factory.mktemp("store"), START, ROWS, seed=8)


@pytest.fixture(scope="module")
def adaptive(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return Replay(tmp_path_factory.mktemp("adaptive"), START, ROWS, seed=8, bands="adaptive")


def own(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame if name.startswith("cg_")]


def check_types(frame: pd.DataFrame, columns: list[Column]) -> None:
    assert own(frame) == [column.name for column in columns]
    for column in columns:
        held = frame[column.name]
        assert str(held.dtype) == column.dtype, column.name
        if column.dtype == "str":
            assert held.notna().all()


def check_empty(frame: pd.DataFrame, columns: list[Column]) -> None:
    for column in columns:
        if column.name == "cg_fresh":
            assert (frame["cg_fresh"] == 0).all()
        elif column.empty != column.empty:
            assert frame[column.name].isna().all(), column.name
        else:
            assert (frame[column.name] == column.empty).all(), column.name


EVERY = CoinglassSettings().datasets


@pytest.mark.parametrize("datasets", [EVERY, *((name,) for name in EVERY)], ids=str)
@pytest.mark.parametrize("intervals", [("1h",), ("1h", "4h"), ("1d",)], ids=str)
@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("length", [0, 3])
def test_every_column_exists_with_its_type_where_there_is_no_data(
    datasets, intervals, adaptive, length
):
    """NaN, UNKNOWN, 1.0, False: each column's own empty value, and no column more."""
    options = settings_with(datasets=datasets, bands={"adaptive": adaptive})
    dates = pd.date_range(START, periods=length, freq="5min").as_unit("us")
    frame = pd.DataFrame({"date": dates, "close": np.ones(length)})
    result = add_columns(frame, 300_000, PairData({}, {}, "ETH"), options, intervals)
    columns = list(columns_for(datasets, intervals, adaptive=adaptive))
    check_types(result, columns)
    check_empty(result, columns)
    assert list(result)[:2] == ["date", "close"]


def test_every_column_exists_with_its_type_where_there_is_all_data(replay, adaptive):
    """With fixed and with adaptive bands."""
    for run, sigmas in ((replay, False), (adaptive, True)):
        columns = list(columns_for(run.settings.datasets, INTERVALS, adaptive=sigmas))
        result = run.columns(ROWS)
        check_types(result, columns)
        assert any("sigma" in name for name in result) == sigmas


@pytest.mark.parametrize("missing", INTERVAL_DATASETS)
def test_every_column_exists_with_its_type_where_one_dataset_is_missing(replay, missing):
    """The others keep their values, the missing one is empty."""
    whole, data = replay.columns(ROWS), replay.data(ROWS)
    rows = {key: frame for key, frame in data.rows.items() if key[0] != missing}
    options = settings_with(datasets=INTERVAL_DATASETS)
    known = PairData(rows, data.candles, "BTC")
    result = add_columns(replay.candles, 300_000, known, options, INTERVALS)
    columns = list(columns_for(INTERVAL_DATASETS, INTERVALS))
    check_types(result, columns)
    check_empty(result, [column for column in columns if column.dataset == missing])
    for column in columns:
        if column.dataset not in (missing, "combined", "liquidation_levels"):
            assert result[column.name].equals(whole[column.name]), column.name
    assert (result["cg_fresh"] <= 0.8).all()


def test_columns_that_are_there_already_are_replaced_and_others_kept(replay):
    """Adding twice is adding once."""
    once = replay.columns(ROWS)
    data = PairData({}, {}, "BTC")
    again = add_columns(once.assign(mine=1), 300_000, data, replay.settings, INTERVALS)
    assert sorted(own(again)) == sorted(own(once))
    assert again["cg_oi_1h"].isna().all()
    assert (again["mine"] == 1).all()


def test_strings_are_what_freqtrades_frames_hold():
    """Plain strings of a fixed vocabulary, equal to the enum's members."""
    dates = pd.date_range(START, periods=2, freq="5min")
    frame = pd.DataFrame({"date": dates, "close": 1.0})
    result = add_columns(frame, 300_000, PairData({}, {}), settings_with(), ("1h",))
    assert result["cg_state"].dtype == pd.Series(["x"]).dtype
    assert result["cg_state"].tolist() == ["UNKNOWN", "UNKNOWN"]
    assert (result["cg_state"] == "UNKNOWN").all()


def test_freshness_and_age_worked_out_by_hand():
    """
    Two of three datasets ever had a row; ages are counted from the release, on max_age 3 h. What
    the second interval has makes no dataset fresh.
    """
    hours = pd.Series([START])
    rows = pd.DataFrame({"time": hours, "available_at": hours + pd.Timedelta("61min")})
    data = {
        ("funding_rate", "1h"): rows.assign(funding=0.1),
        ("funding_rate", "4h"): rows.assign(available_at=START, funding=0.1),
        ("liquidation", "4h"): rows.assign(liq_long_usd=1.0, liq_short_usd=1.0),
        ("taker_volume", "1h"): rows.assign(
            available_at=START + pd.Timedelta("2h"), taker_buy_usd=1.0, taker_sell_usd=1.0
        ),
    }
    minutes = [55, 56, 115, 235, 236, 295, 296]
    frame = pd.DataFrame({"date": [START + pd.Timedelta(number, "min") for number in minutes]})
    options = settings_with(datasets=("funding_rate", "taker_volume", "liquidation"))
    result = add_columns(frame, 300_000, PairData(data, {}), options, ("1h", "4h"))
    # decisions 60, 61, 120, 240, 241, 300, 301 minutes; releases at 61 and 120; max_age 180
    assert result["cg_fresh"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 2 / 3, 1 / 3, 0])
    np.testing.assert_allclose(
        result["cg_age"], [np.nan, 0, 59 / 180, 179 / 180, 1.0, 239 / 180, 240 / 180]
    )
    assert result["cg_funding_1h"].notna().tolist() == [False, *[True] * 4, False, False]


@pytest.mark.parametrize(
    "sections",
    [
        {"bands": {"oi": 0.002, "price": 0.001}},
        {"modifiers": {"states": {"CONFIRM_BULL": {"long": 1.01}}, "conflict": 0.9}},
        {
            "modifiers": {"funding": {"high": {"long": 0.9, "short": 1.1}}},
            "extremes": {"funding": {"high": 0.51, "high_rate": -1.0}},
        },
        {"extremes": {"funding": {"high": 0.7, "high_rate": 0.0}, "lsr": {"low": 0.4}}},
        {"extremes": {"taker": {"high": 1.01, "low": 0.99}}, "bands": {"oi": 0.02}},
    ],
    ids=str,
)
def test_judging_again_equals_computing_from_scratch_with_those_settings(replay, sections):
    """Every judged column, in every row; and the parameters do change something."""
    plain = replay.columns(ROWS)
    other = replay.settings.override(**sections)
    again = plain.assign(**judge(plain, other, INTERVALS))
    scratch = replay.columns(ROWS, other)
    pd.testing.assert_frame_equal(again, scratch, check_exact=True)
    assert not again.equals(plain)


def test_judging_adaptive_bands_again_changes_only_k(adaptive):
    """k is a parameter: the standard deviations stand in the frame."""
    plain = adaptive.columns(ROWS)
    wide = judge(plain, adaptive.settings.override(bands={"k": 50.0}), INTERVALS)
    narrow = judge(plain, adaptive.settings.override(bands={"k": 0.01}), INTERVALS)
    known = plain["cg_state_code"] >= 0
    assert (wide["cg_state_code"][known] == 0).all()
    assert (narrow["cg_state_code"][known] > 0).mean() > 0.9


def test_adaptive_bands_without_their_columns_are_a_settings_error(replay):
    """The message says where to set them."""
    plain = replay.columns(ROWS)
    with pytest.raises(SettingsError, match='is "adaptive" in the config'):
        judge(plain, replay.settings.override(bands="adaptive"), INTERVALS)


def test_confidence_is_exactly_the_products_of_its_sides_columns(replay):
    """All cg_mod columns of the side and the conflict's, nothing else."""
    frame = replay.columns(ROWS)
    for side in ("long", "short"):
        names = [n for n in frame if n.startswith("cg_mod_") and n.endswith(f"_{side}")]
        multipliers = frame[[*names, "cg_mod_conflict"]].to_numpy().tolist()
        expected = [scalar(row) for row in multipliers]
        np.testing.assert_allclose(frame[f"cg_confidence_{side}"], expected, rtol=1e-12)
        assert len(names) >= 4
