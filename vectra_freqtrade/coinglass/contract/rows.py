"""The rows of one answer against the contract. Pure: what was asked and what came are given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.coinglass.answers.envelope import shape
from vectra_freqtrade.coinglass.answers.numbers import number
from vectra_freqtrade.coinglass.contract.finding import Finding, broken, columns_of, kept, untold
from vectra_freqtrade.coinglass.contract.promises import Promise, Sent
from vectra_freqtrade.errors import ContractError
from vectra_freqtrade.times import floor_to

Numbers = NDArray[np.float64]

#: Stamps from here on are milliseconds, microseconds, nanoseconds.
_UNITS: Final = (
    (10**8, "seconds"),
    (10**11, ""),
    (10**14, "microseconds"),
    (10**17, "nanoseconds"),
)
_TO_MS: Final[Mapping[str, Callable[[float], int]]] = {
    "seconds": lambda stamp: round(stamp * 1000),
    "": int,
    "microseconds": lambda stamp: int(stamp // 1000),
    "nanoseconds": lambda stamp: int(stamp // 10**6),
}
#: A stamp may lie so far ahead of the clocks, milliseconds.
_AHEAD: Final = 60_000
#: Of all rows that should lie between first and last, so many may be missing.
_HOLES: Final = 0.2
#: On shorter intervals a row that is late can't be told from an open one that is missing.
_OPEN_FROM: Final = 300_000
#: CoinGlass sends a history of any length in about 1,600 points: three days apart today.
_WIDEST: Final = 4.0
DAY: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Rows:
    """
    What could be read, put right for the checks that follow: one deviation is named once.

    :param times: opens, milliseconds, ascending, unique
    :param values: by the answer's own field names
    """

    times: NDArray[np.int64]
    values: Mapping[str, Numbers]

    def settled(self, now: int, length: int) -> "Rows":
        """Without the open row and the two before it, which are provisional."""
        return self.where(self.times <= floor_to(now, length) - 3 * length)

    def where(self, chosen: NDArray[np.bool_]) -> "Rows":
        return Rows(self.times[chosen], {name: v[chosen] for name, v in self.values.items()})


def row_list(sent: Sent) -> list[dict[str, Any]] | None:
    """None for a shape that is none of rows."""
    data = sent.data
    if isinstance(data, list) and all(isinstance(each, dict) for each in data):
        return data
    return None


def check_rows(
    sent: Sent, promise: Promise, late: int, *, open_row: bool = True
) -> tuple[list[Finding], Rows | None]:
    """
    :param late: milliseconds after its close by which a row must be there
    :param open_row: an answer up to now must hold it
    :return: what was found, and what the other checks can use; None where nothing is
    """
    columns = columns_of(sent.dataset, sent.interval)
    items = row_list(sent)
    if items is None:
        came = shape(sent.data)
        return [broken("shape", sent.where, "a list of rows", came, columns)], None
    if not items:
        if promise.may_be_empty:
            return [untold("rows", sent.where, "no rows")], None
        return [broken("rows", sent.where, "rows", "none", columns)], None
    found, stamps = _stamps(sent, items, columns)
    if stamps is None:
        return found, None
    values, more = _fields(sent, items, promise)
    found += more
    order = np.argsort(stamps, kind="stable")
    found.append(_order(sent, stamps, columns))
    first = np.append(True, np.diff(stamps[order]) > 0)[: len(order)]
    order = order[first]
    rows = Rows(stamps[order], {name: column[order] for name, column in values.items()})
    if not sent.interval:
        return [*found, *_whole_history(sent, rows, columns)], rows
    length = interval_ms(sent.interval)
    finding, shift = _at_the_open(sent, rows.times, length, columns)
    found.append(finding)
    rows = Rows(rows.times + shift, rows.values)
    finding, on_grid = _grid(sent, rows, length, columns)
    found.append(finding)
    if on_grid and open_row:
        found.append(_newest(sent, rows.times, length, late, columns))
    return found, rows if on_grid else None


def _stamps(
    sent: Sent, items: Sequence[Mapping[str, Any]], columns: tuple[str, ...]
) -> tuple[list[Finding], NDArray[np.int64] | None]:
    """Milliseconds, whatever the unit."""
    name, where = sent.time, sent.where
    if not all(name in item for item in items):
        return [
            broken("fields", where, f"each row with {name!r}", shape(list(items)), columns)
        ], None
    found = []
    if any(isinstance(item[name], str) for item in items):
        found.append(broken("types", where, f"{name} as a number", "text", columns))
    try:
        raw = [_exact(item[name]) for item in items]
    except ContractError:
        return [broken("types", where, f"{name} as a number", "no number", columns)], None
    if any(not stamp >= _UNITS[0][0] for stamp in raw):
        return [*found, broken("stamps", where, "milliseconds UTC", "no time", columns)], None
    units = {next(unit for least, unit in reversed(_UNITS) if stamp >= least) for stamp in raw}
    for unit in sorted(units - {""}):
        some = "" if len(units) == 1 else ", among milliseconds"
        found.append(broken("unit of stamps", where, "milliseconds", f"{unit}{some}", columns))
    if not found:
        found.append(kept("unit of stamps", where))
    one = _TO_MS
    stamps = [
        one[next(unit for least, unit in reversed(_UNITS) if stamp >= least)](stamp)
        for stamp in raw
    ]
    return found, np.array(stamps, dtype="int64")


def _exact(cell: object) -> float:
    return cell if type(cell) is int else number(cell)


def _order(sent: Sent, stamps: NDArray[np.int64], columns: tuple[str, ...]) -> Finding:
    """A time sent twice in one answer was captured, and is no matter of order."""
    steps = np.diff(stamps)
    if (steps >= 0).all():
        return kept("order", sent.where)
    came = "newest first" if (steps <= 0).all() else "unsorted"
    return broken("order", sent.where, "oldest first", came, columns)


def _fields(
    sent: Sent, items: Sequence[Mapping[str, Any]], promise: Promise
) -> tuple[dict[str, Numbers], list[Finding]]:
    values: dict[str, Numbers] = {}
    found: list[Finding] = []
    for name, kind in promise.fields.items():
        columns = columns_of(sent.dataset, sent.interval) if name in sent.used else ()
        missing = sum(name not in item for item in items)
        if missing:
            came = f"missing in {missing} of {len(items)} rows"
            found.append(broken("fields", sent.where, f"the field {name!r}", came, columns))
            continue
        cells = [item[name] for item in items]
        values[name], finding = _column(sent, name, kind, cells, columns)
        if finding is not None:
            found.append(finding)
    if not found:
        found = [kept("fields and types", sent.where)]
    return values, found


def _column(
    sent: Sent, name: str, kind: str, cells: Sequence[object], columns: tuple[str, ...]
) -> tuple[Numbers, Finding | None]:
    numbers = np.full(len(cells), np.nan)
    unread: list[str] = []
    for place, cell in enumerate(cells):
        try:
            numbers[place] = number(cell)
        except ContractError:
            unread.append(type(cell).__name__)
    texts = sum(isinstance(cell, str) for cell in cells)
    expected = f"{name} as a number" + ("" if kind == "number" else " or the text of one")
    if unread:
        word = {"str": "text that is no number"}.get(unread[0], unread[0])
        came = f"{word} in {len(unread)} of {len(cells)} rows"
        return numbers, broken("types", sent.where, expected, came, columns)
    if all(cell is None for cell in cells):
        return numbers, broken("types", sent.where, expected, "null in each row", columns)
    if kind == "number" and texts:
        came = f"text in {texts} of {len(cells)} rows; it can be read as a number"
        return numbers, broken("types", sent.where, expected, came)
    return numbers, None


def _at_the_open(
    sent: Sent, times: NDArray[np.int64], length: int, columns: tuple[str, ...]
) -> tuple[Finding, int]:
    """And what to add to the stamps so that they are at the open."""
    expected, newest = "stamps at the interval's open", int(times[-1])
    if ((times + 1) % length == 0).all():
        came = "stamps at its close, less one millisecond"
        return broken("stamp", sent.where, expected, came, columns), 1 - length
    ahead = newest - sent.now
    if ahead > min(_AHEAD, length // 4):
        if ahead <= length:
            came = f"stamps at its close: the newest is {ahead / 1000:.0f} s ahead of now"
            return broken("stamp", sent.where, expected, came, columns), -length
        came = f"the newest is {ahead / 1000:.0f} s ahead of now"
        return broken("stamp", sent.where, expected, came, columns), 0
    return kept("stamp", sent.where), 0


def _grid(sent: Sent, rows: Rows, length: int, columns: tuple[str, ...]) -> tuple[Finding, bool]:
    off = rows.times % length
    expected = f"stamps on the grid of {sent.interval}, UTC"
    if off.any():
        share = f"{int((off != 0).sum())} of {len(off)}"
        came = f"{share} off it, by {int(off[off != 0][0]) / 60_000:.4g} min"
        return broken("grid", sent.where, expected, came, columns), False
    steps = np.diff(rows.times)
    if len(steps) and median(steps.tolist()) != length:
        came = f"rows {median(steps.tolist()) / 60_000:.4g} min apart"
        return broken("spacing", sent.where, f"rows {sent.interval} apart", came, columns), False
    wanted = int((rows.times[-1] - rows.times[0]) // length) + 1
    holes = wanted - len(rows.times)
    if holes > max(1, _HOLES * wanted):
        came = f"{holes} of {wanted} missing"
        return broken("spacing", sent.where, "a row for each interval", came, columns), True
    return kept("grid and spacing", sent.where), True


def _newest(
    sent: Sent, times: NDArray[np.int64], length: int, late: int, columns: tuple[str, ...]
) -> Finding:
    """
    The open row is there; one that closed a while ago, all the more. A server may lag by what a
    row may be late.
    """
    newest, edge = int(times[-1]), floor_to(sent.now - late, length)
    due = edge - length
    if newest < due or (times[0] < due and due not in times):
        since = (sent.now - edge) / 1000
        expected = f"a row within {late / 1000:.0f} s of its close"
        came = f"not there {since:.0f} s after it"
        return broken("late rows", sent.where, expected, came, columns)
    if newest < edge and length >= _OPEN_FROM:
        expected = "the open interval as the last row"
        came = "the last row is a closed one; whether rows come late is told by --watch"
        return broken("open row", sent.where, expected, came, columns)
    return kept("newest row", sent.where)


def _whole_history(sent: Sent, rows: Rows, columns: tuple[str, ...]) -> list[Finding]:
    """In whatever number of days the whole of it comes in; a week is another series."""
    if len(rows.times) < 3:
        return [untold("spacing", sent.where, "fewer than three rows")]
    found = []
    days = float(np.median(np.diff(rows.times[-60:]))) / DAY
    if not 0.5 <= days <= _WIDEST:
        expected = f"rows one to {_WIDEST:.0f} days apart"
        found.append(broken("spacing", sent.where, expected, f"{days:.3g} days apart", columns))
    else:
        found.append(kept("spacing", sent.where, f"{days:.3g} d"))
    age = (sent.now - int(rows.times[-1])) / DAY
    if age < -0.1:
        came = f"the newest is {-age:.1f} days ahead of now"
        found.append(broken("stamp", sent.where, "stamps at the day's open", came, columns))
    elif age > max(days, 1.0) + 2.0 and days <= _WIDEST:
        came = f"the newest is {age:.1f} days old"
        expected = "a row for each day or each step, up to now"
        found.append(broken("late rows", sent.where, expected, came, columns))
    return found
