"""Pairs whose price is for many coins: CoinGlass counts single coins and prices one of them."""

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import native_rows, random_candles, settings_with, utc
from vectra_freqtrade.signals.assemble import PairData, add_columns

HOUR_MS = 3_600_000
START = utc("2025-01-02")
ROWS = 500
LEVELS = [f"cg_liq_{side}_{what}" for side in ("above", "below") for what in ("price", "usd")]


def columns(units, order_units=1, *, source="estimate"):
    """
    A market at prices around 100, seen through a pair whose prices are for `units` coins: to
    CoinGlass, a coin costs around 100 / units. Large orders are those of a contract whose prices
    are for `order_units` coins.
    """
    frame = random_candles(START, ROWS, HOUR_MS, 4)
    rows = native_rows("open_interest", START, ROWS, HOUR_MS, 4)
    rows["available_at"] = rows["time"] + pd.Timedelta("1h")
    coin = frame["close"] / units
    snapshots = pd.concat(
        pd.DataFrame({"available_at": frame["date"], "price": coin * step, "usd": 1e6})
        for step in (0.97, 1.02)
    ).sort_values("available_at", ignore_index=True)
    orders = pd.DataFrame({"available_at": frame["date"], "price": coin * order_units * 0.99})
    never = pd.Series(pd.NaT, frame.index, dtype=frame["date"].dtype)
    orders = orders.assign(side=1.0, start_usd=2e6, executed_usd=0.0, end=never)
    data = PairData(
        {("open_interest", "1h"): rows},
        {"1h": frame},
        orders=orders.assign(end_available_at=never),
        snapshots=snapshots,
        units=units,
        order_units=order_units,
    )
    options = settings_with(datasets=("open_interest", "large_orders"), levels_source=source)
    return add_columns(frame, HOUR_MS, data, options, ("1h",))


def test_open_interest_in_usd_worked_out_by_hand():
    # 1000PEPE costs 0.01, so a PEPE 0.00001: open interest of 50 billion PEPE is 500,000 USD.
    candle = random_candles(START, 1, HOUR_MS, 1).assign(high=0.01, low=0.01, close=0.01)
    known = START + pd.Timedelta("1h")
    rows = pd.DataFrame({"time": [START], "available_at": [known], "oi": [50e9]})
    data = PairData({("open_interest", "1h"): rows}, {"1h": candle}, "PEPE", units=1000)
    added = add_columns(candle, HOUR_MS, data, settings_with(), ("1h",))
    assert added["cg_oi_1h"].iloc[0] == 50e9
    assert added["cg_oi_usd_1h"].iloc[0] == pytest.approx(500_000.0)


def test_the_same_coins_are_a_thousandth_of_the_usd_where_a_price_is_for_a_thousand():
    one, thousand = columns(1), columns(1000)
    assert one[LEVELS].notna().mean().min() > 0.3
    for name in ("cg_oi_usd_1h", "cg_liq_above_usd", "cg_liq_below_usd"):
        np.testing.assert_allclose(thousand[name], one[name] / 1000, rtol=1e-12)
    for name in ("cg_oi_1h", "cg_oi_change_1h", "cg_liq_above_price", "cg_liq_below_price"):
        pd.testing.assert_series_equal(thousand[name], one[name])


def test_snapshots_are_set_against_the_pairs_own_price():
    one, thousand = columns(1, source="heatmap"), columns(1000, source="heatmap")
    assert one[LEVELS].notna().mean().min() > 0.9
    pd.testing.assert_frame_equal(thousand[LEVELS], one[LEVELS], rtol=1e-9)


@pytest.mark.parametrize(("units", "order_units"), [(1000, 1000), (1, 1000), (1000, 1)])
def test_walls_stand_at_the_pairs_own_price(units, order_units):
    one, other = columns(1), columns(units, order_units)
    walls = ["cg_whale_bid_price", "cg_whale_bid_usd"]
    assert one[walls].notna().all().all()
    pd.testing.assert_frame_equal(other[walls], one[walls], rtol=1e-9)
