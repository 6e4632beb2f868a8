"""Rows of CoinGlass's history endpoints over the simulated market, in the API's own shapes.

Strings where the API sends strings, numbers where it sends numbers. Funding is in percent per 8 h.
A row is stamped with its opening in milliseconds; the last may still be open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.demo.candles import candles
from vectra_freqtrade.demo.coinglass_scope import Scope
from vectra_freqtrade.demo.market import SimulatedMarket
from vectra_freqtrade.demo.profiles import VENUES
from vectra_freqtrade.demo.series import coin_price, flow, level_at, level_ohlc

Row = dict[str, Any]
OHLC = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Query:
    """One history request, resolved.

    :param interval: seconds
    :param times: consecutive openings in seconds UTC; the last may be open at `now`
    """

    market: SimulatedMarket
    scope: Scope
    interval: int
    times: NDArray[np.int64]
    now: float
    params: Mapping[str, str]

    @property
    def stamps(self) -> list[int]:
        return [int(time) * 1000 for time in self.times]

    @property
    def last_is_open(self) -> bool:
        return len(self.times) > 0 and float(self.times[-1]) + self.interval > self.now

    @property
    def ends(self) -> NDArray[np.float64]:
        """End of each row, or now."""
        return np.minimum(self.times.astype(np.float64) + self.interval, self.now)

    def flow(self, name: str) -> NDArray[np.float64]:
        values = flow(self.market, self.scope.coin, name, self.interval, self.times, self.now)
        return values * self.scope.share

    def price(self) -> NDArray[np.float64]:
        """Coin price at the end of each row."""
        return coin_price(self.market, self.scope.coin, self.ends)


def decimal(value: float, digits: int) -> str:
    """A decimal string without trailing zeros, as the API writes them: 0.01, 0.007742, 50."""
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def open_interest(query: Query) -> list[Row]:
    """OHLC strings in USD or coins; the close of an open last row is a raw float (as captured)."""
    usd = query.params.get("unit", "usd") != "coin"
    values = level_ohlc(
        query.market,
        query.scope.coin,
        "oi",
        query.interval,
        query.times,
        query.now,
        priced=usd,
    )
    rows: list[Row] = []
    for stamp, *cells in zip(query.stamps, *values, strict=True):
        share = query.scope.share
        texts = [f"{cell * share:.0f}" if usd else decimal(cell * share, 4) for cell in cells]
        rows.append({"time": stamp, **dict(zip(OHLC, texts, strict=True))})
    if query.last_is_open:
        rows[-1]["close"] = round(float(values[3][-1]) * query.scope.share, 4)
    return rows


def funding(query: Query) -> list[Row]:
    """OHLC of the running rate, strings in percent per 8 h."""
    values = level_ohlc(
        query.market, query.scope.coin, "funding", query.interval, query.times, query.now
    )
    return [
        {"time": stamp, **{k: decimal(100 * v, 6) for k, v in zip(OHLC, cells, strict=True)}}
        for stamp, *cells in zip(query.stamps, *values, strict=True)
    ]


#: How far, in eight-hourly fundings, a contract trades above the index.
_BASIS_FUNDINGS = 5.0


def basis(query: Query) -> list[Row]:
    """What the contract costs above the index, numbers: in percent, and in USD."""
    opened, _, _, closed = level_ohlc(
        query.market, query.scope.coin, "funding", query.interval, query.times, query.now
    )
    begins = coin_price(query.market, query.scope.coin, query.times.astype(np.float64))
    rows = []
    for stamp, *ends in zip(query.stamps, opened, closed, begins, query.price(), strict=True):
        first, last, before, now = (float(each) for each in ends)
        rows.append(
            {
                "time": stamp,
                "open_basis": round(100 * _BASIS_FUNDINGS * first, 4),
                "close_basis": round(100 * _BASIS_FUNDINGS * last, 4),
                "open_change": round(_BASIS_FUNDINGS * first * before, 2),
                "close_change": round(_BASIS_FUNDINGS * last * now, 2),
            }
        )
    return rows


def _ratio(query: Query, column: str, prefix: str) -> list[Row]:
    """A snapshot at the row's opening, as CoinGlass's ratios behave; percent and ratio agree."""
    ratios = level_at(query.market, query.scope.coin, column, query.times.astype(np.float64))
    rows = []
    for stamp, value in zip(query.stamps, ratios, strict=True):
        long_percent = round(100 * float(value) / (1 + float(value)), 2)
        short_percent = round(100 - long_percent, 2)
        rows.append(
            {
                "time": stamp,
                f"{prefix}_long_percent": long_percent,
                f"{prefix}_short_percent": short_percent,
                f"{prefix}_long_short_ratio": round(long_percent / short_percent, 2),
            }
        )
    return rows


def global_ratio(query: Query) -> list[Row]:
    return _ratio(query, "ratio", "global_account")


def top_account_ratio(query: Query) -> list[Row]:
    return _ratio(query, "ratio_top", "top_account")


def top_position_ratio(query: Query) -> list[Row]:
    return _ratio(query, "ratio_top", "top_position")


def taker_aggregated(query: Query) -> list[Row]:
    """Numbers in USD, or in coins under the same names with `unit=coin`."""
    per = query.price() if query.params.get("unit") == "coin" else np.ones(len(query.times))
    buys, sells = query.flow("buy_usd") / per, query.flow("sell_usd") / per
    return [
        {
            "time": stamp,
            "aggregated_buy_volume_usd": round(float(buy), 4),
            "aggregated_sell_volume_usd": round(float(sell), 4),
        }
        for stamp, buy, sell in zip(query.stamps, buys, sells, strict=True)
    ]


def taker_pair(query: Query) -> list[Row]:
    """The pair endpoint sends strings."""
    return [
        {
            "time": row["time"],
            "taker_buy_volume_usd": decimal(row["aggregated_buy_volume_usd"], 4),
            "taker_sell_volume_usd": decimal(row["aggregated_sell_volume_usd"], 4),
        }
        for row in taker_aggregated(query)
    ]


def liquidation_aggregated(query: Query) -> list[Row]:
    longs, shorts = query.flow("long_liq_usd"), query.flow("short_liq_usd")
    return [
        {
            "time": stamp,
            "aggregated_long_liquidation_usd": round(float(long), 5),
            "aggregated_short_liquidation_usd": round(float(short), 5),
        }
        for stamp, long, short in zip(query.stamps, longs, shorts, strict=True)
    ]


def liquidation_pair(query: Query) -> list[Row]:
    """The pair endpoint sends strings."""
    return [
        {
            "time": row["time"],
            "long_liquidation_usd": decimal(row["aggregated_long_liquidation_usd"], 5),
            "short_liquidation_usd": decimal(row["aggregated_short_liquidation_usd"], 5),
        }
        for row in liquidation_aggregated(query)
    ]


def _book(query: Query, prefix: str) -> list[Row]:
    """Bids and asks within `range` percent at the row's end, or now."""
    width = float(query.params.get("range", "1"))
    price = query.price()
    sides = {
        side: level_at(query.market, query.scope.coin, f"{side}_usd", query.ends)
        * query.scope.share
        * width
        for side in ("bids", "asks")
    }
    rows = []
    for i, stamp in enumerate(query.stamps):
        row: Row = {}
        for side, usd in sides.items():
            row[f"{prefix}{side}_usd"] = round(float(usd[i]), 4)
            row[f"{prefix}{side}_quantity"] = round(float(usd[i] / price[i]), 5)
        rows.append({**row, "time": stamp})
    return rows


def book_aggregated(query: Query) -> list[Row]:
    return _book(query, "aggregated_")


def book_pair(query: Query) -> list[Row]:
    return _book(query, "")


def price(query: Query) -> list[Row]:
    """The venue's candles as strings: the very candles of the loopback exchange."""
    if len(query.times) == 0:
        return []
    begin, end = float(query.times[0]), float(query.times[-1]) + 1
    c = candles(query.market, query.scope.coin, query.interval, begin, end, query.now)
    digits = query.market.instrument(query.scope.coin).price_digits
    volume = c.quote / VENUES["Binance"] * query.scope.share
    return [
        {
            "time": int(c.time[i]) * 1000,
            **{name: decimal(float(getattr(c, name)[i]), digits) for name in OHLC},
            "volume_usd": decimal(float(volume[i]), 4),
        }
        for i in range(len(c.time))
    ]


@dataclass(frozen=True)
class History:
    """A history endpoint.

    :param rows: builds its rows
    :param pair: wants an exchange and its instrument, else a coin
    :param required: parameters that must be present, beside symbol and interval
    """

    rows: Callable[[Query], list[Row]]
    pair: bool = False
    required: tuple[str, ...] = ()


_PAIR, _LIST = ("exchange",), ("exchange_list",)
FUTURES = "/api/futures"
HISTORIES: dict[str, History] = {
    f"{FUTURES}/open-interest/aggregated-history": History(open_interest),
    f"{FUTURES}/open-interest/history": History(open_interest, True, _PAIR),
    f"{FUTURES}/funding-rate/oi-weight-history": History(funding),
    f"{FUTURES}/funding-rate/vol-weight-history": History(funding),
    f"{FUTURES}/funding-rate/history": History(funding, True, _PAIR),
    f"{FUTURES}/global-long-short-account-ratio/history": History(global_ratio, True, _PAIR),
    f"{FUTURES}/top-long-short-account-ratio/history": History(top_account_ratio, True, _PAIR),
    f"{FUTURES}/top-long-short-position-ratio/history": History(top_position_ratio, True, _PAIR),
    f"{FUTURES}/aggregated-taker-buy-sell-volume/history": History(taker_aggregated, False, _LIST),
    f"{FUTURES}/v2/taker-buy-sell-volume/history": History(taker_pair, True, _PAIR),
    f"{FUTURES}/liquidation/aggregated-history": History(liquidation_aggregated, False, _LIST),
    f"{FUTURES}/liquidation/history": History(liquidation_pair, True, _PAIR),
    f"{FUTURES}/orderbook/aggregated-ask-bids-history": History(book_aggregated, False, _LIST),
    f"{FUTURES}/orderbook/ask-bids-history": History(book_pair, True, _PAIR),
    f"{FUTURES}/basis/history": History(basis, True, _PAIR),
    f"{FUTURES}/price/history": History(price, True, (*_PAIR, "limit")),
}
