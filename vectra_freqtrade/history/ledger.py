"""What was asked for already, so that a later run does not ask for nothing again."""

import json
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from vectra_freqtrade.history.atomic import atomic_write
from vectra_freqtrade.history.layout import Series


class Ledger:
    """
    One small file beside the series. Losing it costs a few requests, nothing else.

    What it says belongs to the file that was written then: where another one took its place, which
    begins elsewhere, it says nothing.

    :param folder: made on the first write
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "asked.json"

    def asked_from(self, series: Series, first: datetime) -> datetime | None:
        """
        :param series: which
        :param first: time of the file's first row, tz-aware
        :return: since when everything up to that row was asked for; None for never
        """
        start, begins = self._read().get(str(series), (0.0, None))
        return datetime.fromtimestamp(start, UTC) if begins == first.timestamp() else None

    def note(self, series: Series, start: datetime, first: datetime) -> None:
        """
        :param series: which
        :param start: it was asked for without an error from here on
        :param first: time of the file's first row now
        """
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self._file}.lock"):
            held = self._read()
            before = self.asked_from(series, first)
            told = (min(start, before or start).timestamp(), first.timestamp())
            if held.get(str(series)) == told:
                return
            held[str(series)] = told
            text = json.dumps(held, indent=0, sort_keys=True)
            atomic_write(self._file, lambda path: path.write_text(text, encoding="utf-8"))

    def _read(self) -> dict[str, tuple[float, float]]:
        try:
            held = json.loads(self._file.read_text(encoding="utf-8"))
            return {
                str(name): (float(start), float(first)) for name, (start, first) in held.items()
            }
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
