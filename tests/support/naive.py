"""
The OI × price engine as plain loops over dicts, written from DESIGN 5 alone.

Slow and obvious on purpose; it shares no line with `vectra_freqtrade.signals`. Series are dicts of
interval open (milliseconds) -> value, so that "the row `lookback` rows ago" is one dict lookup.
"""

import math
from dataclasses import dataclass

HOUR = 3_600_000
TABLE = {
    (1, 1): "CONFIRM_BULL",
    (1, -1): "CONFIRM_BEAR",
    (-1, -1): "LONG_LIQUIDATION",
    (-1, 1): "SHORT_SQUEEZE",
}
CODES = {
    "UNKNOWN": -1,
    "NEUTRAL": 0,
    "CONFIRM_BULL": 1,
    "CONFIRM_BEAR": 2,
    "LONG_LIQUIDATION": 3,
    "SHORT_SQUEEZE": 4,
}


@dataclass(frozen=True)
class Candle:
    high: float
    low: float
    close: float


@dataclass(frozen=True)
class Row:
    oi_change: float | None
    price_change: float | None
    jump: bool
    oi_sigma: float | None
    price_sigma: float | None
    oi_trend: int | None
    state: str


def engine(
    oi: dict[int, float],
    candles: dict[int, Candle],
    *,
    length: int,
    lookback: int = 1,
    oi_band: float = 0.005,
    price_band: float = 0.003,
    k: float | None = None,
) -> dict[int, Row]:
    """
    :param oi: coins at each interval's close; a missing row has no key
    :param candles: the pair's candles of that interval
    :param length: the interval in milliseconds
    :param lookback: rows a change looks back over
    :param oi_band: dead band at 1h and a lookback of 1
    :param price_band: the same for price
    :param k: None for fixed bands, else multiples of the standard deviation
    :return: one row per row of `oi`
    """
    close = {time: candle.close for time, candle in candles.items()}
    oi_change = {time: change(oi, time, length, lookback) for time in sorted(oi)}
    price_change = {time: change(close, time, length, lookback) for time in sorted(close)}
    jumped = {time for time in oi if is_jump(oi, candles, time, length)}
    jump = {t: any(t - i * length in jumped for i in range(lookback)) for t in oi}
    # A change over a jump is not traders moving: it is no part of what is usual.
    usual = {time: None if jump[time] else move for time, move in oi_change.items()}
    oi_sigma = sigmas(usual) if k is not None else {}
    price_sigma = sigmas(price_change) if k is not None else {}
    scale = math.sqrt(lookback * length / HOUR)
    found = {}
    for time in sorted(oi):
        bands = (oi_band * scale, price_band * scale)
        if k is not None:
            bands = (times(k, oi_sigma.get(time)), times(k, price_sigma.get(time)))
        first = trend(oi_change[time], bands[0])
        second = trend(price_change.get(time), bands[1])
        found[time] = Row(
            oi_change[time],
            price_change.get(time),
            jump[time],
            oi_sigma.get(time),
            price_sigma.get(time),
            first,
            state(first, second, jump[time]),
        )
    return found


def change(series: dict[int, float], time: int, length: int, lookback: int) -> float | None:
    """Now over then, less one; a missing row anywhere in between makes it missing."""
    if any(time - i * length not in series for i in range(lookback + 1)):
        return None
    return series[time] / series[time - lookback * length] - 1


def is_jump(oi: dict[int, float], candles: dict[int, Candle], time: int, length: int) -> bool:
    """More than 15 % in one row while the candle's range is below 2 %."""
    single = change(oi, time, length, 1)
    candle = candles.get(time)
    if single is None or candle is None:
        return False
    return abs(single) > 0.15 and (candle.high - candle.low) / candle.close < 0.02


def trend(move: float | None, band: float | None) -> int | None:
    """Rising above the band, falling below its negative, flat between; None where missing."""
    if move is None or band is None:
        return None
    return 1 if move > band else -1 if move < -band else 0


def state(oi: int | None, price: int | None, jump: bool) -> str:
    """DESIGN 5's table."""
    if oi is None or price is None or jump:
        return "UNKNOWN"
    return TABLE.get((oi, price), "NEUTRAL")


def sigmas(changes: dict[int, float | None]) -> dict[int, float | None]:
    """The standard deviation of the last 200 rows' changes before each row; at least 100."""
    found: dict[int, float | None] = {}
    order = sorted(changes)
    for place, time in enumerate(order):
        before = [changes[earlier] for earlier in order[max(0, place - 200) : place]]
        there = [move for move in before if move is not None]
        if len(there) < 100:
            found[time] = None
            continue
        mean = math.fsum(there) / len(there)
        squares = math.fsum((move - mean) ** 2 for move in there)
        found[time] = math.sqrt(squares / (len(there) - 1))
    return found


def times(k: float, sigma: float | None) -> float | None:
    """k standard deviations, None where there is none."""
    return None if sigma is None else k * sigma


def conflict(first: Row | None, second: Row | None) -> bool:
    """Both open interest trends are there, known, not flat, and opposite."""
    if first is None or second is None or "UNKNOWN" in (first.state, second.state):
        return False
    return (first.oi_trend, second.oi_trend) in ((1, -1), (-1, 1))
