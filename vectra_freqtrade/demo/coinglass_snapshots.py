"""CoinGlass's other endpoints over the simulated market: heatmap, map, orders, balances, lists."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vectra_freqtrade.demo import daily
from vectra_freqtrade.demo.coinglass_history import decimal
from vectra_freqtrade.demo.coinglass_plans import Account
from vectra_freqtrade.demo.coinglass_scope import coin_scope, pair_scope, supported_pairs
from vectra_freqtrade.demo.liquidation_levels import RANGES, SMALLEST, heatmap
from vectra_freqtrade.demo.market import SimulatedMarket
from vectra_freqtrade.demo.profiles import VENUES
from vectra_freqtrade.demo.walls import LONGEST, OPEN, Wall, Walls

MAX_ORDERS = 1000
THIRTY_DAYS = 30 * 86400


class UnknownPair(Exception):
    """The pair does not exist on the exchange."""


@dataclass(frozen=True)
class Asked:
    """One request for a snapshot.

    :param now: server time, seconds UTC
    """

    market: SimulatedMarket
    walls: Walls
    account: Account
    params: Mapping[str, str]
    now: float


def liquidation_heatmap(asked: Asked) -> dict[str, Any]:
    """Seconds and strings in the candles, sparse [x, y, usd] cells, ascending price levels."""
    name = asked.params.get("range", "")
    scope = coin_scope(asked.market, asked.params)
    if scope is None or name not in RANGES or asked.now <= asked.market.start:
        return {"y_axis": [], "liquidation_leverage_data": [], "price_candlesticks": []}
    model = heatmap(asked.market, scope.coin, name, asked.now)
    digits = asked.market.instrument(scope.coin).price_digits
    strongest = float(model.resting_usd.max(initial=0.0))
    xs, ys = (model.resting_usd > strongest * SMALLEST).nonzero()
    c = model.candles
    return {
        "y_axis": [float(price) for price in model.prices],
        "liquidation_leverage_data": [
            [int(x), int(y), round(float(model.resting_usd[x, y]), 2)]
            for x, y in zip(xs, ys, strict=True)
        ],
        "price_candlesticks": [
            [
                int(c.time[i]),
                *(decimal(float(v[i]), digits) for v in (c.open, c.high, c.low, c.close)),
                decimal(float(c.quote[i]) / VENUES["Binance"], 4),
            ]
            for i in range(len(c.time))
        ],
        "update_time": int(asked.now * 1000),
    }


def liquidation_map(asked: Asked) -> dict[str, Any]:
    """The heatmap's last slice as price -> [[price, usd, null, null]]."""
    name = asked.params.get("range", "")
    scope = coin_scope(asked.market, asked.params)
    if scope is None or name not in RANGES or asked.now <= asked.market.start:
        return {"data": {}}
    model = heatmap(asked.market, scope.coin, name, asked.now)
    last = model.resting_usd[-1]
    digits = asked.market.instrument(scope.coin).price_digits
    return {
        "data": {
            decimal(float(price), digits): [[float(price), round(float(usd), 2), None, None]]
            for price, usd in zip(model.prices, last, strict=True)
            if usd > float(last.max()) * SMALLEST
        }
    }


def large_orders(asked: Asked) -> list[dict[str, Any]]:
    """Open large orders of a pair."""
    symbol, walls = _walls(asked, asked.now - LONGEST - 86400, asked.now)
    return [_order(asked, wall, symbol) for wall in walls if wall.state(asked.now) == OPEN]


def large_order_history(asked: Asked) -> list[dict[str, Any]]:
    """Orders of one state that started in [start_time, end_time), newest first, not by time."""
    begin = int(asked.params["start_time"]) / 1000
    end = min(int(asked.params["end_time"]) / 1000, asked.now)
    state = int(asked.params["state"])
    symbol, walls = _walls(asked, begin, end)
    found = [_order(asked, wall, symbol) for wall in walls if wall.state(asked.now) == state]
    found.sort(key=lambda row: row["id"] * 2654435761 % 2**32)  # an order, but not that of time
    return found[:MAX_ORDERS]


def _walls(asked: Asked, begin: float, end: float) -> tuple[str, list[Wall]]:
    scope = pair_scope(asked.market, asked.params)
    if scope is None:
        raise UnknownPair
    if scope.exchange != "Binance":  # the simulated walls rest on one venue
        return scope.symbol, []
    walls = asked.walls.between(scope.coin, begin, end)
    return scope.symbol, [wall for wall in walls if wall.start <= asked.now]


def _order(asked: Asked, wall: Wall, symbol: str) -> dict[str, Any]:
    state = wall.state(asked.now)
    filled = wall.quantity if wall.filled and state != OPEN else 0
    left = 0.0 if filled else wall.quantity
    row = {
        "id": wall.id,
        "exchange_name": "Binance",
        "symbol": symbol,
        "base_asset": asked.market.instrument(symbol.removesuffix("USDT")).coin,
        "quote_asset": "USDT",
        "limit_price": wall.price,
        "start_time": wall.start * 1000,
        "start_quantity": wall.quantity,
        "start_usd_value": wall.usd,
        "current_quantity": left,
        "current_usd_value": round(left * wall.price, 4),
        "current_time": int(min(asked.now, wall.end)) * 1000,
        "executed_volume": filled,
        "executed_usd_value": round(filled * wall.price, 4),
        "trade_count": 24 if filled else 0,
        "order_side": wall.side,
        "order_state": state,
    }
    return row if state == OPEN else {**row, "order_end_time": wall.end * 1000}


def balance_chart(asked: Asked) -> list[dict[str, Any]]:
    """One item with parallel lists; null where a venue was not tracked yet."""
    scope = coin_scope(asked.market, {"symbol": asked.params.get("symbol", "")})
    if scope is None:
        return []
    series = daily.balances(asked.market, scope.coin, asked.now)
    return [
        {
            "time_list": [int(time) * 1000 for time in series.time],
            "price_list": [float(price) for price in series.price],
            "data_map": {
                venue: [None if math.isnan(value) else float(value) for value in values]
                for venue, values in series.coins.items()
            },
        }
    ]


def bitcoin_dominance(asked: Asked) -> list[dict[str, Any]]:
    series = daily.dominance(asked.market, asked.now)
    return [
        {
            "timestamp": int(time) * 1000,
            "price": float(price),
            "bitcoin_dominance": float(percent),
            "market_cap": int(price * daily.BITCOIN_SUPPLY),
        }
        for time, price, percent in zip(series.time, series.price, series.percent, strict=True)
    ]


def supported_coins(asked: Asked) -> list[str]:
    return [instrument.coin for instrument in asked.market.instruments]


def supported_exchanges(asked: Asked) -> list[str]:
    return list(VENUES)


def supported_exchange_pairs(asked: Asked) -> dict[str, list[dict[str, Any]]]:
    return supported_pairs(asked.market, asked.params.get("exchange"))


def subscription(asked: Asked) -> dict[str, Any]:
    expires = asked.account.expires
    until = asked.now + THIRTY_DAYS if expires is None else expires
    return {
        "level": asked.account.plan.upper(),
        "expire_time": int(until * 1000),
        "expired": asked.account.expired(asked.now),
    }


@dataclass(frozen=True)
class Snapshot:
    """An endpoint without intervals.

    :param data: builds the reply's `data`
    :param required: parameters that must be present
    """

    data: Callable[[Asked], Any]
    required: tuple[str, ...] = ()


_ORDERS = ("exchange", "symbol")
SNAPSHOTS: dict[str, Snapshot] = {
    **{
        f"/api/futures/liquidation/aggregated-heatmap/model{n}": Snapshot(
            liquidation_heatmap, ("symbol", "range")
        )
        for n in (1, 2, 3)
    },
    "/api/futures/liquidation/aggregated-map": Snapshot(liquidation_map, ("symbol", "range")),
    "/api/futures/orderbook/large-limit-order": Snapshot(large_orders, _ORDERS),
    "/api/futures/orderbook/large-limit-order-history": Snapshot(
        large_order_history, (*_ORDERS, "start_time", "end_time", "state")
    ),
    "/api/exchange/balance/chart": Snapshot(balance_chart, ("symbol",)),
    "/api/index/bitcoin-dominance": Snapshot(bitcoin_dominance),
    "/api/futures/supported-coins": Snapshot(supported_coins),
    "/api/futures/supported-exchanges": Snapshot(supported_exchanges),
    "/api/futures/supported-exchange-pairs": Snapshot(supported_exchange_pairs),
    "/api/user/account/subscription": Snapshot(subscription),
}
