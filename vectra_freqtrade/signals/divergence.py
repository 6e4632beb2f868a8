"""
Open interest × price: what the market did when both moved.

    open interest  price    state
    rising         rising   CONFIRM_BULL       new longs
    rising         falling  CONFIRM_BEAR       new shorts
    falling        falling  LONG_LIQUIDATION   longs leave
    falling        rising   SHORT_SQUEEZE      shorts leave
    either flat             NEUTRAL
    either missing          UNKNOWN

Open interest is in coins: in USD it rises with price alone.
"""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.columns import STATE_CODES, MarketState
from vectra_freqtrade.settings.opinions import Bands, Modifiers
from vectra_freqtrade.signals.align import take
from vectra_freqtrade.signals.native import (
    BoolArray,
    Features,
    FloatArray,
    beyond,
    change,
    features_of,
    percentile,
    previous,
    row_at,
    times_ms,
    trailing_moments,
    words,
)

#: A change of open interest beyond this while the candle's range stays below CALM_RANGE is a
#: venue that joined or left the sum, not traders.
JUMP, CALM_RANGE = 0.15, 0.02

#: Adaptive bands: rows looked at, rows needed.
SIGMA_ROWS, SIGMA_ROWS_MIN = 200, 100

_HOUR_MS = 3_600_000

_UNKNOWN = STATE_CODES[MarketState.UNKNOWN]
_BY_CODE = sorted(STATE_CODES, key=STATE_CODES.__getitem__)


def features(
    rows: pd.DataFrame,
    candles: pd.DataFrame,
    *,
    length_ms: int,
    lookback: int,
    adaptive: bool,
    units: int = 1,
) -> Features:
    """
    Changes of open interest and price on one interval.

    :param rows: time, available_at, oi (coins, at the interval's close); released, in time order
    :param candles: the pair's closed candles of that interval: date, high, low, close
    :param length_ms: the interval
    :param lookback: rows a change looks back over
    :param adaptive: also the standard deviations that adaptive bands need
    :param units: coins that the candles' prices are for
    :return: columns oi, oi_usd, oi_pct; oi_change, price_change, oi_jump and the row before's,
        plus the sigmas where adaptive
    """
    rows = rows[rows["oi"] > 0]  # a NaN or a zero is a missing row
    times, dates = times_ms(rows["time"]), times_ms(candles["date"])
    oi, close = rows["oi"].to_numpy(), candles["close"].to_numpy()
    candle = row_at(dates, times)

    def at_rows(values: FloatArray) -> FloatArray:
        return take(values, candle, np.nan)

    oi_change = change(oi, times, length_ms, lookback)
    price_moves = change(close, dates, length_ms, lookback)
    price_change = at_rows(price_moves)
    ranges = (candles["high"].to_numpy() - candles["low"].to_numpy()) / close
    jump = _looks_back_over(
        jumps(oi, times, length_ms, at_rows(ranges)), times, length_ms, lookback
    )
    columns: dict[str, NDArray[np.generic]] = {
        "oi": oi,
        "oi_usd": oi / units * at_rows(close),
        "oi_pct": percentile(oi, length_ms),
        "oi_change": oi_change,
        "price_change": price_change,
        "oi_jump": jump,
    }
    carried = ["oi_change", "price_change", "oi_jump"]
    if adaptive:
        moves = np.where(jump, np.nan, oi_change)  # a venue joining is no measure of traders
        columns["oi_sigma"] = trailing_moments(moves, SIGMA_ROWS, SIGMA_ROWS_MIN)[1]
        price_sigma = trailing_moments(price_moves, SIGMA_ROWS, SIGMA_ROWS_MIN)[1]
        columns["price_sigma"] = at_rows(price_sigma)
        carried += ["oi_sigma", "price_sigma"]
    for name in carried:
        before = previous(columns[name], times, length_ms)
        columns[f"{name}_prev"] = before == 1.0 if name == "oi_jump" else before
    return features_of(rows, **columns)


def jumps(
    oi: FloatArray, times: NDArray[np.int64], length_ms: int, ranges: FloatArray
) -> BoolArray:
    """
    Rows at which open interest changed without a market that moved.

    :param oi: coins, one per row
    :param times: milliseconds
    :param length_ms: the interval
    :param ranges: (high - low) / close of each row's candle, NaN where it is missing
    """
    single = change(oi, times, length_ms, 1)
    return (np.abs(single) > JUMP) & (ranges < CALM_RANGE)


def _looks_back_over(
    jumps: BoolArray, times: NDArray[np.int64], length_ms: int, lookback: int
) -> BoolArray:
    """Rows whose change, over `lookback` rows, includes a jump."""
    result = np.zeros(jumps.shape, dtype=bool)
    for row in np.flatnonzero(jumps):
        span = times[row : row + lookback] - times[row]
        result[row : row + lookback] |= span < lookback * length_ms
    return result


def band_scale(length_ms: int, lookback: int) -> float:
    """What the bands, given at 1h and a lookback of 1, are multiplied by."""
    return math.sqrt(lookback * length_ms / _HOUR_MS)


def trend(moves: FloatArray, band: FloatArray | float) -> NDArray[np.int8]:
    """1 rising, -1 falling, 0 within the dead band or unknown."""
    return beyond(moves, -band, band)


def state_codes(
    oi_change: FloatArray,
    price_change: FloatArray,
    jump: BoolArray,
    oi_band: FloatArray | float,
    price_band: FloatArray | float,
) -> NDArray[np.int8]:
    """
    The table at the top of this module, pointwise.

    :param oi_change: fractions, NaN where missing
    :param price_change: ... of price
    :param jump: the change looks back over a jump: UNKNOWN
    :param oi_band: dead band of open interest; NaN: UNKNOWN
    :param price_band: ... of price
    :return: codes as in `columns.STATE_CODES`
    """
    oi, price = trend(oi_change, oi_band), trend(price_change, price_band)
    codes = np.zeros(oi.shape, dtype=np.int8)
    codes[(oi > 0) & (price > 0)] = STATE_CODES[MarketState.CONFIRM_BULL]
    codes[(oi > 0) & (price < 0)] = STATE_CODES[MarketState.CONFIRM_BEAR]
    codes[(oi < 0) & (price < 0)] = STATE_CODES[MarketState.LONG_LIQUIDATION]
    codes[(oi < 0) & (price > 0)] = STATE_CODES[MarketState.SHORT_SQUEEZE]
    unknown = np.isnan(oi_change + oi_band) | np.isnan(price_change + price_band) | jump
    codes[unknown] = _UNKNOWN
    return codes


def state_multipliers(
    codes: NDArray[np.int8], modifiers: Modifiers
) -> tuple[FloatArray, FloatArray]:
    """The multipliers on long and short confidence."""
    sides = [modifiers.states.of(state) for state in _BY_CODE]
    long = np.array([side.long for side in sides])
    short = np.array([side.short for side in sides])
    return long[codes - _UNKNOWN], short[codes - _UNKNOWN]


def state_names(codes: NDArray[np.int8]) -> pd.api.extensions.ExtensionArray:
    """The states as strings, ready to be a column."""
    return words(_BY_CODE, codes - _UNKNOWN)


def bands_of(
    bands: Bands,
    length_ms: int,
    lookback: int,
    oi_sigma: FloatArray | None,
    price_sigma: FloatArray | None,
) -> tuple[FloatArray | float, FloatArray | float]:
    """
    Dead bands of open interest and price on one interval.

    :param bands: the settings
    :param length_ms: the interval
    :param lookback: rows a change looks back over
    :param oi_sigma: standard deviation of the changes before each row; None: not adaptive
    :param price_sigma: ... of price
    """
    if oi_sigma is not None and price_sigma is not None:
        return bands.k * oi_sigma, bands.k * price_sigma
    scale = band_scale(length_ms, lookback)
    return bands.oi * scale, bands.price * scale
