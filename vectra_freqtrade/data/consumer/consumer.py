"""
A bot without a key: its columns are those that a producer bot sends.

freqtrade's own messages carry them (`external_message_consumer`); its thread receives them, and
here they are only read from its data provider. Nothing here waits for anything.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.exchange import timeframe_to_msecs

from vectra_freqtrade.announcer import Announcer
from vectra_freqtrade.data.consumer.received import Received, received_columns
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.align import epoch_ns
from vectra_freqtrade.signals.assemble import with_columns

logger = logging.getLogger(__name__)

#: Seconds after a candle's close for which entries wait for the producer's columns of it, where
#: half a candle is not shorter.
LONGEST_WAIT: Final = 60.0
_GATES: Final = ("cg_wait_long", "cg_wait_short")


class ProducerNotes:
    """What is said of a producer, from several threads: FreqAI makes columns in one of its own."""

    def __init__(self, producer: str, timeframe: str) -> None:
        self._producer = producer
        self._timeframe = timeframe
        self._announcer = Announcer(logger)
        self._guard = threading.Lock()
        #: Pairs without their newest candle, and which one that was.
        self._late: dict[str, int] = {}

    def missing(self, names: Sequence[str]) -> None:
        """Columns of the settings that the producer's frames do not have."""
        if not names:
            self._announcer.over(
                "columns", "The producer %s sends all columns now.", self._producer
            )
            return
        self._announcer.say(
            "columns",
            "The producer %s does not send %s: these columns are empty. Its coinglass datasets, "
            "intervals and custom columns must hold this bot's.",
            self._producer,
            ", ".join(names),
            what=tuple(names),
        )

    def sent(self, pair: str, last: int) -> None:
        """:param last: open of the pair's newest candle, nanoseconds; the producer has sent it"""
        self._announcer.over(("unlisted", pair))
        # A pair that is not analysed any more, as it left the pair list, is not waited for.
        oldest = last - 2 * int(timeframe_to_msecs(self._timeframe)) * 1_000_000
        with self._guard:
            self._late = {
                other: at for other, at in self._late.items() if other != pair and at >= oldest
            }
            if not self._late:
                self._announcer.over("late", "The producer %s sends columns again.", self._producer)

    def late(self, pair: str, last: int, newest: int | None, *, listed: bool) -> None:
        """
        :param last: open of the pair's newest candle, nanoseconds; the producer has not sent it
        :param newest: open of the newest that it did send, None before the first
        :param listed: whether the pair is in the producer's pair list, as far as known
        """
        if not listed:
            with self._guard:
                self._late.pop(pair, None)
                if not self._late:
                    self._announcer.over("late")
            self._announcer.say(
                ("unlisted", pair),
                "%s is not in the pair list of the producer %s: its CoinGlass columns are empty "
                "and hold no opinion.",
                pair,
                self._producer,
            )
            return
        since = "nothing yet" if newest is None else f"no candle after {_when(newest)} UTC"
        with self._guard:
            self._late[pair] = last
            self._announcer.say(
                "late",
                "The producer %s has sent %s (%s %s). Does it run, with this timeframe? CoinGlass "
                "columns are empty until it sends, and hold no opinion; trading goes on.",
                self._producer,
                since,
                pair,
                self._timeframe,
            )


def _when(opened: int) -> str:
    return f"{pd.Timestamp(opened, unit='ns'):%Y-%m-%d %H:%M}"


class Consumer:
    """
    :param only_new_candles: the strategy's process_only_new_candles, which the config may override
    :param dp: freqtrade's data provider, when it is asked for
    :param now: seconds
    :raises SettingsError: where the producer's columns could not come, or would come too late
    """

    def __init__(
        self,
        settings: CoinglassSettings,
        *,
        config: Mapping[str, Any],
        timeframe: str,
        only_new_candles: bool,
        dp: Callable[[], Any],
        now: Callable[[], float] = time.time,
    ) -> None:
        if settings.neutral:
            raise SettingsError(
                "coinglass.neutral names datasets, but a consumer's columns are its producer's: "
                "set it there, or here to true."
            )
        self._settings = settings
        self._producer, self.intervals = check_consumer(settings, config, only_new_candles)
        self._candle_type = config.get("candle_type_def", CandleType.SPOT)
        self._timeframe = timeframe
        self._length = int(timeframe_to_msecs(timeframe))
        self._dp = dp
        self._now = now
        self._started = now()
        self._notes = ProducerNotes(self._producer, timeframe)
        logger.info(
            "CoinGlass columns are those that the producer %s sends. This bot uses no key, and "
            "asks CoinGlass nothing.",
            self._producer,
        )

    def add_columns(self, dataframe: pd.DataFrame, pair: str) -> pd.DataFrame:
        """
        As `signals.assemble.add_columns`; empty on candles that were not sent, and cg_wait True on
        the newest while it is on its way.
        """
        dp = self._dp()
        sent, _ = dp.get_producer_df(pair, self._timeframe, self._candle_type, self._producer)
        dates = dataframe["date"]
        received = received_columns(dates, sent, self._settings, self.intervals)
        added = with_columns(dataframe, received.values, self._settings, self.intervals)
        if dataframe.empty:
            return added
        opens = epoch_ns(dates)
        last = int(opens.max())
        if not sent.empty:
            self._notes.missing(received.missing)
        if received.newest is not None and received.newest >= last:
            self._notes.sent(pair, last)
        elif self._on_its_way(last, received):
            added.loc[opens == last, list(_GATES)] = True
        else:
            listed = dp.get_producer_pairs(self._producer)
            self._notes.late(pair, last, received.newest, listed=not listed or pair in listed)
        return added

    def _on_its_way(self, last: int, received: Received) -> bool:
        """It may still come in time: the one before it was there."""
        since, length = self._started, self._length
        if received.newest is not None:
            if received.newest < last - length * 1_000_000:
                return False
            since = max(since, last / 1e9 + length / 1000)
        return self._now() - since <= min(LONGEST_WAIT, length / 2000)


def keep_waiting(dataframe: pd.DataFrame, judged: Mapping[str, Any]) -> dict[str, Any]:
    """
    A candle without any data has no reason of its own to wait.

    :param dataframe: has been through `Consumer.add_columns`
    :param judged: columns that replace some of it
    :return: `judged`, and what waited for the producer still waits
    """
    waiting = (dataframe["cg_fresh"] == 0.0) & dataframe[_GATES[0]] & dataframe[_GATES[1]]
    return {
        name: np.asarray(values) | waiting.to_numpy() if name in _GATES else values
        for name, values in judged.items()
    }


def check_consumer(
    settings: CoinglassSettings, config: Mapping[str, Any], only_new_candles: bool
) -> tuple[str, tuple[str, ...]]:
    """
    :return: the producer's name; the intervals
    :raises SettingsError: with the fix
    """
    name = settings.producer or ""
    section = config.get("external_message_consumer", {})
    names = [str(each.get("name")) for each in section.get("producers", [])]
    if not section.get("enabled", False) or name not in names:
        known = f"there are {', '.join(names)}" if names else "there is none"
        raise SettingsError(
            f"coinglass.producer is {name}: external_message_consumer must be enabled in the "
            f"config and have a producer of that name ({known})."
        )
    if only_new_candles:
        raise SettingsError(
            "coinglass.producer needs process_only_new_candles: false in the config. With true a "
            "candle is looked at once, and that is before the producer's columns of it have come."
        )
    if settings.intervals == "auto":
        raise SettingsError(
            "coinglass.producer needs coinglass.intervals, such as "
            '["1h", "4h"]: those that the producer says at its start. A consumer has no plan to '
            "ask for them."
        )
    return name, settings.intervals
