"""Exchange balances by venue, daily, and bitcoin's dominance, whose rows may lie days apart.

A row's value is final when its days have ended; before that it runs on from day to day, and within
one from yesterday's value in a straight line.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.simulator.market.coin_block import smooth
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.regimes import STEP, stream

DAY = 86400
STEPS_PER_DAY = DAY // STEP
# Coins move to exchanges to be sold and away from them to be held; share of all balances per day.
INFLOW = np.array((0.0, -0.004, 0.004, 0.02, -0.012, 0.001))
SHARE_OF_INTEREST = 2.5  # balances as a multiple of the usual open interest in coins
CUSTODIANS: dict[str, tuple[float, int]] = {  # share of the balances, first day it is tracked
    "Binance": (0.34, 0),
    "Coinbase": (0.28, 0),
    "OKX": (0.14, 0),
    "Bitfinex": (0.12, 0),
    "Kraken": (0.08, 0),
    "Gate": (0.04, 20),  # null before: a venue that CoinGlass began to follow later
}
BITCOIN_SUPPLY = 19_900_000
USUAL_DOMINANCE = 57.0
FIRST_DOMINANCE = 1_367_366_400  # 2013-05-01, from which CoinGlass counts its rows
ALTCOINS = ("ETH", "XRP")  # what dominance is measured against, whether listed or not


@dataclass(frozen=True)
class Balances:
    """Days in seconds UTC, price per coin, and coins per venue (NaN where not tracked)."""

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    coins: dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Dominance:
    """Openings in seconds UTC, bitcoin's price and its share of the market in percent."""

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    percent: NDArray[np.float64]


def _days(market: SimulatedMarket, now: float) -> tuple[NDArray[np.int64], float]:
    """Days that have opened, and how far the last one has come (0 to 1)."""
    count = max(int((now - market.start) // DAY) + 1, 0)
    passed = ((now - market.start) % DAY) / DAY
    return market.start + DAY * np.arange(count, dtype=np.int64), passed


def _so_far(values: NDArray[np.float64], first: float, passed: float) -> NDArray[np.float64]:
    before = values[-2] if len(values) > 1 else first
    return np.append(values[:-1], before + (values[-1] - before) * passed)


def balances(market: SimulatedMarket, coin: str, now: float) -> Balances:
    """All days since the market's start; the last one as far as it has come."""
    time, passed = _days(market, now)
    if len(time) == 0:
        return Balances(time, np.zeros(0), {})
    steps = len(time) * STEPS_PER_DAY
    regime = market.column(coin, "regime", 0, steps).astype(np.int64).reshape(len(time), -1)
    profile, instrument = market.profile(coin), market.instrument(coin)
    usual = profile.open_interest_usd / profile.price * instrument.multiplier * SHARE_OF_INTEREST
    inflow = INFLOW[regime].mean(axis=1)
    coins = {}
    for venue, (share, tracked) in CUSTODIANS.items():
        noise = _noise(market, f"{coin} {venue}", len(time))
        level = smooth(0.0, (inflow + 0.002 * noise) * 60, 1 / 60)
        values = np.round(_so_far(usual * share * np.exp(level), usual * share, passed), 5)
        values[:tracked] = np.nan
        coins[venue] = values
    return Balances(time, _price(market, coin, len(time), now), coins)


def dominance(market: SimulatedMarket, now: float, spacing: int = 1) -> Dominance:
    """Rows `spacing` days apart since the market's start; the last as far as it has come."""
    time, passed = _days(market, now)
    n = len(time)
    if n == 0:
        return Dominance(time, np.zeros(0), np.zeros(0))
    bitcoin = _returns(market, "BTC", n)
    others = np.mean([_returns(market, coin, n) for coin in ALTCOINS], axis=0)
    moves = 7 * (bitcoin - others) + 0.1 * _noise(market, "dominance", n)  # percentage points
    percent = USUAL_DOMINANCE + smooth(0.0, moves * 40, 1 / 40)
    percent = np.round(_so_far(percent, USUAL_DOMINANCE, passed), 4)
    price = _price(market, "BTC", n, now)
    begins = np.flatnonzero((time - FIRST_DOMINANCE) // DAY % spacing == 0)
    last = np.append(begins[1:] - 1, n - 1)[: len(begins)]  # the last day that each row covers
    return Dominance(time[begins], price[last], percent[last])


def _noise(market: SimulatedMarket, name: str, days: int) -> NDArray[np.float64]:
    """One draw per day from the owner's own stream, which a longer question only extends."""
    return stream(market.seed, name, 7).standard_normal(days)


def _returns(market: SimulatedMarket, coin: str, days: int) -> NDArray[np.float64]:
    close = market.column(coin, "close", 0, days * STEPS_PER_DAY)[
        STEPS_PER_DAY - 1 :: STEPS_PER_DAY
    ]
    first = market.column(coin, "open", 0, 1)
    return np.diff(np.log(np.concatenate([first, close])))


def _price(market: SimulatedMarket, coin: str, days: int, now: float) -> NDArray[np.float64]:
    """Last price of each day, or of now, per coin."""
    last = market.step_at(now)
    at = np.minimum(np.arange(1, days + 1) * STEPS_PER_DAY - 1, max(last - 1, 0))
    close = market.column(coin, "close", 0, int(at[-1]) + 1)[at]
    multiplier = market.instrument(coin).multiplier
    return np.round(close / multiplier, market.instrument(coin).price_digits + 4)
