"""`exchangeInfo` of Binance USD-M futures and of Binance spot, with the fields ccxt reads."""

from collections.abc import Iterable
from typing import Any

from vectra_freqtrade.simulator.market.instruments import Instrument

LISTED = 1569398400000  # ms; older than any simulated market, so no pair looks freshly listed
PERPETUAL = 4133404800000  # Binance's delivery date of contracts that never deliver


def futures_info(instruments: Iterable[Instrument], now: float) -> dict[str, Any]:
    assets = [{"asset": "USDT", "marginAvailable": True}]
    return {**_head(now), "assets": assets, "symbols": [_future(each) for each in instruments]}


def spot_info(instruments: Iterable[Instrument], now: float) -> dict[str, Any]:
    return {**_head(now), "symbols": [_spot(each) for each in instruments]}


def _head(now: float) -> dict[str, Any]:
    return {
        "timezone": "UTC",
        "serverTime": int(now * 1000),
        "rateLimits": [],
        "exchangeFilters": [],
    }


def spot_tick(instrument: Instrument) -> str:
    """A spot coin costs the contract's price over its multiplier, so its tick is finer."""
    if instrument.multiplier == 1:
        return instrument.tick
    digits = instrument.price_digits + len(str(instrument.multiplier)) - 1
    return f"{10**-digits:.{digits}f}"


def _common(
    base: str, symbol: str, tick: str, lot: str, notional: dict[str, str]
) -> dict[str, Any]:
    amounts = {"minQty": lot, "maxQty": "1000000000", "stepSize": lot}
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": base,
        "quoteAsset": "USDT",
        "pricePrecision": len(tick.partition(".")[2]),
        "quantityPrecision": len(lot.partition(".")[2]),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": tick,
                "maxPrice": "10000000",
                "tickSize": tick,
            },
            {"filterType": "LOT_SIZE", **amounts},
            {"filterType": "MARKET_LOT_SIZE", **amounts},
            notional,
        ],
    }


def _future(instrument: Instrument) -> dict[str, Any]:
    minimum = {"filterType": "MIN_NOTIONAL", "notional": "5"}
    return {
        **_common(instrument.base, instrument.symbol, instrument.tick, instrument.lot, minimum),
        "pair": instrument.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": PERPETUAL,
        "onboardDate": LISTED,
        "marginAsset": "USDT",
        "maintMarginPercent": "2.5",
        "requiredMarginPercent": "5.0",
        "underlyingType": "COIN",
    }


def _spot(instrument: Instrument) -> dict[str, Any]:
    minimum = {"filterType": "NOTIONAL", "minNotional": "5", "applyMinToMarket": "true"}
    tick = spot_tick(instrument)
    return {
        **_common(instrument.coin, instrument.spot_symbol, tick, instrument.lot, minimum),
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]],
    }
