"""
Native features between two candles of a live bot, made when their rows come.

A row comes once an interval, a candle more often. A row comes in a thread of the feed, which makes
its features there and then (`renew`): the bot's loop finds them and is no slower at the candle
after.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd
from cachetools import TTLCache

from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.align import Int64, epoch_ns
from vectra_freqtrade.signals.assemble import Key, PairData, native_features
from vectra_freqtrade.signals.levels.liquidation_levels import Frame, LevelMemo
from vectra_freqtrade.signals.momentary import MomentMemo
from vectra_freqtrade.signals.native import Features, FloatArray

#: Pairs that were not looked at for so many seconds have left the pair list.
_FORGOTTEN: Final = 6 * 3600.0
_PAIRS: Final = 4096


@dataclass(frozen=True, slots=True)
class _Candles:
    """What of a pair's candles goes into features: nanoseconds; high, low, close."""

    dates: Int64
    prices: tuple[FloatArray, ...]

    @classmethod
    def of(cls, candles: pd.DataFrame | None) -> "_Candles":
        if candles is None or candles.empty:
            return cls(np.empty(0, dtype=np.int64), ())
        prices = tuple(candles[name].to_numpy() for name in ("high", "low", "close"))
        return cls(epoch_ns(candles["date"]), prices)

    def hold(self, later: "_Candles", until: int) -> bool:
        """
        Whether these are the same as later seen ones, as far as features of rows until a time go.

        :param later: they may begin later, and an exchange may have corrected any of them
        :param until: time of the last row; what is behind it is in none of its features
        """
        end = int(np.searchsorted(self.dates, until, side="right"))
        stop = int(np.searchsorted(later.dates, until, side="right"))
        if not stop:
            return not end
        first = int(np.searchsorted(self.dates, later.dates[0]))
        return np.array_equal(self.dates[first:end], later.dates[:stop]) and all(
            np.array_equal(held[first:end], seen[:stop])
            for held, seen in zip(self.prices, later.prices, strict=False)
        )


@dataclass(frozen=True, slots=True)
class _Made:
    """Features, and what they were made of; `times` and `known` of the rows in nanoseconds."""

    rows: pd.DataFrame
    times: Int64
    known: Int64
    candles: _Candles
    features: Mapping[Key, Features]

    def of(self, rows: pd.DataFrame, candles: _Candles) -> Mapping[Key, Features] | None:
        """
        :param rows: not empty; the same, or a part of them: the last ones may not be known yet, and
            the first ones are dropped in time
        :return: the features of these rows; None where they have to be made anew
        """
        until = self.known[-1] if rows is self.rows else self._known_until(rows)
        if until is None or not self.candles.hold(candles, self.times[-1]):
            return None
        if until == self.known[-1]:
            return self.features
        # Each looks at earlier rows only, so later ones can be left out.
        return {key: _upto(features, until) for key, features in self.features.items()}

    def _known_until(self, rows: pd.DataFrame) -> int | None:
        """
        When the last of these rows could be used, None where they are no part of these. A row first
        seen stays, so where they begin and end tells all of them.
        """
        times, known = epoch_ns(rows["time"]), epoch_ns(rows["available_at"])
        first = int(np.searchsorted(self.times, times[0]))
        last = first + len(times) - 1
        if last >= len(self.times):
            return None
        same = (self.times[first], self.times[last], self.known[last])
        return int(known[-1]) if same == (times[0], times[-1], known[-1]) else None


@dataclass(slots=True)
class _Held:
    """
    Of a pair: as it was seen last, without its rows; what was made; its last levels; its moments.
    """

    data: PairData
    made: Mapping[Key, _Made] = field(default_factory=dict)
    levels: Frame | None = None
    moments: MomentMemo = field(default_factory=MomentMemo)


class FeatureCache:
    """
    Usable from several threads; none of them works while another one waits for it.

    :param settings: of the columns
    :param intervals: in use
    :param series_of: the series of a dataset, a pair and an interval
    """

    def __init__(
        self,
        settings: CoinglassSettings,
        intervals: Sequence[str],
        series_of: Callable[[str, str, str], Series],
    ) -> None:
        self._settings = settings
        self._intervals = tuple(intervals)
        self._series_of = series_of
        self._guard = threading.Lock()
        self._pairs: TTLCache[str, _Held] = TTLCache(_PAIRS, _FORGOTTEN)

    def features(self, pair: str, data: PairData) -> tuple[dict[Key, Features], MomentMemo]:
        """As `native_features`, and the memo of the pair's decisions for `add_columns`."""
        held = self._seen(pair, data)
        found: dict[Key, Features] = {}
        for key, rows in data.rows.items():
            if rows.empty:
                continue
            made, candles = held.made.get(key), _candles_of(data, key)
            there = None if made is None else made.of(rows, candles)
            found |= self._make(held, data, key, rows) if there is None else there
        return found, held.moments

    def renew(self, series: Series, rows: pd.DataFrame) -> None:
        """
        Make what the next `features` will ask for, with the candles it saw last.

        :param rows: all that may be used, as `Provider.rows` will hand them out
        """
        if rows.empty:
            return
        key = (series.dataset, series.interval)
        with self._guard:
            pairs = list(self._pairs.items())
        for pair, held in pairs:
            if self._series_of(series.dataset, pair, series.interval) == series:
                self._make(held, held.data, key, rows)

    def _make(
        self, held: _Held, data: PairData, key: Key, rows: pd.DataFrame
    ) -> Mapping[Key, Features]:
        memo = LevelMemo(held.levels)
        alone = replace(data, rows={key: rows})
        features = native_features(alone, self._settings, self._intervals, memo)
        times, known = epoch_ns(rows["time"]), epoch_ns(rows["available_at"])
        made = _Made(rows, times, known, _candles_of(data, key), features)
        with self._guard:
            held.made, held.levels = {**held.made, key: made}, memo.frame
        return features

    def _seen(self, pair: str, data: PairData) -> _Held:
        data = replace(data, rows={}, orders=None, snapshots=None)
        with self._guard:
            held = self._pairs[pair] = self._pairs.get(pair) or _Held(data)
            held.data = data
        return held


def _candles_of(data: PairData, key: Key) -> _Candles:
    """Only open interest looks at candles, and the levels that are made of it."""
    return _Candles.of(data.candles.get(key[1]) if key[0] == "open_interest" else None)


def _upto(features: Features, until: int) -> Features:
    return features.upto(int(np.searchsorted(features.available_at, until, side="right")))
