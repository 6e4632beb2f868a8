"""Levels and flows of the simulated market at any interval, the open row as far as it has come.

A level (open interest, funding) moves in a straight line through a 5m step to its end value; a flow
(liquidations, taker volume) runs evenly through it. So a 1m row, a 1d row and the exchange's own
figures all describe the same market.
"""

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.regimes import STEP

Values = NDArray[np.float64]


def level_at(market: SimulatedMarket, coin: str, name: str, times: Values) -> Values:
    """A level column of `Steps` at any moments (seconds UTC) since the market's start."""
    if len(times) == 0:
        return np.zeros(0)
    begin = max(market.step_at(float(times.min())) - 1, 0)
    end = market.step_at(float(times.max())) + 1
    values = market.column(coin, name, begin, end)
    knots = market.start + STEP * np.arange(begin + 1, end + 1)
    return np.interp(times, knots, values)


def level_ohlc(
    market: SimulatedMarket,
    coin: str,
    name: str,
    interval: int,
    times: NDArray[np.int64],
    now: float,
    *,
    priced: bool = False,
) -> tuple[Values, Values, Values, Values]:
    """Of a level for consecutive rows; `priced` turns coins into USD at each moment."""
    if len(times) == 0:
        empty = np.zeros(0)
        return empty, empty, empty, empty
    base = STEP if interval % STEP == 0 else 60
    per = interval // base
    grid = times[0] + base * np.arange(len(times) * per + 1, dtype=np.float64)
    grid = np.minimum(grid, now)
    values = level_at(market, coin, name, grid)
    if priced:
        values = values * coin_price(market, coin, grid)
    opened, close = values[:-1:per], values[per::per]
    inside = values[:-1].reshape(len(times), per)
    high = np.maximum(inside.max(axis=1), close)
    low = np.minimum(inside.min(axis=1), close)
    return opened, high, low, close


def coin_price(market: SimulatedMarket, coin: str, times: Values) -> Values:
    """Price of one coin (not of a 1000PEPE contract), in a straight line through each step."""
    return level_at(market, coin, "close", times) / market.instrument(coin).multiplier


def flow(
    market: SimulatedMarket,
    coin: str,
    name: str,
    interval: int,
    times: NDArray[np.int64],
    now: float,
) -> Values:
    """Sums of a flow over the rows that open at `times` (consecutive); the open row up to `now`."""
    if len(times) == 0:
        return np.zeros(0)
    base = STEP if interval % STEP == 0 else 60
    per = interval // base
    grid = times[0] + base * np.arange(len(times) * per)
    begin = market.step_at(float(grid[0]))
    end = market.step_at(float(grid[-1])) + 1
    steps = market.column(coin, name, begin, end)
    values = steps[(grid - market.start) // STEP - begin] * (base / STEP)
    passed = np.clip((now - grid) / base, 0.0, 1.0)
    sums: Values = (values * passed).reshape(len(times), per).sum(axis=1)
    return sums
