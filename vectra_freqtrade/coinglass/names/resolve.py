"""A coin → the names that its series are made of: listed, measured once, kept beside the store."""

import logging
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from vectra_freqtrade.catalogue.coin_names import Coin, CoinNames, Name, takes_list
from vectra_freqtrade.catalogue.datasets import Dataset, Naming
from vectra_freqtrade.catalogue.made_of import folded
from vectra_freqtrade.coinglass.asking import Asker
from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.coinglass.names.coin_decision import decide, postponed
from vectra_freqtrade.coinglass.names.measure import look_at
from vectra_freqtrade.coinglass.names.pair_lists import PairLists
from vectra_freqtrade.coinglass.names.pair_map import PairMap
from vectra_freqtrade.errors import AuthError, TransientError, UndecidedError, VectraError

logger = logging.getLogger(__name__)

#: After a measurement failed, the coin's other series do not try it at once, one by one.
_PAUSE: Final = 20.0
#: A coin that is decided goes on so long without a new name that can't be measured.
_LATER: Final = 3600.0
#: A download waits so long for the thread that measures the same coin.
_PATIENCE: Final = 120.0
#: A bot asks again after so many seconds, while another thread measures.
_SOON: Final = 5.0
#: No decision waits for longer to be looked at again: one that seems to was dated by a clock that
#: ran ahead.
_DAY: Final = 86_400.0


class Resolver:
    """Usable from several threads; one of them measures a coin, the others of a bot do not wait."""

    def __init__(
        self,
        asker: Asker,
        pairs: PairMap,
        book: CoinBook,
        venues: tuple[str, ...],
        clock: Clock,
    ) -> None:
        self._asker = asker
        self._pairs = pairs
        self._book = book
        self._venues = venues
        self._clock = clock
        self._guard = threading.Lock()
        self._measuring: dict[str, threading.Lock] = {}
        self._failed: dict[str, tuple[float, VectraError]] = {}
        self._said: set[str] = set()

    def names(self, spec: Dataset, symbol: str, *, live: bool) -> tuple[Name, ...]:
        """
        What to ask for of a coin's series, at least one name.

        :raises SymbolError: where no venue in use lists the coin, and where it can't be told what
            its names count; each said once
        :raises VectraError: where it can't be measured now, by reaction
        """
        if spec.naming is Naming.BARE:
            return (Name(symbol),)
        if spec.naming is Naming.OWN:
            return (Name(self._own(symbol, live)),)
        coin = self._coin(symbol, live)
        if coin is None:  # the lists can't be had: the rule stands
            return (Name(symbol),)
        if coin.undecided:
            raise self._puzzled(coin)
        found = self._book.names.behind(spec, symbol, self._venues)
        if not found:
            raise self._pairs.unknown(self._missing(coin))
        return found

    def _missing(self, coin: Coin) -> str:
        names, venues = self._pairs.known().names, folded(self._venues)
        small = [name for name in coin.left_out if venues & folded(names.get(name, ()))]
        why = f" ({', '.join(small)}: less than 1 % of its open interest)" if small else ""
        return f"{coin.coin} on {', '.join(self._venues)}{why}"

    def lists_it(self, spec: Dataset, name: Name) -> bool:
        """Whether a venue in use lists a name, as far as known."""
        lists = self._pairs.known()
        venues = lists.names.get(lists.spelling(name.name) or "", ())
        if takes_list(spec):
            venues = tuple(folded(venues) & folded(self._venues))
        return not lists or bool(venues)

    def _own(self, name: str, live: bool) -> str:
        lists = self._pairs.lists(live=live)
        spelled = lists.spelling(name)
        if lists and spelled is None:
            raise self._pairs.unknown(name)
        return spelled or name

    def _coin(self, symbol: str, live: bool) -> Coin | None:
        lists, names = self._pairs.lists(live=live), self._book.names
        held = names.coins.get(symbol)
        if not lists:
            return held
        listed = lists.candidates(symbol, names)
        if not listed:
            raise self._pairs.unknown(symbol)
        if held is not None and not self._is_news(held, listed):
            grown = _with_venues(held, lists)
            return held if grown == held else self._keep(grown)
        self._say_spellings(listed, lists)
        if held is None and list(listed.items()) == [(symbol, 1)]:
            plain = Coin(symbol, (Name(symbol, venues=lists.names[symbol]),))
            return self._book.update(lambda now: _first(now, plain)).coins[symbol]
        return self._measured(symbol, lists, live)

    def _keep(self, coin: Coin) -> Coin:
        return self._book.update(lambda now: now.with_coin(coin)).coins[coin.coin]

    def _is_news(self, held: Coin, listed: Mapping[str, int]) -> bool:
        due = not 0.0 < held.again - self._clock.now() <= _DAY
        if held.undecided:
            return due
        fresh = set(listed) - held.known
        return bool(fresh - set(held.silent)) or bool(fresh and due)

    def _measured(self, symbol: str, lists: PairLists, live: bool) -> Coin:
        with self._guard:
            mine = self._measuring.setdefault(symbol, threading.Lock())
        if not mine.acquire(timeout=0.0 if live else _PATIENCE):
            raise TransientError(f"The names of {symbol} are being measured.", retry_after=_SOON)
        try:
            return self._measure(symbol, lists, live)
        finally:
            mine.release()

    def _measure(self, symbol: str, lists: PairLists, live: bool) -> Coin:
        names, now = self._book.names, self._clock.now()
        held, listed = names.coins.get(symbol), lists.candidates(symbol, names)
        if held is not None and not self._is_news(held, listed):
            return held  # another thread was quicker
        decided = held if held is not None and not held.undecided else None
        until, error = self._failed.get(symbol, (0.0, None))
        if error is not None and now < until:
            return self._without(decided, error)
        self._say_strange(symbol, lists)
        try:
            looks = [
                look_at(self._asker, lists, name, multiplier, self._venues, self._clock, live=live)
                for name, multiplier in listed.items()
            ]
        except AuthError:
            raise
        except VectraError as failure:
            wait = _PAUSE if decided is None else _LATER
            self._failed[symbol] = (self._clock.now() + wait, failure)
            if decided is not None:
                logger.warning(
                    "CoinGlass lists another name of %s, which can't be measured (%s). It goes on "
                    "without it, and it is tried again in an hour.",
                    symbol,
                    failure,
                )
            return self._without(decided, failure)
        coin = decide(symbol, looks, held, now)
        if coin.undecided:
            coin = postponed(coin, held, now)
        kept = self._book.update(lambda held: _newer(held, coin, names)).coins[symbol]
        self._say(kept, held)
        return kept

    @staticmethod
    def _without(decided: Coin | None, error: VectraError) -> Coin:
        """What is decided stands, whatever became of a measurement."""
        if decided is None:
            raise error
        return decided

    def _say(self, coin: Coin, held: Coin | None) -> None:
        if coin.undecided:
            self._puzzled(coin)
            return
        self._said.discard(f"undecided {coin.coin}")
        before = held.known if held is not None else frozenset()
        silent_before = held.silent if held is not None else ()
        parts = [
            f"{each.name} × {each.multiplier}" if each.multiplier > 1 else each.name
            for each in coin.names
        ]
        if coin.known - before or held is None:
            logger.info("CoinGlass lists %s as %s (%s).", coin.coin, " + ".join(parts), coin.found)
        for name in sorted({*coin.apart} - before):
            logger.info("%s is a coin of its own: its price is not that of %s.", name, coin.coin)
        for name in sorted({*coin.left_out} - before):
            logger.info(
                "%s is left out of %s: less than 1 %% of its open interest.", name, coin.coin
            )
        for name in sorted({*coin.silent} - {*silent_before}):
            logger.info(
                "%s is no part of %s yet: it has no open interest, or it can't be told what it "
                "counts. It is looked at again each day.",
                name,
                coin.coin,
            )
        fresh = {each.name for each in coin.names} - before
        if held is not None and held.names and not held.undecided and fresh:
            logger.warning(
                "%s is listed as %s as well: its series are fetched anew, and the old files are "
                "kept aside.",
                coin.coin,
                ", ".join(sorted(fresh)),
            )

    def _puzzled(self, coin: Coin) -> UndecidedError:
        text = (
            f"It can't be told what CoinGlass counts of {coin.coin} ({coin.undecided}). Its "
            "columns stay empty, and it is measured again by itself. If it stays so, please "
            "report this line."
        )
        self._warn_once(f"undecided {coin.coin}", text)
        return UndecidedError(text, again=max(coin.again - self._clock.now(), 1.0))

    def _say_spellings(self, listed: Iterable[str], lists: PairLists) -> None:
        for name in listed:
            others = " and ".join(lists.spelled_otherwise(name))
            if others:
                text = f"CoinGlass lists {name} as {others} too: it is asked for as {name}."
                self._warn_once(f"spelled {name}", text)

    def _say_strange(self, symbol: str, lists: PairLists) -> None:
        for name in lists.strange(symbol):
            text = (
                f"CoinGlass lists {name}, which may stand for many {symbol} in a form that is not "
                "known: it is taken for a coin of its own."
            )
            self._warn_once(name, text)

    def _warn_once(self, key: str, text: str) -> None:
        if key not in self._said:
            self._said.add(key)
            logger.warning(text)


def _with_venues(coin: Coin, lists: PairLists) -> Coin:
    """A name that another venue lists as well may be one of the `exchange_list`."""
    names = tuple(
        replace(each, venues=tuple(dict.fromkeys((*each.venues, *lists.names.get(each.name, ())))))
        for each in coin.names
    )
    return replace(coin, names=names)


def _first(now: CoinNames, plain: Coin) -> CoinNames:
    return now if plain.coin in now.coins else now.with_coin(plain)


def _newer(now: CoinNames, coin: Coin, seen: CoinNames) -> CoinNames:
    """Another process that decided meanwhile was first, and its files say so."""
    there = now.coins.get(coin.coin)
    changed = there is not None and there != seen.coins.get(coin.coin)
    if changed and there is not None and not there.undecided:
        return now
    return now.with_coin(coin)
