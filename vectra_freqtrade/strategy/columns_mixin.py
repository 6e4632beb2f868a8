"""
What a strategy derives from for its columns.

    class MyStrategy(CoinglassMixin, IStrategy):
        def populate_indicators(self, dataframe, metadata):
            return self.coinglass.add_columns(dataframe, metadata["pair"])

and, for the exits, `class MyStrategy(CoinglassTrailingMixin, CoinglassMixin, IStrategy)`.

Both mixins derive from IStrategy because `hyperopt -j 2` can't pickle a plain class as a base.
"""

from typing import Any

from freqtrade.enums import CandleType
from freqtrade.strategy import IStrategy

from vectra_freqtrade.feed.accessor import CoinglassAccessor


class CoinglassMixin(IStrategy):
    """
    Columns, and no callbacks: overriding one would cost a backtest three times its time.

    :ivar coinglass: `add_columns` and `judge`
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.coinglass = CoinglassAccessor(self)

    def ft_bot_start(self, **kwargs: Any) -> None:
        """freqtrade's own start, so that a user's `bot_start` can't lose our checks."""
        super().ft_bot_start(**kwargs)
        self.coinglass.start()

    def ft_bot_cleanup(self) -> None:
        """freqtrade's own end, so that no thread is left after a reload."""
        super().ft_bot_cleanup()
        self.coinglass.stop()

    def gather_informative_pairs(self) -> list[tuple[str, str, CandleType]]:
        """The user's informative pairs, and the candles that open interest is compared with."""
        gathered = super().gather_informative_pairs()
        candle_type = self.config.get("candle_type_def", CandleType.SPOT)
        pairs = self.dp.current_whitelist() if self.dp else []
        return list({*gathered, *self.coinglass.informative_pairs(pairs, candle_type)})
