"""
Every private or fragile part of freqtrade that this package uses: what freqtrade guarantees of it,
and what is relied on. `tests/strategy/test_freqtrade_seams.py` tells of each whether a release
still has it.

It lies on the ground, because rooms below `strategy` need some of it, and imports freqtrade only
where it is called: importing a strategy takes a second that most commands need not pay. So the
methods of a strategy that are overridden are in `strategy.freqtrade_hooks`.
"""

from collections.abc import Callable, Iterable
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from freqtrade.data.dataprovider import DataProvider
    from freqtrade.enums import CandleType
    from freqtrade.strategy import IStrategy
    from pandas import DataFrame

#: Methods of a strategy that freqtrade calls and asks nobody to override. Relied on: it calls each
#: when `strategy.freqtrade_hooks` says.
Overridden = Literal[
    "ft_bot_start", "ft_bot_cleanup", "analyze", "advise_exit", "gather_informative_pairs"
]
#: Those without which there are no columns, and those without which there are no stops.
COLUMN_HOOKS: Final[tuple[Overridden, ...]] = ("ft_bot_start", "gather_informative_pairs")
STOP_HOOKS: Final[tuple[Overridden, ...]] = (*COLUMN_HOOKS, "advise_exit")

#: Logger of the part that reads candle files; freqtrade names loggers after modules.
CANDLE_READER: Final = "freqtrade.data.history.datahandlers.arrowdatahandler"

#: What freqtrade's error about a missing user_data folder goes on with. Its texts are no contract:
#: where it is gone, the user reads freqtrade's own advice.
CREATE_USERDIR: Final = " Please use `freqtrade create-userdir`"


def lists_candles(dp: "DataProvider", candle_type: "CandleType") -> bool:
    """
    freqtrade's data provider keeps the exchange in `_exchange`, None where there is none, and has
    no public way to ask it. Relied on: that, and the exchange's `check_candle_type_support`.
    """
    exchange = getattr(dp, "_exchange", None)
    return exchange is not None and bool(exchange.check_candle_type_support(candle_type))


def set_exchange(dp: "DataProvider", exchange: object) -> None:
    """
    As `lists_candles`, the other way. Relied on: with a run mode of a backtest the provider asks
    the exchange for no candles.
    """
    dp._exchange = exchange


def roll_back_custom_data() -> None:
    """
    freqtrade gives what is kept with trades a session of its own, which after a failed write
    refuses whatever follows, of every trade. Relied on: `_CustomData.session` is that one.
    """
    from freqtrade.persistence.custom_data import _CustomData

    _CustomData.session.rollback()


def guarded(function: Callable[..., None], *arguments: Any) -> None:
    """
    freqtrade runs callbacks in `strategy_safe_wrapper`. Relied on: with `supress_error` (its
    spelling) whatever is raised ends up in the log with its traceback, and the bot goes on.
    """
    from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

    strategy_safe_wrapper(function, supress_error=True)(*arguments)


def analyse(strategy: "IStrategy", candles: "DataFrame", pair: str) -> "DataFrame":
    """
    A pair's whole analysis, as a bot makes it. Relied on: `analyze_ticker` runs all three populate
    steps, and the wrapper turns whatever a user's code raises into a FreqtradeException.
    """
    from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

    frame: DataFrame = strategy_safe_wrapper(strategy.analyze_ticker)(candles, {"pair": pair})
    return frame


def start(strategy: "IStrategy") -> None:
    """
    What freqtrade calls once on a strategy that has its data provider. Relied on: it loads the
    parameters and calls the user's `bot_start`.
    """
    strategy.ft_bot_start()


def source_of(strategy: "IStrategy") -> str:
    """freqtrade keeps a loaded file's text in `__source__`; empty where it does not."""
    return str(getattr(strategy, "__source__", ""))


def stop_after_fill(strategy: "IStrategy") -> None:
    """
    freqtrade asks for a stop right after a fill only where the strategy's own custom_stoploss has
    an argument `after_fill`, which a user's `(*args, **kwargs)` hides. Relied on: it sets this mark
    where it finds the argument, and never takes it away.
    """
    strategy._ft_stop_uses_after_fill = True


def skip_trade_copy(strategy: "IStrategy", owner: type, names: Iterable[str]) -> None:
    """
    freqtrade deep-copies the trade for a callback unless the callback's qualified name begins with
    "IStrategy.", which is how it knows its own defaults. Relied on: it asks the attribute that it
    finds on the strategy. So this one strategy gets callbacks of that name; the class and other
    bots of the process keep theirs.

    :param strategy: an instance
    :param owner: class that defines the callbacks; where the strategy has its own, that stays
    :param names: of callbacks that only read the trade
    """
    for name in names:
        function = getattr(type(strategy), name)
        if function is getattr(owner, name):
            callback = update_wrapper(partial(function, strategy), function)
            callback.__qualname__ = f"IStrategy.{name}"
            setattr(strategy, name, callback)
