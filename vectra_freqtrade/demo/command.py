"""The command `vectra-freqtrade demo`."""

from pathlib import Path
from typing import Annotated

import typer

from vectra_freqtrade.demo.coinglass_plans import ORDER
from vectra_freqtrade.demo.market import DEFAULT_SEED
from vectra_freqtrade.demo.processes import CommandFailed
from vectra_freqtrade.demo.run import DEFAULT_PAIRS, DEFAULT_USERDIR, run_demo
from vectra_freqtrade.demo.workspace import WorkspaceTaken

INTERRUPTED = 130  # what a shell reports after Ctrl-C


def demo(
    plan: Annotated[
        str, typer.Option(help=f"CoinGlass plan of the simulated key: {', '.join(ORDER)}.")
    ] = "professional",
    live: Annotated[
        bool, typer.Option("--live", help="Afterwards run a dry-run bot on the same market.")
    ] = False,
    minutes: Annotated[float, typer.Option(help="How long the dry-run bot runs.")] = 5.0,
    pairs: Annotated[
        str, typer.Option("--pairs", "-p", help="Futures pairs, separated by commas or spaces.")
    ] = ",".join(DEFAULT_PAIRS),
    days: Annotated[int, typer.Option(help="Length of the backtest in days.")] = 60,
    seed: Annotated[
        int, typer.Option(help="Seed of the market; the same seed gives the same trades.")
    ] = DEFAULT_SEED,
    userdir: Annotated[
        Path, typer.Option("--userdir", "--user-data-dir", help="Folder to make.")
    ] = DEFAULT_USERDIR,
) -> None:
    """Backtest on a simulated market, end to end, with no key and no network."""
    try:
        run_demo(
            plan=plan.lower(),
            live=live,
            minutes=minutes,
            pairs=pairs.replace(",", " ").split(),
            days=days,
            seed=seed,
            userdir=userdir,
        )
    except (CommandFailed, WorkspaceTaken) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("Stopped; nothing is left running.", err=True)
        raise typer.Exit(INTERRUPTED) from None
