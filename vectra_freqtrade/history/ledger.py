"""From when on each series was asked for, so that a later run does not ask for nothing again."""

import json
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import atomic_write


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

    def forget(self, series: Series) -> None:
        """Ask for everything again, for `--refresh`."""
        if self._file.exists():
            with FileLock(f"{self._file}.lock"):
                held = self._read()
                if held.pop(str(series), None) is not None:
                    text = json.dumps(held, indent=0, sort_keys=True)
                    atomic_write(self._file, lambda path: path.write_text(text, encoding="utf-8"))

    def _read(self) -> dict[str, float]:
        try:
            held = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(name): float(stamp) for name, stamp in held.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
