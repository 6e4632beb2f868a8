"""What was decided of coins with several names, on disk beside the store: `.client/coins.json`."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from vectra_freqtrade.catalogue.coin_names import NOTHING_KNOWN, CoinNames
from vectra_freqtrade.catalogue.datasets import Dataset, Naming, Scope
from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.coinglass.names.pair_lists import NO_LISTS, PairLists
from vectra_freqtrade.coinglass.names.pair_map import kept_lists
from vectra_freqtrade.files import Version, atomic_write, locked, version_of

logger = logging.getLogger(__name__)

FILE: Final = "coins.json"
#: Another process holds the file for moments; one that hangs is waited for once a minute.
_PATIENCE: Final = 5.0
_HANGS: Final = 60.0


class CoinBook:
    """
    Usable from several threads and processes; each sees what another one decided. Without a folder,
    a store's `state_dir`, it is kept in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._file = None if folder is None else folder / FILE
        self._held: tuple[Version | None, CoinNames] = (None, NOTHING_KNOWN)
        self._guard = threading.Lock()
        self._hung = -_HANGS

    def __getstate__(self) -> dict[str, object]:
        return {"_file": self._file, "_held": self._held, "_hung": self._hung}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state, _guard=threading.Lock())

    @property
    def names(self) -> CoinNames:
        """As they are on disk now; where the file is broken, as they were before."""
        version, names = self._held
        if self._file is None or (now := self._version()) == version or now is None:
            return names
        try:
            names = CoinNames.of(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            logger.warning("%s can't be read (%s); it is made anew.", self._file, error)
        self._held = (now, names)
        return names

    def names_in_use(self) -> list[str]:
        """Names that series of the store are made of."""
        return [name.name for coin in self.names.coins.values() for name in coin.names]

    def update(self, change: Callable[[CoinNames], CoinNames]) -> CoinNames:
        """
        Change what is decided; where the disk is full or another process hangs, in memory only.
        """
        with self._guard:
            if self._file is None:
                self._held = (None, change(self._held[1]))
                return self._held[1]
            hangs = time.monotonic() - self._hung < _HANGS
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                with locked(self._file.with_name(f"{FILE}.lock"), 0.0 if hangs else _PATIENCE):
                    names = change(self.names)
                    if names is not self._held[1]:
                        self._write(self._file, names)
                    return names
            except OSError as error:
                if not hangs:
                    self._hung = time.monotonic()
                    logger.info("What was measured of a coin can't be kept: %s", error)
                self._held = (self._held[0], change(self._held[1]))
                return self._held[1]

    def _write(self, file: Path, names: CoinNames) -> None:
        atomic_write(file, lambda path: path.write_text(names.json(), encoding="ascii"))
        self._held = (self._version(), names)

    def _version(self) -> Version | None:
        with suppress(OSError):
            return None if self._file is None else version_of(self._file)
        return None


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
