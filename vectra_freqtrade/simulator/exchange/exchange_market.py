"""What the loopback exchange answers from the simulated market, in Binance's own shapes.

Mark, index and last price are one; the spot price is the futures price per coin.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
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
    """One instrument on futures or spot; `scale` is futures price units per quoted unit."""

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


@dataclass(frozen=True)
class Asked:
    """One question about one instrument, at server time `now` (seconds UTC)."""

    market: SimulatedMarket
    quoted: Quoted
    params: Mapping[str, str]
    now: float

    @property
    def price(self) -> float:
        return price_at(self.market, self.quoted.coin, self.now)

    @property
    def stamp(self) -> int:
        return int(self.now * 1000)

    def level(self, name: str) -> float:
        return float(level_at(self.market, self.quoted.coin, name, np.array([self.now]))[0])

    def window(self, interval: int, limit: int) -> tuple[int, int]:
        """Openings asked for, [begin, end) in seconds: from startTime on, else the newest ones."""
        rows = min(int(self.params.get("limit", limit)), MAX_ROWS)
        end = int(self.params.get("endTime", 1000 * self.now)) / 1000
        last = boundary_down(min(end, self.now), interval)
        if "startTime" in self.params:
            begin = boundary_up(int(self.params["startTime"]) / 1000, interval)
            return begin, min(last + interval, begin + rows * interval)
        return last - (rows - 1) * interval, last + interval


def klines(asked: Asked, *, volume: bool = True) -> list[list[Any]]:
    """Mark and index candles have no volume."""
    interval = INTERVALS[asked.params["interval"]]
    begin, end = asked.window(interval, 500)
    c = candles(asked.market, asked.quoted.coin, interval, begin, end, asked.now)
    return [_kline(asked.quoted, c, i, interval, volume) for i in range(len(c.time))]


def _kline(quoted: Quoted, c: Candles, i: int, interval: int, volume: bool) -> list[Any]:
    prices = [quoted.price(float(column[i])) for column in (c.open, c.high, c.low, c.close)]
    amount = quoted.amount(float(c.lots[i])) if volume else "0"
    quote = f"{c.quote[i]:.4f}" if volume else "0"
    opened = int(c.time[i]) * 1000
    closed = opened + interval * 1000 - 1
    return [opened, *prices, amount, closed, quote, 100, "0", "0", "0"]


def premium_klines(asked: Asked) -> list[list[Any]]:
    """The premium is what the running funding rate says it is; flat inside a candle."""
    interval = INTERVALS[asked.params["interval"]]
    times = openings(asked.market, interval, *asked.window(interval, 500), asked.now)
    rates = level_at(asked.market, asked.quoted.coin, "funding", times.astype(np.float64))
    return [
        [int(t) * 1000, *[f"{rate:.8f}"] * 4, "0", (int(t) + interval) * 1000 - 1, "0", 0, "0", "0"]
        for t, rate in zip(times, rates, strict=True)
    ]


def funding_rates(asked: Asked) -> list[dict[str, Any]]:
    """Settled funding: the running 8h rate at 00:00, 08:00 and 16:00 UTC."""
    market, quoted = asked.market, asked.quoted
    begin, end = asked.window(FUNDING_INTERVAL, 100)
    times = openings(market, FUNDING_INTERVAL, begin, end, asked.now + 1).astype(np.float64)
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


def open_interest_history(asked: Asked) -> list[dict[str, Any]]:
    """Binance's share of the open interest at the stamp, in contract units and in USDT."""
    market, quoted, now = asked.market, asked.quoted, asked.now
    interval = INTERVALS[asked.params["period"]]
    begin, end = asked.window(interval, 30)
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


def open_interest(asked: Asked) -> dict[str, Any]:
    amount = asked.level("oi") * BINANCE
    amount /= asked.quoted.instrument.multiplier
    return {"symbol": asked.quoted.symbol, "openInterest": f"{amount:.3f}", "time": asked.stamp}


def premium_index(asked: Asked) -> dict[str, Any]:
    price = asked.quoted.price(asked.price)
    rate = asked.level("funding")
    following = boundary_down(asked.now, FUNDING_INTERVAL) + FUNDING_INTERVAL
    return {
        "symbol": asked.quoted.symbol,
        "markPrice": price,
        "indexPrice": price,
        "estimatedSettlePrice": price,
        "lastFundingRate": f"{rate:.8f}",
        "interestRate": "0.00010000",
        "nextFundingTime": following * 1000,
        "time": asked.stamp,
    }


def depth(asked: Asked) -> dict[str, Any]:
    """Binance's share of the book within 1 %, spread evenly over 500 levels a side."""
    quoted, middle = asked.quoted, asked.price
    levels = min(int(asked.params.get("limit", 500)), BOOK_LEVELS)
    tick = float(quoted.instrument.tick)
    stride = max(middle * BOOK_WIDTH / BOOK_LEVELS, tick)
    sides: dict[str, list[list[str]]] = {}
    for name, column, sign in (("bids", "bids_usd", -1), ("asks", "asks_usd", 1)):
        usd = asked.level(column) * BINANCE
        lots = usd / BOOK_LEVELS / middle * 10**quoted.instrument.lot_digits
        amount = quoted.amount(max(round(lots), 1))
        prices = [middle + sign * (tick + i * stride) for i in range(levels)]
        sides[name] = [[quoted.price(price), amount] for price in prices]
    return {"lastUpdateId": asked.stamp, "E": asked.stamp, "T": asked.stamp, **sides}


def ticker(asked: Asked) -> dict[str, Any]:
    """Every field of the 24 h, book and price tickers; ccxt takes what it needs."""
    quoted, now = asked.quoted, asked.now
    day = candles(asked.market, quoted.coin, 300, now - 86400, now, now)
    last, tick = asked.price, float(quoted.instrument.tick)
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
        "closeTime": asked.stamp,
        "time": asked.stamp,
        "firstId": 0,
        "lastId": 1,
        "count": 1000,
    }


def trades(asked: Asked) -> list[dict[str, Any]]:
    """One trade at the last price, in the fields of both aggTrades and trades."""
    quoted, stamp = asked.quoted, asked.stamp
    price, amount = quoted.price(asked.price), quoted.amount(10**quoted.instrument.lot_digits)
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


#: Endpoints that answer for all symbols where none is named.
OF_ALL: dict[str, Callable[[Asked], Any]] = {
    "premiumIndex": premium_index,
    "ticker/24hr": ticker,
    "ticker/bookTicker": ticker,
    "ticker/price": ticker,
}
HISTORIES: dict[str, Callable[[Asked], Any]] = {
    "klines": klines,
    "markPriceKlines": partial(klines, volume=False),
    "indexPriceKlines": partial(klines, volume=False),
    "premiumIndexKlines": premium_klines,
    "fundingRate": funding_rates,
    "openInterestHist": open_interest_history,
}
ENDPOINTS: dict[str, Callable[[Asked], Any]] = {
    **OF_ALL,
    **HISTORIES,
    "depth": depth,
    "rpiDepth": depth,
    "trades": trades,
    "aggTrades": trades,
    "openInterest": open_interest,
}
