"""Run freqtrade's commands against a loopback exchange."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support import fork_server
from tests.support.bot import WIDE, ended_after, text

PLAIN_STRATEGY = '''
from freqtrade.strategy import IStrategy


class Plain(IStrategy):
    """Trades often and means nothing: it shows that the command works."""

    timeframe = "5m"
    can_short = {can_short}
    stoploss = -0.05
    minimal_roi = {{"0": 0.01}}
    startup_candle_count = 30

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = dataframe["close"].rolling(5).mean()
        dataframe["slow"] = dataframe["close"].rolling(30).mean()
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        above = dataframe["fast"] > dataframe["slow"]
        dataframe.loc[above & ~above.shift(1, fill_value=False), "enter_long"] = 1
        if self.can_short:
            dataframe.loc[~above & above.shift(1, fill_value=False), "enter_short"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
'''


def base_config(pairs: list[str], trading_mode: str = "futures") -> dict[str, Any]:
    """A small dry-run config; its whitelist is `pairs`."""
    config: dict[str, Any] = {
        "exchange": {"name": "binance", "pair_whitelist": pairs},
        "trading_mode": trading_mode,
        "stake_currency": "USDT",
        "stake_amount": 100,
        "dry_run": True,
        "dry_run_wallet": 10000,
        "max_open_trades": 3,
        "timeframe": "5m",
        "pairlists": [{"method": "StaticPairList"}],
        "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "dataformat_ohlcv": "feather",
    }
    if trading_mode == "futures":
        config["margin_mode"] = "isolated"
    return config


def executable(name: str) -> str:
    """A console script of the environment the tests run in."""
    return str(Path(sys.executable).parent / name)


class Workspace:
    """A user_data folder with one strategy and a config that points at a loopback exchange."""

    def __init__(self, folder: Path, overlay: dict[str, Any], config: dict[str, Any]) -> None:
        self.userdir = folder / "user_data"
        for name in ("strategies", "data", "backtest_results", "logs", "hyperopt_results"):
            (self.userdir / name).mkdir(parents=True)
        self.configs = [folder / "config.json", folder / "loopback.json"]
        for path, content in zip(self.configs, (config, overlay), strict=True):
            path.write_text(json.dumps(content))
        can_short = config["trading_mode"] == "futures"
        strategy = PLAIN_STRATEGY.format(can_short=can_short)
        (self.userdir / "strategies" / "Plain.py").write_text(strategy)

    def command(self, *arguments: str) -> list[str]:
        """The whole command line of a freqtrade command in this workspace."""
        command = [executable("freqtrade"), *arguments, "--userdir", str(self.userdir)]
        for path in self.configs:
            command += ["-c", str(path)]
        return command

    def run(self, *arguments: str, timeout: float = 300) -> str:
        """:return: standard output and error together; the command must end with status 0"""
        words = [*self.command(*arguments)[1:], "--no-color"]
        environment = {**os.environ, "COLUMNS": WIDE}
        with tempfile.TemporaryFile() as out:
            running = fork_server.run(words, environment, out.fileno(), out.fileno())
            with ended_after(timeout, running):
                status = running.wait()
            output = text(out)
        assert status == 0, output[-4000:]
        return output
