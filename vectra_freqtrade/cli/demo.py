"""The command `vectra-freqtrade demo`."""

from pathlib import Path
from typing import Annotated

import typer

from vectra_freqtrade.cli.errors import report_errors
from vectra_freqtrade.cli.options import words
from vectra_freqtrade.demo import defaults
from vectra_freqtrade.simulator.coinglass.plans import ORDER

MOST_DAYS = 400  # and what percentiles look back on: the simulated market began in 2024-07


@report_errors
def demo(
    plan: Annotated[
        str,
        typer.Option(
            metavar="NAME", help=f"CoinGlass plan of the simulated key: {', '.join(ORDER)}."
        ),
    ] = defaults.PLAN,
    live: Annotated[
        bool, typer.Option("--live", help="Run a dry-run bot on the same market afterwards.")
    ] = False,
    minutes: Annotated[
        float, typer.Option(metavar="MINUTES", min=0.1, help="How long the dry-run bot runs.")
    ] = defaults.MINUTES,
    pairs: Annotated[
        list[str] | None,
        typer.Option(
            "--pairs",
            "-p",
            metavar="PAIR …",
            help="USDT futures pairs, or just coins.",
            show_default=" ".join(defaults.PAIRS),
        ),
    ] = None,
    days: Annotated[
        int,
        typer.Option(metavar="DAYS", min=2, max=MOST_DAYS, help="Length of the backtest in days."),
    ] = defaults.DAYS,
    seed: Annotated[
        int,
        typer.Option(
            metavar="NUMBER", help="Seed of the market; the same seed gives the same trades."
        ),
    ] = defaults.SEED,
    userdir: Annotated[
        Path,
        typer.Option("--userdir", "--user-data-dir", metavar="FOLDER", help="Folder to create."),
    ] = defaults.USERDIR,
) -> None:
    """
    Run a backtest on a simulated market, end to end, with no key and no network.

    A simulated exchange and a simulated CoinGlass run on this machine; the commands shown are the
    real ones. What it earns or loses says nothing about profit.

    Examples:
      vectra-freqtrade demo
          takes about a minute and leaves a report to look at
      vectra-freqtrade demo --pairs BTC DOGE --days 30 --plan startup
          another market and plan
      vectra-freqtrade demo --live --minutes 10
          also runs a dry-run bot afterwards

    Exit status: 0 done; 1 one of its commands failed, see the log it names; 2 an option, a config
    or a file to fix; 130 stopped
    """
    from vectra_freqtrade.cli.new_userdir import check_place, complete_pairs
    from vectra_freqtrade.demo.run import run_demo

    if plan.lower() not in ORDER:
        raise typer.BadParameter(f"{plan!r} is not one of {', '.join(ORDER)}.", param_hint="--plan")
    check_place(userdir)
    run_demo(
        plan=plan.lower(),
        live=live,
        minutes=minutes,
        pairs=complete_pairs(words(pairs) or defaults.PAIRS, "binance", "futures"),
        days=days,
        seed=seed,
        userdir=userdir,
    )
