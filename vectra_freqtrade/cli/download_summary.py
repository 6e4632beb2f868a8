"""What `download-data` shows: a bar for each dataset, then what became of it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from vectra_freqtrade.cli.options import grid, print_remarks
from vectra_freqtrade.errors import VectraError
from vectra_freqtrade.history.download.download import Result
from vectra_freqtrade.history.download.download_plan import DownloadPlan
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.orders import DATASET as ORDERS

#: Remarks on single series; the rest is counted.
_REMARKS: Final = 20


class Bars:
    def __init__(self, out: Console) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rows]} rows"),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=out, disable=not out.is_terminal)
        self._tasks: dict[str, TaskID] = {}
        self._rows: dict[str, int] = {}

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def planned(self, dataset: str, requests: int) -> None:
        if dataset not in self._tasks:
            self._tasks[dataset] = self._progress.add_task(dataset, total=0, rows=0)
        task = self._tasks[dataset]
        total = self._progress.tasks[self._progress.task_ids.index(task)].total or 0
        self._progress.update(task, total=total + requests)

    def done(self, dataset: str, requests: int) -> None:
        self._progress.advance(self._tasks[dataset], requests)

    def saved(self, series: Series, rows: int) -> None:
        name = series.dataset
        self._rows[name] = self._rows.get(name, 0) + rows
        self._progress.update(self._tasks[name], rows=self._rows[name])


def summarize(
    out: Console,
    results: Sequence[Result],
    orders: Mapping[str, int | VectraError],
    todo: DownloadPlan,
) -> None:
    """Orders: instrument → how many are new, or what went wrong."""
    numbers = ("Series", "New", "Late", "Revised", "Missing")
    lines = grid(("Dataset", "Interval", "From", "To", *numbers), numbers)
    kinds = groupby(sorted(results, key=_kind), key=_kind)
    for (dataset, interval), some in kinds:
        group = list(some)
        firsts = [each.first for each in group if each.first]
        lasts = [each.last for each in group if each.last]
        lines.add_row(
            dataset,
            interval,
            f"{min(firsts):%Y-%m-%d %H:%M}" if firsts else "-",
            f"{max(lasts):%Y-%m-%d %H:%M}" if lasts else "-",
            str(len(group)),
            str(sum(each.added for each in group)),
            str(sum(each.late for each in group)),
            str(sum(each.revised for each in group)),
            str(sum(each.missing for each in group)),
        )
    if orders:
        new = sum(note for note in orders.values() if isinstance(note, int))
        lines.add_row(ORDERS, "-", "-", "-", str(len(orders)), str(new), "-", "-", "-")
    if results or orders:
        out.print(lines)
    remarks = [*_remarks(results), *_order_remarks(orders), *_plan_remarks(todo)]
    if len(remarks) > _REMARKS:
        more = f"and {len(remarks) - _REMARKS} more like these"
        remarks[_REMARKS:] = [f"{more}; for every series: vectra-freqtrade list-data"]
    print_remarks(out, remarks)


def _kind(result: Result) -> tuple[str, str]:
    return result.series.dataset, result.series.interval


def _remarks(results: Sequence[Result]) -> list[str]:
    said = [f"{each.series}: {each.error}" for each in results if each.error is not None]
    for each in results:
        for start, end in each.gaps[:2]:
            said.append(
                f"{each.series}: no rows from {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}"
            )
        if len(each.gaps) > 2:
            said.append(f"{each.series}: {len(each.gaps) - 2} more gaps")
    for each in results:
        begins = each.first
        if begins is not None and begins - each.start > timedelta(days=2):
            said.append(f"{each.series}: CoinGlass has nothing before {begins:%Y-%m-%d}")
        if begins is None and each.error is None:
            said.append(f"{each.series}: CoinGlass has no rows")
    return said


def _order_remarks(orders: Mapping[str, int | VectraError]) -> list[str]:
    failed = {symbol: note for symbol, note in orders.items() if isinstance(note, VectraError)}
    return [f"{ORDERS} {symbol}: {error}" for symbol, error in failed.items()]


def _plan_remarks(todo: DownloadPlan) -> list[str]:
    said = [
        f"{label}: this plan's history begins {limit:%Y-%m-%d}"
        for label, limit in todo.clipped.items()
    ]
    return said + [f"{label} is left out: it {why}" for label, why in todo.left_out.items()]
