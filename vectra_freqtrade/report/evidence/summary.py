"""The evidence report in a terminal: claims, verdicts, trade study."""

from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table

from vectra_freqtrade.report.backtest.trade_table import key_numbers
from vectra_freqtrade.report.backtest.view import View
from vectra_freqtrade.report.evidence.evidence import Evidence, records
from vectra_freqtrade.report.evidence.prepared import OUT
from vectra_freqtrade.report.evidence.study import TOO_FEW

WIDTH = 150


def print_summary(
    sets: Sequence[Evidence], console: Console | None = None, *, brief: bool = False
) -> None:
    """Brief is the answer alone; the page has the rest."""
    console = console or Console(width=WIDTH, highlight=False)
    if brief:
        for held in sets:
            console.print(f"  Evidence on the CoinGlass columns. {held.answer}")
        return
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
        late = held.verdicts[held.verdicts["sample"] == OUT]
        judged = late[late["verdict"] != TOO_FEW]
        if not judged.empty:
            console.print(_claims(judged))
        if len(judged) < len(late):
            console.print(
                f"  {len(late) - len(judged)} of {len(late)} comparisons have too few "
                "out-of-sample rows for a verdict; the page lists them. About 400 days of hourly "
                "rows are a start."
            )
        if not held.contrasts.empty:
            console.print(_contrasts(held.contrasts))
    console.print("This is what happened in this data, before costs. It is no promise of profit.")


def print_view(view: View, console: Console | None = None) -> None:
    console = console or Console(width=WIDTH, highlight=False)
    if view.simulated:
        console.print(
            "[bold]Simulated[/bold]: this is the demo's market. It says nothing about profit."
        )
    for note in view.notes:
        console.print(note, markup=False)
    if view.result is None:
        console.print(f"Market and CoinGlass data of {', '.join(view.frames)}, no backtest.")
        return
    console.print(f"[bold]{view.result.strategy}[/bold], {view.result.path.name}")
    for label, text in key_numbers(view.result).items():
        console.print(f"  {label:17} {text}")
    console.print(f"  {view.stops_told}")


def basis_points(value: float) -> str:
    return "–" if pd.isna(value) else f"{value * 1e4:+.1f}"


def chance(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.3f}"


def _claims(verdicts: pd.DataFrame) -> Table:
    names = ("column", "bucket", "claim", "against", "rows", "after", "excess bp", "95 %", "q")
    title = "Claims of the settings, out-of-sample, at the horizon with the smallest p"
    table = Table(*names, "verdict", title=title)
    for row in records(verdicts):
        table.add_row(
            row["column"],
            row["bucket"],
            f"{row['side']} {'better' if row['claim'] > 0 else 'worse'}",
            row["comparison"],
            f"{row['rows']:.0f}",
            f"{row['horizon']} row{'s' if row['horizon'] > 1 else ''}",
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
