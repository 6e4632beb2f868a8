"""What a check of the contract found."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from vectra_freqtrade.catalogue.columns import COLUMNS


class Outcome(StrEnum):
    """How a promise was kept."""

    KEPT = "kept"
    UNTOLD = "untold"  # what came does not tell
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One promise and what came of it.

    :param promise: its name, "order"
    :param where: path, with the interval where there is one; "" for the account
    :param outcome: whether it was kept
    :param expected: what was promised
    :param came: what came instead, or the reason why it can't be told; never a key
    :param columns: those whose values are affected; () where none is
    :param coin: of the pair list, which a file for others does not name
    """

    promise: str
    where: str
    outcome: Outcome
    expected: str = ""
    came: str = ""
    columns: tuple[str, ...] = ()
    coin: str = ""


def broken(
    promise: str, where: str, expected: str, came: str, columns: Iterable[str] = ()
) -> Finding:
    return Finding(promise, where, Outcome.BROKEN, expected, came, tuple(columns))


def kept(promise: str, where: str, came: str = "") -> Finding:
    return Finding(promise, where, Outcome.KEPT, came=came)


def untold(promise: str, where: str, why: str) -> Finding:
    return Finding(promise, where, Outcome.UNTOLD, came=why)


def columns_of(dataset: str, interval: str = "") -> tuple[str, ...]:
    """Of a dataset, with the interval in their names where it is one of rows."""
    names = (column.name for column in COLUMNS if column.dataset == dataset)
    return tuple(name.replace("{i}", interval or "*") for name in names)


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """
    One line for each promise, path and coin: a deviation that two intervals show is one. What is
    broken comes first; what was kept elsewhere is not said beside it.
    """
    held: dict[tuple[str, str, str], Finding] = {}
    worst = list(Outcome)
    for each in findings:
        path, _, interval = each.where.partition(" ")
        key = each.promise, path, each.coin
        before = held.setdefault(key, each)
        if before is each:
            continue
        if before.outcome is not each.outcome:
            held[key] = max(before, each, key=lambda one: worst.index(one.outcome))
            continue
        where = before.where
        if interval and interval not in where.split(" ")[1:]:
            where = f"{where} {interval}"
        columns = tuple(dict.fromkeys((*before.columns, *each.columns)))
        held[key] = replace(before, where=where, columns=columns)
    broken_ones = [each for each in held.values() if each.outcome is Outcome.BROKEN]
    late = {_path(each) for each in broken_ones if each.promise == "late rows"}
    found = [
        each
        for each in held.values()
        # Where rows come late, that the open one is not there is the same.
        if not (each.promise == "open row" and _path(each) in late)
    ]
    return sorted(found, key=lambda one: -worst.index(one.outcome))


def _path(finding: Finding) -> str:
    return finding.where.partition(" ")[0]
