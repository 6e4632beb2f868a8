"""Candles of the simulated market at any timeframe, with the forming one as far as it has come."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.simulator.market.intervals import boundary_up
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.regimes import STEP

COLUMNS = ("open", "high", "low", "close", "lots", "quote")


@dataclass(frozen=True)
class Candles:
    """Opening times in seconds UTC, prices in USDT, Binance's volume in whole lots and in USDT."""

    time: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    lots: NDArray[np.int64]
    quote: NDArray[np.float64]


def openings(
    market: SimulatedMarket, interval: int, begin: float, end: float, now: float
) -> NDArray[np.int64]:
    """Openings in [begin, end) that the market has: whole since its start, opened before `now`."""
    first = boundary_up(max(begin, market.start), interval)
    stop = min(end, now)
    return np.arange(first, max(stop, first), interval, dtype=np.int64)


def candles(
    market: SimulatedMarket, coin: str, interval: int, begin: float, end: float, now: float
) -> Candles:
    """Those that open in [begin, end), oldest first; the last may still be forming at `now`."""
    times = openings(market, interval, begin, end, now)
    whole = times[times + interval <= now]
    forming = times[len(whole) :]
    parts = [_whole(market, coin, interval, whole)]
    parts += [_forming(market, coin, int(t), now) for t in forming]
    return Candles(
        times,
        *(np.concatenate([part[name] for part in parts]) for name in COLUMNS),
    )


def _whole(
    market: SimulatedMarket, coin: str, interval: int, times: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    if len(times) == 0:
        return dict.fromkeys(COLUMNS, np.zeros(0))
    base = STEP if interval % STEP == 0 else 60
    per = interval // base
    begin = int(times[0] - market.start) // base
    end = begin + len(times) * per
    if base == STEP:
        source = {name: market.column(coin, name, begin, end) for name in COLUMNS}
    else:
        source = _minutes(market, coin, begin, end)
    grid = {name: values.reshape(len(times), per) for name, values in source.items()}
    return {
        "open": grid["open"][:, 0],
        "high": grid["high"].max(axis=1),
        "low": grid["low"].min(axis=1),
        "close": grid["close"][:, -1],
        "lots": grid["lots"].sum(axis=1),
        "quote": grid["quote"].sum(axis=1),
    }


def _minutes(
    market: SimulatedMarket, coin: str, begin: int, end: int
) -> dict[str, NDArray[np.float64]]:
    m = market.minute_columns(coin, begin, end)
    typical = (m.high + m.low + m.close) / 3
    quote = m.lots * typical / 10 ** market.instrument(coin).lot_digits
    return {
        "open": m.open,
        "high": m.high,
        "low": m.low,
        "close": m.close,
        "lots": m.lots.astype(np.float64),
        "quote": quote,
    }


def _forming(
    market: SimulatedMarket, coin: str, opened: int, now: float
) -> dict[str, NDArray[np.float64]]:
    """The candle that opened at `opened`, made of whole minutes and the one under way."""
    begin = (opened - market.start) // 60
    current = int(now - market.start) // 60
    m = _minutes(market, coin, begin, current + 1)
    passed = (now - market.start) / 60 - current
    path = _path(m["open"][-1], m["high"][-1], m["low"][-1], m["close"][-1])
    reached = path[: int(passed * 3) + 1]
    price = price_at(market, coin, now)
    m["high"][-1] = max(*reached, price)
    m["low"][-1] = min(*reached, price)
    m["close"][-1] = price
    lots = np.append(m["lots"][:-1], np.floor(m["lots"][-1] * passed))
    quote = np.append(m["quote"][:-1], m["quote"][-1] * passed)
    return {
        "open": m["open"][:1],
        "high": m["high"].max(keepdims=True),
        "low": m["low"].min(keepdims=True),
        "close": m["close"][-1:],
        "lots": lots.sum(keepdims=True),
        "quote": quote.sum(keepdims=True),
    }


def _path(opened: float, high: float, low: float, close: float) -> tuple[float, ...]:
    """Where a minute's price goes: the extreme against its direction first."""
    return (opened, low, high, close) if close >= opened else (opened, high, low, close)


def price_at(market: SimulatedMarket, coin: str, now: float) -> float:
    """Last price at `now`, on the tick; it runs through the minute's open, extremes and close."""
    since = max(now - market.start, 0.0) / 60
    minute = int(since)
    m = market.minute_columns(coin, minute, minute + 1)
    path = _path(float(m.open[0]), float(m.high[0]), float(m.low[0]), float(m.close[0]))
    price = np.interp((since - minute) * 3, range(4), path)
    return float(np.round(price, market.instrument(coin).price_digits))
