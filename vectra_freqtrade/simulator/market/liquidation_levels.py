"""The liquidation heatmap and map that the loopback CoinGlass server shows: a model, simulated.

New open interest rests at the liquidation prices of common leverages until the price reaches them;
each time slice of the heatmap shows what rests then. It knows nothing of the future of its moment.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.simulator.market.candles import Candles, candles
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.series import level_at

RANGES: dict[str, tuple[int, int]] = {  # length and candle in seconds
    "12h": (12 * 3600, 300),
    "24h": (24 * 3600, 300),
    "1d": (24 * 3600, 300),
    "3d": (3 * 86400, 900),
    "7d": (7 * 86400, 1800),
    "30d": (30 * 86400, 7200),
    "90d": (90 * 86400, 21600),
    "180d": (180 * 86400, 43200),
    "1y": (365 * 86400, 86400),
}
LEVERAGES = ((10, 0.4), (25, 0.3), (50, 0.2), (100, 0.1))
MAINTENANCE = 0.005
LEVELS, WIDTH = 240, 0.12  # price levels within 12 % of the range's candles
SMALLEST = 0.002  # cells below this share of the strongest are left out


@dataclass(frozen=True)
class Heatmap:
    """Candles, ascending price levels, and USD resting per (candle, level)."""

    candles: Candles
    prices: NDArray[np.float64]
    resting_usd: NDArray[np.float64]


def heatmap(market: SimulatedMarket, coin: str, name: str, now: float) -> Heatmap:
    """Of a range, a key of RANGES."""
    length, interval = RANGES[name]
    c = candles(market, coin, interval, now - length, now, now)
    digits = market.instrument(coin).price_digits
    low, high = float(c.low.min()) * (1 - WIDTH), float(c.high.max()) * (1 + WIDTH)
    prices = np.round(np.linspace(low, high, LEVELS), digits)
    edges = np.minimum(np.append(c.time, c.time[-1] + interval), now).astype(np.float64)
    oi = level_at(market, coin, "oi", edges)
    opened = np.maximum(np.diff(oi), 0.0) / market.instrument(coin).multiplier
    resting = np.zeros(LEVELS)
    slices = np.zeros((len(c.time), LEVELS))
    entry = (c.high + c.low + c.close) / 3
    away = [sign * (1 / leverage - MAINTENANCE) for leverage, _ in LEVERAGES for sign in (-1, 1)]
    at = _nearest(prices, entry[:, None] * (1 + np.array(away)))
    usd = (opened * entry)[:, None] * np.repeat([weight for _, weight in LEVERAGES], 2)
    gone = np.searchsorted(prices, c.low), np.searchsorted(prices, c.high, side="right")
    for i, (first, last) in enumerate(zip(*gone, strict=True)):
        resting[first:last] = 0.0
        np.add.at(resting, at[i], usd[i])
        slices[i] = resting
    return Heatmap(c, prices, slices)


def _nearest(prices: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    """Place of the level that is nearest to each wanted price; the lower one of two."""
    above = np.clip(np.searchsorted(prices, wanted), 1, len(prices) - 1)
    below: NDArray[np.int64] = above - (wanted - prices[above - 1] <= prices[above] - wanted)
    return below
