"""Options that several commands take, spelled as freqtrade's own."""

from pathlib import Path
from typing import Annotated

import typer

#: What a script reads; the exit status is the same.
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON and nothing else to standard output.")
]
ConfigOption = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="Freqtrade config; may be repeated, later files override earlier ones.",
        show_default="config.json in user_data, else in this folder, else none",
    ),
]
UserdirOption = Annotated[
    Path | None,
    typer.Option(
        "--userdir",
        "--user-data-dir",
        metavar="FOLDER",
        help="Freqtrade's user_data folder.",
        show_default="user_data",
    ),
]
PairsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--pairs",
        "-p",
        metavar="PAIR …",
        help="Pairs, such as BTC/USDT:USDT ETH/USDT:USDT.",
        show_default="the config's pair_whitelist",
    ),
]
ExchangeOption = Annotated[
    str | None,
    typer.Option(
        "--exchange",
        metavar="NAME",
        help="Exchange, by freqtrade's name.",
        show_default="the config's, else binance",
    ),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")]
TimerangeOption = Annotated[
    str | None,
    typer.Option(
        "--timerange",
        metavar="FROM-TO",
        help="As in freqtrade: 20250101-20250601, or 20250101- for up to now; UTC.",
    ),
]


def words(given: list[str] | None) -> list[str]:
    """Values given one by one, or several in one, separated by commas or spaces."""
    return [word for each in given or [] for word in each.replace(",", " ").split()]
