"""Rows and candles of a user's store and data folder, as the event study takes them."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.data.history import load_pair_history
from freqtrade.enums import CandleType
from freqtrade.exchange import timeframe_to_msecs

from vectra_freqtrade.announcer import Announcer
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.data.pair_data import PairReader
from vectra_freqtrade.errors import CandlesError
from vectra_freqtrade.report.evidence.prepared import PairRows
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.align import epoch_ns, last_known
from vectra_freqtrade.signals.assemble import PairData, add_columns

logger = logging.getLogger(__name__)


class PairLoader:
    """Rows and candles of one pair after another, for the study's timeframe and intervals."""

    def __init__(
        self,
        config: Mapping[str, Any],
        provider: HistoryProvider,
        settings: CoinglassSettings,
        intervals: Sequence[str],
        timeframe: str,
    ) -> None:
        self.config, self.provider, self.settings = config, provider, settings
        self.intervals, self.timeframe = tuple(intervals), timeframe
        self._reader = PairReader(
            provider=provider,
            settings=settings,
            intervals=self.intervals,
            store=provider.store,
            exchange=config["exchange"]["name"],
            timeframe=timeframe,
            candles_of=self.candles,
            announcer=Announcer(logger),
        )

    def candles(self, pair: str, timeframe: str) -> pd.DataFrame:
        """What freqtrade has stored, gaps left as they are; empty where there is nothing."""
        frame: pd.DataFrame = load_pair_history(
            pair,
            timeframe,
            self.config["datadir"],
            timerange=TimeRange.parse_timerange(self.config.get("timerange")),
            fill_up_missing=False,
            drop_incomplete=False,
            data_format=self.config.get("dataformat_ohlcv", "feather"),
            candle_type=self.config.get("candle_type_def", CandleType.FUTURES),
        )
        return frame

    def load(self, pair: str) -> PairRows:
        """One row per row of the lower interval, at the first candle that could act on it."""
        candles = self.candles(pair, self.timeframe)
        if candles.empty:
            raise CandlesError(
                f"No {self.timeframe} candles of {pair} in {self.config['datadir']}. Run: "
                f"freqtrade download-data --pairs {pair} --timeframes {self.timeframe}."
            )
        length = int(timeframe_to_msecs(self.timeframe))
        data = self._reader.read(candles, pair)
        frame = add_columns(candles, length, data, self.settings, self.intervals)
        frame["decision"] = frame["date"] + pd.Timedelta(length, "ms")
        return PairRows(frame[self._new(frame["decision"], data)].reset_index(drop=True), candles)

    def _new(self, decisions: pd.Series, data: PairData) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Candles at which a row of the lower interval could be acted on for the first time."""
        first = next((rows for rows in data.rows.values() if not rows.empty), None)
        if first is None:
            return np.zeros(len(decisions), dtype=bool)
        known = last_known(epoch_ns(first["available_at"]), epoch_ns(decisions))
        return np.diff(known, prepend=known[:1]) > 0
