"""Options that several commands take, spelled as freqtrade's own."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    list[str] | None,
    typer.Option("--config", "-c", help="Freqtrade config; may be given several times."),
]
UserdirOption = Annotated[
    Path | None,
    typer.Option("--userdir", "--user-data-dir", help="Freqtrade's user_data folder."),
]
PairsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--pairs", "-p", help="Instead of the config's pairs; may be given several times."
    ),
]
ExchangeOption = Annotated[
    str | None, typer.Option("--exchange", help="Instead of the config's exchange.")
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say more about what is going on.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def words(given: list[str] | None) -> list[str]:
    """Values given one by one, or several in one, separated by commas or spaces."""
    return [word for each in given or [] for word in each.replace(",", " ").split()]
