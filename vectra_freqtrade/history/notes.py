"""What a file tells beside its rows."""

import json
from dataclasses import dataclass, fields
from typing import Self

from vectra_freqtrade.catalogue.made_of import MadeOf


@dataclass(slots=True)
class Notes:
    """
    :param revisions: rows that came again with another value, counted before such values were kept
    :param live_since: milliseconds; when a bot first fetched it live, None for never
    :param source: of a custom column's rows, as `Series.source`
    :param made_of: of a coin's rows: which of CoinGlass's names, and of which venues
    :param twice: rows whose time came twice in one answer; the first of the two is here
    """

    revisions: int = 0
    live_since: int | None = None
    source: str | None = None
    made_of: MadeOf | None = None
    twice: int = 0

    def json(self) -> str:
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps(told | {"made_of": self.made_of and self.made_of.json()})

    @classmethod
    def of(cls, text: bytes) -> Self:
        """:raises ValueError, TypeError, AttributeError, KeyError: where it can't be read"""
        told = json.loads(text)
        return cls(
            int(told.get("revisions", 0)),
            told.get("live_since"),
            told.get("source"),
            MadeOf.of(told.get("made_of")),
            int(told.get("twice", 0)),
        )
