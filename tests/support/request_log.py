"""What the loopback CoinGlass server was asked and what it served, for tests to compare against."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class LogEntry:
    """One request. The key is not kept, only the name of its plan.

    :param time: server time of the request, seconds UTC
    :param status: HTTP status
    :param code: the body's code; empty when the body was not the server's own
    :param rows: the reply's `data` as served; None when nothing whole was served
    :param refused: turned away for its rate
    """

    time: float
    path: str
    params: Mapping[str, str]
    plan: str
    status: int
    code: str
    rows: Any = None
    refused: bool = False

    @property
    def served(self) -> bool:
        return self.status == 200 and self.code == "0"


class RequestLog:
    """All requests in the order they were answered.

    :param keep_rows: False keeps no values, for long downloads
    """

    def __init__(self, *, keep_rows: bool = True) -> None:
        self.keep_rows = keep_rows
        self._entries: list[LogEntry] = []
        self._lock = threading.Lock()

    def add(self, entry: LogEntry) -> None:
        with self._lock:
            self._entries.append(entry)

    def entries(self, path: str | None = None, **params: str) -> list[LogEntry]:
        """Entries of a path with these parameters; all of them without."""
        with self._lock:
            entries = list(self._entries)
        return [
            entry
            for entry in entries
            if (path is None or entry.path == path)
            and all(entry.params.get(name) == value for name, value in params.items())
        ]

    def as_json(self, since: int = 0) -> list[dict[str, Any]]:
        """Entries from number `since` on, as JSON objects."""
        return [asdict(entry) for entry in self.entries()[since:]]

    def served_rows(
        self, path: str, until: float | None = None, **params: str
    ) -> dict[int, tuple[float, dict[str, Any]]]:
        """History rows that left the server whole.

        :param until: server time to stop at, seconds UTC, inclusive
        :return: row time (ms) to (when it was served last, the row as served then); later
            servings of the same time replace earlier ones, so pass `until` to look back
        """
        known: dict[int, tuple[float, dict[str, Any]]] = {}
        for time, row in self._rows(path, params):
            if until is None or time <= until:
                known[int(row["time"])] = (time, row)
        return known

    def first_served(
        self, path: str, since: float | None = None, **params: str
    ) -> dict[int, tuple[float, dict[str, Any]]]:
        """As `served_rows`, of each row's first serving: later ones may have other values.

        :param since: server time to start at, seconds UTC, inclusive
        """
        known: dict[int, tuple[float, dict[str, Any]]] = {}
        for time, row in self._rows(path, params):
            if since is None or time >= since:
                known.setdefault(int(row["time"]), (time, row))
        return known

    def _rows(self, path: str, params: Mapping[str, str]) -> Iterator[tuple[float, dict[str, Any]]]:
        for entry in self.entries(path, **params):
            if entry.served and isinstance(entry.rows, list):
                for row in entry.rows:
                    yield entry.time, row

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
