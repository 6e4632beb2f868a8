"""
The columns reference of the docs, made of `columns.py` alone.

    python -m tests.docs.columns_page docs/columns.md
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from vectra_freqtrade.catalogue.columns import COLUMNS, COMBINED, DATASET_CODES, LEVELS, Column

_TITLES = {
    "long_short_ratio": "Long/short ratio (`long_short_ratio`, `cg_lsr_`)",
    LEVELS: "Liquidation levels",
    COMBINED: "All datasets together",
}

_NOTES = {
    LEVELS: (
        "Always there, whatever `datasets` says; `levels_source` decides what they are made from. "
        "The estimate uses the shortest interval in use that is at least an hour, and looks back "
        "up to 20 days: see [strategies](strategies.md#liquidation-levels-need-candles)."
    ),
    COMBINED: "Always there.",
}

_HEAD = """\
# Columns

<!-- Made by `python -m tests.docs.columns_page docs/columns.md`; edit columns.py instead. -->

These are the columns that `add_columns` adds. Every value was known when its candle closed. The
columns of a dataset exist if the settings name it, in every run mode and under every plan. Without
data they hold the value given under "no data".

`{i}` stands for an interval: such a column exists once for each interval in use, for example
`cg_oi_1h` and `cg_oi_4h`. Columns without `{i}`, such as extremes and factors, come from the lower
interval. Columns marked *judged* can be recomputed with other settings by `self.coinglass.judge`,
which is cheap. Columns marked *adaptive* exist only if `bands` is `"adaptive"`.
"""


def columns_page() -> str:
    """
    :return: the page, markdown
    """
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD.rstrip()
    for dataset in dict.fromkeys(column.dataset for column in COLUMNS):
        yield f"\n## {_TITLES.get(dataset) or _title(dataset)}\n"
        if dataset in _NOTES:
            yield f"{_NOTES[dataset]}\n"
        yield "| column | meaning | unit | type | no data |"
        yield "|---|---|---|---|---|"
        yield from (_row(column) for column in COLUMNS if column.dataset == dataset)


def _title(dataset: str) -> str:
    return f"{dataset.replace('_', ' ').capitalize()} (`{dataset}`, `cg_{DATASET_CODES[dataset]}_`)"


def _row(column: Column) -> str:
    marks = [name for name in ("judged", "adaptive") if getattr(column, name)]
    meaning = column.meaning + "".join(f" *{mark.capitalize()}.*" for mark in marks)
    empty = "NaN" if column.empty != column.empty else str(column.empty)
    cells = (f"`{column.name}`", meaning, column.unit, column.dtype, empty)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(columns_page(), encoding="utf-8")
