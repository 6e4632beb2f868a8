"""
CoinGlass's list of pairs: asked for once a day, kept as a file beside the store.

Where it can't be had, the rules of `symbols` stand. A list that is suddenly much shorter than the
one before is asked for again, and believed only when it stays so.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.coinglass.names.pair_lists import NO_LISTS, PairLists
from vectra_freqtrade.errors import AuthError, SymbolError, VectraError
from vectra_freqtrade.files import locked, replace_text

logger = logging.getLogger(__name__)

PATH: Final = "/api/futures/supported-exchange-pairs"
#: Beside the store's other state.
FILE: Final = "pairs.json"
_DAY: Final = 86_400.0
#: After a failure the rule stands for so long before the lists are asked for again.
_PAUSE: Final = 600.0
#: A doubted list is asked for again after so long, then twice that, and so on.
_SOON: Final = 600.0
_LATEST: Final = 4 * 3600.0
#: It is believed when it came so often and for so long.
_OFTEN: Final = 6
#: A live request for the lists has ended by then.
_LIVE_WAIT: Final = 20.0
#: A download's, with all its patience.
_LONG_WAIT: Final = 300.0


@dataclass(frozen=True, slots=True)
class _Kept:
    """
    :param until: seconds; asked for again then
    :param lists: believed
    :param since: since when another list comes that is not believed, None for none
    :param times: how often it came
    """

    until: float
    lists: PairLists
    since: float | None = None
    times: int = 0


class PairMap:
    """
    Usable from several threads; none of them waits for another one's request, if something is known
    or the other one is more patient.

    :param get: path, and whether a bot waits → data of the answer
    :param file: None keeps the lists in memory
    :param in_use: names of the coins that are asked for
    """

    def __init__(
        self,
        get: Callable[[str, bool], Any],
        clock: Clock,
        file: Path | None = None,
        in_use: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._get = get
        self._clock = clock
        self._file = file
        self._in_use = in_use
        self._guard = threading.Lock()
        self._held: _Kept | None = None
        self._asking: dict[bool, threading.Event] = {}
        self._said: set[str] = set()

    def instrument(self, exchange: str, instrument: str, *, live: bool = False) -> tuple[str, str]:
        """
        A contract's exchange and id, by rule → both as CoinGlass spells them.

        :raises SymbolError: where the exchange has no such contract; said once
        """
        lists = self.lists(live=live)
        if not lists:
            return exchange, instrument
        found = lists.instrument(exchange, instrument)
        if found is None:
            raise self.unknown(f"{exchange} {instrument}")
        return found

    def unknown(self, what: str) -> SymbolError:
        """What to raise for a coin or a contract that no list has; it is said once."""
        if what not in self._said:
            self._said.add(what)
            logger.warning("CoinGlass has no %s: its columns stay empty.", what)
        return SymbolError(f"CoinGlass has no {what}.")

    def known(self) -> PairLists:
        """What was had last, without asking; empty where that is nothing."""
        with self._guard:
            return self._kept().lists

    def lists(self, *, live: bool = False) -> PairLists:
        """
        Empty where they can't be had; a bot soon gives up.

        :raises AuthError: where the key is not accepted
        """
        with self._guard:
            held = self._kept()
            if self._clock.now() < held.until:
                return held.lists
            others = self._asking.get(live)
            if held.lists and self._asking:
                return held.lists
            if others is None:
                mine = self._asking[live] = threading.Event()
        if others is not None:
            others.wait(_LIVE_WAIT if live else _LONG_WAIT)
            return self.known()
        try:
            self._ask(live)
        finally:
            with self._guard:
                del self._asking[live]
            mine.set()
        return self.known()

    def _ask(self, live: bool) -> None:
        try:
            new = PairLists.of_answer(self._get(PATH, live))
        except AuthError:
            raise
        except VectraError as error:
            with self._guard:
                now, held = self._clock.now(), self._kept()
                if held.until <= now:
                    self._held = replace(held, until=now + _PAUSE)
            logger.info("CoinGlass's list of pairs can't be had: %s", error)
            return
        in_use = list(self._in_use())
        with self._guard:
            self._held = self._judged(self._kept(), new, in_use)
            self._write(self._held)

    def _judged(self, held: _Kept, new: PairLists, in_use: Iterable[str]) -> _Kept:
        now = self._clock.now()
        doubt = held.lists.doubts(new, in_use)
        if not doubt:
            return _Kept(now + _DAY, new)
        since, times = held.since or now, held.times + 1
        if now - since >= _DAY or times >= _OFTEN:
            logger.warning(
                "CoinGlass's list of pairs is believed now, after %.0f h: %s.",
                (now - since) / 3600,
                doubt,
            )
            return _Kept(now + _DAY, new)
        if held.since is None:
            logger.warning(
                "CoinGlass's list of pairs is doubted: %s. The one before is used, and it is asked "
                "for again in 10 minutes.",
                doubt,
            )
        wait = min(_SOON * 2.0 ** (times - 1), _LATEST)
        return _Kept(now + wait, held.lists, since, times)

    def _kept(self) -> _Kept:
        """Under the guard."""
        if self._held is None:
            held = None if self._file is None else _read(self._file)
            if held is None or held.until > self._clock.now() + _DAY:
                held = _Kept(0.0, NO_LISTS)
            self._held = held
        return self._held

    def _write(self, held: _Kept) -> None:
        if self._file is None:
            return
        told = {
            "until": held.until,
            "pairs": dict(held.lists.venues),
            "doubted_since": held.since,
            "doubted_times": held.times,
        }
        try:
            # Who holds the lock writes such a list, too.
            with locked(self._file.with_name(f"{self._file.name}.lock"), 0.0):
                replace_text(self._file, json.dumps(told))
        except OSError as error:
            logger.debug("The list of pairs can't be kept: %s", error.strerror)


def kept_lists(folder: Path) -> PairLists:
    """What the last process that asked was told, however long ago; for where nobody is asked."""
    held = _read(folder / FILE)
    return NO_LISTS if held is None else held.lists


def _read(file: Path) -> _Kept | None:
    """None where there is none, or a broken one."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
        since = held.get("doubted_since")
        return _Kept(
            float(held["until"]),
            PairLists.of_file(held["pairs"]),
            None if since is None else float(since),
            int(held.get("doubted_times", 0)),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
