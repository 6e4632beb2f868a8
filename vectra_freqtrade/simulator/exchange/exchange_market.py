"""What the loopback exchange answers from the simulated market, in Binance's own shapes.

Mark, index and last price are one; the spot price is the futures price per coin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vectra_freqtrade.simulator.exchange.exchange_info import spot_tick
from vectra_freqtrade.simulator.market.candles import Candles, candles, openings, price_at
from vectra_freqtrade.simulator.market.instruments import Instrument
from vectra_freqtrade.simulator.market.intervals import INTERVALS, boundary_down, boundary_up
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.series import level_at
from vectra_freqtrade.simulator.market.venues import VENUES

FUNDING_INTERVAL = 8 * 3600
MAX_ROWS = 1500
BOOK_LEVELS, BOOK_WIDTH = 500, 0.01
BINANCE = VENUES["Binance"]


@dataclass(frozen=True)
class Quoted:
    """One instrument as quoted on futures or spot.

    :param digits: decimals of its price
    :param scale: futures price units per quoted unit (1000 for PEPE on spot)
    """

    instrument: Instrument
    symbol: str
    digits: int
    scale: int

    @classmethod
    def of(cls, instrument: Instrument, spot: bool) -> "Quoted":
        if not spot:
            return cls(instrument, instrument.symbol, instrument.price_digits, 1)
        digits = len(spot_tick(instrument).partition(".")[2])
        return cls(instrument, instrument.spot_symbol, digits, instrument.multiplier)

    @property
    def coin(self) -> str:
        return self.instrument.coin

    def price(self, value: float) -> str:
        return f"{value / self.scale:.{self.digits}f}"

    def amount(self, lots: float) -> str:
        digits = self.instrument.lot_digits
        return f"{lots * self.scale / 10**digits:.{digits}f}"


def window(params: Mapping[str, str], interval: int, now: float, limit: int) -> tuple[int, int]:
    """Openings asked for, [begin, end) in seconds: from startTime on, else the newest `limit`."""
    rows = min(int(params.get("limit", limit)), MAX_ROWS)
    last = boundary_down(min(int(params.get("endTime", 1000 * now)) / 1000, now), interval)
    if "startTime" in params:
        begin = boundary_up(int(params["startTime"]) / 1000, interval)
        return begin, min(last + interval, begin + rows * interval)
    return last - (rows - 1) * interval, last + interval


def klines(
    market: SimulatedMarket,
    quoted: Quoted,
    params: Mapping[str, str],
    now: float,
    *,
    volume: bool = True,
) -> list[list[Any]]:
    """:param volume: False for mark and index candles, which have none"""
    interval = INTERVALS[params["interval"]]
    begin, end = window(params, interval, now, 500)
    c = candles(market, quoted.coin, interval, begin, end, now)
    return [_kline(quoted, c, i, interval, volume) for i in range(len(c.time))]


def _kline(quoted: Quoted, c: Candles, i: int, interval: int, volume: bool) -> list[Any]:
    prices = [quoted.price(float(column[i])) for column in (c.open, c.high, c.low, c.close)]
    amount = quoted.amount(float(c.lots[i])) if volume else "0"
    quote = f"{c.quote[i]:.4f}" if volume else "0"
    opened = int(c.time[i]) * 1000
    closed = opened + interval * 1000 - 1
    return [opened, *prices, amount, closed, quote, 100, "0", "0", "0"]


def premium_klines(
    market: SimulatedMarket, quoted: Quoted, params: Mapping[str, str], now: float
) -> list[list[Any]]:
    """The premium is what the running funding rate says it is; flat inside a candle."""
    interval = INTERVALS[params["interval"]]
    times = openings(market, interval, *window(params, interval, now, 500), now)
    rates = level_at(market, quoted.coin, "funding", times.astype(np.float64))
    return [
        [int(t) * 1000, *[f"{rate:.8f}"] * 4, "0", (int(t) + interval) * 1000 - 1, "0", 0, "0", "0"]
        for t, rate in zip(times, rates, strict=True)
    ]


def funding_rates(
    market: SimulatedMarket, quoted: Quoted, params: Mapping[str, str], now: float
) -> list[dict[str, Any]]:
    """Settled funding: the running 8h rate at 00:00, 08:00 and 16:00 UTC."""
    begin, end = window(params, FUNDING_INTERVAL, now, 100)
    times = openings(market, FUNDING_INTERVAL, begin, end, now + 1).astype(np.float64)
    rates = level_at(market, quoted.coin, "funding", times)
    return [
        {
            "symbol": quoted.symbol,
            "fundingTime": int(time) * 1000,
            "fundingRate": f"{rate:.8f}",
            "markPrice": quoted.price(price_at(market, quoted.coin, time)),
        }
        for time, rate in zip(times, rates, strict=True)
    ]


def open_interest_history(
    market: SimulatedMarket, quoted: Quoted, params: Mapping[str, str], now: float
) -> list[dict[str, Any]]:
    """Binance's share of the open interest at the stamp, in contract units and in USDT."""
    interval = INTERVALS[params["period"]]
    begin, end = window(params, interval, now, 30)
    times = openings(market, interval, begin, end, now)
    amounts = level_at(market, quoted.coin, "oi", times.astype(np.float64)) * BINANCE
    amounts /= quoted.instrument.multiplier
    prices = candles(market, quoted.coin, interval, begin, end, now).open
    return [
        {
            "symbol": quoted.symbol,
            "sumOpenInterest": f"{amount:.8f}",
            "sumOpenInterestValue": f"{amount * price:.8f}",
            "timestamp": int(time) * 1000,
        }
        for time, amount, price in zip(times, amounts, prices, strict=True)
    ]


def open_interest(market: SimulatedMarket, quoted: Quoted, now: float) -> dict[str, Any]:
    amount = float(level_at(market, quoted.coin, "oi", np.array([now]))[0]) * BINANCE
    amount /= quoted.instrument.multiplier
    return {"symbol": quoted.symbol, "openInterest": f"{amount:.3f}", "time": int(now * 1000)}


def premium_index(market: SimulatedMarket, quoted: Quoted, now: float) -> dict[str, Any]:
    price = quoted.price(price_at(market, quoted.coin, now))
    rate = float(level_at(market, quoted.coin, "funding", np.array([now]))[0])
    following = boundary_down(now, FUNDING_INTERVAL) + FUNDING_INTERVAL
    return {
        "symbol": quoted.symbol,
        "markPrice": price,
        "indexPrice": price,
        "estimatedSettlePrice": price,
        "lastFundingRate": f"{rate:.8f}",
        "interestRate": "0.00010000",
        "nextFundingTime": following * 1000,
        "time": int(now * 1000),
    }


def depth(
    market: SimulatedMarket, quoted: Quoted, params: Mapping[str, str], now: float
) -> dict[str, Any]:
    """Binance's share of the book within 1 %, spread evenly over 500 levels a side."""
    levels = min(int(params.get("limit", 500)), BOOK_LEVELS)
    middle = price_at(market, quoted.coin, now)
    tick = float(quoted.instrument.tick)
    stride = max(middle * BOOK_WIDTH / BOOK_LEVELS, tick)
    sides: dict[str, list[list[str]]] = {}
    for name, column, sign in (("bids", "bids_usd", -1), ("asks", "asks_usd", 1)):
        usd = float(level_at(market, quoted.coin, column, np.array([now]))[0]) * BINANCE
        lots = usd / BOOK_LEVELS / middle * 10**quoted.instrument.lot_digits
        amount = quoted.amount(max(round(lots), 1))
        prices = [middle + sign * (tick + i * stride) for i in range(levels)]
        sides[name] = [[quoted.price(price), amount] for price in prices]
    stamp = int(now * 1000)
    return {"lastUpdateId": stamp, "E": stamp, "T": stamp, **sides}


def ticker(market: SimulatedMarket, quoted: Quoted, now: float) -> dict[str, Any]:
    """Every field of the 24 h, book and price tickers; ccxt takes what it needs."""
    day = candles(market, quoted.coin, 300, now - 86400, now, now)
    last, tick = price_at(market, quoted.coin, now), float(quoted.instrument.tick)
    opened = float(day.open[0]) if len(day.open) else last
    amount = quoted.amount(10**quoted.instrument.lot_digits)
    return {
        "symbol": quoted.symbol,
        "price": quoted.price(last),
        "bidPrice": quoted.price(last - tick),
        "bidQty": amount,
        "askPrice": quoted.price(last + tick),
        "askQty": amount,
        "priceChange": quoted.price(last - opened),
        "priceChangePercent": f"{(last / opened - 1) * 100:.3f}",
        "weightedAvgPrice": quoted.price(last),
        "lastPrice": quoted.price(last),
        "lastQty": amount,
        "openPrice": quoted.price(opened),
        "highPrice": quoted.price(float(day.high.max(initial=last))),
        "lowPrice": quoted.price(float(day.low.min(initial=last))),
        "volume": quoted.amount(float(day.lots.sum())),
        "quoteVolume": f"{day.quote.sum():.2f}",
        "openTime": int((now - 86400) * 1000),
        "closeTime": int(now * 1000),
        "time": int(now * 1000),
        "firstId": 0,
        "lastId": 1,
        "count": 1000,
    }


def trades(market: SimulatedMarket, quoted: Quoted, now: float) -> list[dict[str, Any]]:
    """One trade at the last price, in the fields of both aggTrades and trades."""
    price, stamp = quoted.price(price_at(market, quoted.coin, now)), int(now * 1000)
    amount = quoted.amount(10**quoted.instrument.lot_digits)
    return [
        {
            "a": stamp,
            "p": price,
            "q": amount,
            "f": stamp,
            "l": stamp,
            "T": stamp,
            "m": False,
            "id": stamp,
            "price": price,
            "qty": amount,
            "time": stamp,
            "isBuyerMaker": False,
        }
    ]
