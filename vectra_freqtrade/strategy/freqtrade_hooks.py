"""
The methods of a strategy that freqtrade calls for itself, overridden here and nowhere else (see
`vectra_freqtrade.freqtrade_seams`). Each calls freqtrade's own and then one of ours, so that a
user's `bot_start` or `populate_exit_trend` can't lose them.
"""

from typing import Any

from freqtrade.enums import CandleType
from freqtrade.strategy import IStrategy
from pandas import DataFrame


class FreqtradeHooks(IStrategy):
    """Derives from IStrategy because `hyperopt -j 2` can't pickle a plain class as a base."""

    def ft_bot_start(self, **kwargs: Any) -> None:
        """Once, when the data provider is set; afterwards parameters have their values."""
        super().ft_bot_start(**kwargs)
        self._cg_start()

    def ft_bot_cleanup(self) -> None:
        """At a bot's end, and before a reload."""
        super().ft_bot_cleanup()
        self._cg_stop()

    def analyze(self, pairs: list[str]) -> None:
        """Once a loop of a bot, and never in a backtest."""
        super().analyze(pairs)
        self._cg_analysed(pairs)

    def advise_exit(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """Last step of a pair's analysis, in a backtest as in a bot."""
        dataframe = super().advise_exit(dataframe, metadata)
        self._cg_last_step(dataframe, metadata["pair"])
        return dataframe

    def gather_informative_pairs(self) -> list[tuple[str, str, CandleType]]:
        """What freqtrade fetches candles of, beside the strategy's own."""
        pairs = self.dp.current_whitelist() if self.dp else []
        candle_type = self.config.get("candle_type_def", CandleType.SPOT)
        return list({*super().gather_informative_pairs(), *self._cg_candles(pairs, candle_type)})

    def _cg_start(self) -> None: ...

    def _cg_stop(self) -> None: ...

    def _cg_analysed(self, pairs: list[str]) -> None: ...

    def _cg_last_step(self, dataframe: DataFrame, pair: str) -> None: ...

    def _cg_candles(
        self, pairs: list[str], candle_type: CandleType
    ) -> list[tuple[str, str, CandleType]]:
        return []
