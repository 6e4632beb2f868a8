"""
What a rule says a coin and a contract are called, checked against CoinGlass's own lists.

The lists are fetched once a day and kept as a file beside the store. Where they can't be had, the
rule stands.
"""

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.errors import AuthError, ContractError, SymbolError, VectraError

logger = logging.getLogger(__name__)

PATH: Final = "/api/futures/supported-exchange-pairs"
_DAY: Final = 86_400.0
#: After a failure the rule stands for so long before the lists are asked for again.
_PAUSE: Final = 600.0
#: Endings that the same contract has in one of a venue's API versions and not in another.
_ENDING = re.compile(r"(?:[-_](?:UMCBL|DMCBL|CMCBL|SWAP|PERP))$")

_Lists = dict[str, dict[str, str]]


class PairMap:
    """
    :param get: path, and whether a bot waits → data of the answer
    :param clock: its `now` dates the file
    :param file: None keeps the lists in memory
    """

    def __init__(
        self, get: Callable[[str, bool], Any], clock: Clock, file: Path | None = None
    ) -> None:
        self._get = get
        self._clock = clock
        self._file = file
        self._guard = threading.Lock()
        self._held: tuple[float, _Lists] | None = None
        self._said: set[str] = set()

    def instrument(self, exchange: str, instrument: str, *, live: bool = False) -> tuple[str, str]:
        """
        :param exchange: by rule
        :param instrument: by rule
        :param live: where the lists are asked for, they are soon given up
        :return: both as CoinGlass spells them
        :raises SymbolError: where the exchange has no such contract; said once
        """
        lists = self._lists(live)
        venue = next((name for name in lists if name.lower() == exchange.lower()), None)
        if not lists or venue is None:
            return self._unknown(f"{exchange} {instrument}") if lists else (exchange, instrument)
        if instrument in lists[venue]:
            return venue, instrument
        bare = _bare(instrument)
        same = [name for name in lists[venue] if _bare(name) == bare]
        if not same:
            return self._unknown(f"{exchange} {instrument}")
        return venue, min(same, key=len)

    def coin(self, coin: str, *, live: bool = False) -> str:
        """
        :param coin: by rule
        :param live: as in `instrument`
        :return: as CoinGlass lists it
        :raises SymbolError: where no exchange has it; said once
        """
        listed = {base for pairs in self._lists(live).values() for base in pairs.values()}
        if not listed or coin in listed:
            return coin
        with_factor = [f"{factor}{coin}" for factor in (1000, 10000, 1000000)]
        for name in with_factor:
            if name in listed:
                return name
        return self._unknown(coin)[0]

    def _unknown(self, what: str) -> tuple[str, str]:
        if what not in self._said:
            self._said.add(what)
            logger.warning("CoinGlass has no %s: its columns stay empty.", what)
        raise SymbolError(f"CoinGlass has no {what}.")

    def _lists(self, live: bool) -> _Lists:
        with self._guard:
            now = self._clock.now()
            if self._held is None:
                self._held = self._read()
            if self._held is not None and now < self._held[0]:
                return self._held[1]
            try:
                lists = _parse(self._get(PATH, live))
                self._held = (now + _DAY, lists)
                self._write(self._held)
            except AuthError:
                raise
            except VectraError as error:
                old = self._held[1] if self._held else {}
                self._held = (now + _PAUSE, old)
                logger.info("CoinGlass's list of pairs can't be had: %s", error)
            return self._held[1]

    def _read(self) -> tuple[float, _Lists] | None:
        if self._file is None:
            return None
        try:
            held = json.loads(self._file.read_text(encoding="utf-8"))
            until = float(held["until"])
            lists = _parse_kept(held["pairs"])
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        return (until, lists) if until <= self._clock.now() + _DAY else None

    def _write(self, held: tuple[float, _Lists]) -> None:
        if self._file is None:
            return
        try:
            temporary = self._file.with_suffix(".tmp")
            text = json.dumps({"until": held[0], "pairs": held[1]})
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(self._file)
        except OSError as error:
            logger.debug("The list of pairs can't be kept: %s", error.strerror)


def _parse(data: Any) -> _Lists:
    if not isinstance(data, Mapping):
        raise ContractError("a list of pairs of unknown shape")
    lists: _Lists = {}
    for venue, items in data.items():
        if not isinstance(items, list):
            raise ContractError("a list of pairs of unknown shape")
        pairs = [item for item in items if isinstance(item, Mapping)]
        lists[str(venue)] = {
            str(item["instrument_id"]): str(item.get("base_asset", ""))
            for item in pairs
            if "instrument_id" in item
        }
    return lists


def _parse_kept(data: Any) -> _Lists:
    return {str(v): {str(k): str(b) for k, b in pairs.items()} for v, pairs in data.items()}


def _bare(instrument: str) -> str:
    return re.sub(r"[-_]", "", _ENDING.sub("", instrument.upper()))
