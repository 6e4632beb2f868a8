"""Times that came twice in one answer: counted, and said once for each series."""

import logging
import threading
from collections.abc import Iterable

import pandas as pd

logger = logging.getLogger(__name__)

#: Dataset, symbol, interval.
Name = tuple[str, str, str]


class SentTwice:
    """Usable from several threads."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._times: dict[Name, frozenset[pd.Timestamp]] = {}

    def of(self, name: Name) -> frozenset[pd.Timestamp]:
        """:param name: of a series"""
        return self._times.get(name, frozenset())

    def add(self, name: Name, times: Iterable[pd.Timestamp]) -> None:
        """
        :param name: of a series
        :param times: of its rows that came more than once
        """
        found = frozenset(times)
        if not found:
            return
        with self._guard:
            known = self._times.get(name)
            self._times[name] = found | (known or frozenset())
        if known is None:
            logger.warning(
                "CoinGlass sent %d row%s of %s twice in one answer, the first one of %s. What was "
                "known stays, else the first of the two is used. vectra-freqtrade list-data "
                "counts them.",
                len(found),
                "" if len(found) == 1 else "s",
                " ".join(name),
                f"{min(found):%Y-%m-%d %H:%M}",
            )
