"""The command `vectra-freqtrade demo`."""

from pathlib import Path
from typing import Annotated

import typer

from vectra_freqtrade.simulator.coinglass.plans import ORDER
from vectra_freqtrade.simulator.market import market as defaults

MOST_DAYS = 400  # and what percentiles look back on: the simulated market began in 2024-07


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
    """
    if plan.lower() not in ORDER:
        raise typer.BadParameter(f"{plan!r} is not one of {', '.join(ORDER)}.", param_hint="--plan")
    # Imported here: pandas and freqtrade would slow down every other command.
    from vectra_freqtrade.cli.errors import Exit
    from vectra_freqtrade.cli.new_userdir import check_place, complete_pairs
    from vectra_freqtrade.cli.options import words
    from vectra_freqtrade.demo.processes import CommandFailed
    from vectra_freqtrade.demo.run import run_demo
    from vectra_freqtrade.demo.workspace import WorkspaceTaken
    from vectra_freqtrade.errors import SettingsError

    try:
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
    except CommandFailed as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(Exit.INCOMPLETE) from None
    except (SettingsError, WorkspaceTaken) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(Exit.MISTAKE) from None
    except KeyboardInterrupt:
        typer.echo("Stopped; nothing is left running.", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None
