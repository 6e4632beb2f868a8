"""
freqtrade's pair → CoinGlass's coin, exchange name and instrument id, by rule alone.

A backtest has no network, so the file of a series must follow from the pair: everything here is
pure, and what the lists and a measurement once decided of a coin's names (`CoinNames`) comes from
beside the store. `coinglass.names.pair_map` checks the result against the venues' own lists before
a request is sent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from vectra_freqtrade.catalogue.coin_names import NOTHING_KNOWN, CoinNames
from vectra_freqtrade.catalogue.datasets import Dataset, Naming, Scope
from vectra_freqtrade.catalogue.made_of import DEFAULT_VENUES
from vectra_freqtrade.catalogue.multiples import THOUSANDS
from vectra_freqtrade.catalogue.venues import VENUES, Venue, elsewhere, venue_of
from vectra_freqtrade.errors import SettingsError

#: Of a series that is the same for every pair.
MARKET_SYMBOL: Final = "BTC"

#: The contract of a coin on venues where it does not have the coin's name; for as long as nothing
#: better is known.
_BINANCE_THOUSANDS: Final = (
    *("BONK", "CAT", "CHEEMS", "FLOKI", "LUNC", "PEPE"),
    *("RATS", "SATS", "SHIB", "WHY", "X", "XEC"),
)
_BYBIT_THOUSANDS: Final = ("BONK", "BTT", "CAT", "FLOKI", "LUNC", "PEPE", "RATS", "XEC")
_BASE_ON: Final[dict[str, dict[str, str]]] = {
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
    "BingX": {"PEPE": "1000PEPE"},
    "Bitget": {"RATS": "1000RATS"},
    "KuCoin": {"RATS": "1000RATS"},
    "MEXC": {"RATS": "1000RATS"},
    "Hyperliquid": {coin: f"k{coin}" for coin in THOUSANDS},
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


def coin_of(pair: str, exchange: str, names: CoinNames = NOTHING_KNOWN) -> str:
    """
    CoinGlass's coin of a pair, spot or futures: 1000PEPE/USDT:USDT is PEPE, BTC/USDT is BTC.

    :param exchange: freqtrade's exchange id
    :raises SettingsError: where the text is not a pair
    """
    return names.split(_parse(pair).base, exchange)[0]


def units_of(pair: str, exchange: str, names: CoinNames = NOTHING_KNOWN) -> int:
    """
    How many of CoinGlass's coins one of the pair's own is, and what its price is for: 1000 for
    1000PEPE/USDT:USDT, else mostly 1.
    """
    return names.split(_parse(pair).base, exchange)[1]


def instrument_of(
    pair: str, exchange: str, ratio_exchange: str, names: CoinNames = NOTHING_KNOWN
) -> tuple[str, str]:
    """
    The perpetual contract whose long/short ratio belongs to a pair.

    The pair's own contract where it is one of the venue's; for spot pairs, and on another venue,
    the coin's contract there, in USDT where it has them.

    :param pair: as freqtrade writes it
    :param exchange: freqtrade's exchange id
    :param ratio_exchange: the setting: "auto" is the bot's exchange where CoinGlass has its
        ratios, else Binance
    :param names: as in `coin_of`
    :return: exchange name and instrument id as CoinGlass spells them, ("Binance", "BTCUSDT")
    :raises SettingsError: for a text that is not a pair, and for a venue we have no rule for
    """
    venue, parts = _contract(pair, exchange, ratio_exchange, names)
    return venue.name, venue.instrument(parts.base, parts.quote, parts.settle)


def price_units(
    pair: str, exchange: str, ratio_exchange: str, names: CoinNames = NOTHING_KNOWN
) -> tuple[int, int]:
    """
    For how many coins prices are: the pair's own, and those of the contract that `instrument_of`
    names. The spot pair PEPE/USDT has 1 and, as Binance lists 1000PEPEUSDT, 1000.
    """
    venue, parts = _contract(pair, exchange, ratio_exchange, names)
    return units_of(pair, exchange, names), names.split(parts.base, venue.name.lower())[1]


def _contract(
    pair: str, exchange: str, ratio_exchange: str, names: CoinNames
) -> tuple[Venue, _Pair]:
    parts = _parse(pair)
    own = venue_of(exchange)
    if ratio_exchange == "auto":
        venue = own if own is not None and own.ratio else VENUES["binance"]
    else:
        named = venue_of(ratio_exchange)
        if named is None:
            known = ", ".join(venue.name for venue in VENUES.values())
            raise SettingsError(f'coinglass.ratio_exchange must be "auto" or one of {known}.')
        venue = named
    if venue is own and parts.settle:
        return venue, replace(parts, base=_own_base(venue, parts.base, names))
    base = _base_on(venue.name, coin_of(pair, exchange, names), names)
    return venue, _Pair(base, *elsewhere(venue, base))


def _base_on(venue: str, coin: str, names: CoinNames) -> str:
    """The name of a coin on a venue: as it was listed, else by what is known of old."""
    return names.on(coin, venue) or _BASE_ON.get(venue, {}).get(coin, coin)


def _own_base(venue: Venue, base: str, names: CoinNames) -> str:
    """ccxt upper-cases Hyperliquid's k."""
    upper = venue.name == "Hyperliquid" and base[:1] == "K"
    thousands = upper and names.split(base, "hyperliquid")[1] == 1000
    return f"k{base[1:]}" if thousands else base


def symbol_of(
    dataset: Dataset,
    pair: str,
    exchange: str,
    ratio_exchange: str,
    names: CoinNames = NOTHING_KNOWN,
    venues: Sequence[str] = DEFAULT_VENUES,
) -> str:
    """
    {SYMBOL} of a dataset's file for a pair: BTC, or Binance_BTCUSDT.

    :param dataset: its scope decides, and for a custom column its `names`
    :param ratio_exchange: the setting
    :param names: what was decided of coins with several names
    :param venues: the setting `exchange_list`
    """
    if dataset.scope is Scope.MARKET:
        return MARKET_SYMBOL
    if dataset.scope is Scope.PAIR:
        return "_".join(instrument_of(pair, exchange, ratio_exchange, names))
    coin = coin_of(pair, exchange, names)
    if dataset.naming is not Naming.OWN:
        return coin
    own, base = venue_of(exchange), _parse(pair).base
    if own is not None and units_of(pair, exchange, names) > 1:
        return _own_base(own, base, names)
    first = own or venue_of(venues[0])
    return coin if first is None else _base_on(first.name, coin, names)
