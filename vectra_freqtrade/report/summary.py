"""The evidence report in a terminal: claims, verdicts, trade study."""

from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table

from vectra_freqtrade.report.evidence import Evidence, records
from vectra_freqtrade.report.prepared import OUT

WIDTH = 150


def print_summary(sets: Sequence[Evidence], console: Console | None = None) -> None:
    """
    :param sets: what was gathered
    :param console: where to
    """
    console = console or Console(width=WIDTH, highlight=False)
    for held in sets:
        facts = held.facts
        console.print(
            f"\n[bold]{held.name}[/bold]: {', '.join(facts['pairs'])}, {facts['first']} to "
            f"{facts['last']}, out-of-sample from {facts['split']}, intervals "
            f"{' and '.join(facts['intervals'])}"
        )
        console.print(f"  {held.answer}")
        for line in facts["comparisons"]:
            console.print(
                f"  {line['family']}, {line['sample']}: {line['tested']} comparisons, "
                f"{line['p_below_5_percent']} with p ≤ 5 %, {line['q_below_5_percent']} after "
                "correction"
            )
        console.print(_claims(held.verdicts))
        if not held.contrasts.empty:
            console.print(_contrasts(held.contrasts))
    console.print("It is what followed in this data, before costs, and no promise of profit.")


def basis_points(value: float) -> str:
    """
    :param value: fraction
    :return: with its sign; a dash where there is none
    """
    return "–" if pd.isna(value) else f"{value * 1e4:+.1f}"


def chance(value: float) -> str:
    """
    :param value: a p or q
    :return: a dash where there is none
    """
    return "–" if pd.isna(value) else f"{value:.3f}"


def _claims(verdicts: pd.DataFrame) -> Table:
    names = ("column", "bucket", "claim", "against", "rows", "after", "excess bp", "95 %", "q")
    title = "Claims of the settings, out-of-sample, at the horizon with the smallest p"
    table = Table(*names, "verdict", title=title)
    for row in records(verdicts[verdicts["sample"] == OUT]):
        table.add_row(
            row["column"],
            row["bucket"],
            f"{row['side']} {'better' if row['claim'] > 0 else 'worse'}",
            row["comparison"],
            f"{row['rows']:.0f}",
            f"{row['horizon']} rows",
            basis_points(row["excess"]),
            f"{basis_points(row['low'])} to {basis_points(row['high'])}",
            chance(row["q"]),
            row["verdict"],
        )
    return table


def _contrasts(contrasts: pd.DataFrame) -> Table:
    names = ("contrast", "part", "trades", "against", "difference bp", "95 %", "q")
    title = "Trade study, mean profit per trade after fees and funding"
    table = Table(*names, title=title)
    for row in records(contrasts):
        table.add_row(
            row["contrast"],
            row["sample"],
            str(row["trades"]),
            str(row["others"] or ""),
            basis_points(row["difference"]),
            f"{basis_points(row['low'])} to {basis_points(row['high'])}",
            chance(row["q"]),
        )
    return table
