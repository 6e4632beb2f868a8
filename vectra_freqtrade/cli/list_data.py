"""`vectra-freqtrade list-data`: what the store holds."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from vectra_freqtrade.cli.context import Context, load
from vectra_freqtrade.cli.errors import Exit, fail, plainly
from vectra_freqtrade.cli.options import ConfigOption, JsonOption, UserdirOption
from vectra_freqtrade.cli.show import console, grid
from vectra_freqtrade.coinglass.catalogue import DATASETS
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.history.holdings import Holding, holdings


@plainly
def list_data(
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    dataset: Annotated[
        str | None,
        typer.Option(
            "--dataset", metavar="NAME", help=f"Only this dataset: {', '.join(DATASETS)}."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """
    List downloaded and recorded series: span, rows, gaps, revisions, age.

    Gaps are missing rows between the first and the last one. Late rows came too late to be used.
    Revised rows were sent again with another value, which is counted but not used. The age is
    counted from the open of the newest row. Times are UTC.
    """
    context = load(config, userdir)
    everything = holdings(context.store, datetime.now(UTC))
    known = {*context.settings.catalogue, *(each.dataset for each in everything)}
    if dataset not in (None, *known):
        raise SettingsError(f"No dataset {dataset!r}. Known: {', '.join(sorted(known))}.")
    held = [each for each in everything if dataset in (None, each.dataset)]
    if as_json:
        print(json.dumps([asdict(each) for each in held], indent=2))
    else:
        _show(context, held)
    if any(each.problem for each in held):
        raise fail("A file can't be read; it was left as it is.", Exit.INCOMPLETE)


def _age(hours: float) -> str:
    return f"{hours:.1f} h" if hours < 100 else f"{hours / 24:.0f} d"


def _show(context: Context, held: list[Holding]) -> None:
    out = console()
    if not held:
        out.print(
            f"Nothing in {context.store.root} yet. To fill it: vectra-freqtrade download-data",
            soft_wrap=True,
        )
        return
    numbers = ("Rows", "Gaps", "Late", "Recorded", "Revised", "Age")
    named = [each.names if each.names != each.symbol else "" for each in held]
    more = ("Names",) if any(" + " in each or " × " in each for each in named) else ()
    lines = grid(("Dataset", "Symbol", "Interval", "From", "To", *numbers, *more), numbers)
    for each, names in zip(held, named, strict=True):
        age = "-" if each.age is None else _age(each.age)
        counts = (each.rows, each.gaps, each.late, each.recorded, each.revisions)
        span = (each.first or "-", each.last or "-")
        lines.add_row(
            each.dataset,
            each.symbol,
            each.interval or "-",
            *span,
            *map(str, counts),
            age,
            *((names or "-",) if more else ()),
        )
    out.print(lines)
    for each in held:
        if each.problem:
            out.print(each.problem, style="red", markup=False, soft_wrap=True)
