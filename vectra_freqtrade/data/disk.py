"""A strategy's place without a bot: freqtrade's candles on disk."""

from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType
from freqtrade.exchange import timeframe_to_msecs

from vectra_freqtrade.data.accessor import CoinglassAccessor
from vectra_freqtrade.errors import CandlesError, SettingsError
from vectra_freqtrade.freqtrade_seams import set_exchange

#: As many candles as freqtrade's backtest shows a callback.
CANDLES = 1000


class _Listed:
    """No exchange is asked: what lies on disk is what it lists."""

    def check_candle_type_support(self, candle_type: CandleType) -> bool:
        return True


class DiskData(DataProvider):  # type: ignore[misc]
    """
    freqtrade's data provider without an exchange.

    :param config: freqtrade's, with datadir, candle_type_def and dataformat_ohlcv
    :param pairs: the pair list
    """

    def __init__(self, config: dict[str, Any], pairs: list[str]) -> None:
        super().__init__(config, None)
        set_exchange(self, _Listed())
        self._pairs = pairs

    def current_whitelist(self) -> list[str]:
        return list(self._pairs)

    def get_funding_rate_timeframe(self) -> str:
        """Of freqtrade's files, whatever the distance of their rows."""
        return "1h"


class DiskStrategy:
    """
    What the accessor asks of a strategy.

    :param config: freqtrade's, with user_data_dir, datadir and candle_type_def
    :param pair: the one pair it is for
    :param timeframe: of the strategy it stands for
    """

    startup_candle_count = CANDLES

    def __init__(self, config: dict[str, Any], pair: str, timeframe: str) -> None:
        self.config = {"dataformat_ohlcv": "feather", **config}
        self.config["dataformat_ohlcv"] = self.config["dataformat_ohlcv"] or "feather"
        self.pair = pair
        self.timeframe = timeframe
        self.dp = DiskData(self.config, [pair])
        self.coinglass = CoinglassAccessor(self)

    def get_strategy_name(self) -> str:
        """For messages."""
        return "the strategy"

    def frame(self, at: pd.Timestamp) -> pd.DataFrame:
        """
        :param at: tz-aware
        :return: the last CANDLES candles that had closed by then
        :raises CandlesError: where there are none on disk
        :raises SettingsError: where they do not reach so far
        """
        candles: pd.DataFrame = self.dp.get_pair_dataframe(self.pair, self.timeframe)
        if candles.empty:
            folder = Path(self.config["datadir"])
            raise CandlesError(
                f"There are no {self.timeframe} candles of {self.pair} in {folder}. Run: freqtrade "
                f"download-data --pairs {self.pair} --timeframes {self.timeframe} (with your own "
                "-c and --userdir)."
            )
        length = pd.Timedelta(int(timeframe_to_msecs(self.timeframe)), "ms")
        closes = candles["date"] + length
        closed = int(closes.searchsorted(at, side="right"))
        if closed == 0 or at - closes.iloc[closed - 1] >= length:
            raise SettingsError(
                f"No {self.timeframe} candle of {self.pair} closed within {self.timeframe} before "
                f"{at:%Y-%m-%d %H:%M}; those on disk close from {closes.iloc[0]:%Y-%m-%d %H:%M} to "
                f"{closes.iloc[-1]:%Y-%m-%d %H:%M} UTC."
            )
        return candles.iloc[max(0, closed - CANDLES) : closed].reset_index(drop=True)
