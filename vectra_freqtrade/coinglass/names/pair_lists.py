"""CoinGlass's list of every venue's contracts: what it says, and whether to believe it. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

from vectra_freqtrade.catalogue.coin_names import CoinNames
from vectra_freqtrade.catalogue.multiples import RENAMED, looks_like, split
from vectra_freqtrade.errors import ContractError

#: Endings that the same contract has in one of a venue's API versions and not in another.
_ENDING: Final = re.compile(r"(?:[-_](?:UMCBL|DMCBL|CMCBL|SWAP|PERP|USD))$")
#: A contract that ends on a day: BTCUSD_251226, BTCUSDZ25, BTC-26DEC25, FF_XBTUSD_260327.
_DATED: Final = re.compile(
    r"(?<!\d)\d{6}$|[FGHJKMNQUVXZ]\d{2}(?:_|$)|-\d{1,2}[A-Z]{3}\d{2}$|^F[FI]_"
)
#: A list with fewer pairs than so many of the one before is doubted.
_SHRUNK: Final = 0.8
_QUOTES: Final = ("USDT", "USDC", "UST", "USD")


@dataclass(frozen=True)
class PairLists:
    """Venue → instrument id → base and quote asset; quote is "" where it is not told."""

    venues: Mapping[str, Mapping[str, tuple[str, str]]]

    def __bool__(self) -> bool:
        return bool(self.venues)

    @classmethod
    def of_answer(cls, data: Any) -> Self:
        """
        :raises ContractError: where the shape is unknown, and where it lists nothing at all
        """
        if not isinstance(data, Mapping):
            raise ContractError("a list of pairs of unknown shape")
        venues: dict[str, dict[str, tuple[str, str]]] = {}
        for venue, items in data.items():
            if not isinstance(items, list):
                raise ContractError("a list of pairs of unknown shape")
            venues[str(venue)] = {
                str(item["instrument_id"]): (
                    str(item.get("base_asset") or ""),
                    str(item.get("quote_asset") or ""),
                )
                for item in items
                if isinstance(item, Mapping) and item.get("instrument_id")
            }
        if not any(venues.values()):
            raise ContractError("a list of pairs without pairs")
        return cls(venues)

    @classmethod
    def of_file(cls, data: Any) -> Self:
        """
        As `venues`, or as an earlier version wrote it, without quote assets.

        :raises ValueError, TypeError, AttributeError: where it is broken
        """
        venues = {
            str(venue): {str(name): _assets(held) for name, held in pairs.items()}
            for venue, pairs in data.items()
        }
        if not any(venues.values()):
            raise ValueError("no pairs")
        return cls(venues)

    @property
    def count(self) -> int:
        return sum(map(len, self.venues.values()))

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """Coin name → venues that list it; of spellings in other cases the one of most venues."""
        held = {}
        for variants in self._variants.values():
            most = max(variants, key=lambda name: len(variants[name]))
            held[most] = tuple(dict.fromkeys(v for each in variants.values() for v in each))
        return held

    @cached_property
    def _variants(self) -> Mapping[str, Mapping[str, list[str]]]:
        spelled: dict[str, dict[str, list[str]]] = {}
        for venue, pairs in self.venues.items():
            for base in dict.fromkeys(base for base, _ in pairs.values() if base):
                spelled.setdefault(base.lower(), {}).setdefault(base, []).append(venue)
        return spelled

    def spelled_otherwise(self, name: str) -> list[str]:
        """The same name in other cases, which is not asked for."""
        return sorted(set(self._variants.get(name.lower(), {})) - {name})

    @cached_property
    def _spellings(self) -> Mapping[str, str]:
        return {name.lower(): name for name in self.names}

    def spelling(self, name: str) -> str | None:
        """A coin's name as it is listed, None where it is not."""
        return self._spellings.get(name.lower())

    def candidates(self, coin: str, names: CoinNames) -> dict[str, int]:
        """
        Listed names that read like a coin, each with its multiplier; its own name first. Those
        that were found to be other coins are left out.
        """
        found = {
            name: multiplier
            for name, multiplier in self._by_coin.get(coin.upper(), {}).items()
            if names.split(name)[0] == coin.upper()
        }
        own = self.spelling(coin)
        return found or ({} if own is None or names.split(own)[0] != coin.upper() else {own: 1})

    @cached_property
    def _by_coin(self) -> Mapping[str, Mapping[str, int]]:
        """By the names' text alone."""
        found: dict[str, dict[str, int]] = {}
        for name in self.names:
            coin, multiplier = split(name)
            if name not in RENAMED:
                found.setdefault(coin, {})[name] = multiplier
        return {
            coin: dict(sorted(held.items(), key=lambda each: (each[1], each[0])))
            for coin, held in found.items()
        }

    def strange(self, coin: str) -> list[str]:
        """Listed names that may be of a coin and have a form that nobody knows."""
        return sorted(name for name in self.names if looks_like(name, coin))

    def has(self, symbol: str) -> bool:
        """Whether it is a coin's name or a contract of any venue, spelled like that."""
        return symbol in self.names or any(symbol in pairs for pairs in self.venues.values())

    def instrument(self, exchange: str, instrument: str) -> tuple[str, str] | None:
        """
        An exchange, in any case, and an id by rule → both as they are listed: of that id, else
        with another ending, else the perpetual contract of the same two assets; else None.
        """
        venue = next((name for name in self.venues if name.lower() == exchange.lower()), None)
        if venue is None:
            return None
        pairs = self.venues[venue]
        if instrument in pairs:
            return venue, instrument
        same = [name for name in pairs if _bare(name) == _bare(instrument)]
        if not same:
            wanted = _read_assets(instrument)
            lasting = (name for name in pairs if not _DATED.search(name.upper()))
            same = [name for name in lasting if (pairs[name]) == wanted]
        return (venue, min(same, key=lambda name: (len(name), name))) if same else None

    def contracts(self, name: str, preferred: Iterable[str]) -> list[tuple[str, str]]:
        """Venue and id of a coin's perpetual contracts, those in USDT on preferred venues first."""
        order = [venue.lower() for venue in preferred]
        found = [
            (venue.lower() not in order, quote != "USDT", _place(order, venue), venue, instrument)
            for venue, pairs in self.venues.items()
            for instrument, (base, quote) in pairs.items()
            if base.lower() == name.lower() and not _DATED.search(instrument.upper())
        ]
        return [(venue, instrument) for *_, venue, instrument in sorted(found)]

    def doubts(self, new: "PairLists", in_use: Iterable[str]) -> str:
        """
        Why the list that came after this one is not believed at once, "" where it is.

        :param in_use: names of coins that this one has and that are asked for
        """
        gone = [name for name, pairs in self.venues.items() if pairs and not new.venues.get(name)]
        if gone:
            return f"it has nothing of {', '.join(sorted(gone))}"
        lost = [name for name in in_use if self.spelling(name) and not new.spelling(name)]
        if lost:
            return f"it has no {', '.join(sorted(lost))}"
        if new.count < _SHRUNK * self.count:
            return f"it has {new.count} pairs, not {self.count}"
        return ""


def _assets(held: Any) -> tuple[str, str]:
    if isinstance(held, str):
        return held, ""
    base, quote = held
    if not (isinstance(base, str) and isinstance(quote, str)):
        raise TypeError("an asset that is no text")
    return base, quote


def _place(order: list[str], venue: str) -> int:
    return order.index(venue.lower()) if venue.lower() in order else len(order)


def _bare(instrument: str) -> str:
    return re.sub(r"[-_:]", "", _ENDING.sub("", instrument.upper()))


def _read_assets(instrument: str) -> tuple[str, str]:
    """Base and quote of an id that a rule made."""
    bare = re.sub(r"[-_:]", "", re.sub(r"[-_](?:UMCBL|DMCBL|CMCBL|SWAP)$", "", instrument))
    bare = re.sub(r"(?:PERP|PERPETUAL)$", "", bare)
    quote = next((each for each in _QUOTES if bare.endswith(each)), "")
    base = bare[: len(bare) - len(quote)]
    return RENAMED.get(base, base), quote


#: Nothing is known.
NO_LISTS: Final = PairLists({})
