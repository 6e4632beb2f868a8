"""Order book: imbalance, its multiplier, and when a side waits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.frames import settings_with, utc
from vectra_freqtrade.signals import order_book
from vectra_freqtrade.signals.assemble import PairData, add_columns

START = utc("2025-01-01")
HOUR = pd.Timedelta(hours=1)
HOUR_MS = 3_600_000
MINUTE = pd.Timedelta(seconds=60)

depth = st.floats(min_value=0, max_value=1e9, allow_subnormal=False)


def _rows(bids, asks):
    times = pd.Series(pd.date_range(START, periods=len(bids), freq=HOUR))
    values = {"book_bids_usd": np.array(bids, float), "book_asks_usd": np.array(asks, float)}
    return pd.DataFrame({"time": times, "available_at": times + HOUR + MINUTE, **values})


def _columns(rows, **sections):
    frame = pd.DataFrame({"date": rows["available_at"], "close": 100.0})
    options = settings_with(datasets=("order_book",), **sections)
    return add_columns(frame, 0, PairData({("order_book", "1h"): rows}, {}), options, ("1h",))


def test_an_imbalance_worked_out_by_hand():
    # Bids 60, asks 40: (60 - 40) / 100 = 0.2, not beyond 0.2. Then 61 : 39 = 0.22 leans to longs,
    # 67.6 : 32.4 = 0.352 also makes shorts wait; 30 : 70 = -0.4 leans to shorts, longs wait.
    added = _columns(_rows([60, 61, 67.6, 30], [40, 39, 32.4, 70]))
    assert added["cg_book_imbalance_1h"].to_numpy() == pytest.approx([0.2, 0.22, 0.352, -0.4])
    assert added["cg_mod_book_long"].tolist() == [1.0, 1.03, 1.03, 0.95]
    assert added["cg_mod_book_short"].tolist() == [1.0, 0.95, 0.95, 1.03]
    assert added["cg_wait_long"].tolist() == [False, False, False, True]
    assert added["cg_wait_short"].tolist() == [False, False, True, False]
    assert added["cg_confidence_long"].tolist() == added["cg_mod_book_long"].tolist()


@given(st.lists(st.tuples(depth, depth), min_size=1, max_size=20))
def test_the_imbalance_is_bounded_and_swapping_the_sides_mirrors_everything(sides):
    bids, asks = (list(side) for side in zip(*sides, strict=True))
    added, mirrored = _columns(_rows(bids, asks)), _columns(_rows(asks, bids))
    imbalance = added["cg_book_imbalance_1h"]
    assert (imbalance.isna() | imbalance.between(-1, 1)).all()
    assert np.array_equal(imbalance, -mirrored["cg_book_imbalance_1h"], equal_nan=True)
    for name in ("mod_book", "wait", "confidence"):
        assert (added[f"cg_{name}_long"] == mirrored[f"cg_{name}_short"]).all()


def test_an_empty_or_missing_book_is_neutral_and_makes_nobody_wait():
    added = _columns(_rows([0, np.nan, 5], [0, 5, np.nan]))
    assert added["cg_book_imbalance_1h"].isna().all()
    assert (added[["cg_mod_book_long", "cg_mod_book_short"]] == 1.0).all().all()
    assert not added[["cg_wait_long", "cg_wait_short"]].any().any()


def test_thresholds_and_factors_are_settings():
    rows = _rows([56], [44])
    added = _columns(
        rows,
        extremes={"book": {"lean": 0.1, "wait": 0.11}},
        modifiers={"book": {"high": {"long": 1.1}}},
    )
    assert added["cg_mod_book_long"].tolist() == [1.1]
    assert added["cg_wait_short"].tolist() == [True]


def test_exactly_at_its_threshold_a_book_makes_nobody_wait():
    added = _columns(_rows([3, 1], [1, 3]), extremes={"book": {"wait": 0.5}})
    assert added["cg_book_imbalance_1h"].tolist() == [0.5, -0.5]
    assert not added[["cg_wait_long", "cg_wait_short"]].any().any()


def test_a_row_depends_on_itself_alone():
    rows = _rows(np.arange(1.0, 30.0), np.arange(30.0, 1.0, -1.0))
    whole = order_book.features(rows, length_ms=HOUR_MS)
    part = order_book.features(rows.iloc[:10], length_ms=HOUR_MS)
    assert np.array_equal(part.columns["book_imbalance"], whole.columns["book_imbalance"][:10])
