"""The user_data folder of the demo: simulated data, the shipped strategies, two config files."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.report.backtest.view import BOT_NAME, MARKER
from vectra_freqtrade.shipped import shipped_strategies

MARKER_TEXT = """Everything in this folder is simulated: prices, CoinGlass data, trades and results.
It shows that the pieces work together and says nothing about profit.
`vectra-freqtrade demo` made it and replaces its data; delete it whenever you like.
"""
FOLDERS = ("strategies", "data", "backtest_results", "logs", "hyperopt_results", "plot")


class WorkspaceTaken(SettingsError):
    """The folder exists and was not made by the demo."""


class DemoWorkspace:
    """A user_data folder of the demo; WorkspaceTaken for one that holds something else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
            raise WorkspaceTaken(f"{folder} was not made by the demo; name another with --userdir")
        for name in ("data", "backtest_results"):  # another plan or seed must not see the old one
            shutil.rmtree(folder / name, ignore_errors=True)
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / MARKER).write_text(MARKER_TEXT)
        for strategy in shipped_strategies():
            shutil.copy(strategy, folder / "strategies" / strategy.name)

    @property
    def config(self) -> Path:
        return self.folder / "config.json"

    @property
    def loopback(self) -> Path:
        return self.folder / "loopback.json"

    @property
    def log(self) -> Path:
        return self.folder / "logs" / "demo.log"

    def write(self, config: Mapping[str, Any], overlay: Mapping[str, Any]) -> None:
        self.config.write_text(json.dumps(config, indent=2) + "\n")
        self.loopback.write_text(json.dumps(overlay, indent=2) + "\n")

    @property
    def options(self) -> list[str]:
        config = ["-c", str(self.config), "-c", str(self.loopback)]
        return ["--userdir", str(self.folder), *config]


def demo_config(pairs: list[str], timeframe: str = "5m") -> dict[str, Any]:
    """A futures dry-run config over these pairs; market orders, so that fills are simple."""
    other = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
    return {
        "bot_name": BOT_NAME,
        "trading_mode": "futures",
        "margin_mode": "isolated",
        "stake_currency": "USDT",
        "stake_amount": 1000,
        "dry_run": True,
        "dry_run_wallet": 10000,
        "max_open_trades": len(pairs),
        "timeframe": timeframe,
        "initial_state": "running",
        "dataformat_ohlcv": "feather",
        "entry_pricing": other,
        "exit_pricing": other,
        "order_types": {
            "entry": "market",
            "exit": "market",
            "stoploss": "market",
            "stoploss_on_exchange": False,
        },
        "exchange": {"name": "binance", "pair_whitelist": pairs},
        "pairlists": [{"method": "StaticPairList"}],
        "coinglass": {},
    }


def _is_freqtrades(variable: str) -> bool:
    return variable.upper().startswith("FREQTRADE__")


def child_environment(base_url: str, key: str) -> dict[str, str]:
    """
    Our environment with the simulated CoinGlass in it, and no proxy on the way to loopback.

    What a user's variables say to freqtrade stays out: it would come before the demo's config, and
    send it to a real exchange.
    """
    environment = {name: value for name, value in os.environ.items() if not _is_freqtrades(name)}
    environment["COINGLASS_BASE_URL"] = base_url
    environment["COINGLASS_API_KEY"] = key
    for name in ("NO_PROXY", "no_proxy"):
        environment[name] = "127.0.0.1,localhost"
    return environment
