"""What was asked for already, so that a later run does not ask for nothing again."""

import json
from datetime import datetime
from pathlib import Path

from vectra_freqtrade.files import PATIENCE, atomic_write, locked
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.times import from_seconds


class Ledger:
    """
    One small file beside the series. Losing it costs a few requests, nothing else. Of a series'
    file that begins elsewhere than when it was noted it says nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "asked.json"

    def asked_from(self, series: Series, first: datetime) -> datetime | None:
        """Since when everything up to the file's first row was asked for; None for never."""
        start, begins = self._read().get(str(series), (0.0, None))
        return from_seconds(start) if begins == first.timestamp() else None

    def note(
        self, series: Series, start: datetime, first: datetime, *, timeout: float = PATIENCE
    ) -> None:
        """It was asked for without an error from `start` to the file's first row."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with locked(self._file.with_name(f"{self._file.name}.lock"), timeout):
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
