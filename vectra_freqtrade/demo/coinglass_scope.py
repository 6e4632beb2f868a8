"""Which coin, venues and instruments a CoinGlass request is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vectra_freqtrade.demo.instruments import Instrument
from vectra_freqtrade.demo.market import SimulatedMarket
from vectra_freqtrade.demo.profiles import VENUES


@dataclass(frozen=True)
class Scope:
    """A coin, and the share of its market on the venues asked for.

    :param share: 0 to 1 of all simulated venues
    :param exchange: the one venue of a pair request, else empty
    :param symbol: as asked for
    """

    coin: str
    share: float = 1.0
    exchange: str = ""
    symbol: str = ""


def instrument_id(exchange: str, instrument: Instrument) -> str:
    """A venue's own name of a coin's USDT perpetual."""
    if exchange == "OKX":
        return f"{instrument.coin}-USDT-SWAP"
    if exchange == "Bitget":
        return f"{instrument.symbol}_UMCBL"
    if exchange == "Gate":
        return f"{instrument.coin}_USDT"
    if exchange == "Hyperliquid":
        return instrument.coin if instrument.multiplier == 1 else f"k{instrument.coin}"
    return instrument.symbol


def coin_scope(market: SimulatedMarket, params: Mapping[str, str]) -> Scope | None:
    """`symbol` is a coin; `exchange_list`, where given, narrows the venues. None: no such data."""
    coin = params.get("symbol", "")
    if coin not in {instrument.coin for instrument in market.instruments}:
        return None
    listed = params.get("exchange_list")
    if listed is None or listed == "ALL":
        return Scope(coin, symbol=coin)
    share = sum(VENUES.get(name, 0.0) for name in dict.fromkeys(listed.split(",")))
    return Scope(coin, share, symbol=coin) if share else None


def pair_scope(market: SimulatedMarket, params: Mapping[str, str]) -> Scope | None:
    """`exchange` and its own instrument id. None: the pair does not exist there."""
    exchange, symbol = params.get("exchange", ""), params.get("symbol", "")
    if exchange not in VENUES:
        return None
    for instrument in market.instruments:
        if instrument_id(exchange, instrument) == symbol:
            return Scope(instrument.coin, VENUES[exchange], exchange, symbol)
    return None


def supported_pairs(
    market: SimulatedMarket, exchange: str | None = None
) -> dict[str, list[dict[str, Any]]]:
    """The body of `supported-exchange-pairs`; Binance's coin-margined contracts are there too."""
    pairs: dict[str, list[dict[str, Any]]] = {}
    for venue in VENUES:
        if exchange not in (None, "", venue):
            continue
        rows = [
            _pair(instrument_id(venue, instrument), instrument, "USDT")
            for instrument in market.instruments
        ]
        if venue == "Binance":
            inverse = (i for i in market.instruments if i.coin in ("BTC", "ETH"))
            rows += [_pair(f"{i.coin}USD_PERP", i, "USD") for i in inverse]
        pairs[venue] = rows
    return pairs


def _pair(identifier: str, instrument: Instrument, quote: str) -> dict[str, Any]:
    return {
        "instrument_id": identifier,
        "base_asset": instrument.coin,
        "quote_asset": quote,
        "settlement_currency": "USDT" if quote == "USDT" else instrument.coin,
        "max_leverage": 100,
        "funding_interval": 8,
        "price_tick_size": float(instrument.tick),
    }
