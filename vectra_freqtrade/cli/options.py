"""Options that several commands take, spelled as freqtrade's own."""

from pathlib import Path
from typing import Annotated

import typer

#: What a script reads; the exit status is the same.
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON, and nothing else, to standard output.")
]
ConfigOption = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="Freqtrade's config; several times, a later one over an earlier one.",
        show_default="config.json in user_data, else here, else none",
    ),
]
UserdirOption = Annotated[
    Path | None,
    typer.Option(
        "--userdir",
        "--user-data-dir",
        metavar="FOLDER",
        help="Freqtrade's user_data.",
        show_default="user_data",
    ),
]
PairsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--pairs",
        "-p",
        metavar="PAIR …",
        help="Such as BTC/USDT:USDT ETH/USDT:USDT.",
        show_default="the config's pair_whitelist",
    ),
]
ExchangeOption = Annotated[
    str | None,
    typer.Option(
        "--exchange",
        metavar="NAME",
        help="Freqtrade's name of it.",
        show_default="the config's, else binance",
    ),
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say more about what is going on.")
]
TimerangeOption = Annotated[
    str | None,
    typer.Option(
        "--timerange",
        metavar="FROM-TO",
        help="As freqtrade's: 20250101-20250601, or 20250101- up to now; UTC.",
    ),
]


def words(given: list[str] | None) -> list[str]:
    """Values given one by one, or several in one, separated by commas or spaces."""
    return [word for each in given or [] for word in each.replace(",", " ").split()]
