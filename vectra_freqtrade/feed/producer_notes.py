"""What a consumer's log says about its producer: one line for each change."""

import logging
from collections.abc import Sequence

import pandas as pd
from freqtrade.exchange import timeframe_to_msecs

logger = logging.getLogger(__name__)


class ProducerNotes:
    """
    :param producer: its name
    :param timeframe: of the consumer's strategy
    """

    def __init__(self, producer: str, timeframe: str) -> None:
        self._producer = producer
        self._timeframe = timeframe
        self._missing: tuple[str, ...] = ()
        self._unlisted: set[str] = set()
        #: Pairs without their newest candle, and which one that was.
        self._late: dict[str, int] = {}

    def missing(self, names: Sequence[str]) -> None:
        """
        :param names: columns of the settings that the producer's frames do not have
        """
        names = tuple(names)
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
        self._unlisted.discard(pair)
        if not self._late:
            return
        # A pair that is not analysed any more, because it left the pair list, is not waited for.
        oldest = last - 2 * int(timeframe_to_msecs(self._timeframe)) * 1_000_000
        self._late = {
            other: at for other, at in self._late.items() if other != pair and at >= oldest
        }
        if not self._late:
            logger.info("The producer %s sends columns again.", self._producer)

    def late(self, pair: str, last: int, newest: int | None, *, listed: bool) -> None:
        """
        :param pair: freqtrade's
        :param last: open of its newest candle, nanoseconds; the producer has not sent it
        :param newest: open of the newest that it did send, None before the first
        :param listed: whether the pair is in the producer's pair list, as far as known
        """
        if not listed:
            self._late.pop(pair, None)
            if pair not in self._unlisted:
                self._unlisted.add(pair)
                logger.warning(
                    "%s is not in the pair list of the producer %s: its CoinGlass columns are "
                    "empty and hold no opinion.",
                    pair,
                    self._producer,
                )
            return
        if not self._late:
            since = "nothing yet" if newest is None else f"no candle after {_when(newest)} UTC"
            logger.warning(
                "The producer %s has sent %s (%s %s). Does it run, with this timeframe? CoinGlass "
                "columns are empty until it sends, and hold no opinion; trading goes on.",
                self._producer,
                since,
                pair,
                self._timeframe,
            )
        self._late[pair] = last


def _when(opened: int) -> str:
    return f"{pd.Timestamp(opened, unit='ns'):%Y-%m-%d %H:%M}"
