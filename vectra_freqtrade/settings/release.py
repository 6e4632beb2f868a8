"""
When a row may be used: the one rule, for what is asked for, kept, read and looked at. Pure.

A row counts as known at its time + its length × (1 + settle) + delay + the dataset's own extra
delay. Nothing else in the package adds these up.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.datasets import CUSTOM_PREFIX, DATASETS, Dataset, Kind

if TYPE_CHECKING:
    from vectra_freqtrade.settings.section import CoinglassSettings

Length = TypeVar("Length", int, NDArray[np.int64])

_MS: Final = timedelta(milliseconds=1)
#: Why a dataset has no intervals to wait for.
_NO_ROWS: Final = {
    Kind.ORDERS: "its orders have no intervals: each is known from its own start and end",
    Kind.LEVELS: "its snapshots have no intervals: each is known when it was taken",
}


@dataclass(frozen=True, slots=True)
class Release:
    """
    The settings that decide when rows may be used.

    :param delay: after an interval's close until its row counts as published
    :param settle: dataset, as the catalogue names it → intervals more until its row may be used
    """

    delay: timedelta
    settle: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: "CoinglassSettings") -> Self:
        named = {
            name if name in DATASETS or name.startswith(CUSTOM_PREFIX) else CUSTOM_PREFIX + name: n
            for name, n in settings.settle.items()
        }
        return cls(timedelta(seconds=settings.delay), named)

    def intervals(self, dataset: str) -> int:
        """How many intervals more than its own a row of a dataset waits."""
        return self.settle.get(dataset, 0)

    def wait(self, dataset: Dataset, length_ms: int) -> timedelta:
        return wait_ms(dataset, length_ms, self.delay, self.intervals(dataset.name)) * _MS


def wait_ms(dataset: Dataset, length_ms: Length, delay: timedelta, settle: int = 0) -> Length:
    """
    :param length_ms: of the row: its interval or its spacing; one, or one for each row
    :param settle: intervals, the setting for this dataset
    :return: milliseconds from a row's time until it may be used
    """
    return length_ms * (1 + settle) + (delay + dataset.extra_delay) // _MS


def check_settle(names: Iterable[str], custom: Iterable[str]) -> None:
    """
    :param names: of the `settle` setting
    :param custom: names of the custom columns
    :raises ValueError: where one is no dataset with rows
    """
    names, own = list(names), list(custom)
    rows = [name for name, spec in DATASETS.items() if spec.kind not in _NO_ROWS]
    known = list(dict.fromkeys([*rows, *own]))
    for name in names:
        if name in DATASETS and name not in known:
            raise ValueError(f"{name} can't settle, {_NO_ROWS[DATASETS[name].kind]}")
        if name not in known and name.removeprefix(CUSTOM_PREFIX) not in own:
            raise ValueError(unknown_dataset(name, known))
        if name not in DATASETS and CUSTOM_PREFIX + name in names:
            raise ValueError(f"the custom column {name} is named twice")


def unknown_dataset(name: str, known: Iterable[str]) -> str:
    """What to tell of a name that is none of the known, with the nearest of them."""
    known = list(known)
    meant = difflib.get_close_matches(name, known, n=1)
    hint = f", did you mean {meant[0]!r}?" if meant else "."
    return f"unknown dataset{hint} There are {', '.join(known)}"
