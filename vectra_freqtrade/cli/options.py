"""Options that several commands take, spelled as freqtrade's own."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperArgument, TyperCommand

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
        help="Pairs or coins, such as BTC/USDT:USDT ETH.",
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
DaysOption = Annotated[
    int | None,
    typer.Option("--days", metavar="DAYS", min=1, max=10_000, help="That many days up to now."),
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


class ManyValues(TyperCommand):
    """A command each of whose repeatable options may also be given its values in a row."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # What follows an option's value would be the argument where there is one.
        if not any(isinstance(each, TyperArgument) for each in self.params):
            repeatable = [each for each in self.params if getattr(each, "multiple", False)]
            args = spread(args, {name for each in repeatable for name in each.opts})
        return list(super().parse_args(ctx, args))


def spread(arguments: Sequence[str], names: Collection[str]) -> list[str]:
    """`-p A B` as `-p A -p B`, for the options that may be given several times."""
    result: list[str] = []
    option, filled = "", False
    for word in arguments:
        if word.startswith("-") and word != "-":
            name, equals, _ = word.partition("=")
            option, filled = (name, bool(equals)) if name in names else ("", False)
            result.append(word)
        elif option and filled:
            result += [option, word]
        else:
            filled = True
            result.append(word)
    return result


#: Width of what is piped into a file or another program.
_PIPED = 180


def console() -> Console:
    """For what a command answers; errors go elsewhere."""
    out = Console(highlight=False, soft_wrap=False)
    if not out.is_terminal:
        out = Console(highlight=False, width=_PIPED)
    return out


def grid(columns: Iterable[str], numbers: Iterable[str] = ()) -> Table:
    """A table without lines; the columns named in `numbers` are right-aligned."""
    right = set(numbers)
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table


def print_remarks(out: Console, remarks: Iterable[str]) -> None:
    for remark in remarks:
        out.print(f"• {remark}", markup=False, soft_wrap=True)
