"""Rows of CoinGlass's history endpoints over the simulated market, in the API's own shapes.

Strings where the API sends strings, numbers where it sends numbers. Funding is in percent per 8 h.
A row is stamped with its opening in milliseconds; the last may still be open.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from vectra_freqtrade.simulator.coinglass import provisional
from vectra_freqtrade.simulator.coinglass.provisional import Size
from vectra_freqtrade.simulator.coinglass.query import Ohlc, Query, Row, Values, decimal
from vectra_freqtrade.simulator.market.candles import candles
from vectra_freqtrade.simulator.market.series import coin_price
from vectra_freqtrade.simulator.market.venues import VENUES

OHLC, BUY_SELL = ("open", "high", "low", "close"), ("buy", "sell")

#: How a figure is sent: a decimal string, or a number.
Written = Callable[[float], str | float]


def _ohlc_rows(query: Query, values: Ohlc, written: Written) -> list[Row]:
    columns = [[written(cell) for cell in column.tolist()] for column in values]
    return [
        {"time": stamp, **dict(zip(OHLC, cells, strict=True))}
        for stamp, *cells in zip(query.stamps, *columns, strict=True)
    ]


def _digits(count: int) -> Written:
    return partial(decimal, digits=count)


def open_interest(query: Query) -> list[Row]:
    """OHLC strings in USD or coins; the close of an open last row is a raw float (as captured)."""
    coins = query.in_coins
    scale = query.scope.share / (query.scope.coins_per_unit if coins else 1)
    factors = query.restated("open interest")
    scaled = scale if factors is None else scale * factors
    opened, high, low, close = (v * scaled for v in query.level_ohlc("oi", priced=not coins))
    size = provisional.INTEREST_COINS if coins else provisional.INTEREST_USD
    values = query.sent_ohlc(size, (opened, high, low, close), "coins" if coins else "usd")
    rows = _ohlc_rows(query, values, _digits(4) if coins else "{:.0f}".format)
    if query.last_is_open:
        rows[-1]["close"] = round(float(close[-1]), 4)
    return rows


def funding(query: Query, size: Size = provisional.FUNDING) -> list[Row]:
    """OHLC of the running rate, strings in percent per 8 h."""
    opened, high, low, close = (
        100 * (values + query.scope.listing.spread) for values in query.level_ohlc("funding")
    )
    return _ohlc_rows(query, query.sent_ohlc(size, (opened, high, low, close)), _digits(6))


#: How far, in eight-hourly fundings, a contract trades above the index.
_BASIS_FUNDINGS = 5.0


def basis(query: Query) -> list[Row]:
    """What the contract costs above the index, numbers: in percent, and in USD."""
    opened, _, _, closed = query.level_ohlc("funding")
    (closed,) = query.sent(provisional.BASIS, closed)
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


def ratio(query: Query, column: str, prefix: str, size: Size) -> list[Row]:
    """A snapshot at the row's opening, from which an open row drifts; percent and ratio agree."""
    times = query.times.astype(np.float64)
    if query.last_is_open:
        times[-1] = query.now
    (ratios,) = query.sent(size, query.level(column, times))
    rows = []
    for stamp, value in zip(query.stamps, ratios.tolist(), strict=True):
        longs = round(100 * value / (1 + value), 2)
        shorts = round(100 - longs, 2)
        rows.append(
            {
                "time": stamp,
                f"{prefix}_long_percent": longs,
                f"{prefix}_short_percent": shorts,
                f"{prefix}_long_short_ratio": round(longs / shorts, 2),
            }
        )
    return rows


def _two_sided(
    query: Query, names: Sequence[str], values: Sequence[Values], written: Written
) -> list[Row]:
    first, second = names
    return [
        {"time": stamp, first: written(one), second: written(other)}
        for stamp, one, other in zip(query.stamps, *(v.tolist() for v in values), strict=True)
    ]


def taker(query: Query, prefix: str, written: Written) -> list[Row]:
    """Buys and sells in USD; in coins, with `unit=coin`, they come under the same names."""
    flows = query.flows("taker", "buy_usd", "sell_usd")
    values = query.sent(provisional.TAKER, *flows, part="taker")
    if query.in_coins:
        per = query.price() * query.scope.coins_per_unit
        values = [each / per for each in values]
    return _two_sided(query, [f"{prefix}_{side}_volume_usd" for side in BUY_SELL], values, written)


def liquidation(query: Query, prefix: str, written: Written) -> list[Row]:
    flows = query.flows("liquidation", "long_liq_usd", "short_liq_usd")
    values = query.sent(provisional.LIQUIDATION, *flows, part="liquidation")
    names = [f"{prefix}{side}_liquidation_usd" for side in ("long", "short")]
    return _two_sided(query, names, values, written)


def book(query: Query, prefix: str, size: Size) -> list[Row]:
    """Bids and asks within `range` percent at the row's end, or now."""
    scale = query.scope.share * float(query.params.get("range", "1"))
    sides = [query.level(f"{side}_usd", query.ends) * scale for side in ("bids", "asks")]
    per = query.price() * query.scope.coins_per_unit
    bids, asks = query.sent(size, *sides)
    columns = [each.tolist() for each in (bids, bids / per, asks, asks / per)]
    return [
        {
            f"{prefix}bids_usd": round(bid, 4),
            f"{prefix}bids_quantity": round(bid_coins, 5),
            f"{prefix}asks_usd": round(ask, 4),
            f"{prefix}asks_quantity": round(ask_coins, 5),
            "time": stamp,
        }
        for stamp, bid, bid_coins, ask, ask_coins in zip(query.stamps, *columns, strict=True)
    ]


def price(query: Query) -> list[Row]:
    """The venue's candles as strings: the very candles of the loopback exchange."""
    if len(query.times) == 0:
        return []
    scope = query.scope
    begin, end = float(query.times[0]), float(query.times[-1]) + 1
    c = candles(query.market, scope.coin, query.interval, begin, end, query.now)
    prices = (c.open, c.high, c.low, c.close)
    if scope.price_scale != 1:
        opened, high, low, close = (each * scope.price_scale for each in prices)
        prices = (opened, high, low, close)
    prices = query.sent_ohlc(provisional.PRICE, prices)
    (volume,) = query.sent(
        provisional.VOLUME, c.quote / VENUES["Binance"] * scope.share, part="volume"
    )
    rows = _ohlc_rows(query, prices, _digits(scope.price_digits))
    for row, usd in zip(rows, volume.tolist(), strict=True):
        row["volume_usd"] = decimal(usd, 4)
    return rows


@dataclass(frozen=True)
class History:
    """A history endpoint; of a pair it wants an exchange and its instrument, else a coin."""

    rows: Callable[[Query], list[Row]]
    pair: bool = False
    required: tuple[str, ...] = ("symbol", "interval")
    plan: str = "hobbyist"


def _of_pair(rows: Callable[..., list[Row]], *names: str, **options: Any) -> History:
    return History(partial(rows, **options), True, ("symbol", "interval", "exchange", *names))


def _of_venues(rows: Callable[..., list[Row]], **options: Any) -> History:
    return History(partial(rows, **options), False, ("symbol", "interval", "exchange_list"))


def _ratio_of(column: str, prefix: str, size: Size) -> History:
    return _of_pair(ratio, column=column, prefix=prefix, size=size)


def _number(digits: int) -> Written:
    return partial(round, ndigits=digits)


#: Sums over venues come as numbers, a pair's own flows as strings.
HISTORIES: dict[str, History] = {
    f"/api/futures/{path}": history
    for path, history in {
        "open-interest/aggregated-history": History(open_interest),
        "open-interest/history": _of_pair(open_interest),
        "funding-rate/oi-weight-history": History(funding),
        "funding-rate/vol-weight-history": History(
            partial(funding, size=provisional.FUNDING_BY_VOLUME)
        ),
        "funding-rate/history": _of_pair(funding),
        "global-long-short-account-ratio/history": _ratio_of(
            "ratio", "global_account", provisional.RATIO_GLOBAL
        ),
        "top-long-short-account-ratio/history": _ratio_of(
            "ratio_top", "top_account", provisional.RATIO_TOP_ACCOUNT
        ),
        "top-long-short-position-ratio/history": _ratio_of(
            "ratio_top", "top_position", provisional.RATIO_TOP_POSITION
        ),
        "aggregated-taker-buy-sell-volume/history": _of_venues(
            taker, prefix="aggregated", written=_number(4)
        ),
        "v2/taker-buy-sell-volume/history": _of_pair(taker, prefix="taker", written=_digits(4)),
        "liquidation/aggregated-history": _of_venues(
            liquidation, prefix="aggregated_", written=_number(5)
        ),
        "liquidation/history": _of_pair(liquidation, prefix="", written=_digits(5)),
        "orderbook/aggregated-ask-bids-history": _of_venues(
            book, prefix="aggregated_", size=provisional.BOOK_AGGREGATED
        ),
        "orderbook/ask-bids-history": _of_pair(book, prefix="", size=provisional.BOOK_PAIR),
        "basis/history": _of_pair(basis),
        "price/history": _of_pair(price, "limit"),
    }.items()
}
