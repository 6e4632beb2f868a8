"""
What each part of CG-aware trailing does to VectraStrategy's trades, part by part.

    python -m tests.real.ablation --shared ../shared [--set hourly] [--set demo]

Each row adds one part to the row before it. `hourly`: BTC and ETH, 5m candles 2025-12-01 to
2026-01-29, real open interest and funding (no large orders, so whales have nothing to say).
`demo`: the simulated market and CoinGlass server, 60 days of three coins, large orders included;
simulated data proves no profit, and shows only what a part does.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from tests.real.build import build_hourly
from tests.support.bot import Bot, base_config
from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from vectra_freqtrade.demo.run import ALMOST_AN_HOUR, MARKET_START, TODAY, Demo
from vectra_freqtrade.demo.workspace import DemoWorkspace, child_environment, demo_config
from vectra_freqtrade.settings.section import DEFAULT_DATASETS
from vectra_freqtrade.simulator.clock import AcceleratedClock
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.simulator.market.market import SimulatedMarket

NOTHING = {"levels": False, "whales": False, "early_exit": False, "funding": False}
PARTS = {
    "ATR trail alone": NOTHING,
    "+ levels": NOTHING | {"levels": True},
    "+ whales": NOTHING | {"levels": True, "whales": True},
    "+ early exits": NOTHING | {"levels": True, "whales": True, "early_exit": True},
    "+ funding health": {},
}
DEMO_PAIRS = ["BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"]
DEMO_DAYS, WARM_UP_DAYS = 60, 35


@contextmanager
def hourly(shared: Path, folder: Path) -> Iterator[tuple[Bot, str]]:
    """
    :param shared: folder with data/
    :param folder: empty
    :return: a bot over the real hourly set, and the time range
    """
    build_hourly(shared, folder / "user_data")
    config = base_config(
        ["BTC/USDT:USDT", "ETH/USDT:USDT"],
        coinglass={"datasets": ["open_interest", "funding_rate"]},
    )
    with LoopbackExchange(["BTC", "ETH"]) as exchange:
        yield Bot(folder / "user_data", config, exchange.config_overlay()), "20251201-20260129"


@contextmanager
def demo(_shared: Path, folder: Path) -> Iterator[tuple[Bot, str]]:
    """
    :param folder: empty
    :return: a bot over simulated data, downloaded by the real commands, and the time range
    """
    market = SimulatedMarket(DEMO_PAIRS, start=MARKET_START)
    clock = AcceleratedClock(TODAY.timestamp() + ALMOST_AN_HOUR, speed=1.0)
    workspace = DemoWorkspace(folder / "user_data")
    end = pd.Timestamp(TODAY)
    first = end - pd.Timedelta(days=DEMO_DAYS)
    download = f"{first - pd.Timedelta(days=WARM_UP_DAYS):%Y%m%d}-{end:%Y%m%d}"
    config = demo_config(DEMO_PAIRS)
    config["coinglass"] = {"datasets": [*DEFAULT_DATASETS, "large_orders"]}
    with ExitStack() as stack:
        exchange = stack.enter_context(LoopbackExchange(market, clock))
        server = stack.enter_context(
            CoinglassServer(market, clock, plans={DEMO_KEY: "professional"}, keep_rows=False)
        )
        environment = child_environment(server.url, DEMO_KEY)
        run = Demo(exchange, server, clock, environment, Console(stderr=True))
        workspace.write(config, exchange.config_overlay())
        candles = ("-t", "5m", "1h", "4h", "--candle-types", "futures", "mark", "funding_rate")
        run.command(workspace, "freqtrade", "download-data", "--timerange", download, *candles)
        command = ("vectra-freqtrade", "download-data", "--timerange", download)
        run.command(workspace, *command)
        bot = Bot(workspace.folder, config, exchange.config_overlay())
        yield bot, f"{first:%Y%m%d}-{end:%Y%m%d}"


SETS = {"hourly": hourly, "demo": demo}


def row(name: str, result: dict[str, Any]) -> str:
    """
    :param name: of the part
    :param result: freqtrade's
    :return: a line of the table
    """
    trades = result["trades"]
    tags = Counter(trade["exit_reason"] for trade in trades)
    mean = sum(trade["profit_ratio"] for trade in trades) / max(len(trades), 1)
    exits = ", ".join(f"{tag} {count}" for tag, count in tags.most_common())
    return (
        f"| {name} | {len(trades)} | {mean:+.2%} | {result['profit_total']:+.2%} | "
        f"{result['max_drawdown_account']:.2%} | {exits} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/")
    parser.add_argument("--set", choices=SETS, action="append", dest="chosen")
    arguments = parser.parse_args()
    for chosen in arguments.chosen or SETS:
        print(f"\n{chosen}\n")
        print("| part | trades | average | total | drawdown | exits |")
        print("|---|---|---|---|---|---|")
        with (
            tempfile.TemporaryDirectory() as folder,
            SETS[chosen](arguments.shared, Path(folder)) as (bot, span),
        ):
            section = bot.config["coinglass"]
            for name, trailing in PARTS.items():
                bot.config["coinglass"] = section | {"trailing": trailing}
                result = bot.backtest("VectraStrategy", "--timerange", span)
                print(row(name, result), flush=True)


if __name__ == "__main__":
    main()
