"""Rows of CoinGlass's history endpoints over the simulated market, in the API's own shapes.

Strings where the API sends strings, numbers where it sends numbers. Funding is in percent per 8 h.
A row is stamped with its opening in milliseconds; the last may still be open.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vectra_freqtrade.simulator.coinglass import provisional
from vectra_freqtrade.simulator.coinglass.provisional import Size
from vectra_freqtrade.simulator.coinglass.query import Query, Row, Values, decimal
from vectra_freqtrade.simulator.market.candles import candles
from vectra_freqtrade.simulator.market.series import coin_price
from vectra_freqtrade.simulator.market.venues import VENUES

OHLC = ("open", "high", "low", "close")


def _ohlc_rows(query: Query, columns: list[list[str]]) -> list[Row]:
    return [
        {"time": stamp, "open": opened, "high": high, "low": low, "close": close}
        for stamp, opened, high, low, close in zip(query.stamps, *columns, strict=True)
    ]


def open_interest(query: Query) -> list[Row]:
    """OHLC strings in USD or coins; the close of an open last row is a raw float (as captured)."""
    coins = query.in_coins
    scale = query.scope.share / (query.scope.coins_per_unit if coins else 1)
    factors = query.restated("open interest")
    scaled = scale if factors is None else scale * factors
    opened, high, low, close = (v * scaled for v in query.level_ohlc("oi", priced=not coins))
    size, part = (
        (provisional.INTEREST_COINS, "coins") if coins else (provisional.INTEREST_USD, "usd")
    )
    values = query.sent_ohlc(size, (opened, high, low, close), part)
    rows = _ohlc_rows(
        query,
        [
            [decimal(cell, 4) if coins else f"{cell:.0f}" for cell in column.tolist()]
            for column in values
        ],
    )
    if query.last_is_open:
        rows[-1]["close"] = round(float(close[-1]), 4)
    return rows


def _funding(query: Query, size: Size) -> list[Row]:
    """OHLC of the running rate, strings in percent per 8 h."""
    opened, high, low, close = (
        100 * (values + query.scope.listing.spread) for values in query.level_ohlc("funding")
    )
    values = query.sent_ohlc(size, (opened, high, low, close))
    return _ohlc_rows(query, [[decimal(cell, 6) for cell in v.tolist()] for v in values])


def funding(query: Query) -> list[Row]:
    return _funding(query, provisional.FUNDING)


def funding_by_volume(query: Query) -> list[Row]:
    return _funding(query, provisional.FUNDING_BY_VOLUME)


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


_RATIO = "long_short_ratio"


def _ratio(query: Query, column: str, prefix: str, size: Size) -> list[Row]:
    """A snapshot at the row's opening, from which an open row drifts; percent and ratio agree."""
    times = query.times.astype(np.float64)
    if query.last_is_open:
        times[-1] = query.now
    (ratios,) = query.sent(size, query.level(column, times))
    long, short, ratio = (f"{prefix}_{n}" for n in ("long_percent", "short_percent", _RATIO))
    rows = []
    for stamp, value in zip(query.stamps, ratios.tolist(), strict=True):
        longs = round(100 * value / (1 + value), 2)
        shorts = round(100 - longs, 2)
        rows.append({"time": stamp, long: longs, short: shorts, ratio: round(longs / shorts, 2)})
    return rows


def global_ratio(query: Query) -> list[Row]:
    return _ratio(query, "ratio", "global_account", provisional.RATIO_GLOBAL)


def top_account_ratio(query: Query) -> list[Row]:
    return _ratio(query, "ratio_top", "top_account", provisional.RATIO_TOP_ACCOUNT)


def top_position_ratio(query: Query) -> list[Row]:
    return _ratio(query, "ratio_top", "top_position", provisional.RATIO_TOP_POSITION)


def _flows(query: Query, kind: str, first: str, second: str, size: Size) -> list[Values]:
    return query.sent(size, *query.flows(kind, first, second), part=kind)


def _taker(query: Query) -> list[Values]:
    """Buys and sells in USD, or in coins with `unit=coin`."""
    values = _flows(query, "taker", "buy_usd", "sell_usd", provisional.TAKER)
    if not query.in_coins:
        return values
    per = query.price() * query.scope.coins_per_unit
    return [each / per for each in values]


def taker_aggregated(query: Query) -> list[Row]:
    """Numbers in USD; in coins they come under the same names."""
    buys, sells = (each.tolist() for each in _taker(query))
    return [
        {
            "time": stamp,
            "aggregated_buy_volume_usd": round(buy, 4),
            "aggregated_sell_volume_usd": round(sell, 4),
        }
        for stamp, buy, sell in zip(query.stamps, buys, sells, strict=True)
    ]


def taker_pair(query: Query) -> list[Row]:
    """The pair endpoint sends strings."""
    buys, sells = (each.tolist() for each in _taker(query))
    return [
        {
            "time": stamp,
            "taker_buy_volume_usd": decimal(buy, 4),
            "taker_sell_volume_usd": decimal(sell, 4),
        }
        for stamp, buy, sell in zip(query.stamps, buys, sells, strict=True)
    ]


def _liquidation(query: Query) -> list[Values]:
    names = ("long_liq_usd", "short_liq_usd")
    return _flows(query, "liquidation", *names, provisional.LIQUIDATION)


def liquidation_aggregated(query: Query) -> list[Row]:
    longs, shorts = (each.tolist() for each in _liquidation(query))
    return [
        {
            "time": stamp,
            "aggregated_long_liquidation_usd": round(long, 5),
            "aggregated_short_liquidation_usd": round(short, 5),
        }
        for stamp, long, short in zip(query.stamps, longs, shorts, strict=True)
    ]


def liquidation_pair(query: Query) -> list[Row]:
    """The pair endpoint sends strings."""
    longs, shorts = (each.tolist() for each in _liquidation(query))
    return [
        {
            "time": stamp,
            "long_liquidation_usd": decimal(long, 5),
            "short_liquidation_usd": decimal(short, 5),
        }
        for stamp, long, short in zip(query.stamps, longs, shorts, strict=True)
    ]


def _book(query: Query, prefix: str, size: Size) -> list[Row]:
    """Bids and asks within `range` percent at the row's end, or now."""
    scale = query.scope.share * float(query.params.get("range", "1"))
    sides = [query.level(f"{side}_usd", query.ends) * scale for side in ("bids", "asks")]
    per = query.price() * query.scope.coins_per_unit
    bids, asks = query.sent(size, *sides)
    columns = [each.tolist() for each in (bids, bids / per, asks, asks / per)]
    bid_usd, bid_quantity = f"{prefix}bids_usd", f"{prefix}bids_quantity"
    ask_usd, ask_quantity = f"{prefix}asks_usd", f"{prefix}asks_quantity"
    return [
        {
            bid_usd: round(bid, 4),
            bid_quantity: round(bid_coins, 5),
            ask_usd: round(ask, 4),
            ask_quantity: round(ask_coins, 5),
            "time": stamp,
        }
        for stamp, bid, bid_coins, ask, ask_coins in zip(query.stamps, *columns, strict=True)
    ]


def book_aggregated(query: Query) -> list[Row]:
    return _book(query, "aggregated_", provisional.BOOK_AGGREGATED)


def book_pair(query: Query) -> list[Row]:
    return _book(query, "", provisional.BOOK_PAIR)


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
    rows = _ohlc_rows(
        query, [[decimal(cell, scope.price_digits) for cell in each.tolist()] for each in prices]
    )
    for row, usd in zip(rows, volume.tolist(), strict=True):
        row["volume_usd"] = decimal(usd, 4)
    return rows


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
    f"{FUTURES}/funding-rate/vol-weight-history": History(funding_by_volume),
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
