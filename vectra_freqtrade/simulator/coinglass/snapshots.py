"""CoinGlass's other endpoints over the simulated market: heatmap, map, orders, balances, lists."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vectra_freqtrade.simulator.coinglass.plans import Account
from vectra_freqtrade.simulator.coinglass.query import decimal
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.coinglass.scope import (
    Scope,
    coin_scope,
    pair_scope,
    supported_pairs,
)
from vectra_freqtrade.simulator.market import daily
from vectra_freqtrade.simulator.market.candles import price_at
from vectra_freqtrade.simulator.market.liquidation_levels import RANGES, SMALLEST, Heatmap, heatmap
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.venues import VENUES, instrument_id
from vectra_freqtrade.simulator.market.walls import LONGEST, OPEN, Wall, Walls

MAX_ORDERS = 1000
THIRTY_DAYS = 30 * 86400


@dataclass(frozen=True)
class Asked:
    """One request for a snapshot."""

    market: SimulatedMarket
    walls: Walls
    account: Account
    params: Mapping[str, str]
    now: float
    rules: Rules


def _levels(asked: Asked) -> tuple[Scope, Heatmap] | None:
    """The model in the name's own prices, the USD of the name's venues; None for no data."""
    name = asked.params.get("range", "")
    scope = coin_scope(asked.market, asked.params, asked.now)
    if scope is None or name not in RANGES or asked.now <= asked.market.start:
        return None
    model = heatmap(asked.market, scope.coin, name, asked.now)
    prices = np.round(model.prices * scope.price_scale, scope.price_digits)
    return scope, Heatmap(model.candles, prices, model.resting_usd * scope.share)


def liquidation_heatmap(asked: Asked) -> dict[str, Any]:
    """Seconds and strings in the candles, sparse [x, y, usd] cells, ascending price levels."""
    found = _levels(asked)
    if found is None:
        return {"y_axis": [], "liquidation_leverage_data": [], "price_candlesticks": []}
    scope, model = found
    resting = model.resting_usd
    xs, ys = (resting > float(resting.max(initial=0.0)) * SMALLEST).nonzero()
    cells = zip(xs.tolist(), ys.tolist(), np.round(resting[xs, ys], 2).tolist(), strict=True)
    c = model.candles
    columns = [
        [decimal(cell * scope.price_scale, scope.price_digits) for cell in prices.tolist()]
        for prices in (c.open, c.high, c.low, c.close)
    ]
    volumes = [decimal(usd / VENUES["Binance"] * scope.share, 4) for usd in c.quote.tolist()]
    candles = zip(c.time.tolist(), *columns, volumes, strict=True)
    return {
        "y_axis": model.prices.tolist(),
        "liquidation_leverage_data": [list(cell) for cell in cells],
        "price_candlesticks": [list(candle) for candle in candles],
        "update_time": int(asked.now * 1000),
    }


def liquidation_map(asked: Asked) -> dict[str, Any]:
    """The heatmap's last slice as price -> [[price, usd, null, null]], an item a venue or one."""
    found = _levels(asked)
    captured = asked.rules.map_shape == "captured"
    if found is None:
        return {"data": [] if captured else {}}
    scope, model = found
    last = model.resting_usd[-1]
    least = float(last.max()) * SMALLEST
    levels = [
        (decimal(price, scope.price_digits), price, usd)
        for price, usd in zip(model.prices.tolist(), last.tolist(), strict=True)
        if usd > least
    ]
    if not captured:
        return {"data": _map_levels(levels, 1.0)}
    per_venue = {v: scope.listing.share(frozenset({v})) / scope.share for v in scope.venues}
    items = [
        {
            "liqMapV2": _map_levels(levels, part),
            "instrument": {
                "exName": venue,
                "instrumentId": instrument_id(venue, scope.listing.name),
                "baseAsset": scope.listing.name,
            },
        }
        for venue, part in per_venue.items()
    ]
    price = price_at(asked.market, scope.coin, asked.now) * scope.price_scale
    return {"data": items, "last_price": round(price, scope.price_digits)}


def _map_levels(levels: list[tuple[str, float, float]], part: float) -> dict[str, Any]:
    return {text: [[price, round(usd * part, 2), None, None]] for text, price, usd in levels}


def large_orders(asked: Asked) -> list[dict[str, Any]]:
    """Open large orders of a pair."""
    scope, walls = _walls(asked, asked.now - LONGEST - 86400, asked.now)
    return [_order(asked, wall, scope) for wall in walls if wall.state(asked.now) == OPEN]


def large_order_history(asked: Asked) -> list[dict[str, Any]]:
    """Orders of one state that started in [start_time, end_time), newest first, not by time."""
    begin = int(asked.params["start_time"]) / 1000
    end = min(int(asked.params["end_time"]) / 1000, asked.now)
    state = int(asked.params["state"])
    scope, walls = _walls(asked, begin, end)
    found = [_order(asked, wall, scope) for wall in walls if wall.state(asked.now) == state]
    found.sort(key=lambda row: row["id"] * 2654435761 % 2**32)  # an order, but not that of time
    return found[:MAX_ORDERS]


def _walls(asked: Asked, begin: float, end: float) -> tuple[Scope, list[Wall]]:
    scope = pair_scope(asked.market, asked.params, asked.now)
    if scope.exchange != "Binance":  # the simulated walls rest on one venue
        return scope, []
    walls = asked.walls.between(scope.coin, begin, end)
    return scope, [wall for wall in walls if wall.start <= asked.now]


def _order(asked: Asked, wall: Wall, scope: Scope) -> dict[str, Any]:
    state = wall.state(asked.now)
    filled = wall.quantity if wall.filled and state != OPEN else 0
    left = 0.0 if filled else wall.quantity
    row = {
        "id": wall.id,
        "exchange_name": "Binance",
        "symbol": scope.symbol,
        "base_asset": scope.listing.name,
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
    """Of a single coin: one item with parallel lists; null where a venue was not tracked yet."""
    coin = asked.params.get("symbol", "")
    if not asked.market.has(coin):
        return []
    series = daily.balances(asked.market, coin, asked.now)
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
    """Rows as far apart as the rules say; the last one is that of now."""
    days = asked.rules.dominance_spacing(asked.now)
    series = daily.dominance(asked.market, asked.now, days)
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
    """All names, so that one coin may be here several times."""
    return [listing.name for _, listing in asked.market.table.listed(asked.now)]


def supported_exchanges(asked: Asked) -> list[str]:
    return list(VENUES)


def supported_exchange_pairs(asked: Asked) -> dict[str, list[dict[str, Any]]]:
    return supported_pairs(asked.market, asked.now, asked.params.get("exchange"))


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
    """An endpoint without intervals: its `data`, what it must be asked with, its smallest plan."""

    data: Callable[[Asked], Any]
    required: tuple[str, ...] = ()
    plan: str = "hobbyist"


_RANGE, _ORDERS = ("symbol", "range"), ("exchange", "symbol")
_HEATMAP = Snapshot(liquidation_heatmap, _RANGE, "professional")
#: With the plans that CoinGlass publishes. Apart from the client's catalogue on purpose: the
#: simulated server must be able to disagree with the client it tests.
SNAPSHOTS: dict[str, Snapshot] = {
    "/api/futures/liquidation/aggregated-heatmap/model1": _HEATMAP,
    "/api/futures/liquidation/aggregated-heatmap/model2": _HEATMAP,
    "/api/futures/liquidation/aggregated-heatmap/model3": _HEATMAP,
    "/api/futures/liquidation/aggregated-map": Snapshot(liquidation_map, _RANGE, "professional"),
    "/api/futures/orderbook/large-limit-order": Snapshot(large_orders, _ORDERS, "standard"),
    "/api/futures/orderbook/large-limit-order-history": Snapshot(
        large_order_history, (*_ORDERS, "start_time", "end_time", "state"), "standard"
    ),
    "/api/exchange/balance/chart": Snapshot(balance_chart, ("symbol",)),
    "/api/index/bitcoin-dominance": Snapshot(bitcoin_dominance, plan="startup"),
    "/api/futures/supported-coins": Snapshot(supported_coins),
    "/api/futures/supported-exchanges": Snapshot(supported_exchanges),
    "/api/futures/supported-exchange-pairs": Snapshot(supported_exchange_pairs),
    "/api/user/account/subscription": Snapshot(subscription),
}
