"""
freqtrade's pair → CoinGlass's coin, exchange name and instrument id, by rule alone.

A backtest has no network, so the file of a series must follow from the pair: everything here is
pure. `vectra_freqtrade.coinglass.pair_map` checks the result against the venues' own lists before
a request is sent.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from vectra_freqtrade.coinglass.catalogue import Dataset, Scope
from vectra_freqtrade.errors import SettingsError

#: Of a series that is the same for every pair.
MARKET_SYMBOL = "BTC"

#: Contracts that hold many coins: 1000PEPE, 1000000MOG, 1MBABYDOGE. 1INCH is a coin's own name.
_MULTIPLIER = re.compile(r"^(?:10{3,7}|1M(?=[A-Z]{5}))(?=[A-Z])")
#: Bybit writes some of them behind the name: SHIB1000.
_MULTIPLIER_BEHIND = re.compile(r"(?<=[A-Z])10{3,7}$")
#: Hyperliquid's k stands for 1000; upper-cased by ccxt, so KAVA must not lose its K.
_THOUSANDS = {"PEPE", "SHIB", "BONK", "FLOKI", "LUNC", "DOGS", "NEIRO"}
_RENAMED = {"XBT": "BTC"}

#: The contract of a coin on venues where it does not have the coin's name.
_BINANCE_THOUSANDS = (
    *("BONK", "CAT", "CHEEMS", "FLOKI", "LUNC", "PEPE"),
    *("RATS", "SATS", "SHIB", "WHY", "X", "XEC"),
)
_BYBIT_THOUSANDS = ("BONK", "BTT", "CAT", "FLOKI", "LUNC", "PEPE", "RATS", "XEC")
_BASE_ON: dict[str, dict[str, str]] = {
    "Binance": {
        **{coin: f"1000{coin}" for coin in _BINANCE_THOUSANDS},
        "BOB": "1000000BOB",
        "MOG": "1000000MOG",
        "BABYDOGE": "1MBABYDOGE",
    },
    "Bybit": {
        **{coin: f"1000{coin}" for coin in _BYBIT_THOUSANDS},
        "SHIB": "SHIB1000",
        "SATS": "10000SATS",
        "MOG": "1000000MOG",
        "BABYDOGE": "1000000BABYDOGE",
        "CHEEMS": "1000000CHEEMS",
    },
    "Hyperliquid": {coin: f"k{coin}" for coin in _THOUSANDS},
}


@dataclass(frozen=True, slots=True)
class _Pair:
    """A freqtrade pair taken apart; settle is empty for spot."""

    base: str
    quote: str
    settle: str


def _parse(pair: str) -> _Pair:
    match = re.fullmatch(r"([^/:]+)/([^/:]+)(?::([^/:-]+)(?:-\S*)?)?", pair)
    if match is None:
        raise SettingsError(f"{pair!r} is not a freqtrade pair such as BTC/USDT or BTC/USDT:USDT.")
    base, quote, settle = match.groups(default="")
    return _Pair(base, quote, settle)


def coin_of(pair: str, exchange: str) -> str:
    """
    CoinGlass's coin of a pair: 1000PEPE/USDT:USDT is PEPE, BTC/USDT is BTC.

    :param pair: as freqtrade writes it, spot or futures
    :param exchange: freqtrade's exchange id
    :raises SettingsError: where the text is not a pair
    """
    return _coin_and_units(_parse(pair).base, exchange)[0]


def units_of(pair: str, exchange: str) -> int:
    """
    How many of CoinGlass's coins one of the pair's own is: its price is for so many of them.

    :param pair: as freqtrade writes it
    :param exchange: freqtrade's exchange id
    :return: 1000 for 1000PEPE/USDT:USDT, else mostly 1
    :raises SettingsError: where the text is not a pair
    """
    return _coin_and_units(_parse(pair).base, exchange)[1]


def units_in(name: str) -> int:
    """
    :param name: of a coin, as CoinGlass lists it
    :return: 1000 for 1000CAT, else mostly 1
    """
    return _coin_and_units(name, "")[1]


def _coin_and_units(base: str, exchange: str) -> tuple[str, int]:
    if exchange == "hyperliquid" and base[:1] in ("k", "K") and base[1:].upper() in _THOUSANDS:
        return base[1:].upper(), 1000
    name = base.upper()
    found = _MULTIPLIER.search(name) or _MULTIPLIER_BEHIND.search(name)
    if found is None:
        return _RENAMED.get(name, name), 1
    coin = name[: found.start()] + name[found.end() :]
    return _RENAMED.get(coin, coin), int(found[0].replace("M", "000000"))


@dataclass(frozen=True, slots=True)
class _Venue:
    """
    :param name: as CoinGlass spells it
    :param instrument: base, quote, settle → instrument id of the perpetual contract
    :param ratio: publishes long/short ratios of accounts
    """

    name: str
    instrument: Callable[[str, str, str], str]
    ratio: bool = True


def _binance(base: str, quote: str, settle: str) -> str:
    return f"{base}USD_PERP" if settle == base else f"{base}{quote}"


def _bybit(base: str, quote: str, settle: str) -> str:
    return f"{base}PERP" if quote == "USDC" else f"{base}{quote}"


def _okx(base: str, quote: str, settle: str) -> str:
    return f"{base}-{quote}-SWAP"


def _gate(base: str, quote: str, settle: str) -> str:
    return f"{base}_{quote}"


def _bitget(base: str, quote: str, settle: str) -> str:
    if quote == "USDC":
        return f"{base}PERP_CMCBL"
    return f"{base}{quote}_{'DMCBL' if settle == base else 'UMCBL'}"


def _hyperliquid(base: str, quote: str, settle: str) -> str:
    return base


#: freqtrade's exchange id → venue.
_VENUES = {
    "binance": _Venue("Binance", _binance),
    "bybit": _Venue("Bybit", _bybit),
    "okx": _Venue("OKX", _okx),
    "gate": _Venue("Gate", _gate),
    "bitget": _Venue("Bitget", _bitget),
    "hyperliquid": _Venue("Hyperliquid", _hyperliquid, ratio=False),
}
#: Other ids and spellings of the same venues.
_ALIASES = {
    "gateio": "gate",
    "gate.io": "gate",
    "okex": "okx",
    "myokx": "okx",
    "okxus": "okx",
    "bybiteu": "bybit",
    "binanceus": "binance",
    "binanceusdm": "binance",
    "binancecoinm": "binance",
}
_FALLBACK = _VENUES["binance"]


def _venue(name: str) -> _Venue | None:
    return _VENUES.get(_ALIASES.get(name.lower(), name.lower()))


def instrument_of(pair: str, exchange: str, ratio_exchange: str) -> tuple[str, str]:
    """
    The perpetual contract whose long/short ratio belongs to a pair.

    The pair's own contract where it is one of the venue's; for spot pairs, and on another venue,
    the coin's USDT contract there.

    :param pair: as freqtrade writes it
    :param exchange: freqtrade's exchange id
    :param ratio_exchange: the setting: "auto" is the bot's exchange where CoinGlass has its
        ratios, else Binance
    :return: exchange name and instrument id as CoinGlass spells them, ("Binance", "BTCUSDT")
    :raises SettingsError: for a text that is not a pair, and for a venue we have no rule for
    """
    venue, parts = _contract(pair, exchange, ratio_exchange)
    return venue.name, venue.instrument(parts.base, parts.quote, parts.settle)


def price_units(pair: str, exchange: str, ratio_exchange: str) -> tuple[int, int]:
    """
    For how many coins prices are, as `units_of`: the spot pair PEPE/USDT has 1 and, as what Binance
    lists is 1000PEPEUSDT, 1000.

    :param pair: as in `instrument_of`
    :param exchange: as there
    :param ratio_exchange: as there
    :return: the pair's own, and those of the contract that `instrument_of` names
    """
    venue, parts = _contract(pair, exchange, ratio_exchange)
    return units_of(pair, exchange), _coin_and_units(parts.base, venue.name.lower())[1]


def _contract(pair: str, exchange: str, ratio_exchange: str) -> tuple[_Venue, _Pair]:
    parts = _parse(pair)
    own = _venue(exchange)
    if ratio_exchange == "auto":
        venue = own if own is not None and own.ratio else _FALLBACK
    else:
        named = _venue(ratio_exchange)
        if named is None:
            names = ", ".join(venue.name for venue in _VENUES.values())
            raise SettingsError(f'coinglass.ratio_exchange must be "auto" or one of {names}.')
        venue = named
    if venue is own and parts.settle:
        return venue, replace(parts, base=_own_base(venue, parts.base))
    coin = coin_of(pair, exchange)
    base = _BASE_ON.get(venue.name, {}).get(coin, coin)
    return venue, _Pair(base, "USDT", "USDT")


def _own_base(venue: _Venue, base: str) -> str:
    """ccxt upper-cases Hyperliquid's k."""
    thousands = venue.name == "Hyperliquid" and base[1:] in _THOUSANDS and base[0] == "K"
    return f"k{base[1:]}" if thousands else base


def symbol_of(dataset: Dataset, pair: str, exchange: str, ratio_exchange: str) -> str:
    """
    {SYMBOL} of a dataset's file for a pair.

    :param dataset: its scope decides
    :param pair: as freqtrade writes it
    :param exchange: freqtrade's exchange id
    :param ratio_exchange: the setting
    :return: BTC, or Binance_BTCUSDT
    """
    if dataset.scope is Scope.MARKET:
        return MARKET_SYMBOL
    if dataset.scope is Scope.PAIR:
        return "_".join(instrument_of(pair, exchange, ratio_exchange))
    return coin_of(pair, exchange)
