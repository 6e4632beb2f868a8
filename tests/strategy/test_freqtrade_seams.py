"""
Whether this freqtrade still has what `vectra_freqtrade.freqtrade_seams` relies on: its real
classes, no process and no network. Run it first on a new release:

    pytest tests/strategy/test_freqtrade_seams.py
"""

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from freqtrade.configuration.directory_operations import create_userdata_dir
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import FreqtradeException, OperationalException
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.optimize.backtesting import Backtesting
from freqtrade.persistence.custom_data import _CustomData
from freqtrade.resolvers import ExchangeResolver, StrategyResolver
from freqtrade.strategy import DecimalParameter, IStrategy
from sqlalchemy.exc import SQLAlchemyError

from tests.support.live_trades import HISTORY, PAIR, at, frame, opened, own_database
from vectra_freqtrade import CoinglassTrailingMixin, freqtrade_seams
from vectra_freqtrade.settings.trailing import CALLBACKS
from vectra_freqtrade.strategy.freqtrade_hooks import FreqtradeHooks

CONFIG = {
    "runmode": RunMode.BACKTEST,
    "candle_type_def": CandleType.FUTURES,
    "exchange": {"name": "binance"},
    "stake_currency": "USDT",
    "timeframe": "5m",
    "dry_run": True,
    "trading_mode": "futures",
    "margin_mode": "isolated",
}


class Probe(FreqtradeHooks):
    """Says which of our methods freqtrade's own call."""

    timeframe = "5m"
    stoploss = -0.3
    use_custom_stoploss = use_exit_signal = True
    ignore_roi_if_entry_signal = use_custom_roi = trailing_stop = exit_profit_only = False
    minimal_roi = {}  # noqa: RUF012 - freqtrade's way
    order_types = {}  # noqa: RUF012
    level = DecimalParameter(0.0, 1.0, default=0.5, space="buy")
    buy_params = {"level": 0.25}  # noqa: RUF012 - freqtrade's way

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self.called: list[Any] = []

    def bot_start(self, **kwargs):
        self.called.append("bot_start")

    def populate_indicators(self, dataframe, metadata):
        return dataframe.assign(indicator=1.0)

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe.assign(enter_long=0)

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe.assign(exit_long=0)

    def custom_stoploss(self, *args, **kwargs):
        self.called.append(("stop", kwargs["trade"]))

    def custom_exit(self, *args, trade, **kwargs):
        self.called.append(("exit", trade))

    def _cg_start(self):
        self.called.append(("start", self.level.value))

    def _cg_stop(self):
        self.called.append("stop")

    def _cg_analysed(self, pairs):
        self.called.append(("analysed", pairs))

    def _cg_last_step(self, dataframe, pair):
        self.called.append(("last step", "exit_long" in dataframe, pair))

    def _cg_candles(self, pairs, candle_type):
        return [(pair, "1h", candle_type) for pair in pairs]


@pytest.fixture
def probe() -> Probe:
    return Probe(dict(CONFIG))


@pytest.fixture
def trade():
    with own_database():
        yield opened()


def held(seam: str, holds: object, relied_on: str) -> None:
    assert holds, f"freqtrade no longer has the seam {seam}: {relied_on}"


def names_in(called: Any) -> set[str]:
    """Names in a function's code, or in that of a class's own functions."""
    functions = vars(called).values() if isinstance(called, type) else [called]
    codes = [each.__code__ for each in functions if hasattr(each, "__code__")]
    codes += [const for code in codes for const in code.co_consts if hasattr(const, "co_names")]
    return {name for code in codes for name in code.co_names}


def test_ft_bot_start_loads_parameters_calls_bot_start_and_then_ours(probe):
    freqtrade_seams.start(probe)
    expected = ["bot_start", ("start", 0.25)]
    held("ft_bot_start", probe.called == expected, "bot_start, parameters, then our start")
    for owner in (FreqtradeBot, Backtesting):
        held("ft_bot_start", "ft_bot_start" in names_in(owner), f"{owner.__name__} calls it")


def test_ft_bot_cleanup_is_called_at_a_bots_end(probe):
    probe.ft_bot_cleanup()
    held("ft_bot_cleanup", probe.called == ["stop"], "it can be called before a start")
    held("ft_bot_cleanup", "ft_bot_cleanup" in names_in(FreqtradeBot.cleanup), "cleanup calls it")


def test_analyze_runs_once_a_loop_of_a_bot_over_all_pairs(probe, monkeypatch):
    seen = []
    monkeypatch.setattr(probe, "analyze_pair", seen.append)
    probe.analyze([PAIR])
    held("analyze", seen == [PAIR], "it analyses each pair with analyze_pair")
    held("analyze", probe.called == [("analysed", [PAIR])], "ours comes after it")
    held("analyze", "analyze" in names_in(FreqtradeBot.process), "process calls it")


def test_advise_exit_is_the_last_step_of_an_analysis_in_a_bot_and_a_backtest(probe):
    expected = [("last step", True, PAIR)]
    probe.analyze_ticker(frame(HISTORY), {"pair": PAIR})
    held("advise_exit", probe.called == expected, "analyze_ticker ends with it")
    probe.called.clear()
    probe.ft_advise_signals(frame(HISTORY), {"pair": PAIR})
    held("advise_exit", probe.called == expected, "ft_advise_signals ends with it")
    called = names_in(Backtesting)
    held("advise_exit", "ft_advise_signals" in called, "a backtest calls ft_advise_signals")


def test_gather_informative_pairs_is_what_a_bot_fetches(probe):
    probe.dp = DataProvider(probe.config, None, pairlists=SimpleNamespace(whitelist=[PAIR]))
    pairs = probe.gather_informative_pairs()
    expected = [(PAIR, "1h", CandleType.FUTURES)]
    held("gather_informative_pairs", pairs == expected, "tuples of pair, timeframe, candle type")
    called = names_in(FreqtradeBot.process)
    held("gather_informative_pairs", "gather_informative_pairs" in called, "process calls it")


@pytest.mark.parametrize("name", get_args(freqtrade_seams.Overridden))
def test_freqtrade_still_has_each_method_that_is_overridden(name):
    held(name, callable(getattr(IStrategy, name, None)), "a method of IStrategy")
    held(name, name in vars(FreqtradeHooks), "overridden in strategy.freqtrade_hooks")


def test_the_data_provider_keeps_the_exchange_in_exchange():
    none = DataProvider(CONFIG, None)
    open_interest = CandleType.OPEN_INTEREST
    found = freqtrade_seams.lists_candles(none, open_interest)
    held("dp._exchange", found is False, "None without an exchange")
    exchange = ExchangeResolver.load_exchange(
        dict(CONFIG), validate=False, load_leverage_tiers=False
    )
    dp = DataProvider(CONFIG, exchange)
    found = freqtrade_seams.lists_candles(dp, open_interest)
    held("dp._exchange", found is True, "Binance futures list open interest")
    freqtrade_seams.set_exchange(none, exchange)
    found = freqtrade_seams.lists_candles(none, open_interest)
    held("dp._exchange", found is True, "it can be given one")


def test_custom_data_has_a_session_that_can_be_rolled_back(trade):
    _CustomData.session.add(_CustomData(ft_trade_id=trade.id, cd_key=None))
    with pytest.raises(SQLAlchemyError):
        _CustomData.session.commit()
    with pytest.raises(SQLAlchemyError):
        trade.set_custom_data("cg_probe", {"a": 1})
    freqtrade_seams.roll_back_custom_data()
    trade.set_custom_data("cg_probe", {"a": 1})
    read = trade.get_custom_data("cg_probe")
    held("_CustomData.session", read == {"a": 1}, "usable again after a rollback")


def test_the_safe_wrapper_logs_what_is_raised_and_goes_on(caplog):
    def fails(what: str) -> None:
        raise KeyError(what)

    freqtrade_seams.guarded(fails, "planted")
    held("strategy_safe_wrapper", "planted" in caplog.text, "supress_error logs and goes on")


def test_a_whole_analysis_is_all_populate_steps_and_raises_freqtrades_own_error(probe, monkeypatch):
    found = freqtrade_seams.analyse(probe, frame(HISTORY), PAIR)
    expected = {"indicator", "enter_long", "exit_long"}
    held("analyze_ticker", expected <= {*found}, "it runs all three populate steps")
    monkeypatch.setattr(probe, "populate_exit_trend", {}.__getitem__)
    with pytest.raises(FreqtradeException):
        freqtrade_seams.analyse(probe, frame(HISTORY), PAIR)


def test_a_loaded_strategy_has_its_files_text(tmp_path: Path):
    code = (
        "from freqtrade.strategy import IStrategy\n\n\nclass Loaded(IStrategy):\n"
        "    minimal_roi = {}\n    stoploss = -0.1\n"
        + "".join(
            f"    def populate_{step}(self, dataframe, metadata):\n        return dataframe\n"
            for step in ("indicators", "entry_trend", "exit_trend")
        )
    )
    (tmp_path / "Loaded.py").write_text(code)
    config = CONFIG | {"strategy": "Loaded", "strategy_path": str(tmp_path)}
    config["user_data_dir"] = tmp_path
    loaded = StrategyResolver.load_strategy(config)
    held("__source__", freqtrade_seams.source_of(loaded) == code, "the text of its file")


@pytest.mark.parametrize("marked", [True, False])
def test_the_mark_decides_whether_a_stop_is_asked_for_after_a_fill(probe, trade, marked):
    if marked:
        freqtrade_seams.stop_after_fill(probe)
    trade.adjust_stop_loss(trade.open_rate, -0.3, initial=True)
    probe.ft_stoploss_adjust(100.0, trade, at(40), 0.0, 0, after_fill=True)
    asked = [what for what in probe.called if what[0] == "stop"]
    held("_ft_stop_uses_after_fill", bool(asked) is marked, "without it no stop after a fill")


@pytest.mark.parametrize("skipped", [True, False])
def test_a_callback_named_as_freqtrades_own_is_handed_the_trade_itself(probe, trade, skipped):
    if skipped:
        freqtrade_seams.skip_trade_copy(probe, Probe, ("custom_stoploss", "custom_exit"))
    trade.adjust_stop_loss(trade.open_rate, -0.3, initial=True)
    probe.should_exit(trade, 100.0, at(40), enter=False, exit_=False)
    handed = {what: given is trade for what, given in probe.called}
    expected = {"stop": skipped, "exit": skipped}
    held("the qualified-name rule", handed == expected, "a copy for all but IStrategy.*")


def test_candle_files_are_read_by_a_logger_named_after_its_module():
    module = importlib.import_module(freqtrade_seams.CANDLE_READER)
    found = module.logger.name
    held("CANDLE_READER", found == freqtrade_seams.CANDLE_READER, "loggers are named as modules")


def test_a_missing_folder_is_told_with_advice_on_create_userdir(tmp_path: Path):
    with pytest.raises(OperationalException) as raised:
        create_userdata_dir(str(tmp_path / "none"), create_dir=False)
    said = str(raised.value)
    held("CREATE_USERDIR", freqtrade_seams.CREATE_USERDIR in said, "the text of the error")


def test_the_callbacks_that_stops_hang_on_are_freqtrades():
    for name in CALLBACKS:
        held(name, callable(getattr(IStrategy, name, None)), "a callback")
        assert name in vars(CoinglassTrailingMixin)
