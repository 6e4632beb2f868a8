"""
Each venue's own ids of its perpetual contracts, as CoinGlass lists them. Pure.

The ids are those of CoinGlass's pair lists of 2025-11, twenty venues.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_Rule = Callable[[str, str, str], str]


@dataclass(frozen=True, slots=True)
class Venue:
    """
    :param name: as CoinGlass spells it
    :param instrument: base, quote, settle → instrument id of the perpetual contract
    :param quote: of the contract that a pair of elsewhere is read on; it settles in it too
    :param ratio: taken for "auto": publishes long/short ratios of accounts
    """

    name: str
    instrument: _Rule
    quote: str = "USDT"
    ratio: bool = False


def _joined(sign: str) -> _Rule:
    return lambda base, quote, settle: f"{base}{sign}{quote}"


def _always(ending: str) -> _Rule:
    return lambda base, quote, settle: f"{base}{ending}"


def _binance(base: str, quote: str, settle: str) -> str:
    return f"{base}USD_PERP" if settle == base else f"{base}{quote}"


def _bybit(base: str, quote: str, settle: str) -> str:
    return f"{base}PERP" if quote == "USDC" else f"{base}{quote}"


def _okx(base: str, quote: str, settle: str) -> str:
    return f"{base}-{quote}-SWAP"


def _bitget(base: str, quote: str, settle: str) -> str:
    if quote == "USDC":
        return f"{base}PERP_CMCBL"
    return f"{base}{quote}_{'DMCBL' if settle == base else 'UMCBL'}"


def _bitfinex(base: str, quote: str, settle: str) -> str:
    """Its id has a colon, which no file name has: see `instrument_id`."""
    return f"t{base}F0-{'UST' if quote in ('USDT', 'USD') else quote}F0"


def _bitmex(base: str, quote: str, settle: str) -> str:
    return f"{_xbt(base)}{quote}"


def _deribit(base: str, quote: str, settle: str) -> str:
    return f"{base}-PERPETUAL" if settle in (base, "") else f"{base}_{settle}-PERPETUAL"


def _kraken(base: str, quote: str, settle: str) -> str:
    return f"{'PI' if settle == base else 'PF'}_{_xbt(base)}USD"


def _kucoin(base: str, quote: str, settle: str) -> str:
    return f"{_xbt(base)}{quote}M"


def _xbt(base: str) -> str:
    return "XBT" if base == "BTC" else base


#: freqtrade's exchange id → venue.
VENUES: Final = {
    "binance": Venue("Binance", _binance, ratio=True),
    "bybit": Venue("Bybit", _bybit, ratio=True),
    "okx": Venue("OKX", _okx, ratio=True),
    "gate": Venue("Gate", _joined("_"), ratio=True),
    "bitget": Venue("Bitget", _bitget, ratio=True),
    "hyperliquid": Venue("Hyperliquid", _always("-USD"), "USD"),
    "bingx": Venue("BingX", _joined("-")),
    "bitfinex": Venue("Bitfinex", _bitfinex),
    "bitmex": Venue("Bitmex", _bitmex),
    "bitunix": Venue("Bitunix", _joined("")),
    "coinbase": Venue("Coinbase", _always("-PERP"), "USDC"),
    "coinex": Venue("CoinEx", _joined("")),
    "cryptocom": Venue("Crypto.com", _always("USD-PERP"), "USD"),
    "deribit": Venue("Deribit", _deribit, "USDC"),
    "dydx": Venue("dYdX", _always("-USD"), "USD"),
    "htx": Venue("HTX", _joined("-")),
    "kraken": Venue("Kraken", _kraken, "USD"),
    "kucoin": Venue("KuCoin", _kucoin),
    "mexc": Venue("MEXC", _joined("_")),
    "whitebit": Venue("WhiteBIT", _always("_PERP")),
}
#: Other ids and spellings of the same venues.
_ALIASES: Final = {
    "gateio": "gate",
    "gate.io": "gate",
    "okex": "okx",
    "myokx": "okx",
    "okxus": "okx",
    "bybiteu": "bybit",
    "binanceus": "binance",
    "binanceusdm": "binance",
    "binancecoinm": "binance",
    "crypto.com": "cryptocom",
    "coinbaseinternational": "coinbase",
    "coinbaseadvanced": "coinbase",
    "huobi": "htx",
    "krakenfutures": "kraken",
    "kucoinfutures": "kucoin",
}


def venue_of(name: str) -> Venue | None:
    """By freqtrade's exchange id or CoinGlass's spelling, in any case; None without a rule."""
    return VENUES.get(_ALIASES.get(name.lower(), name.lower()))


def elsewhere(venue: Venue, base: str) -> tuple[str, str]:
    """
    Quote and settle of the contract that stands for a coin on another venue than the pair's own.
    """
    if venue.name == "Deribit" and base in ("BTC", "ETH"):
        return "USD", base
    return venue.quote, venue.quote


def instrument_id(exchange: str, name: str) -> str:
    """
    The instrument of a {SYMBOL} as the venue spells it: Bitfinex's colon is a dash in file names.
    """
    return name.replace("-", ":") if exchange == "Bitfinex" else name
