"""
Native features between two candles of a live bot: made again when their rows or candles change.

A row comes once an interval, a candle more often; most of a live frame's work would be the same
as a candle ago. A backtest sees each pair once and needs none of this.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pandas as pd
from cachetools import TTLCache

from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.signals.align import epoch_ns
from vectra_freqtrade.signals.assemble import Key, PairData, native_features
from vectra_freqtrade.signals.level_memo import LevelMemo
from vectra_freqtrade.signals.native import Features

#: Pairs that were not looked at for so many seconds have left the pair list.
_FORGOTTEN: Final = 6 * 3600.0
_PAIRS: Final = 4096


@dataclass(frozen=True, slots=True)
class _Made:
    """
    :param rows: what it was made of
    :param candles: the state of the candles that it was made of
    :param features: as `native_features`
    """

    rows: pd.DataFrame
    candles: Hashable
    features: dict[Key, Features]


@dataclass(frozen=True, slots=True)
class _Held:
    """
    :param made: of each dataset and interval
    :param memo: of the pair's levels
    """

    made: dict[Key, _Made] = field(default_factory=dict)
    memo: LevelMemo = field(default_factory=LevelMemo)


class FeatureCache:
    """
    :param settings: of the columns
    :param intervals: in use
    """

    def __init__(self, settings: CoinglassSettings, intervals: Sequence[str]) -> None:
        self._settings = settings
        self._intervals = tuple(intervals)
        self._pairs: TTLCache[str, _Held] = TTLCache(_PAIRS, _FORGOTTEN)

    def features(self, pair: str, data: PairData) -> dict[Key, Features]:
        """
        :param pair: freqtrade's pair
        :param data: what is known of it now
        :return: as `native_features`
        """
        held = self._pairs.get(pair) or _Held()
        found: dict[Key, Features] = {}
        fresh: dict[Key, _Made] = {}
        for key, rows in data.rows.items():
            candles = _candles_state(data.candles.get(key[1])) if key[0] == "open_interest" else 0
            made = held.made.get(key)
            if made is None or made.candles != candles or not _same(made.rows, rows):
                alone = replace(data, rows={key: rows})
                features = native_features(alone, self._settings, self._intervals, held.memo)
                made = _Made(rows, candles, features)
            fresh[key] = made
            found |= made.features
        self._pairs[pair] = _Held(fresh, held.memo)
        return found


def _same(held: pd.DataFrame, rows: pd.DataFrame) -> bool:
    """A row first seen stays, so where they begin and end tells all of them."""
    if held is rows:
        return True
    if len(held) != len(rows):
        return False
    return rows.empty or _ends(held) == _ends(rows)


def _ends(rows: pd.DataFrame) -> Hashable:
    time, known = rows["time"].array, rows["available_at"].array
    return time[0], time[-1], known[-1]


def _candles_state(candles: pd.DataFrame | None) -> Hashable:
    """An exchange may correct a candle, so all of them count."""
    if candles is None or candles.empty:
        return 0
    dates = epoch_ns(candles["date"])
    values = (candles[name].to_numpy().tobytes() for name in ("high", "low", "close"))
    return len(dates), int(dates[0]), int(dates[-1]), *map(hash, values)
