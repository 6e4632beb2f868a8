"""
What a strategy derives from for its columns.

    class MyStrategy(CoinglassMixin, IStrategy):
        def populate_indicators(self, dataframe, metadata):
            return self.coinglass.add_columns(dataframe, metadata["pair"])

and, for the exits, `class MyStrategy(CoinglassTrailingMixin, CoinglassMixin, IStrategy)`.

Both mixins derive from IStrategy because `hyperopt -j 2` can't pickle a plain class as a base.
"""

import logging
from datetime import datetime
from typing import Any

from freqtrade.enums import CandleType
from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper
from pandas import DataFrame

from vectra_freqtrade.data.accessor import CoinglassAccessor, freqtrade_errors
from vectra_freqtrade.data.checks import check_datasets
from vectra_freqtrade.settings.neutral import neutral_told
from vectra_freqtrade.strategy.alerting import Alerting
from vectra_freqtrade.strategy.charted import Annotation, level_lines, plot_config, state_areas

logger = logging.getLogger(__name__)


class _PlotConfig:
    """Ours until a strategy sets its own; no `cached_property`, whose lock can't be pickled."""

    def __get__(self, strategy: Any, owner: type) -> Any:
        if strategy is None:
            return self
        return plot_config(strategy.coinglass.settings.datasets, strategy.coinglass.intervals)


class CoinglassMixin(IStrategy):
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
        self._alerting = Alerting(kinds, self.coinglass.timeframe_ms) if kinds else None

    def ft_bot_start(self, **kwargs: Any) -> None:
        """
        freqtrade's own start, so that a user's `bot_start` can't lose our checks.

        :raises ConfigurationError: where the settings are not what the strategy needs
        """
        super().ft_bot_start(**kwargs)
        settings, name = self.coinglass.settings, self.get_strategy_name()
        with freqtrade_errors():
            check_datasets(settings, self.needed_datasets, name)
        if told := neutral_told(settings, self.needed_datasets, name):
            logger.warning(told)
        self.coinglass.start()

    def ft_bot_cleanup(self) -> None:
        """freqtrade's own end, so that no thread is left after a reload."""
        super().ft_bot_cleanup()
        self.coinglass.stop()

    def analyze(self, pairs: list[str]) -> None:
        """freqtrade's analysis of a loop, live only; then alerts, where they are asked for."""
        super().analyze(pairs)
        if self._alerting is not None:
            # freqtrade's own guard: what goes wrong here is logged, and the bot goes on.
            strategy_safe_wrapper(self._alert, supress_error=True)(pairs)

    def _alert(self, pairs: list[str]) -> None:
        if self._alerting is None or self.dp is None:
            return
        dp, timeframe = self.dp, self.timeframe

        def frame_of(pair: str) -> DataFrame:
            frame: DataFrame = dp.get_analyzed_dataframe(pair, timeframe)[0]
            return frame

        for message in self._alerting.look(pairs, frame_of, Trade.get_open_trades):
            logger.info(message)
            dp.send_msg(message)

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

    def gather_informative_pairs(self) -> list[tuple[str, str, CandleType]]:
        """The user's informative pairs, and the candles that open interest is compared with."""
        gathered = super().gather_informative_pairs()
        candle_type = self.config.get("candle_type_def", CandleType.SPOT)
        pairs = self.dp.current_whitelist() if self.dp else []
        return list({*gathered, *self.coinglass.informative_pairs(pairs, candle_type)})
