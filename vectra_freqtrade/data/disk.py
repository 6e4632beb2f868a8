"""Columns without a bot: over freqtrade's candles on disk."""

import logging
from typing import Any

import pandas as pd
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType

from vectra_freqtrade.announcer import Announcer
from vectra_freqtrade.data.checks import resolve_intervals, uses_free_tier
from vectra_freqtrade.data.exchange import FreeProvider
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.data.pair_data import PairReader
from vectra_freqtrade.errors import CandlesError, SettingsError
from vectra_freqtrade.freqtrade_seams import set_exchange
from vectra_freqtrade.history.layout import store_dir
from vectra_freqtrade.history.opened import opened
from vectra_freqtrade.settings.section import CoinglassSettings

logger = logging.getLogger(__name__)

#: As many candles as freqtrade's backtest shows a callback.
CANDLES = 1000


class _Listed:
    """No exchange is asked: what lies on disk is what it lists."""

    def check_candle_type_support(self, candle_type: CandleType) -> bool:
        return True


class DiskData(DataProvider):  # type: ignore[misc]
    """freqtrade's data provider without an exchange."""

    def __init__(self, config: dict[str, Any], pairs: list[str]) -> None:
        super().__init__(config, None)
        set_exchange(self, _Listed())
        self._pairs = pairs

    def current_whitelist(self) -> list[str]:
        return list(self._pairs)

    def get_funding_rate_timeframe(self) -> str:
        """Of freqtrade's files, whatever the distance of their rows."""
        return "1h"


def disk_reader(config: dict[str, Any], pairs: list[str], timeframe: str) -> PairReader:
    """
    Columns without a bot: what a backtest of this config reads, over freqtrade's candles on disk.

    :param config: freqtrade's, with user_data_dir, datadir and candle_type_def
    :param pairs: freqtrade's; the FREE tier makes a coin's rows of the candles of any of them
    :param timeframe: of the frames
    :raises VectraError: for a wrong setting, and for a store that can't be used
    """
    config = config | {"dataformat_ohlcv": config.get("dataformat_ohlcv") or "feather"}
    settings = CoinglassSettings.from_config(config)
    store = opened(store_dir(config, settings), settings)
    intervals = resolve_intervals(settings, store)
    dp = DiskData(config, pairs)
    provider = HistoryProvider(store)
    if uses_free_tier(settings, store):
        provider = FreeProvider(store, settings, intervals, config=config, dp=lambda: dp)
    return PairReader(
        provider=provider,
        settings=settings,
        intervals=intervals,
        store=store,
        exchange=config["exchange"]["name"],
        timeframe=timeframe,
        candles_of=dp.get_pair_dataframe,
        announcer=Announcer(logger),
    )


def frame_at(reader: PairReader, pair: str, at: pd.Timestamp, *, datadir: object) -> pd.DataFrame:
    """
    The last CANDLES candles that had closed by a moment.

    :param datadir: named where there are no candles
    :raises CandlesError: where there are none on disk
    :raises SettingsError: where they do not reach so far
    """
    timeframe = reader.timeframe
    candles = reader.candles_of(pair, timeframe)
    if candles is None or candles.empty:
        raise CandlesError(
            f"There are no {timeframe} candles of {pair} in {datadir}. Run: freqtrade "
            f"download-data --pairs {pair} --timeframes {timeframe} (with your own -c and "
            "--userdir)."
        )
    length = pd.Timedelta(reader.timeframe_ms, "ms")
    closes = candles["date"] + length
    closed = int(closes.searchsorted(at.floor("ms"), side="right"))  # in the column's own unit
    if closed == 0 or at - closes.iloc[closed - 1] >= length:
        raise SettingsError(
            f"No {timeframe} candle of {pair} closed within {timeframe} before "
            f"{at:%Y-%m-%d %H:%M}; those on disk close from {closes.iloc[0]:%Y-%m-%d %H:%M} to "
            f"{closes.iloc[-1]:%Y-%m-%d %H:%M} UTC."
        )
    return candles.iloc[max(0, closed - CANDLES) : closed].reset_index(drop=True)
