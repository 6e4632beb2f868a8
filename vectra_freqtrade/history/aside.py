"""Files that a store no longer takes for a series, and why. Nothing is ever deleted."""

from collections.abc import Callable
from pathlib import Path

from vectra_freqtrade.catalogue.datasets import Dataset
from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.notes import Notes
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


class Ownership:
    """
    What a file is made of, against what it is to be made of.

    :param sources: what each series is made of, as far as known; None: nothing is looked at
    """

    def __init__(self, sources: Callable[[Dataset, str], MadeOf | None] | None) -> None:
        self._sources = sources

    def wanted(self, series: Series, made_of: MadeOf | None = None) -> MadeOf | None:
        """What a series is to be made of: `made_of`, else what `sources` says."""
        if made_of is not None or self._sources is None:
            return made_of
        return self._sources(series.spec, series.symbol)

    def difference(self, series: Series, notes: Notes, made_of: MadeOf | None = None) -> str:
        """
        :param series: the file's
        :param notes: the file's
        :param made_of: as in `wanted`
        :return: "" where it is the same, or nothing is wanted, else a sentence
        """
        wanted, held = self.wanted(series, made_of), notes.made_of
        if wanted is None or wanted.accepts(held, series.symbol):
            return ""
        there = str(held or f"{series.symbol} alone, as an earlier version fetched it")
        return f"it is made of {there}, and the series is to be made of {wanted}"

    def sign(self, notes: Notes, series: Series, made_of: MadeOf | None = None) -> None:
        """Say in a file's notes what it is made of, where that is known."""
        wanted = self.wanted(series, made_of)
        if wanted is not None and wanted.names is not None:
            notes.made_of = wanted


def command(series: Series) -> str:
    """What fetches a series."""
    return (
        f"vectra-freqtrade download-data (dataset {series.dataset}, symbol {series.symbol}, "
        f"interval {series.interval})"
    )
