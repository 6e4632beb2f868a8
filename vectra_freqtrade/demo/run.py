"""The demo: one simulated market, two loopback servers, and the real commands over them.

No key and no network. Every number it shows is simulated and proves no profit; what it proves is
that download, store, strategy, backtest and bot work together on this machine.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
from rich.console import Console

from vectra_freqtrade.demo import defaults
from vectra_freqtrade.demo.processes import CommandFailed, run_command, stop_on_sigterm
from vectra_freqtrade.demo.summary import trade_table
from vectra_freqtrade.demo.workspace import DemoWorkspace, child_environment, demo_config
from vectra_freqtrade.simulator.clock import AcceleratedClock
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY, CoinglassServer
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.simulator.market.market import SimulatedMarket

DAY = 86400
MARKET_START = datetime(2024, 7, 1, tzinfo=UTC)
TODAY = datetime(2025, 10, 1, tzinfo=UTC)  # the demo's own date: the same span on every run
WARM_UP_DAYS = 35  # percentiles look back thirty days before the first candle of the backtest
TIMEFRAMES = ("5m", "1h", "4h", "12h")
CANDLE_TYPES = ("futures", "mark", "funding_rate", "open_interest")
LIVE_TIMEFRAME = "1m"
STRATEGY = "VectraStrategy"
ALMOST_AN_HOUR = 3500.0  # after midnight, so that the day's last row has closed and is published


@dataclass(frozen=True)
class Demo:
    exchange: LoopbackExchange
    coinglass: CoinglassServer
    clock: AcceleratedClock
    environment: Mapping[str, str]
    console: Console

    def command(self, workspace: DemoWorkspace, *words: str, seconds: float | None = None) -> None:
        """Show a command as one would type it, and run it in the workspace."""
        command = [*words[:2], *workspace.options, *words[2:]]
        shown = command if words[0] != sys.executable else [Path(words[0]).name, *command[1:]]
        self.console.print(f"\n[bold]$ {' '.join(shown)}[/bold]", soft_wrap=True, highlight=False)
        took = run_command(command, self.environment, workspace.log, seconds=seconds)
        self.console.print(f"[dim]{took:.0f} s[/dim]")


def run_demo(
    *,
    plan: str = defaults.PLAN,
    live: bool = False,
    minutes: float = defaults.MINUTES,
    pairs: Sequence[str] = defaults.PAIRS,
    days: int = defaults.DAYS,
    seed: int = defaults.SEED,
    userdir: Path = defaults.USERDIR,
    console: Console | None = None,
) -> None:
    """The whole path once; CommandFailed where a command failed."""
    console = console or Console()
    began = time.monotonic()
    workspace = DemoWorkspace(userdir)
    market = SimulatedMarket(pairs, start=MARKET_START, seed=seed)
    pairs = [each.pair for each in market.instruments]  # PEPE as Binance lists it: 1000PEPE
    clock = AcceleratedClock(TODAY.timestamp() + ALMOST_AN_HOUR, speed=1.0)
    with ExitStack() as stack:
        stack.enter_context(stop_on_sigterm())
        exchange = stack.enter_context(LoopbackExchange(market, clock))
        coinglass = stack.enter_context(CoinglassServer(market, clock, plans={DEMO_KEY: plan}))
        environment = child_environment(coinglass.url, DEMO_KEY)
        demo = Demo(exchange, coinglass, clock, environment, console)
        console.print(
            f"[bold yellow]Everything below is SIMULATED[/bold yellow] (seed {seed}): the market, "
            f"the exchange and CoinGlass ({plan} plan) run on this machine. It proves no profit."
        )
        _backtest(demo, workspace, list(pairs), days, plan)
        _farewell(demo, workspace, pairs[0], time.monotonic() - began)
        if live:
            _live(demo, userdir.with_name(f"{userdir.name}_live"), list(pairs), plan, minutes)


def _backtest(demo: Demo, workspace: DemoWorkspace, pairs: list[str], days: int, plan: str) -> None:
    workspace.write(demo_config(pairs), demo.exchange.config_overlay())
    end = pd.Timestamp(TODAY)
    first = end - pd.Timedelta(days=days)
    span = f"{first:%Y%m%d}-{end:%Y%m%d}"
    download = f"{first - pd.Timedelta(days=WARM_UP_DAYS):%Y%m%d}-{end:%Y%m%d}"
    candles = ("-t", *TIMEFRAMES, "--candle-types", *CANDLE_TYPES)
    demo.command(workspace, "freqtrade", "download-data", "--timerange", download, *candles)
    _download_coinglass(demo, workspace, plan, "--timerange", download)
    options = ("--strategy", STRATEGY, "--timerange", span, "--cache", "none")
    demo.command(workspace, "freqtrade", "backtesting", *options)
    configs = (str(workspace.config), str(workspace.loopback))
    module = ("-m", "vectra_freqtrade.demo.summary")
    command = [sys.executable, *module, str(workspace.folder), span, *configs]
    demo.console.print("\n[bold]What the CoinGlass columns looked like[/bold]")
    run_command(command, demo.environment, workspace.log)
    demo.command(workspace, "vectra-freqtrade", "report", "--no-evidence")


def _download_coinglass(demo: Demo, workspace: DemoWorkspace, plan: str, *options: str) -> None:
    try:
        demo.command(workspace, "vectra-freqtrade", "download-data", *options)
    except CommandFailed:
        if plan != "none":
            raise
        demo.console.print(
            "A key without a plan gets nothing from CoinGlass, as in real life. The strategy "
            "continues with what the exchange itself publishes: open interest and funding (tier "
            "FREE)."
        )


def _live(demo: Demo, folder: Path, pairs: list[str], plan: str, minutes: float) -> None:
    """The same market, later: a dry-run bot needs the machine's own time."""
    workspace = DemoWorkspace(folder)
    workspace.write(demo_config(pairs, LIVE_TIMEFRAME), demo.exchange.config_overlay())
    demo.clock.set(time.time())
    demo.console.print(f"\n[bold]A dry-run bot for {minutes:g} minutes, all simulated[/bold]")
    _download_coinglass(demo, workspace, plan, "--days", str(WARM_UP_DAYS))
    database = workspace.folder.resolve() / "simulated_trades.sqlite"
    database.unlink(missing_ok=True)
    bot = ("--strategy", STRATEGY, "--dry-run", "--db-url", f"sqlite:///{database}")
    demo.console.print(f"[dim]Watch it: tail -f {workspace.log}[/dim]", soft_wrap=True)
    demo.command(workspace, "freqtrade", "trade", *bot, seconds=minutes * 60)
    demo.console.print(trade_table(database))
    demo.console.print(f"Its trades stay in {database}", soft_wrap=True)


def _farewell(demo: Demo, workspace: DemoWorkspace, pair: str, seconds: float) -> None:
    served, asked = demo.coinglass.served, demo.coinglass.asked
    folder = workspace.folder
    demo.console.print(
        f"\nDone in {seconds:.0f} s; the simulated CoinGlass answered {served} of {asked} "
        f"requests.\nWhere everything is:\n"
        f"  strategies          {folder / 'strategies'}\n"
        f"  CoinGlass history   {folder / 'data' / 'coinglass'}\n"
        f"  candles             {folder / 'data' / 'binance'}\n"
        f"  backtest results    {folder / 'backtest_results'}\n"
        f"  logs                {workspace.log}\n"
        f"Open the report in a browser:\n"
        f"  {(folder / 'plot' / 'report.html').resolve().as_uri()}\n"
        "Try next:\n"
        f"  vectra-freqtrade explain --userdir {folder} -c {workspace.config} "
        f"--pair {pair} --date '{TODAY - timedelta(days=1):%Y-%m-%d %H:%M}'\n"
        "  vectra-freqtrade demo --plan hobbyist --live\n"
        "  vectra-freqtrade init        for your own pairs, with or without a CoinGlass key",
        highlight=False,
        soft_wrap=True,
    )
