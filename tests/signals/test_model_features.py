"""Features for models: stationary, never empty, of whatever columns there are."""

import numpy as np
import pandas as pd
import pytest

from vectra_freqtrade.catalogue.columns import STATE_CODES, columns_for
from vectra_freqtrade.settings.section import DEFAULT_DATASETS
from vectra_freqtrade.signals.model_features import FAR, FEATURES, PREFIX, model_features

BOTH = ("1h", "4h")
DATASETS = (*DEFAULT_DATASETS, "large_orders")


def frame(rows: int = 50, seed: int = 3) -> pd.DataFrame:
    """Every column that is a number, filled at random, with holes."""
    random = np.random.default_rng(seed)
    made = {"close": random.uniform(90, 110, rows)}
    for column in columns_for(DATASETS, BOTH):
        if column.dtype == "float64":
            values = random.uniform(0.1, 2, rows)
            values[random.random(rows) < 0.2] = np.nan
            made[column.name] = values
        elif column.dtype != "str":
            made[column.name] = random.integers(0, 2, rows).astype(column.dtype)
    return pd.DataFrame(made)


def one(**cells: float) -> pd.Series:
    """The features of a single row."""
    row = pd.DataFrame({"close": [100.0]} | {name: [value] for name, value in cells.items()})
    found = model_features(row, BOTH)
    return found.rename(columns=lambda name: name.removeprefix(PREFIX)).iloc[0]


def test_every_feature_is_made_for_each_interval_that_it_has():
    names = set(model_features(frame(), BOTH))
    expected = {
        PREFIX + feature.name.format(i=interval) for feature in FEATURES for interval in BOTH
    }
    assert names == expected
    assert all(name.startswith("%-cg_") for name in names)


def test_every_column_that_a_feature_reads_exists():
    known = {column.name for column in columns_for(DATASETS, BOTH)} | {"close"}
    for feature in FEATURES:
        assert {column.format(i="1h") for column in feature.columns} <= known, feature.name


def test_no_feature_is_ever_empty_or_infinite():
    cells = frame().astype("float64")
    cells.iloc[10:20] = np.nan
    cells.loc[20, ["cg_taker_ratio_1h", "cg_lsr_1h", "cg_oi_usd_4h"]] = 0.0
    found = model_features(cells, BOTH)
    assert np.isfinite(found.to_numpy()).all()
    assert (found.dtypes == "float64").all()


def test_missing_data_holds_the_values_that_say_nothing():
    nothing = one(cg_oi_change_1h=np.nan, cg_oi_pct_1h=np.nan, cg_liq_above_price=np.nan,
                  cg_confidence_long=np.nan, cg_state_code=-1, cg_fresh=np.nan)  # fmt: skip
    assert nothing.to_dict() == {
        "oi_change_1h": 0.0,
        "oi_pct_1h": 0.5,
        "state_confirm_bull": 0.0,
        "state_confirm_bear": 0.0,
        "state_long_liquidation": 0.0,
        "state_short_squeeze": 0.0,
        "liq_above": FAR,
        "confidence_long": 1.0,
        "fresh": 0.0,
    }


@pytest.mark.parametrize("state", [s for s in STATE_CODES if STATE_CODES[s] > 0])
def test_each_state_has_a_flag_of_its_own(state):
    flags = one(cg_state_code=STATE_CODES[state])
    assert flags.sum() == 1.0
    assert flags[f"state_{state.lower()}"] == 1.0


def test_distances_and_ratios_are_what_the_page_says():
    row = one(cg_liq_above_price=103.0, cg_liq_below_price=98.0, cg_taker_ratio_4h=np.e,
              cg_lsr_top_1h=2.0, cg_lsr_1h=2.0, cg_liq_long_usd_1h=1e6, cg_liq_short_usd_1h=3e6,
              cg_oi_usd_1h=4e8)  # fmt: skip
    assert row.to_dict() == pytest.approx(
        {"liq_above": 0.03, "liq_below": 0.02, "taker_4h": 1.0, "lsr_top_1h": 0.0,
         "liq_share_1h": 0.01}
    )  # fmt: skip


def test_prices_coins_and_dollars_of_another_size_change_no_feature():
    """So what a model learned when a coin cost a tenth still holds."""
    cells = frame()
    larger = cells.copy()
    for name in cells:
        if name == "close" or name.endswith("_price") or "_usd" in name:
            larger[name] = cells[name] * 10
    pd.testing.assert_frame_equal(model_features(larger, BOTH), model_features(cells, BOTH))


def test_a_row_is_made_of_itself_alone():
    cells = frame()
    whole = model_features(cells, BOTH)
    for last in (1, 17, 50):
        pd.testing.assert_frame_equal(model_features(cells[:last], BOTH), whole[:last])


def test_a_dataset_that_is_off_has_no_features():
    kept = [name for name in frame() if "funding" not in name and "book" not in name]
    names = set(model_features(frame()[kept], BOTH))
    assert names
    assert not any("funding" in name or "book" in name for name in names)
