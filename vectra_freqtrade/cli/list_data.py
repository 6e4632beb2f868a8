"""`vectra-freqtrade list-data`: what the store holds."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.cli.errors import Exit, fail, report_errors
from vectra_freqtrade.cli.options import (
    ConfigOption,
    JsonOption,
    UserdirOption,
    console,
    grid,
    print_remarks,
    words,
)
from vectra_freqtrade.errors import SettingsError

if TYPE_CHECKING:
    from vectra_freqtrade.cli.context import Context
    from vectra_freqtrade.history.holdings import Holding


@report_errors
def list_data(
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    datasets: Annotated[
        list[str] | None,
        typer.Option(
            "--datasets",
            "--dataset",
            metavar="NAME …",
            help=f"Only these datasets: {', '.join(DATASETS)}.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """
    List downloaded and recorded series: span, rows, gaps, revisions, age.

    Gaps are missing rows between the first and the last one. Late rows came too late to be used.
    Revised rows were sent again with another value, which is kept beside the file but not used:
    how many of the rows, and by how much in the median and at the 95th percentile. The percentages
    are of the first value; where a field can be zero or negative, and they are marked with ~, of
    the median size of its values. The age is counted from the open of the newest row. Times are
    UTC.

    Examples:
      vectra-freqtrade list-data
          one line for each file
      vectra-freqtrade list-data --datasets open_interest --json
          for a script, ages in hours

    Exit status: 0 every file can be read; 1 one can't, and is named; 2 an option, a config or a
    file to fix
    """
    from vectra_freqtrade.cli.context import load
    from vectra_freqtrade.history.holdings import holdings

    context = load(config, userdir)
    everything = holdings(context.store, datetime.now(UTC))
    known = {*context.settings.catalogue, *(each.dataset for each in everything)}
    chosen = words(datasets)
    for name in chosen:
        if name not in known:
            raise SettingsError(f"No dataset {name!r}. Known: {', '.join(sorted(known))}.")
    held = [each for each in everything if not chosen or each.dataset in chosen]
    if as_json:
        print(json.dumps([asdict(each) for each in held], indent=2))
    else:
        _show(context, held)
    if any(each.problem for each in held):
        raise fail("A file can't be read; it was left as it is.", Exit.INCOMPLETE)


def _age(hours: float) -> str:
    return f"{hours:.1f} h" if hours < 100 else f"{hours / 24:.0f} d"


def _revised(held: "Holding") -> str:
    return f"{held.revised} ({held.revised_share:.1%})" if held.revised else "0"


def _changed(held: "Holding") -> str:
    from vectra_freqtrade.history.revisions import FIRST_VALUE

    if held.revised_median is None or held.revised_p95 is None:
        return "-"
    mark = "" if held.revised_against == FIRST_VALUE else "~"
    return ", ".join(
        f"{mark}{size:,.0f} %" if size >= 10 else f"{mark}{size:.2g} %"
        for size in (held.revised_median, held.revised_p95)
    )


def _remarks(held: "Holding") -> Iterator[str]:
    name = f"{held.dataset} {held.symbol} {held.interval}".strip()
    if held.unsized:
        yield f"{name}: {held.unsized} revisions were counted before their values were kept"
    if held.twice:
        yield f"{name}: {held.twice} rows came twice in one answer; the first of the two is kept"


def _show(context: "Context", held: "list[Holding]") -> None:
    out = console()
    if not held:
        out.print(
            f"Nothing in {context.store.root} yet. To fill it: vectra-freqtrade download-data",
            soft_wrap=True,
        )
        return
    numbers = ("Rows", "Gaps", "Late", "Recorded", "Revised", "Changed by", "Age")
    named = [each.names if each.names != each.symbol else "" for each in held]
    more = ("Names",) if any(" + " in each or " × " in each for each in named) else ()
    lines = grid(("Dataset", "Symbol", "Interval", "From", "To", *numbers, *more), numbers)
    for each, names in zip(held, named, strict=True):
        age = "-" if each.age is None else _age(each.age)
        counts = map(str, (each.rows, each.gaps, each.late, each.recorded))
        span = (each.first or "-", each.last or "-")
        name = (each.dataset, each.symbol, each.interval or "-")
        last = (names or "-",) if more else ()
        lines.add_row(*name, *span, *counts, _revised(each), _changed(each), age, *last)
    out.print(lines)
    print_remarks(out, (remark for each in held for remark in _remarks(each)))
    for each in held:
        if each.problem:
            out.print(each.problem, style="red", markup=False, soft_wrap=True)
