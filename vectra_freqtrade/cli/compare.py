"""`vectra-freqtrade compare`: a strategy with its CoinGlass data and without it."""

import math
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vectra_freqtrade.cli.errors import err, report_errors
from vectra_freqtrade.cli.options import (
    ConfigOption,
    PairsOption,
    TimerangeOption,
    UserdirOption,
    console,
    words,
)
from vectra_freqtrade.errors import SettingsError

if TYPE_CHECKING:
    from vectra_freqtrade.report.compare.comparison import Comparison

FOLDER = "coinglass_compare"
#: In a file the same line is not said again for so long.
QUIET_SECONDS = 15.0


@report_errors
def compare(
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            "-s",
            metavar="NAME",
            help="Any strategy of yours.",
            show_default="the config's",
        ),
    ] = None,
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    strategy_path: Annotated[
        Path | None,
        typer.Option("--strategy-path", metavar="FOLDER", help="As freqtrade's, to look there."),
    ] = None,
    timerange: TimerangeOption = None,
    timeframe: Annotated[
        str | None,
        typer.Option(
            "--timeframe",
            "-i",
            metavar="TIMEFRAME",
            help="As freqtrade's.",
            show_default="the config's, else the strategy's",
        ),
    ] = None,
    timeframe_detail: Annotated[
        str | None,
        typer.Option("--timeframe-detail", metavar="TIMEFRAME", help="As freqtrade's."),
    ] = None,
    pairs: PairsOption = None,
    fee: Annotated[
        float | None,
        typer.Option(
            "--fee", min=0.0, max=0.5, help="As freqtrade's.", show_default="the exchange's"
        ),
    ] = None,
    protections: Annotated[
        bool, typer.Option("--enable-protections", help="As freqtrade's.")
    ] = False,
    freqaimodel: Annotated[
        str | None, typer.Option("--freqaimodel", metavar="NAME", help="As freqtrade's.")
    ] = None,
    datasets: Annotated[
        bool, typer.Option("--datasets", help="Also leave out each dataset in turn.")
    ] = False,
    plans: Annotated[
        bool,
        typer.Option(
            "--plans", help="Also as each plan would have it: datasets, intervals, history."
        ),
    ] = False,
    capital: Annotated[
        float | None,
        typer.Option(
            "--capital",
            min=0.01,
            metavar="AMOUNT",
            help="What a month is told for, beside the plan's price.",
            show_default="the backtest's starting balance",
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, max=32, help="Backtests at the same time.")
    ] = 1,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Of the intervals; the same seed, the same.")
    ] = 7,
) -> None:
    """
    Compare a strategy with its CoinGlass data and without: trades, profit, the plan's price.

    Runs the real freqtrade backtesting of your strategy and config with its CoinGlass columns, and
    with them empty (coinglass.neutral), and shows each trade that the data blocked, lifted or
    closed at another time. Your backtest results are left alone.

    Examples:
      vectra-freqtrade compare --strategy MyStrategy --capital 10000
          is the data worth its price?
      vectra-freqtrade compare -s MyStrategy --timerange 20240101- --datasets -j 2
          also each dataset left out in turn, two backtests at a time
      vectra-freqtrade compare -s MyStrategy --plans
          also as each plan would have it

    Exit status: 0 compared; 2 an option, a config or a file to fix, a backtest that fails, or no
    trades; 130 stopped
    """
    from vectra_freqtrade.cli import values
    from vectra_freqtrade.cli.context import read_config
    from vectra_freqtrade.report.compare.comparison import Wanted
    from vectra_freqtrade.report.compare.comparison import compare as make
    from vectra_freqtrade.report.compare.document import document, write_document
    from vectra_freqtrade.report.compare.page import write_page
    from vectra_freqtrade.report.compare.runs import Asked
    from vectra_freqtrade.report.compare.subject import source_of

    if timerange is not None:
        values.timerange(timerange)
    for each in (timeframe, timeframe_detail):
        if each is not None:
            values.timeframe(each)
    path = None if strategy_path is None else str(strategy_path)
    loaded = read_config(config, userdir, strategy=strategy, strategy_path=path)
    strategy = loaded.get("strategy")
    if not strategy:
        raise SettingsError("Which strategy? Name it with --strategy, or in the config.")
    home = Path(loaded["user_data_dir"])
    options = _given(
        {
            "--strategy-path": path,
            "--timerange": timerange,
            "--timeframe": timeframe,
            "--timeframe-detail": timeframe_detail,
            "--fee": fee,
            "--freqaimodel": freqaimodel,
        }
    )
    options += ["--enable-protections"] if protections else []
    options += ["--pairs", *words(pairs)] if pairs else []
    if timeframe is not None:
        loaded["timeframe"] = timeframe
    source = source_of(loaded, strategy)
    folder = home / FOLDER / f"{strategy}-{datetime.now():%Y%m%d-%H%M%S}"
    runs = folder / "runs"
    runs.mkdir(parents=True)
    files = tuple(config or loaded.get("config_files", [])[:1])
    with tempfile.TemporaryDirectory() as overlays, _progress() as say:
        asked = Asked(strategy, files, home, tuple(options), runs, Path(overlays))
        wanted = Wanted(datasets, plans, capital, seed, jobs)
        made = make(asked, source, wanted, say)
    told = document(made)
    write_document(told, folder / "compare.json")
    write_page(told, folder / "compare.html")
    _print(made)
    err.print(f"Page, to open in a browser: {folder / 'compare.html'}")
    err.print(f"Numbers: {folder / 'compare.json'}; every run: {runs}")


def _given(options: dict[str, object]) -> list[str]:
    pairs = [(name, value) for name, value in options.items() if value is not None]
    return [str(word) for pair in pairs for word in pair]


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A line that changes on a terminal; elsewhere one now and then, and one for each backtest."""
    if not err.is_terminal:
        told, last = "", -math.inf

        def say(text: str) -> None:
            nonlocal told, last
            which = text.partition(" (")[0]
            if which != told or time.monotonic() - last >= QUIET_SECONDS:
                told, last = which, time.monotonic()
                err.print(text, markup=False)

        yield say
        return
    with err.status("Backtest 1") as status:
        yield status.update


def _print(made: "Comparison") -> None:
    from vectra_freqtrade.report.compare.words import paragraph, part_line, price

    out = console()
    if made.simulated:
        out.print("Simulated: this is the demo's market. It says nothing about profit.")
    out.print(paragraph(made), markup=False, soft_wrap=True)
    if made.left_out:
        out.print("\nEach dataset left out in turn:")
        for part in made.left_out:
            out.print(f"  {part.name:20} {part_line(made, part)}", markup=False, soft_wrap=True)
    if made.plans:
        out.print("\nAs each plan would have it, against no CoinGlass:")
        for part in made.plans:
            cost = "" if part.plan is None else price(part.plan.plan)
            line = f"  {part.name:13} {cost:8} {part_line(made, part)}"
            out.print(line, markup=False, soft_wrap=True)
    if made.left_out or made.plans:
        out.print("\nOf such intervals about one in twenty misses the truth by chance.")
    for note in made.notes:
        err.print(f"Note: {note}", markup=False)
