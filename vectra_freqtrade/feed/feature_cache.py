"""
Native features between two candles of a live bot: made again when their rows or candles change.

A row comes once an interval, a candle more often; most of a live frame's work would be the same
as a candle ago. A backtest sees each pair once and needs none of this.
"""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Final

import pandas as pd
from cachetools import TTLCache

from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.signals.assemble import Key, PairData, native_features
from vectra_freqtrade.signals.native import Features

#: Pairs that were not looked at for so many seconds have left the pair list.
_FORGOTTEN: Final = 6 * 3600.0
_PAIRS: Final = 4096

_Held = dict[Key, tuple[Hashable, dict[Key, Features]]]


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
        held = self._pairs.get(pair, {})
        found: dict[Key, Features] = {}
        fresh: _Held = {}
        for key, rows in data.rows.items():
            candles = data.candles.get(key[1]) if key[0] == "open_interest" else None
            state = (_rows_state(rows), _candles_state(candles))
            if key in held and held[key][0] == state:
                fresh[key] = held[key]
            else:
                alone = replace(data, rows={key: rows})
                fresh[key] = (state, native_features(alone, self._settings, self._intervals))
            found |= fresh[key][1]
        self._pairs[pair] = fresh
        return found


def _rows_state(rows: pd.DataFrame) -> Hashable:
    """A row first seen stays, so where they begin and end tells all of them."""
    if rows.empty:
        return 0
    time, known = rows["time"], rows["available_at"]
    return len(rows), time.iloc[0], time.iloc[-1], known.iloc[-1]


def _candles_state(candles: pd.DataFrame | None) -> Hashable:
    """An exchange may correct a candle, so all of them count."""
    if candles is None or candles.empty:
        return 0
    values = candles[["high", "low", "close"]].to_numpy()
    return len(candles), candles["date"].iloc[0], candles["date"].iloc[-1], hash(values.tobytes())
