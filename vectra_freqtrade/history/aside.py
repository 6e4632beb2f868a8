"""Files that a store no longer takes for a series, and why. Nothing is ever deleted."""

from pathlib import Path
from typing import Any

from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.revisions import beside


def set_aside(path: Path) -> Path:
    """
    Rename a file, and its revisions, so that no reader takes it for a series: `.old`, `.old2`, ...

    :param path: the file; who calls holds the store's lock
    :return: where it lies now
    """
    number, ending = 1, ".old"
    while path.with_name(path.name + ending).exists():
        number += 1
        ending = f".old{number}"
    revised = beside(path)
    if revised.exists():
        revised.replace(revised.with_name(revised.name + ending))
    return path.replace(path.with_name(path.name + ending))


def made_of(told: Any) -> MadeOf | None:
    """
    :param told: in a file's notes
    :return: None for a file that was written before files told
    :raises StoreError: where it can't be read
    """
    try:
        return MadeOf.of(told)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise StoreError("its notes can't be read") from None


def difference(series: Series, held: MadeOf | None, wanted: MadeOf | None) -> str:
    """
    :param series: the file's
    :param held: what it is made of
    :param wanted: what it is to be made of, None where anything will do
    :return: "" where it is the same, else a sentence
    """
    if wanted is None or wanted.accepts(held, series.symbol):
        return ""
    there = str(held or f"{series.symbol} alone, as an earlier version fetched it")
    return f"it is made of {there}, and the series is to be made of {wanted}"


def command(series: Series) -> str:
    """What fetches a series."""
    return (
        f"vectra-freqtrade download-data (dataset {series.dataset}, symbol {series.symbol}, "
        f"interval {series.interval})"
    )
