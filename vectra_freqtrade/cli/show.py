"""How tables look: as wide as the terminal, or wide enough where there is none."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

#: Width of what is piped into a file or another program.
_PIPED = 180


def console() -> Console:
    """For what a command answers; errors go elsewhere."""
    out = Console(highlight=False, soft_wrap=False)
    if not out.is_terminal:
        out = Console(highlight=False, width=_PIPED)
    return out


def grid(columns: Iterable[str], numbers: Iterable[str] = ()) -> Table:
    """
    :param columns: headings
    :param numbers: those that are right-aligned
    """
    right = set(numbers)
    table = Table(box=None, pad_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return table
