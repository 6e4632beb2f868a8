"""The command `vectra-freqtrade demo`."""

from pathlib import Path
from typing import Annotated

import typer

from vectra_freqtrade.demo import defaults
from vectra_freqtrade.demo.coinglass_plans import ORDER

INTERRUPTED = 130  # what a shell reports after Ctrl-C


def demo(
    plan: Annotated[
        str, typer.Option(help=f"CoinGlass plan of the simulated key: {', '.join(ORDER)}.")
    ] = defaults.PLAN,
    live: Annotated[
        bool, typer.Option("--live", help="Afterwards run a dry-run bot on the same market.")
    ] = False,
    minutes: Annotated[
        float, typer.Option(help="How long the dry-run bot runs.")
    ] = defaults.MINUTES,
    pairs: Annotated[
        str, typer.Option("--pairs", "-p", help="Futures pairs, separated by commas or spaces.")
    ] = ",".join(defaults.PAIRS),
    days: Annotated[int, typer.Option(help="Length of the backtest in days.")] = defaults.DAYS,
    seed: Annotated[
        int, typer.Option(help="Seed of the market; the same seed gives the same trades.")
    ] = defaults.SEED,
    userdir: Annotated[
        Path, typer.Option("--userdir", "--user-data-dir", help="Folder to make.")
    ] = defaults.USERDIR,
) -> None:
    """Backtest on a simulated market, end to end, with no key and no network."""
    # Imported here: pandas and freqtrade would slow down every other command.
    from vectra_freqtrade.demo.processes import CommandFailed
    from vectra_freqtrade.demo.run import run_demo
    from vectra_freqtrade.demo.workspace import WorkspaceTaken

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
