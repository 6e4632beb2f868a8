"""Callbacks that freqtrade hands the trade itself, whatever they are made of."""

import copy
from functools import wraps
from types import SimpleNamespace

import cloudpickle
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.strategy import IStrategy
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from tests.support.live_trades import PAIR, opened, own_database, start
from vectra_freqtrade import CoinglassTrailingMixin, freqtrade_seams

CONFIG = {"stake_currency": "USDT"}


@pytest.fixture
def trade():
    with own_database():
        yield opened()


class Shared(IStrategy):
    """A callback that calls super(), and one with a closure."""

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def custom_exit(self, *, trade, **kwargs):
        return trade, super().custom_exit(pair=PAIR, trade=trade, **kwargs)


def closed_over(function):
    @wraps(function)
    def inner(self, *, trade, **kwargs):
        return function(self, trade=trade, **kwargs)

    return inner


Shared.custom_roi = closed_over(lambda self, *, trade, **kwargs: (trade, None))
CALLBACKS = ("custom_exit", "custom_roi")
ARGUMENTS = {"current_time": None, "current_rate": 1.0, "current_profit": 0.0}


def handed(strategy, name: str, trade):
    """What freqtrade hands a callback, which returns it."""
    return strategy_safe_wrapper(getattr(strategy, name))(trade=trade, **ARGUMENTS)[0]


@pytest.mark.parametrize("name", CALLBACKS)
def test_a_callback_with_super_or_a_closure_gets_the_trade_itself(trade, name):
    strategy = Shared(CONFIG)
    freqtrade_seams.skip_trade_copy(strategy, Shared, CALLBACKS)
    assert handed(strategy, name, trade) is trade


def test_a_strategys_own_callback_is_handed_a_copy(trade):
    class Own(Shared):
        def custom_exit(self, *, trade, **kwargs):
            return super().custom_exit(trade=trade, **kwargs)

    strategy = Own(CONFIG)
    freqtrade_seams.skip_trade_copy(strategy, Shared, CALLBACKS)
    assert handed(strategy, "custom_exit", trade) is not trade
    assert handed(strategy, "custom_roi", trade) is trade


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda strategy: cloudpickle.loads(cloudpickle.dumps(strategy))]
)
def test_a_copied_or_pickled_strategy_has_callbacks_of_its_own(trade, again):
    """Hyperopt's workers get a pickled one."""
    strategy = Shared(CONFIG)
    freqtrade_seams.skip_trade_copy(strategy, Shared, CALLBACKS)
    other = again(strategy)
    assert other.custom_exit.args == (other,)
    assert handed(other, "custom_exit", trade) is trade


def test_two_bots_of_a_process_skip_the_copy_or_do_not_each_for_itself(
    trade, tmp_path, monkeypatch
):
    given = []
    for skip in (True, False):
        bot = start(tmp_path, skip_trade_copy=skip)
        bot.dp = DataProvider(bot.config, None, pairlists=SimpleNamespace(whitelist=[PAIR]))
        vars(bot).update(use_exit_signal=True, trailing_stop=False)
        freqtrade_seams.start(bot)
        freqtrade_seams.start(bot)  # as for a chart of FreqUI
        monkeypatch.setattr(bot._positions, "state", lambda trade, now: given.append(trade))
        strategy_safe_wrapper(bot.custom_exit)(pair=PAIR, trade=trade, **ARGUMENTS)
    assert [each is trade for each in given] == [True, False]
    for name in ("custom_stoploss", "custom_exit", "custom_roi"):
        function = getattr(CoinglassTrailingMixin, name)
        assert function.__qualname__ == f"CoinglassTrailingMixin.{name}"
