"""What the CoinGlass columns looked like in a backtest that has just run, and how trades ended.

Runs as a process of its own (`python -m vectra_freqtrade.demo.summary USERDIR TIMERANGE CONFIG...`)
because it loads the strategy as freqtrade does.
"""

import logging
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pandas as pd
from freqtrade.configuration import setup_utils_configuration
from freqtrade.data.btanalysis import load_backtest_data
from freqtrade.enums import RunMode
from rich.console import Console
from rich.table import Table

from vectra_freqtrade.quiet import quiet
from vectra_freqtrade.report.backtest.analysed import StrategyAnalyst, analyse_all

STRATEGY = "VectraStrategy"
WIDTH = 110  # columns; the state names are long


def analysed_frames(userdir: Path, timerange: str, configs: list[Path]) -> dict[str, pd.DataFrame]:
    """The strategy's frame of every pair, entry signals included, over the backtest's span."""
    arguments = {
        "config": [str(path) for path in configs],
        "user_data_dir": str(userdir),
        "strategy": STRATEGY,
        "timerange": timerange,
    }
    config = setup_utils_configuration(arguments, RunMode.BACKTEST)
    pairs = config["exchange"]["pair_whitelist"]
    with quiet(logging.WARNING):  # the backtest has said it all
        analyst = StrategyAnalyst(config, pairs)
        return {each.pair: each.frame for each in analyse_all(analyst, pairs, config["datadir"])}


def state_table(frames: dict[str, pd.DataFrame]) -> Table:
    names = {str(name) for frame in frames.values() for name in frame}
    columns = sorted(name for name in names if re.fullmatch(r"cg_state_\d+[mhdw]", name))
    states = sorted({s for f in frames.values() for c in columns for s in f[c].unique()})
    table = Table("pair", "interval", *states, title="Market states, share of candles (simulated)")
    for pair, frame in frames.items():
        for column in columns:
            shares = frame[column].value_counts(normalize=True)
            cells = [f"{shares.get(state, 0.0):.1%}" for state in states]
            table.add_row(pair.partition(":")[0], column.removeprefix("cg_state_"), *cells)
    return table


def modifier_table(frames: dict[str, pd.DataFrame]) -> Table:
    """Per modifier: how often it had an opinion, and its range."""
    everything = pd.concat(frames.values(), ignore_index=True)
    names = [str(name) for name in everything]
    names = [name for name in names if name.startswith(("cg_mod_", "cg_confidence_"))]
    table = Table("modifier", "has an opinion", "lowest", "mean", "highest", title="Modifiers")
    for name in names:
        values = everything[name]
        table.add_row(
            name,
            f"{(values != 1.0).mean():.1%}",
            *(f"{value:.3f}" for value in (values.min(), values.mean(), values.max())),
        )
    return table


def exit_table(trades: pd.DataFrame) -> Table:
    table = Table("exit", "side", "trades", "mean profit", title="Exits by tag (simulated)")
    if trades.empty:
        return table
    sides = trades["is_short"].map({True: "short", False: "long"})
    for (reason, side), group in trades.groupby([trades["exit_reason"], sides]):
        table.add_row(
            str(reason), str(side), str(len(group)), f"{group['profit_ratio'].mean():.2%}"
        )
    return table


def main(userdir: str, timerange: str, *configs: str) -> None:
    console = Console(width=max(Console().width, WIDTH))
    frames = analysed_frames(Path(userdir), timerange, [Path(path) for path in configs])
    with quiet(logging.WARNING):
        trades = load_backtest_data(Path(userdir) / "backtest_results", STRATEGY)
    for table in (state_table(frames), modifier_table(frames), exit_table(trades)):
        console.print(table)


QUERY = (
    "select pair, is_short, open_rate, close_rate, enter_tag, exit_reason from trades order by id"
)


def trade_table(database: Path) -> Table:
    """:param database: freqtrade's SQLite file"""
    table = Table("pair", "side", "opened at", "closed at", "entry", "exit", title="Its trades")
    with closing(sqlite3.connect(database)) as connection:
        for pair, short, opened, closed, entry, reason in connection.execute(QUERY):
            side = "short" if short else "long"
            end = "open" if closed is None else f"{closed:g}"
            table.add_row(pair, side, f"{opened:g}", end, entry or "", reason or "")
    if table.row_count == 0:
        table.caption = "No signal in these minutes; --minutes gives it longer."
    return table


if __name__ == "__main__":
    main(*sys.argv[1:])
