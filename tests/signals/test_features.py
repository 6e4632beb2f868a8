"""Funding, long/short ratio, taker volume, liquidations: features, extremes, multipliers."""

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import settings_with, utc
from vectra_freqtrade.catalogue.columns import DATASET_CODES
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.signals import funding, long_short, taker
from vectra_freqtrade.signals.assemble import PairData, add_columns
from vectra_freqtrade.signals.judge import judge

START = utc("2025-03-01")
NAN = np.nan
BELOW = float(np.nextafter(0.95, 0))
ABOVE = float(np.nextafter(0.05, 1))


def run(dataset: str, interval: str = "1h", **values: list[float]) -> pd.DataFrame:
    """One candle per native row, decided at the moment the row became available."""
    length = pd.Timedelta(interval_ms(interval), "ms")
    count = len(next(iter(values.values())))
    times = pd.Series(pd.date_range(START, periods=count, freq=length))
    rows = pd.DataFrame({"time": times, "available_at": times + length, **values})
    frame = pd.DataFrame({"date": rows["available_at"], "close": 1.0})
    data = PairData({(dataset, interval): rows.astype(dict.fromkeys(values, float))}, {})
    return add_columns(frame, 0, data, settings_with(datasets=(dataset,)), (interval,))


# Funding


@pytest.mark.parametrize(("interval", "rows"), [("1h", 24), ("4h", 6), ("8h", 3), ("1d", 1)])
def test_the_change_of_funding_is_against_the_row_exactly_24_hours_earlier(interval, rows):
    """A difference, at any interval; missing before there is such a row."""
    rates = [number**2 / 1e6 for number in range(rows + 3)]
    change = run("funding_rate", interval, funding=rates)[f"cg_funding_change_{interval}"]
    expected = [NAN] * rows + [rates[rows + n] - rates[n] for n in range(3)]
    np.testing.assert_array_equal(change, expected)


def test_without_the_row_of_24_hours_before_there_is_no_change():
    """No other row takes its place."""
    rates = [0.0001 * number for number in range(27)]
    rates[1] = NAN
    change = run("funding_rate", funding=rates)["cg_funding_change_1h"]
    assert change.notna().tolist() == [False] * 24 + [True, False, True]


@pytest.mark.parametrize(
    ("pct", "rate", "extreme"),
    [
        (0.95, 0.00011, 1),
        (BELOW, 0.00011, 0),
        (1.0, 0.0001, 0),  # the venues' neutral rate is no extreme
        (1.0, float(np.nextafter(0.0001, 1)), 1),
        (0.05, 0.0, -1),
        (ABOVE, -0.01, 0),
        (0.0, 1e-9, 0),
        (0.0, -1e-9, -1),
        (NAN, 0.01, 0),
        (NAN, -0.01, 0),
    ],
)
def test_funding_is_extreme_at_its_edges(pct, rate, extreme):
    """>= 95th percentile and > 0.0001; <= 5th percentile and <= 0; no percentile, neutral."""
    bounds = settings_with().extremes.funding
    assert funding.extreme(np.array([pct]), np.array([rate]), bounds).tolist() == [extreme]


def test_extreme_funding_leans_against_who_pays():
    """+1: 0.94 / 1.05, -1: 1.05 / 0.94, and 1.0 before there are 100 rows."""
    base = [0.00005] * 100
    high, low = (
        run("funding_rate", funding=[*base, 0.001]),
        run("funding_rate", funding=[*base, -1]),
    )
    for frame, extreme, long, short in ((high, 1, 0.94, 1.05), (low, -1, 1.05, 0.94)):
        assert frame["cg_funding_extreme"].tolist() == [0] * 100 + [extreme]
        assert frame["cg_mod_funding_long"].tolist() == [1.0] * 100 + [long]
        assert frame["cg_mod_funding_short"].tolist() == [1.0] * 100 + [short]
        assert frame["cg_confidence_long"].iloc[-1] == pytest.approx(long)
    assert high["cg_funding_pct_1h"].iloc[-1] == 1.0
    assert str(high["cg_funding_extreme"].dtype) == "int8"


def test_a_missing_rate_leaves_the_row_before_in_place():
    """Until it is too old."""
    frame = run("funding_rate", funding=[0.001, NAN, NAN, NAN, NAN])
    assert frame["cg_funding_1h"].isna().tolist() == [False] * 4 + [True]


# Long/short ratio


@pytest.mark.parametrize(
    ("pct", "extreme"), [(0.95, 1), (BELOW, 0), (0.5, 0), (ABOVE, 0), (0.05, -1), (NAN, 0)]
)
def test_the_crowd_is_extreme_at_its_edges(pct, extreme):
    """>= 95th percentile is long, <= 5th short."""
    bounds = settings_with().extremes.lsr
    assert long_short.extreme(np.array([pct]), bounds).tolist() == [extreme]


def test_a_crowded_side_is_read_contrarian():
    """Crowd long: 0.94 / 1.05; mirrored when short."""
    base = [1.0 + number / 1000 for number in range(100)]
    for last, extreme, long, short in ((9.0, 1, 0.94, 1.05), (0.1, -1, 1.05, 0.94)):
        ratios = [*base, last]
        frame = run("long_short_ratio", lsr=ratios, lsr_top=[2.0] * 101)
        row = frame.iloc[-1]
        assert row["cg_lsr_extreme"] == extreme
        assert (row["cg_mod_lsr_long"], row["cg_mod_lsr_short"]) == (long, short)
        assert row["cg_lsr_top_1h"] == 2.0
        assert (frame["cg_lsr_extreme"].iloc[:100] == 0).all()


def test_a_ratio_of_the_top_accounts_alone_leaves_the_row_before_in_place():
    """Its two values come from two answers."""
    frame = run("long_short_ratio", lsr=[1.5, NAN, NAN], lsr_top=[2.0, 3.0, 4.0])
    assert frame["cg_lsr_1h"].tolist() == [1.5] * 3
    assert frame["cg_lsr_top_1h"].tolist() == [2.0] * 3


# Taker volume


@pytest.mark.parametrize(
    ("buy", "sell", "ratio", "long", "short"),
    [
        (1.12, 1.0, 1.12, 1.0, 1.0),
        (1.13, 1.0, 1.13, 1.04, 0.95),
        (0.90, 1.0, 0.90, 1.0, 1.0),
        (0.89, 1.0, 0.89, 0.95, 1.04),
        (1.0, 0.0, NAN, 1.0, 1.0),
        (0.0, 0.0, NAN, 1.0, 1.0),
        (0.0, 1.0, 0.0, 0.95, 1.04),
        (NAN, 1.0, NAN, 1.0, 1.0),
    ],
)
def test_taker_flow_leans_beyond_its_edges(buy, sell, ratio, long, short):
    """> 1.12: 1.04 / 0.95; < 0.90 mirrored; a zero denominator is no ratio and neutral."""
    row = run("taker_volume", taker_buy_usd=[buy], taker_sell_usd=[sell]).iloc[0]
    np.testing.assert_equal(row["cg_taker_ratio_1h"], ratio)
    assert (row["cg_mod_taker_long"], row["cg_mod_taker_short"]) == (long, short)


def test_the_edges_of_taker_flow_are_settings():
    """Both of them."""
    bounds = settings_with(extremes={"taker": {"high": 2.0, "low": 0.5}}).extremes.taker
    assert taker.direction(np.array([2.0, 2.1, 0.5, 0.4]), bounds).tolist() == [0, 1, 0, -1]


# Liquidation


@pytest.mark.parametrize(
    ("long", "short", "imbalance"),
    [(1, 3, 0.5), (3, 1, -0.5), (0, 2, 1), (2, 0, -1), (0, 0, NAN), (NAN, 1, NAN)],
)
def test_the_imbalance_is_shorts_less_longs_over_both(long, short, imbalance):
    """NaN where nothing was liquidated."""
    frame = run("liquidation", liq_long_usd=[long], liq_short_usd=[short])
    np.testing.assert_equal(frame["cg_liq_imbalance_1h"].iloc[0], float(imbalance))
    np.testing.assert_equal(frame["cg_liq_long_usd_1h"].iloc[0], float(long))
    assert "cg_mod_liq_long" not in frame
    assert frame["cg_confidence_long"].iloc[0] == 1.0


@pytest.mark.parametrize(
    ("code", "calm", "extreme"),
    [
        ("funding", {"funding": 0.001, "funding_pct": 0.5}, {"funding": 0.001, "funding_pct": 1.0}),
        ("funding", {"funding": 0.0, "funding_pct": 1.0}, {"funding": 0.001, "funding_pct": 1.0}),
        ("lsr", {"lsr_pct": 0.5}, {"lsr_pct": 1.0}),
        ("taker", {"taker_ratio": 1.0}, {"taker_ratio": 9.0}),
        ("book", {"book_imbalance": 0.0}, {"book_imbalance": -0.9}),
    ],
)
def test_extremes_come_from_the_lower_interval(code, calm, extreme):
    """What the higher one says has columns, and no multiplier."""
    dataset = next(name for name, its in DATASET_CODES.items() if its == code)
    options = settings_with(datasets=(dataset,))

    def judged(lower, higher):
        both = (("1h", lower), ("4h", higher))
        cells = {f"cg_{name}_{i}": [cell] for i, held in both for name, cell in held.items()}
        return {
            name: column[0]
            for name, column in judge(pd.DataFrame(cells), options, ("1h", "4h")).items()
        }

    told = judged(calm, extreme)
    assert told[f"cg_mod_{code}_long"] == told[f"cg_mod_{code}_short"] == 1.0
    assert told.get(f"cg_{code}_extreme", 0) == 0
    assert not told["cg_wait_long"]
    told = judged(extreme, calm)
    assert told[f"cg_mod_{code}_long"] != 1.0
    assert told["cg_wait_long"] == (code == "book")
