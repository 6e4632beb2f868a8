"""
Cost of the estimate of liquidation levels: a pair-year of hourly rows in under a second.

    python -m pytest tests/benchmarks/test_levels.py --benchmark-enable --benchmark-only
"""

from tests.support.frames import native_rows, random_candles, utc
from vectra_freqtrade.settings.opinions import Levels
from vectra_freqtrade.signals.levels import liquidation_levels

HOUR_MS = 3_600_000
YEAR = 8760


def test_a_pair_year_of_hourly_rows(benchmark):
    start = utc("2025-01-01")
    rows = native_rows("open_interest", start, YEAR, HOUR_MS, 1)
    rows["available_at"] = rows["time"].dt.ceil("1h")
    candles = random_candles(start, YEAR, HOUR_MS, 1)
    found = benchmark(liquidation_levels.features, rows, candles, length_ms=HOUR_MS, rule=Levels())
    assert len(found.columns["liq_above_price"]) == YEAR
