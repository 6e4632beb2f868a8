"""
Under which of CoinGlass's names a coin is listed, as far as it was decided. Pure.

CoinGlass lists one underlying under several names, by what the venues' contracts hold: 1000PEPE,
PEPE, kPEPE. Which of them are one coin, and how each is counted, was measured once (see
`coin_decision`) and lies beside the store, so that a backtest knows it without a network.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Final

from pydantic import TypeAdapter

from vectra_freqtrade.catalogue.datasets import Dataset, Kind, Naming, Scope
from vectra_freqtrade.catalogue.made_of import MadeOf, folded
from vectra_freqtrade.catalogue.multiples import THOUSANDS, split


@dataclass(frozen=True, slots=True)
class Name:
    """
    One of a coin's names.

    :param name: as CoinGlass lists it
    :param multiplier: coins that one contract holds: prices are for so many
    :param counts: coins that one unit of `unit=coin` stands for: the multiplier where it counts
        contracts, 1 where it counts coins; measured
    :param venues: that list it, or did
    """

    name: str
    multiplier: int = 1
    counts: int = 1
    venues: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coin:
    """
    What was decided of one underlying.

    :param coin: the underlying
    :param names: those that its series are made of
    :param left_out: names with next to no open interest when it was measured
    :param apart: names that read like it and are coins of their own
    :param silent: names without any open interest yet; looked at again
    :param measured: when, seconds; None for a coin with its one plain name
    :param undecided: what was found where it could not be decided, "" where it was
    :param again: when it is measured again, seconds
    :param tries: how often it could not be decided
    :param found: what the decision rests on, in words
    """

    coin: str
    names: tuple[Name, ...] = ()
    left_out: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    measured: float | None = None
    undecided: str = ""
    again: float = 0.0
    tries: int = 0
    found: str = ""

    @property
    def known(self) -> frozenset[str]:
        """Names that were looked at: another one is news."""
        return frozenset({each.name for each in self.names} | {*self.left_out, *self.apart})

    @property
    def plain(self) -> bool:
        """Its own name alone, as for almost every coin: nothing to measure, nothing to tell."""
        return (
            [(each.name, each.multiplier) for each in self.names] == [(self.coin, 1)]
            and not (self.left_out or self.apart)
            and not self.undecided
        )


@dataclass(frozen=True, slots=True)
class Began:
    """
    When a name's rows begin, as far as known; milliseconds.

    :param first: the day of its first row
    :param before: it has rows up to there back, and maybe older ones
    :param none: it has none before; it was asked for up to there
    """

    first: int | None = None
    before: int | None = None
    none: int | None = None


@dataclass(frozen=True)
class CoinNames:
    """
    All that was decided.

    :param coins: by underlying
    :param begins: by dataset, venues and name: when its rows begin
    """

    coins: Mapping[str, Coin] = field(default_factory=dict)
    begins: Mapping[str, Began] = field(default_factory=dict)

    @cached_property
    def _apart(self) -> frozenset[str]:
        return frozenset(name.lower() for coin in self.coins.values() for name in coin.apart)

    def split(self, base: str, exchange: str = "") -> tuple[str, int]:
        """
        :param base: of a freqtrade pair, or a name as CoinGlass lists it
        :param exchange: freqtrade's exchange id, "" for CoinGlass's own
        :return: the coin and how many of it one is: 1000PEPE is ("PEPE", 1000), and where it was
            found to be a coin of its own it is ("1000PEPE", 1)
        """
        if base.lower() in self._apart:
            return base.upper(), 1
        if exchange == "hyperliquid" and base[:1] in ("k", "K") and self._thousands(base[1:]):
            return base[1:].upper(), 1000
        return split(base)

    def _thousands(self, rest: str) -> bool:
        coin = self.coins.get(rest.upper())
        listed = coin is not None and f"k{rest.upper()}" in coin.known
        return listed or rest.upper() in THOUSANDS

    def on(self, coin: str, venue: str) -> str | None:
        """The name under which a venue, in any case, lists a coin; None where that is not known."""
        held = self.coins.get(coin)
        for name in held.names if held is not None else ():
            if venue.lower() in folded(name.venues):
                return name.name
        return None

    def behind(self, spec: Dataset, symbol: str, venues: Sequence[str]) -> tuple[Name, ...] | None:
        """The names that a coin's series is made of, None where it is not decided."""
        if spec.naming in (Naming.BARE, Naming.OWN):
            return (Name(symbol),)
        held = self.coins.get(symbol)
        if held is None or held.undecided:
            return None
        if not takes_list(spec) or held.plain:
            return held.names
        wanted = folded(venues)
        return tuple(each for each in held.names if wanted & folded(each.venues))

    def made_of(self, spec: Dataset, symbol: str, venues: Sequence[str]) -> MadeOf | None:
        """What a file says of `behind`; None where files of the dataset do not tell."""
        if spec.scope is not Scope.COIN or spec.kind in (Kind.LEVELS, Kind.ORDERS):
            return None
        names = self.behind(spec, symbol, venues)
        listed = tuple(venues) if takes_list(spec) else ()
        if names is None:
            return MadeOf(None, listed, several=symbol in self.coins)
        scales = tuple((each.name, each.counts if spec.in_coins else 1) for each in names)
        return MadeOf(scales, listed)

    def fingerprint(self) -> str:
        """Of what decides a result and can't be told from a pair's text."""
        told = {
            coin.coin: [
                [[each.name, each.multiplier, each.counts] for each in coin.names],
                coin.left_out,
                coin.apart,
            ]
            for coin in self.coins.values()
            if not coin.plain
        }
        return json.dumps(told, sort_keys=True) if told else ""

    def with_coin(self, coin: Coin) -> "CoinNames":
        return CoinNames({**self.coins, coin.coin: coin}, self.begins)

    def with_begin(self, key: str, began: Began) -> "CoinNames":
        return CoinNames(self.coins, {**self.begins, key: began})

    def json(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @classmethod
    def of(cls, text: str) -> "CoinNames":
        """
        :raises ValueError: where the file is broken
        """
        told = _FILE.validate_json(text)
        if any(key != coin.coin for key, coin in told.coins.items()):
            raise ValueError("a coin under another one's name")
        return told


def takes_list(spec: Dataset) -> bool:
    """Whether a dataset's endpoints ask for a list of venues."""
    return any(endpoint.exchange_list for endpoint in spec.endpoints)


#: Nothing was decided: the text rule stands.
NOTHING_KNOWN: Final = CoinNames()

_FILE: Final = TypeAdapter(CoinNames)
