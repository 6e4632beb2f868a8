"""The OI × price engine over all real data: equal to a naive loop, and the crash of 2025-10-10."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.real import build
from tests.support.engine import differences, engine_rows, naive_rows, states
from tests.support.frames import settings_with, utc
from vectra_freqtrade.data.candles import resampled
from vectra_freqtrade.history.rows import downloaded

pytestmark = pytest.mark.real

DELAY = timedelta(seconds=60)
DAY_MS, HOUR_MS = 86_400_000, 3_600_000

#: The crash, derived by hand from the raw file: coins = USD open interest / close.
#: Bands at 1h: open interest 0.5 %, price 0.3 %. Columns: hour that the candle opened,
#: open interest in millions of USD, close, change of coins and of price in %, range in %, state.
CRASH = {
    "BTC": [
        ("10-10 18:00", 4489.811, 117178.5, -0.225, -0.351, 0.57, "NEUTRAL"),
        ("10-10 19:00", 4398.709, 116605.3, -1.547, -0.489, 1.25, "LONG_LIQUIDATION"),
        ("10-10 20:00", 4425.234, 114198.0, 2.724, -2.064, 3.82, "CONFIRM_BEAR"),
        ("10-10 21:00", 2995.805, 113253.6, -31.737, -0.827, 11.97, "LONG_LIQUIDATION"),
        ("10-10 22:00", 2192.895, 113606.3, -27.028, 0.311, 2.69, "SHORT_SQUEEZE"),
        ("10-10 23:00", 2209.336, 112714.9, 1.547, -0.785, 1.90, "CONFIRM_BEAR"),
        ("10-11 00:00", 2186.902, 112463.3, -0.794, -0.223, 1.39, "NEUTRAL"),
        ("10-11 01:00", 2179.406, 111060.0, 0.916, -1.248, 1.35, "CONFIRM_BEAR"),
        ("10-11 02:00", 2189.054, 113175.4, -1.435, 1.905, 1.97, "SHORT_SQUEEZE"),
        ("10-11 03:00", 2170.890, 112261.9, -0.023, -0.807, 1.38, "NEUTRAL"),
    ],
    "ETH": [
        ("10-10 18:00", 3129.518, 4051.85, 0.435, -0.981, 1.16, "NEUTRAL"),
        ("10-10 19:00", 3033.447, 3994.99, -1.690, -1.403, 2.87, "LONG_LIQUIDATION"),
        ("10-10 20:00", 3066.201, 3864.76, 4.486, -3.260, 4.93, "CONFIRM_BEAR"),
        ("10-10 21:00", 1979.013, 3941.17, -36.708, 1.977, 14.73, "SHORT_SQUEEZE"),
        ("10-10 22:00", 1640.116, 3852.95, -15.227, -2.238, 3.31, "LONG_LIQUIDATION"),
        ("10-10 23:00", 1664.547, 3819.99, 2.365, -0.855, 3.33, "CONFIRM_BEAR"),
        ("10-11 00:00", 1645.236, 3833.53, -1.509, 0.354, 1.94, "SHORT_SQUEEZE"),
        ("10-11 01:00", 1577.224, 3732.11, -1.529, -2.646, 2.98, "LONG_LIQUIDATION"),
        ("10-11 02:00", 1560.316, 3839.04, -3.827, 2.865, 3.44, "SHORT_SQUEEZE"),
        ("10-11 03:00", 1541.624, 3789.56, 0.092, -1.289, 2.44, "NEUTRAL"),
    ],
}

FIXED = {}
ADAPTIVE = {"bands": "adaptive"}
LONGER = {"lookback": 3}


@pytest.fixture(scope="module")
def hourly(shared: Path) -> dict[str, pd.DataFrame]:
    """Open interest by coin and interval, as the store would hold it."""
    return {
        f"{series.symbol} {series.interval}": downloaded(series, frame, DELAY)
        for series, frame in build.hourly_rows(shared)
        if series.dataset == "open_interest"
    }


def candles_of(shared: Path, coin: str, interval: str) -> pd.DataFrame:
    candles = build.hourly_candles(shared, coin)
    return candles if interval == "1h" else build.four_hourly_candles(candles)


@pytest.mark.parametrize("options", [FIXED, ADAPTIVE, LONGER], ids=["fixed", "adaptive", "longer"])
@pytest.mark.parametrize("interval", ["1h", "4h"])
@pytest.mark.parametrize("coin", build.COINS)
def test_the_engine_equals_the_naive_loop_in_every_row_of_a_real_year(
    shared, hourly, coin, interval, options
):
    """BTC and ETH, hourly open interest of 2025-03 to 2026-03, at 1h and 4h."""
    rows, candles = hourly[f"{coin} {interval}"], candles_of(shared, coin, interval)
    chosen = settings_with(datasets=("open_interest",), **options)
    assert differences(rows, candles, chosen, interval) == []
    assert len(states(naive_rows(rows, candles, chosen, interval))) == 6
    assert len(rows) > (8000 if interval == "1h" else 2000)


@pytest.mark.parametrize("options", [FIXED, ADAPTIVE, LONGER], ids=["fixed", "adaptive", "longer"])
def test_the_engine_equals_the_naive_loop_in_every_row_of_coinglass_daily_history(shared, options):
    """BTC since 2021-08, against freqtrade's own 1h candles made into days."""
    [(series, frame)] = [
        entry for entry in build.daily_rows(shared) if entry[0].dataset == "open_interest"
    ]
    rows = downloaded(series, frame, DELAY)
    hours = pd.read_feather(
        shared / "data" / "freqtrade_1h_2019" / "BTC_USDT_USDT-1h-futures.feather"
    )
    candles = resampled(hours, HOUR_MS, DAY_MS)
    chosen = settings_with(datasets=("open_interest",), **options)
    assert differences(rows, candles, chosen, "1d") == []
    assert len(states(naive_rows(rows, candles, chosen, "1d"))) == 6
    assert len(rows) > 1400


@pytest.mark.parametrize("coin", build.COINS)
def test_the_crash_of_october_2025_is_classified_hour_by_hour(shared, hourly, coin):
    """The states are those worked out by hand above, and no hour of it counts as a jump."""
    raw = build.hourly_candles(shared, coin).set_index("date")
    columns = engine_rows(
        hourly[f"{coin} 1h"], raw.reset_index(), settings_with(datasets=("open_interest",)), "1h"
    ).set_index("native")
    print(f"\n{coin}: hour, OI (USD m), close, OI change %, price change %, range %, state")
    for hour, usd, close, oi_change, price_change, span, state in CRASH[coin]:
        row, candle = columns.loc[utc(f"2025-{hour}")], raw.loc[utc(f"2025-{hour}")]
        seen = (
            round(row["cg_oi_usd_1h"] / 1e6, 3),
            candle["close"],
            round(row["cg_oi_change_1h"] * 100, 3),
            round(row["cg_price_change_1h"] * 100, 3),
            round((candle["high"] - candle["low"]) / candle["close"] * 100, 2),
            row["cg_state_1h"],
        )
        print(f"  {hour}  {'  '.join(str(cell) for cell in seen)}")
        assert seen == (usd, close, oi_change, price_change, span, state), hour
        assert not row["cg_oi_jump_1h"], hour


def test_a_decision_in_the_crash_sees_the_last_closed_hour_and_no_later_one(shared, hourly):
    """The 21:00 hour of the crash is seen from 22:01 on, and on a 5m candle from 22:05 on."""
    rows = hourly["BTC 1h"]
    released = rows.set_index("time").loc[utc("2025-10-10 21:00"), "available_at"]
    assert released == utc("2025-10-10 22:01")
    # What the strategy's frame says is proven by the whole-path tests; here the row's own words.
    columns = engine_rows(
        rows[rows["available_at"] <= utc("2025-10-10 22:00:59")],
        candles_of(shared, "BTC", "1h"),
        settings_with(datasets=("open_interest",)),
        "1h",
    )
    assert columns["cg_state"].iloc[-1] == "CONFIRM_BEAR"


def test_only_real_venue_jumps_are_flagged_in_the_real_year(shared, hourly):
    """Eight hours of BTC and one of ETH, each listed in the raw file by its two numbers."""
    flagged = {}
    for coin in build.COINS:
        columns = engine_rows(
            hourly[f"{coin} 1h"],
            candles_of(shared, coin, "1h"),
            settings_with(datasets=("open_interest",)),
            "1h",
        )
        times = columns.loc[columns["cg_oi_jump_1h"], "native"]
        flagged[coin] = [f"{time:%m-%d %H}" for time in times]
    assert flagged == {
        "BTC": [
            *("03-14 20", "03-18 07", "04-12 14", "04-13 14", "05-20 17", "05-21 15"),
            *("05-23 17", "05-24 23", "05-25 22"),
        ],
        "ETH": ["04-13 14"],
    }
