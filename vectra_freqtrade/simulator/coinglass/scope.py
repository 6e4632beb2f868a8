"""Which coin, name, venues and instruments a CoinGlass request is about."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vectra_freqtrade.simulator.market.instruments import Instrument
from vectra_freqtrade.simulator.market.listings import Listing
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.venues import QUOTES, VENUES, instrument_id


class UnknownCoin(Exception):
    """No venue lists a coin under this name."""


class UnknownPair(Exception):
    """The pair does not exist on the exchange."""


@dataclass(frozen=True)
class Scope:
    """One name of a coin, on the venues asked for.

    :param instrument: the coin
    :param listing: the name
    :param venues: of the name, those asked for
    :param share: 0 to 1 of the coin's market on all simulated venues
    :param exchange: the one venue of a pair request, else empty
    :param symbol: as asked for
    """

    instrument: Instrument
    listing: Listing
    venues: tuple[str, ...]
    share: float
    exchange: str = ""
    symbol: str = ""

    @property
    def coin(self) -> str:
        return self.instrument.coin

    @property
    def coins_per_unit(self) -> int:
        """Single coins in one of what `unit=coin` counts."""
        return self.listing.multiplier if self.listing.counts == "contracts" else 1

    @cached_property
    def price_scale(self) -> float:
        """Price of this name's contract unit in prices of Binance's."""
        return self.listing.multiplier / self.instrument.multiplier

    @cached_property
    def price_digits(self) -> int:
        """Decimals of its price: finer by as much as it is smaller."""
        return max(self.instrument.price_digits - round(math.log10(self.price_scale)), 0)


def coin_scope(market: SimulatedMarket, params: Mapping[str, str], now: float) -> Scope | None:
    """One name of a coin, its venues narrowed by `exchange_list`; None for no data."""
    symbol = params.get("symbol", "")
    named = market.table.named(symbol, now)
    if named is None:
        if market.table.is_contract(symbol):
            return None
        raise UnknownCoin
    asked = params.get("exchange_list")
    only = None if asked is None or asked == "ALL" else frozenset(asked.split(","))
    share = named[1].share(only)
    venues = tuple(v for v in named[1].venues if only is None or v in only)
    return Scope(*named, venues, share, symbol=symbol) if share else None


def pair_scope(market: SimulatedMarket, params: Mapping[str, str], now: float) -> Scope:
    """`exchange` and its own instrument id; UnknownPair where it has no such contract."""
    exchange, symbol = params.get("exchange", ""), params.get("symbol", "")
    named = market.table.contract(exchange, symbol, now)
    if named is None:
        raise UnknownPair
    share = named[1].share(frozenset({exchange}))
    return Scope(*named, (exchange,), share, exchange, symbol)


def supported_pairs(
    market: SimulatedMarket, now: float, exchange: str | None = None
) -> dict[str, list[dict[str, Any]]]:
    """The body of `supported-exchange-pairs`; Binance's coin-margined contracts are there too."""
    pairs: dict[str, list[dict[str, Any]]] = {}
    listed = market.table.listed(now)
    for venue in VENUES:
        if exchange not in (None, "", venue):
            continue
        rows = [
            _pair(instrument_id(venue, listing.name), *named, QUOTES.get(venue, "USDT"))
            for named in listed
            for listing in named[1:]
            if venue in listing.venues
        ]
        if venue == "Binance":
            inverse = (named for named in listed if named[1].name in ("BTC", "ETH"))
            rows += [_pair(f"{named[1].name}USD_PERP", *named, "USD", "") for named in inverse]
        pairs[venue] = rows
    return pairs


def _pair(
    identifier: str, instrument: Instrument, listing: Listing, quote: str, settled: str = "USDT"
) -> dict[str, Any]:
    return {
        "instrument_id": identifier,
        "base_asset": listing.name,
        "quote_asset": quote,
        "settlement_currency": settled or listing.name,
        "max_leverage": 100,
        "funding_interval": 8,
        "price_tick_size": float(instrument.tick) * listing.multiplier / instrument.multiplier,
    }
