"""
What a strategy derives from for stops and exits that CoinGlass data moves. Callbacks only: the
rules are in `trailing`, the trades they are applied to in `positions`.
"""

import logging
from datetime import datetime
from typing import Any

from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import ConfigurationError
from freqtrade.persistence import Order, Trade
from freqtrade.strategy import stoploss_from_absolute
from pandas import DataFrame

from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.data.accessor import freqtrade_errors
from vectra_freqtrade.errors import CandlesError
from vectra_freqtrade.freqtrade_seams import skip_trade_copy, stop_after_fill
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.strategy.charted import Annotation, plan_text, trade_lines
from vectra_freqtrade.strategy.columns_mixin import CoinglassMixin
from vectra_freqtrade.strategy.overrides import problems
from vectra_freqtrade.strategy.positions import Positions
from vectra_freqtrade.strategy.trade_data import CHECKPOINT_KEY, PLAN_KEY, UNREADABLE
from vectra_freqtrade.strategy.trailing_frame import frame_arrays
from vectra_freqtrade.times import to_ms
from vectra_freqtrade.trailing.exits import EXIT_TAGS, STOP_TAG, exchange_step, past_grace
from vectra_freqtrade.trailing.plan import EntryPlan
from vectra_freqtrade.trailing.prepare import PairArrays
from vectra_freqtrade.trailing.state import Checkpoint
from vectra_freqtrade.trailing.trade_path import TradePath

logger = logging.getLogger(__name__)

_LIVE = (RunMode.LIVE, RunMode.DRY_RUN)

#: Callbacks that only read the trade (a test proves it).
_READ_ONLY = ("custom_stoploss", "custom_exit", "custom_roi")

#: Settings that a strategy's parameters come too late for.
_AT_START = frozenset({"atr_interval", "send_messages", "skip_trade_copy"})


class CoinglassTrailingMixin(CoinglassMixin):
    """
    Stops and exits that CoinGlass data moves (`coinglass.trailing` in the settings).

    A stop only ever moves toward profit. Without data it is a plain ATR trail. The callbacks only
    read the trade; the plan is written once, at the first fill.
    """

    use_custom_stoploss = True

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._trailing = self.coinglass.settings.trailing
        self._positions = Positions()
        stop_after_fill(self)

    def _cg_start(self) -> None:
        """:raises ConfigurationError: where the strategy would keep our stops from working"""
        super()._cg_start()
        for problem in problems(self, CoinglassTrailingMixin):
            raise ConfigurationError(f"{self.get_strategy_name()}: {problem}")
        self._settings_now()
        if self._trailing.skip_trade_copy:
            skip_trade_copy(self, CoinglassTrailingMixin, _READ_ONLY)
        if self._trailing.at_target == "close" and self.ignore_roi_if_entry_signal:
            logger.warning(
                "ignore_roi_if_entry_signal is True: while there is an entry signal, the target "
                "that coinglass.trailing.at_target closes at is not looked at."
            )

    def trailing_parameters(self) -> dict[str, Any]:
        """
        Yours to override: what replaces values of `coinglass.trailing`, such as a strategy's own
        parameters. Asked for at each analysis, hence in each epoch of a hyperopt.

        :return: in the settings' own words; `atr_interval`, `send_messages` and `skip_trade_copy`
            are read when the bot starts, and can't be replaced
        """
        return {}

    def _settings_now(self) -> CoinglassSettings:
        """The settings, with the strategy's parameters in them."""
        changes, settings = self.trailing_parameters(), self.coinglass.settings
        for name in _AT_START.intersection(changes):
            raise ConfigurationError(
                f"{self.get_strategy_name()}: trailing_parameters names {name}, which is read when "
                "the bot starts. Set it in coinglass.trailing."
            )
        if changes:
            with freqtrade_errors():
                settings = settings.override(trailing=changes)
        self._trailing = settings.trailing
        if self._trailing.at_target == "close":
            self.use_custom_roi = True
        return settings

    def _cg_candles(
        self, pairs: list[str], candle_type: CandleType
    ) -> list[tuple[str, str, CandleType]]:
        """Also the candles that the ATR is taken on."""
        wanted, interval = super()._cg_candles(pairs, candle_type), self._trailing.atr_interval
        if interval == self.timeframe:
            return wanted
        return [*wanted, *((pair, interval, candle_type) for pair in pairs)]

    def _cg_last_step(self, dataframe: DataFrame, pair: str) -> None:
        """What callbacks read is taken out of the frame."""
        super()._cg_last_step(dataframe, pair)
        if dataframe.empty:
            return
        coinglass, settings = self.coinglass, self._settings_now()
        with freqtrade_errors():
            try:
                candles = coinglass.candles(dataframe, pair, settings.trailing.atr_interval)
            except CandlesError as error:
                if not self._live:
                    raise
                told = f"{pair}: no new trade has a plan for now. {error}"
                self._positions.data.say_once((pair, "no candles"), told)
                candles = dataframe[:0]  # trades that have their plan need no ATR
        length, intervals = coinglass.timeframe_ms, coinglass.intervals
        arrays = frame_arrays(dataframe, length, candles, settings, intervals)
        self._positions.prepare(pair, arrays, self.stoploss, settings.trailing)

    def trailing_of(self, pair: str) -> tuple[PairArrays, TrailingSettings] | None:
        """What the stops of a pair are computed from, for a report; None before an analysis."""
        held = self._positions.pair(pair)
        return None if held is None else (held.arrays, held.settings)

    def order_filled(
        self, pair: str, trade: Trade, order: Order, current_time: datetime, **kwargs: Any
    ) -> None:
        """The first fill gives the trade its plan; later fills change nothing in it."""
        super().order_filled(pair, trade, order, current_time, **kwargs)
        if order.ft_order_side != trade.entry_side:
            self._positions.forget(trade)
            return
        if self._live:
            stored = self._positions.data.read(trade, PLAN_KEY)
            if stored is UNREADABLE or EntryPlan.from_dict(stored) is not None:
                return
        elif trade.nr_of_successful_entries > 1:
            return  # freqtrade looks through all trades so far for what is kept with one
        plan = self._positions.plan_for(trade, current_time)
        if plan is None:
            self._positions.data.say_once(
                (pair, "no ATR"),
                f"{pair}: no ATR at entry; the strategy's own stoploss stands alone until there "
                f"are enough {self._trailing.atr_interval} candles.",
            )
        elif self._positions.data.write(trade, PLAN_KEY, plan.to_dict()):
            self._positions.enter(trade, plan)
            self._tell(plan_text(pair, plan))

    def bot_loop_start(self, current_time: datetime, **kwargs: Any) -> None:
        """Live only: what a restart would need, kept with the trade once per candle."""
        super().bot_loop_start(current_time, **kwargs)
        if not self._live:
            return
        for trade in Trade.get_open_trades():
            if trade.has_open_position:
                self._positions.save(trade, current_time, self._tell)

    @property
    def _live(self) -> bool:
        return self.config.get("runmode") in _LIVE

    def _tell(self, message: str) -> None:
        """Into the log; in a backtest, of thousands of trades, only where it is asked for."""
        if not self._live:
            logger.debug(message)
            return
        logger.info(message)
        if self._trailing.send_messages and self.dp is not None:
            self.dp.send_msg(message)

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
        Distance of the stop from current_rate, None where it stays as it is; so no fill loosens it,
        though freqtrade would let it.
        """
        position = self._positions.state(trade, current_time)
        if position is None or position.path is None:
            return None
        side, stop = position.side, position.stop
        if not side * stop > side * trade.stop_loss:
            return None
        if side * stop >= side * position.close:
            return None  # custom_exit leaves; a stop set here would fill at a price long gone
        if self.order_types.get("stoploss_on_exchange"):
            plan = position.path.plan
            stop = exchange_step(trade.stop_loss, stop, plan.atr, plan.side, self._trailing)
            if stop == trade.stop_loss:
                return None
        distance = stoploss_from_absolute(
            stop, current_rate, is_short=trade.is_short, leverage=trade.leverage
        )
        return float(distance) or None

    def custom_exit(
        self,
        pair: str,
        trade: Trade,
        current_time: datetime,
        current_rate: float,
        current_profit: float,
        **kwargs: Any,
    ) -> str | None:
        """:return: tag of the exit, None to stay"""
        position = self._positions.state(trade, current_time)
        if position is None:
            return None
        side, stop, close = position.side, position.stop, position.close
        # Live, a stop that the trade already has is freqtrade's to execute, with its own kind of
        # order. A backtest has set the stop within the candle that opens beyond it.
        if (side * stop >= side * close or side * stop >= side * current_rate) and not (
            self._live and side * trade.stop_loss >= side * stop
        ):
            return STOP_TAG
        if not position.exit_code:
            return None
        held = self._positions.pair(pair)
        grace = interval_ms(self.coinglass.intervals[0])
        decided = int(held.arrays.close_ms[position.row]) if held is not None else 0
        if not past_grace(position.opened_ms, decided, grace, self.coinglass.timeframe_ms):
            return None
        return EXIT_TAGS[position.exit_code]

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
        """With `at_target` "close", the profit at the target, so that it fills at the touch."""
        if self._trailing.at_target != "close":
            return None
        position = self._positions.state(trade, current_time)
        if position is None or position.path is None:
            return None
        return float(trade.calc_profit_ratio(position.path.at(position.row).target))

    def plot_annotations(
        self,
        pair: str,
        start_date: datetime,
        end_date: datetime,
        dataframe: DataFrame,
        **kwargs: Any,
    ) -> list[Annotation]:
        """As the columns' own; live also entry, target and stop path of the pair's open trades."""
        lines = super().plot_annotations(pair, start_date, end_date, dataframe, **kwargs)
        held = self._positions.pair(pair) if self._live else None
        if held is None:
            return lines
        arrays = held.arrays
        for trade in Trade.get_trades_proxy(pair=pair, is_open=True):
            plan = EntryPlan.from_dict(self._positions.data.read(trade, PLAN_KEY))
            if plan is not None:
                kept = None
                if not arrays.covers(plan.opened):
                    kept = Checkpoint.from_dict(self._positions.data.read(trade, CHECKPOINT_KEY))
                path = TradePath(plan, arrays, self._trailing, kept)
                lines += trade_lines(path, arrays, to_ms(start_date))
        return lines
