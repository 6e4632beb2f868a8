"""What was asked for already, so that a later run does not ask for nothing again."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import atomic_write

Span = tuple[datetime, datetime]
Moment = TypeVar("Moment", datetime, float)


class Ledger:
    """
    One small file beside the series. Losing it costs a few requests, nothing else.

    :param folder: made on the first write
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "asked.json"

    def asked_from(self, series: Series) -> datetime | None:
        """
        :param series: which
        :return: since when everything up to its first row was asked for; None for never
        """
        stamp = self._read().get(str(series))
        return None if stamp is None else datetime.fromtimestamp(stamp, UTC)

    def note(self, series: Series, start: datetime) -> None:
        """
        :param series: which
        :param start: it was asked for without an error from here on
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._file}.lock"):
            held = self._read()
            stamp = min(start.timestamp(), held.get(str(series), start.timestamp()))
            if held.get(str(series)) == stamp:
                return
            held[str(series)] = stamp
            text = json.dumps(held, indent=0, sort_keys=True)
            atomic_write(self._file, lambda path: path.write_text(text, encoding="utf-8"))

    def _read(self) -> dict[str, float]:
        try:
            held = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(name): float(stamp) for name, stamp in held.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


class SpanLedger:
    """
    Which spans of time were asked for whole. Losing the file costs requests, nothing else.

    :param file: its folder is made on the first write
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def missing(self, name: str, start: datetime, end: datetime) -> list[Span]:
        """
        :param name: of the series
        :param start: wanted, tz-aware
        :param end: wanted, not included
        :return: what of it was not asked for yet, in order
        """
        place, found = start.timestamp(), []
        for begin, until in self._read().get(name, []):
            if begin > place and begin < end.timestamp():
                found.append((place, begin))
            place = max(place, until)
        if place < end.timestamp():
            found.append((place, end.timestamp()))
        return [(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC)) for a, b in found]

    def note(self, name: str, start: datetime, end: datetime) -> None:
        """
        :param name: of the series
        :param start: it was asked for without an error from here on
        :param end: up to here
        """
        if start >= end:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._file}.lock"):
            held = self._read()
            held[name] = joined([*held.get(name, []), (start.timestamp(), end.timestamp())])
            text = json.dumps(held, indent=0, sort_keys=True)
            atomic_write(self._file, lambda path: path.write_text(text, encoding="utf-8"))

    def _read(self) -> dict[str, list[tuple[float, float]]]:
        try:
            held = json.loads(self._file.read_text(encoding="utf-8"))
            return {
                str(name): sorted((float(begin), float(until)) for begin, until in spans)
                for name, spans in held.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}


def joined(spans: Iterable[tuple[Moment, Moment]]) -> list[tuple[Moment, Moment]]:
    """
    :param spans: start and end, in any order
    :return: those that touch or overlap put together, in order
    """
    result: list[tuple[Moment, Moment]] = []
    for begin, until in sorted(spans):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], until))
        else:
            result.append((begin, until))
    return result
