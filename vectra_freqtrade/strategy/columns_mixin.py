"""
What a strategy derives from for its columns.

    class MyStrategy(CoinglassMixin, IStrategy):
        def populate_indicators(self, dataframe, metadata):
            return self.coinglass.add_columns(dataframe, metadata["pair"])

and, for the exits, `class MyStrategy(CoinglassTrailingMixin, CoinglassMixin, IStrategy)`.
"""

import logging
from datetime import datetime
from typing import Any

from freqtrade.enums import CandleType
from pandas import DataFrame

from vectra_freqtrade.data.accessor import CoinglassAccessor, freqtrade_errors
from vectra_freqtrade.data.checks import check_datasets
from vectra_freqtrade.freqtrade_seams import guarded
from vectra_freqtrade.settings.neutral import neutral_told
from vectra_freqtrade.strategy.alerting import Alerting
from vectra_freqtrade.strategy.charted import Annotation, level_lines, plot_config, state_areas
from vectra_freqtrade.strategy.freqtrade_hooks import FreqtradeHooks

logger = logging.getLogger(__name__)


class _PlotConfig:
    """Ours until a strategy sets its own; no `cached_property`, whose lock can't be pickled."""

    def __get__(self, strategy: Any, owner: type) -> Any:
        if strategy is None:
            return self
        return plot_config(strategy.coinglass.settings.datasets, strategy.coinglass.intervals)


class CoinglassMixin(FreqtradeHooks):
    """
    Columns, and no callbacks: overriding one would cost a backtest three times its time.

    :cvar needed_datasets: yours to set: datasets that the strategy can't trade without; a config
        that leaves one out is refused at the start
    :ivar coinglass: `add_columns` and `judge`
    :ivar plot_config: states, factors, levels and data for FreqUI and `plot-dataframe`
    """

    needed_datasets: tuple[str, ...] = ()
    plot_config = _PlotConfig()

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.coinglass = CoinglassAccessor(self)
        kinds = self.coinglass.settings.alerts
        self._alerting = Alerting(kinds) if kinds else None

    def _cg_start(self) -> None:
        """:raises ConfigurationError: where the settings are not what the strategy needs"""
        settings, name = self.coinglass.settings, self.get_strategy_name()
        with freqtrade_errors():
            check_datasets(settings, self.needed_datasets, name)
        if told := neutral_told(settings, self.needed_datasets, name):
            logger.warning(told)
        self.coinglass.start()

    def _cg_stop(self) -> None:
        self.coinglass.stop()

    def _cg_analysed(self, pairs: list[str]) -> None:
        if self._alerting is not None:
            guarded(self._alerting.send, pairs, self.dp, self.timeframe)

    def _cg_candles(
        self, pairs: list[str], candle_type: CandleType
    ) -> list[tuple[str, str, CandleType]]:
        return self.coinglass.informative_pairs(pairs, candle_type)

    def plot_annotations(
        self,
        pair: str,
        start_date: datetime,
        end_date: datetime,
        dataframe: DataFrame,
        **kwargs: Any,
    ) -> list[Annotation]:
        """What FreqUI marks on its chart: market states and the nearest liquidation levels."""
        return [*state_areas(dataframe), *level_lines(dataframe)]
