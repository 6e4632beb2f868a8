"""Our engine and the naive one over the same frames, compared cell by cell."""

import math

import numpy as np
import pandas as pd

from tests.support import naive
from vectra_freqtrade.catalogue.columns import MarketState
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, add_columns

#: Standard deviations are summed in another order than the oracle's; changes are exact.
SIGMA_TOLERANCE = 1e-12


def engine_rows(
    rows: pd.DataFrame, candles: pd.DataFrame, settings: CoinglassSettings, interval: str
) -> pd.DataFrame:
    """
    :param rows: time, available_at, oi
    :param candles: date, open, high, low, close of that interval
    :param settings: bands and lookback
    :param interval: theirs
    :return: what `add_columns` gives, one row per native row, at the moment it became available
    """
    there = rows[rows["oi"] > 0]
    frame = pd.DataFrame({"date": there["available_at"], "native": there["time"]})
    data = PairData({("open_interest", interval): rows}, {interval: candles})
    return add_columns(frame, 0, data, settings, (interval,))


def naive_rows(
    rows: pd.DataFrame, candles: pd.DataFrame, settings: CoinglassSettings, interval: str
) -> dict[int, naive.Row]:
    """
    :param rows: as in `engine_rows`
    :param candles: as there
    :param settings: as there
    :param interval: as there
    :return: the oracle's rows
    """
    oi = {
        milliseconds(time): float(value)
        for time, value in zip(rows["time"], rows["oi"], strict=True)
        if value > 0
    }
    prices = {
        milliseconds(row.date): naive.Candle(row.high, row.low, row.close)
        for row in candles.itertuples()
    }
    bands = settings.bands
    return naive.engine(
        oi,
        prices,
        length=interval_ms(interval),
        lookback=settings.lookback,
        oi_band=bands.oi,
        price_band=bands.price,
        k=bands.k if bands.adaptive else None,
    )


def milliseconds(time: pd.Timestamp) -> int:
    """Since 1970 UTC."""
    return int(time.value) // 1_000_000


def differences(
    rows: pd.DataFrame, candles: pd.DataFrame, settings: CoinglassSettings, interval: str
) -> list[str]:
    """
    :param rows: as in `engine_rows`
    :param candles: as there
    :param settings: as there
    :param interval: as there
    :return: one line per cell in which the engine and the oracle differ
    """
    ours = engine_rows(rows, candles, settings, interval).set_index("native")
    oracle = naive_rows(rows, candles, settings, interval)
    assert len(ours) == len(oracle)
    length = interval_ms(interval)
    found = []
    for time, cells in ours.rename(columns=lambda name: name.removeprefix("cg_")).iterrows():
        now = milliseconds(time)
        for suffix, row in (("", oracle[now]), ("_prev", oracle.get(now - length))):
            for name, expected in _expected(row, settings.bands.adaptive).items():
                got = cells[f"{name}{suffix}_{interval}"]
                if not _equal(name, got, expected):
                    found.append(f"{time} {name}{suffix}: {got} instead of {expected}")
    return found


def _expected(row: naive.Row | None, adaptive: bool) -> dict[str, object]:
    if row is None:
        return {"oi_change": None, "price_change": None, "oi_jump": False, "state": "UNKNOWN"}
    cells: dict[str, object] = {
        "oi_change": row.oi_change,
        "price_change": row.price_change,
        "oi_jump": row.jump,
        "state": row.state,
    }
    if adaptive:
        cells |= {"oi_sigma": row.oi_sigma, "price_sigma": row.price_sigma}
    return cells


def _equal(name: str, got: object, expected: object) -> bool:
    if expected is None:
        return bool(np.isnan(got))
    if name.endswith("sigma"):
        return math.isclose(got, expected, rel_tol=SIGMA_TOLERANCE)
    return bool(got == expected)


def states(rows: dict[int, naive.Row]) -> set[str]:
    """The states that occur, so that a test can show that it compared something."""
    return {str(MarketState(row.state)) for row in rows.values()}
