"""What a consumer's log says about its producer: one line for each change."""

import logging
import threading
from collections.abc import Sequence

import pandas as pd
from freqtrade.exchange import timeframe_to_msecs

logger = logging.getLogger(__name__)


class ProducerNotes:
    """
    Usable from several threads: FreqAI makes columns in one of its own.

    :param producer: its name
    :param timeframe: of the consumer's strategy
    """

    def __init__(self, producer: str, timeframe: str) -> None:
        self._producer = producer
        self._timeframe = timeframe
        self._guard = threading.Lock()
        self._missing: tuple[str, ...] = ()
        self._unlisted: set[str] = set()
        #: Pairs without their newest candle, and which one that was.
        self._late: dict[str, int] = {}

    def missing(self, names: Sequence[str]) -> None:
        """
        :param names: columns of the settings that the producer's frames do not have
        """
        names = tuple(names)
        with self._guard:
            if names == self._missing:
                return
            self._missing = names
        if names:
            logger.warning(
                "The producer %s does not send %s: these columns are empty. Its coinglass "
                "datasets, intervals and custom columns must hold this bot's.",
                self._producer,
                ", ".join(names),
            )
        else:
            logger.info("The producer %s sends all columns now.", self._producer)

    def sent(self, pair: str, last: int) -> None:
        """
        :param pair: freqtrade's
        :param last: open of its newest candle, nanoseconds; the producer has sent it
        """
        with self._guard:
            self._unlisted.discard(pair)
            if not self._late:
                return
            # A pair that is not analysed any more, as it left the pair list, is not waited for.
            oldest = last - 2 * int(timeframe_to_msecs(self._timeframe)) * 1_000_000
            self._late = {
                other: at for other, at in self._late.items() if other != pair and at >= oldest
            }
            again = not self._late
        if again:
            logger.info("The producer %s sends columns again.", self._producer)

    def late(self, pair: str, last: int, newest: int | None, *, listed: bool) -> None:
        """
        :param pair: freqtrade's
        :param last: open of its newest candle, nanoseconds; the producer has not sent it
        :param newest: open of the newest that it did send, None before the first
        :param listed: whether the pair is in the producer's pair list, as far as known
        """
        with self._guard:
            first = not self._late if listed else pair not in self._unlisted
            if listed:
                self._late[pair] = last
            else:
                self._late.pop(pair, None)
                self._unlisted.add(pair)
        if not listed:
            if first:
                logger.warning(
                    "%s is not in the pair list of the producer %s: its CoinGlass columns are "
                    "empty and hold no opinion.",
                    pair,
                    self._producer,
                )
            return
        if first:
            since = "nothing yet" if newest is None else f"no candle after {_when(newest)} UTC"
            logger.warning(
                "The producer %s has sent %s (%s %s). Does it run, with this timeframe? CoinGlass "
                "columns are empty until it sends, and hold no opinion; trading goes on.",
                self._producer,
                since,
                pair,
                self._timeframe,
            )


def _when(opened: int) -> str:
    return f"{pd.Timestamp(opened, unit='ns'):%Y-%m-%d %H:%M}"
