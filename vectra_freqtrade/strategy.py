"""
What a strategy derives from.

    class MyStrategy(CoinglassMixin, IStrategy):
        def populate_indicators(self, dataframe, metadata):
            return self.coinglass.add_columns(dataframe, metadata["pair"])

and, for the exits, `class MyStrategy(CoinglassTrailingMixin, CoinglassMixin, IStrategy)`.

The mixins derive from IStrategy because `hyperopt -j 2` can't pickle a plain class as a base.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import ConfigurationError
from freqtrade.persistence import Order, Trade
from freqtrade.strategy import IStrategy, stoploss_from_absolute
from pandas import DataFrame

from vectra_freqtrade.feed.accessor import CoinglassAccessor, freqtrade_errors
from vectra_freqtrade.intervals import interval_ms
from vectra_freqtrade.overrides import shadowed
from vectra_freqtrade.positions import CHECKPOINT_KEY, PLAN_KEY, Positions, side_of
from vectra_freqtrade.trailing.exits import STOP_TAG, exit_tag, past_grace
from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.stops import clamp_stop, exchange_step, stop_through

logger = logging.getLogger(__name__)

_LIVE = (RunMode.LIVE, RunMode.DRY_RUN)

#: Callbacks that only read the trade (a test proves it).
_READ_ONLY = ("custom_stoploss", "custom_exit", "custom_roi")


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
        self.coinglass.check_startup()

    def gather_informative_pairs(self) -> list[tuple[str, str, CandleType]]:
        """The user's informative pairs, and the candles that open interest is compared with."""
        gathered = super().gather_informative_pairs()
        candle_type = self.config.get("candle_type_def", CandleType.SPOT)
        pairs = self.dp.current_whitelist() if self.dp else []
        ours = [(*pair, candle_type) for pair in self.coinglass.informative_pairs(pairs)]
        return list({*gathered, *ours})


class CoinglassTrailingMixin(CoinglassMixin):
    """
    Stops and exits that CoinGlass data moves (`coinglass.trailing` in the settings).

    A stop only ever moves toward profit. Without data it is a plain ATR trail. The callbacks only
    read the trade; the plan is written once, at the first fill.
    """

    use_custom_stoploss = True

    _CALLBACKS = ("custom_stoploss", "custom_exit", "custom_roi", "order_filled", "bot_loop_start")

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._trailing = self.coinglass.settings.trailing
        self._positions = Positions(self.coinglass.settings, self.coinglass.intervals)
        self.use_custom_roi = self._trailing.at_target == "close"
        if not self._trailing.skip_trade_copy:
            for name in _READ_ONLY:
                setattr(self, name, _own_name(getattr(self, name)))

    def ft_bot_start(self, **kwargs: Any) -> None:
        """:raises ConfigurationError: where the strategy would keep our stops from working"""
        super().ft_bot_start(**kwargs)
        for problem in self._problems():
            raise ConfigurationError(f"{self.get_strategy_name()}: {problem}")

    def _problems(self) -> list[str]:
        problems = [
            f"its own {name} takes the place of CoinglassTrailingMixin's. Call "
            f"super().{name}(...) in it and use what that returns, or drop the mixin."
            for name in shadowed(type(self), CoinglassTrailingMixin, self._CALLBACKS)
        ]
        if not self.use_custom_stoploss:
            problems.append("use_custom_stoploss is False; the trailing stop needs it. Remove it.")
        if not self.use_exit_signal:
            problems.append("use_exit_signal is False; cg_ exits need it. Set it to True.")
        if self.trailing_stop:
            problems.append("trailing_stop is True and would fight ours. Set it to False.")
        return problems

    def gather_informative_pairs(self) -> list[tuple[str, str, CandleType]]:
        """Also the candles that the ATR is taken on."""
        gathered = super().gather_informative_pairs()
        interval = self._trailing.atr_interval
        if interval == self.timeframe:
            return gathered
        candle_type = self.config.get("candle_type_def", CandleType.SPOT)
        pairs = self.dp.current_whitelist() if self.dp else []
        return list({*gathered, *((pair, interval, candle_type) for pair in pairs)})

    def advise_exit(self, dataframe: DataFrame, metadata: dict[str, Any]) -> DataFrame:
        """freqtrade's last step of an analysis: what callbacks read is taken out of the frame."""
        dataframe = super().advise_exit(dataframe, metadata)
        if not dataframe.empty:
            pair = metadata["pair"]
            with freqtrade_errors():
                candles = self.coinglass.candles(dataframe, pair, self._trailing.atr_interval)
            self._positions.prepare(pair, dataframe, self.coinglass.timeframe_ms, candles)
        return dataframe

    def order_filled(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> None:
        """The first fill gives the trade its plan; later fills change nothing in it."""
        super().order_filled(pair, trade, order, current_time, **kwargs)
        if order.ft_order_side != trade.entry_side or trade.get_custom_data(PLAN_KEY) is not None:
            return
        fees = trade.fee_open + (trade.fee_close or trade.fee_open)
        plan = self._positions.plan_for(trade, current_time, fees)
        if plan is None:
            logger.warning("%s: no ATR at entry, its own stoploss stands alone.", pair)
        else:
            trade.set_custom_data(PLAN_KEY, plan.to_dict())

    def bot_loop_start(self, current_time: datetime, **kwargs: Any) -> None:
        """Live only: what a restart would need, kept with the trade once per candle."""
        super().bot_loop_start(current_time, **kwargs)
        if self.config.get("runmode") not in _LIVE:
            return
        for trade in Trade.get_open_trades():
            checkpoint = self._positions.checkpoint(trade, current_time)
            if checkpoint is None:
                continue
            kept = trade.get_custom_data(CHECKPOINT_KEY)
            if not isinstance(kept, dict) or kept.get("at") != checkpoint.at:
                trade.set_custom_data(CHECKPOINT_KEY, checkpoint.to_dict())

    def custom_stoploss(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        after_fill: bool,
        **kwargs: Any,
    ) -> float | None:
        """
        :return: distance of the stop from current_rate, None where it stays as it is
        """
        found = self._positions.state(trade, current_time)
        if found is None:
            return None
        position, arrays, row = found
        if position.path is None or position.plan is None:
            return None
        side = side_of(trade)
        stop = self._stop(position.path.at(row).stop, side, trade)
        if not side * stop > side * trade.stop_loss:
            return None
        if stop_through(stop, float(arrays.close[row]), side):
            return None  # custom_exit leaves; a stop set here would fill at a price long gone
        if self.order_types.get("stoploss_on_exchange"):
            stop = exchange_step(trade.stop_loss, stop, position.plan.atr, side, self._trailing)
            if stop == trade.stop_loss:
                return None
        distance = stoploss_from_absolute(
            stop, current_rate, is_short=trade.is_short, leverage=trade.leverage
        )
        return float(distance) or None

    def _stop(self, stop: float, side: Side, trade: Trade) -> float:
        """The stop's price, never outside the strategy's own stoploss."""
        outermost = trade.open_rate * (1 - side * abs(self.stoploss) / (trade.leverage or 1.0))
        return clamp_stop(stop, outermost, side)

    def custom_exit(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs: Any,
    ) -> str | None:
        """
        :return: tag of the exit, None to stay
        """
        found = self._positions.state(trade, current_time)
        if found is None:
            return None
        position, arrays, row = found
        side = side_of(trade)
        if position.path is not None:
            stop = position.path.at(row).stop
            if stop_through(stop, float(arrays.close[row]), side) or stop_through(
                stop, current_rate, side
            ):
                return STOP_TAG
        code = arrays.exit_code(side, row)
        if not code:
            return None
        grace = interval_ms(self.coinglass.intervals[0])
        if not past_grace(position.opened_ms, int(arrays.close_ms[row]), grace):
            return None
        return exit_tag(code)

    def custom_roi(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        trade_duration: int,
        entry_tag: str | None,
        side: str,
        **kwargs: Any,
    ) -> float | None:
        """
        :return: with `at_target` "close", the profit at the target, so that it fills at the touch
        """
        found = self._positions.state(trade, current_time)
        if found is None or self._trailing.at_target != "close":
            return None
        position, _, row = found
        if position.path is None:
            return None
        return float(trade.calc_profit_ratio(position.path.at(row).target))


def _own_name(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method under a name of its own, so that freqtrade copies the trade for it."""

    def copied(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

    return copied


# freqtrade deep-copies the trade for every callback that isn't IStrategy's own, and the copy costs
# more than the callback. Ours only read the trade, and under these names they are handed the trade
# itself. `coinglass.trailing.skip_trade_copy: false` gives them their copies back.
for _name in _READ_ONLY:
    getattr(CoinglassTrailingMixin, _name).__qualname__ = f"IStrategy.{_name}"
