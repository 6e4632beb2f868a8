"""What was decided of coins with several names, on disk beside the store: `.client/coins.json`."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vectra_freqtrade.catalogue.coin_names import NOTHING_KNOWN, CoinNames
from vectra_freqtrade.catalogue.datasets import Dataset, Naming, Scope
from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.coinglass.names.pair_lists import NO_LISTS, PairLists
from vectra_freqtrade.coinglass.names.pair_map import kept_lists
from vectra_freqtrade.coinglass.shared_file import SharedFile

FILE: Final = "coins.json"


class CoinBook:
    """
    Usable from several threads and processes; each sees what another one decided.

    :param folder: a store's `state_dir`; None keeps it in memory
    :param now: seconds, for when a file that could not be written is tried again
    """

    def __init__(self, folder: Path | None, now: Callable[[], float] = time.monotonic) -> None:
        file = None if folder is None else folder / FILE
        what = "What was measured of coins"
        self._file = SharedFile(file, CoinNames.of, CoinNames.json, NOTHING_KNOWN, now, what)

    @property
    def names(self) -> CoinNames:
        """As they are on disk now; where the file is broken, as they were before."""
        return self._file.read()

    def names_in_use(self) -> list[str]:
        """Names that series of the store are made of."""
        return [name.name for coin in self.names.coins.values() for name in coin.names]

    def update(self, change: Callable[[CoinNames], CoinNames]) -> CoinNames:
        """Change what is decided; where the disk is full or another process hangs, in memory."""
        return self._file.change(change)


class Sources:
    """What a store's series are made of, for a `Store`; it asks nobody."""

    def __init__(self, venues: tuple[str, ...], folder: Path | None) -> None:
        self.book = CoinBook(folder)
        self._venues = venues
        self._folder = folder
        self._lists: PairLists = NO_LISTS

    def __call__(self, spec: Dataset, symbol: str) -> MadeOf | None:
        """None where files of the dataset do not tell."""
        made = self.book.names.made_of(spec, symbol, self._venues)
        if made is None or made.names is not None or made.several:
            return made
        listed = self._listed(symbol)
        if list(listed.items()) == [(symbol, 1)]:
            return MadeOf(((symbol, 1),), made.venues)
        return MadeOf(None, made.venues, several=len(listed) > 1)

    def requests(self, spec: Dataset, symbol: str) -> int:
        """
        How many one look at a series takes: one for each name of the coin, and for funding the open
        interest that weighs it.
        """
        if spec.scope is not Scope.COIN:
            return spec.requests
        known = self.book.names.behind(spec, symbol, self._venues)
        count = max(1, len(self._listed(symbol) if known is None else known))
        weights = count if spec.naming is Naming.WEIGHTED and count > 1 else 0
        return spec.requests * count + weights

    def _listed(self, coin: str) -> dict[str, int]:
        if not self._lists:
            self._lists = NO_LISTS if self._folder is None else kept_lists(self._folder)
        return self._lists.candidates(coin, self.book.names)
