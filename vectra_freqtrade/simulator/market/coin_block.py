"""One block (a week) of one simulated coin: every series drawn together from the same regimes.

Simulated, a fixture; it proves no profit. Prices are drawn by the minute and aggregated to 5m, so
candles of every timeframe agree exactly. Derivatives series have one value per 5m step: levels
(open interest, funding, ratios, depth) hold at the END of the step, flows are sums over it.
"""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.simulator.market.instruments import Instrument
from vectra_freqtrade.simulator.market.profiles import CoinProfile
from vectra_freqtrade.simulator.market.regimes import STEP, Regime, RegimeView
from vectra_freqtrade.simulator.market.venues import VENUES

Array = NDArray[np.float64]
MINUTES_PER_STEP = STEP // 60
BLOCK_STEPS = 7 * 86400 // STEP
BLOCK_MINUTES = BLOCK_STEPS * MINUTES_PER_STEP
BINANCE = VENUES["Binance"]
SHARED_VOLATILITY = 0.0005  # standard deviation of the whole market's return per minute


# Columns: quiet, building longs, building shorts, cascade down, squeeze up, crowded funding.
DRIFT = np.array((0.0, 0.00005, -0.00005, 0.0, 0.0, 0.00002))  # log price per step
BURST = np.array((0.0, 0.0, 0.0, -0.022, 0.022, 0.0))  # log price over the whole spell
TURBULENCE = np.array((0.7, 1.0, 1.0, 2.2, 2.2, 0.9))
OI_DRIFT = np.array((0.0, 0.0007, 0.0007, 0.0, 0.0, 0.0002))  # log open interest per step
OI_BURST = np.array((0.0, 0.0, 0.0, -0.11, -0.10, 0.0))  # over the whole spell
FUNDING = np.array((0.0001, 0.00018, -0.00006, 0.00003, 0.00006, 0.0007))  # 8h rate it tends to
CROWD = np.array((0.0, 0.5, -0.6, -0.2, 0.1, 1.0))  # accounts leaning long (1) or short (-1)
VOLUME = np.array((0.7, 1.0, 1.0, 3.2, 2.8, 0.9))
BUY_LEAN = np.array((0.0, 0.012, -0.012, -0.03, 0.03, 0.004))  # added to the buyers' share
BOOK_LEAN = np.array((0.0, 0.5, -0.5, -0.9, 0.9, -0.2))  # bids (1) or asks (-1) heavier


@dataclass(frozen=True)
class CoinState:
    """Where the series stand at the end of a block, to go on from."""

    price: float = 0.0  # log deviation from the profile's price
    last_close: float = 0.0
    oi: float = 0.0  # log deviation from the usual open interest
    funding: float = 0.0001
    crowd: float = 0.0
    ratio_noise: float = 0.0
    top_noise: float = 0.0
    depth_noise: float = 0.0
    imbalance: float = 0.0


@dataclass(frozen=True)
class Minutes:
    """1m candles of a block: prices in USDT, `lots` the Binance volume in whole lots."""

    open: Array
    high: Array
    low: Array
    close: Array
    lots: NDArray[np.int64]


@dataclass(frozen=True)
class Steps:
    """5m series of a block. Open interest in coins, `*_usd` in USD over all venues."""

    open: Array
    high: Array
    low: Array
    close: Array
    lots: NDArray[np.int64]  # Binance volume, whole lots of the contract
    quote: Array  # Binance volume, USDT
    buy_usd: Array
    sell_usd: Array
    oi: Array
    funding: Array  # fraction per 8 h
    ratio: Array
    ratio_top: Array
    long_liq_usd: Array
    short_liq_usd: Array
    bids_usd: Array
    asks_usd: Array
    regime: NDArray[np.int8]


STEP_COLUMNS = tuple(f.name for f in fields(Steps))


@dataclass(frozen=True)
class Block:
    """A week of one coin."""

    start_state: CoinState
    end_state: CoinState
    steps: Steps


def smooth(start: float, target: Array, alpha: float) -> Array:
    """y[t] = (1 - alpha) y[t-1] + alpha target[t], from y[-1] = start."""
    series = pd.Series(np.concatenate([[start], target]))
    return series.ewm(alpha=alpha, adjust=False).mean().to_numpy()[1:]


def _half_life(hours: float) -> float:
    return float(1 - 0.5 ** (STEP / 3600 / hours))


def _burst(table: Array, regimes: RegimeView, shape: Array) -> Array:
    """A spell's total spread over its steps by `shape`, whose mean over the spell is 1."""
    return table[regimes.code] / regimes.length * regimes.strength * shape


def _fading(regimes: RegimeView) -> Array:
    """Strongest at the start of the spell."""
    return 1.6 - 1.2 * regimes.passed


def _overshooting(regimes: RegimeView) -> Array:
    """A fall or rise beyond its end, then part of the way back."""
    return 4.0 - 6.0 * regimes.passed


def draw_minutes(
    rng: np.random.Generator,
    shared: Array,
    state: CoinState,
    instrument: Instrument,
    profile: CoinProfile,
    regimes: RegimeView,
) -> tuple[Minutes, float]:
    """Prices by the minute, lots still 0; and the log deviation at their end."""
    turbulence = np.repeat(TURBULENCE[regimes.code], MINUTES_PER_STEP)
    drift = DRIFT[regimes.code] * regimes.strength + _burst(BURST, regimes, _overshooting(regimes))
    sigma = turbulence * np.hypot(profile.beta * SHARED_VOLATILITY, profile.own_volatility)
    moves = profile.beta * SHARED_VOLATILITY * shared
    moves = turbulence * (moves + profile.own_volatility * rng.standard_normal(BLOCK_MINUTES))
    moves += np.repeat(drift * profile.beta / MINUTES_PER_STEP, MINUTES_PER_STEP)
    pull = 1 / (30 * 1440)  # prices come back over a month, so a long market stays in its range
    deviation = smooth(state.price, moves / pull, pull)
    digits = instrument.price_digits
    close = np.round(profile.price * np.exp(deviation), digits)
    opened = np.concatenate([[state.last_close or close[0]], close[:-1]])
    wick = np.abs(rng.standard_normal((2, BLOCK_MINUTES))) * sigma * 0.5
    high = np.round(np.maximum(opened, close) * (1 + wick[0]), digits)
    low = np.round(np.minimum(opened, close) * (1 - wick[1]), digits)
    high = np.maximum(high, np.maximum(opened, close))
    low = np.minimum(low, np.minimum(opened, close))
    minutes = Minutes(opened, high, low, close, np.zeros(BLOCK_MINUTES, np.int64))
    return minutes, float(deviation[-1])


def draw_block(
    rng: np.random.Generator,
    shared: Array,
    state: CoinState,
    instrument: Instrument,
    profile: CoinProfile,
    regimes: RegimeView,
) -> tuple[Block, Minutes]:
    """All series of one week, from the state the week before ended in."""
    minutes, price_deviation = draw_minutes(rng, shared, state, instrument, profile, regimes)
    grid = (BLOCK_STEPS, MINUTES_PER_STEP)
    opened, close = (
        minutes.open[::MINUTES_PER_STEP],
        minutes.close[MINUTES_PER_STEP - 1 :: MINUTES_PER_STEP],
    )
    ret = np.log(close / opened)
    code, strength = regimes.code, regimes.strength
    sigma = np.sqrt(MINUTES_PER_STEP) * np.hypot(
        profile.beta * SHARED_VOLATILITY, profile.own_volatility
    )

    def noise() -> Array:
        return rng.standard_normal(BLOCK_STEPS)

    # open interest: built by the building regimes, burnt by cascades and squeezes
    pull = _half_life(90)
    oi_moves: Array = (
        OI_DRIFT[code] * strength + _burst(OI_BURST, regimes, _fading(regimes)) + 0.0011 * noise()
    )
    oi_deviation = smooth(state.oi, oi_moves / pull, pull)
    usual = profile.open_interest_usd / profile.price * instrument.multiplier
    oi = np.round(usual * np.exp(oi_deviation), 3)
    before = np.concatenate([[usual * np.exp(state.oi)], oi[:-1]])
    lost_usd = np.maximum(before - oi, 0.0) * close / instrument.multiplier
    oi_usd = oi * close / instrument.multiplier

    # volume and takers
    quote_all = profile.volume_usd / 288 * VOLUME[code] * np.exp(0.3 * noise())
    quote_all *= 1 + 0.4 * np.abs(ret) / sigma
    weights = rng.random(grid) + 0.3
    weights /= weights.sum(axis=1, keepdims=True)
    lots = quote_all[:, None] * BINANCE * weights / minutes.close.reshape(grid)
    lots = np.maximum(np.rint(lots * 10**instrument.lot_digits), 1).astype(np.int64)
    typical = (minutes.high + minutes.low + minutes.close).reshape(grid) / 3
    quote = (lots * typical).sum(axis=1) / 10**instrument.lot_digits
    buyers = 0.5 + 0.1 * np.tanh(ret / sigma / 1.5) + BUY_LEAN[code] * strength + 0.015 * noise()
    buyers = np.clip(buyers, 0.1, 0.9)

    # liquidations: a trickle on the losing side, a good part of the lost open interest in bursts
    trickle = oi_usd * 2e-6 * np.exp(0.8 * rng.standard_normal((2, BLOCK_STEPS)))
    burnt = lost_usd * rng.uniform(0.15, 0.35, BLOCK_STEPS)
    long_liq = trickle[0] + oi_usd * np.maximum(-ret, 0) * 0.004
    short_liq = trickle[1] + oi_usd * np.maximum(ret, 0) * 0.004
    long_liq += np.where(code == Regime.CASCADE_DOWN, burnt, 0.0)
    short_liq += np.where(code == Regime.SQUEEZE_UP, burnt, 0.0)

    # what crowds pay and hold
    funding_target = FUNDING[code] * np.where(code == Regime.QUIET, 1.0, strength)
    funding = smooth(state.funding, funding_target + 0.0002 * noise(), _half_life(3))
    funding = np.clip(funding, -0.003, 0.003)
    crowd = smooth(state.crowd, CROWD[code] * strength, _half_life(8))
    slow = _half_life(24)
    ratio_noise = smooth(state.ratio_noise, 2.5 * noise(), slow)
    top_noise = smooth(state.top_noise, 2.0 * noise(), slow)

    # order book within 1 %
    depth_noise = smooth(state.depth_noise, 4.0 * noise(), _half_life(12))
    imbalance = smooth(state.imbalance, BOOK_LEAN[code] + 2.5 * noise(), _half_life(1.5))
    tilt = 0.35 * np.tanh(imbalance)
    depth = profile.depth_usd * np.exp(0.3 * np.tanh(depth_noise)) / TURBULENCE[code]

    steps = Steps(
        open=opened,
        high=minutes.high.reshape(grid).max(axis=1),
        low=minutes.low.reshape(grid).min(axis=1),
        close=close,
        lots=lots.sum(axis=1),
        quote=quote,
        buy_usd=quote / BINANCE * buyers,
        sell_usd=quote / BINANCE * (1 - buyers),
        oi=oi,
        funding=funding,
        ratio=np.exp(0.35 + 0.45 * crowd + 0.12 * np.tanh(ratio_noise)),
        ratio_top=np.exp(0.2 + 0.25 * crowd + 0.15 * np.tanh(top_noise)),
        long_liq_usd=np.round(long_liq, 2),
        short_liq_usd=np.round(short_liq, 2),
        bids_usd=np.round(depth * (1 + tilt), 2),
        asks_usd=np.round(depth * (1 - tilt), 2),
        regime=code,
    )
    end = CoinState(
        price_deviation,
        float(close[-1]),
        float(oi_deviation[-1]),
        float(funding[-1]),
        float(crowd[-1]),
        float(ratio_noise[-1]),
        float(top_noise[-1]),
        float(depth_noise[-1]),
        float(imbalance[-1]),
    )
    filled = Minutes(minutes.open, minutes.high, minutes.low, minutes.close, lots.ravel())
    return Block(state, end, steps), filled
