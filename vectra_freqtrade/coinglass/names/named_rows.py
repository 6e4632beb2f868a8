"""Series of a coin that CoinGlass lists under several names: asked for one by one, joined."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd
from cachetools import TTLCache

from vectra_freqtrade.catalogue.coin_names import Began, Name, takes_list
from vectra_freqtrade.catalogue.datasets import DATASETS, Kind, Naming
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.coinglass.answers.rows import empty, without_padding
from vectra_freqtrade.coinglass.asking import Asker, SeriesRequest
from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.coinglass.names.name_sums import (
    DAY_MS,
    Part,
    began_by,
    begin_of,
    stamps,
    summed,
    weighted,
)
from vectra_freqtrade.coinglass.names.resolve import Resolver
from vectra_freqtrade.coinglass.spans import blocks
from vectra_freqtrade.errors import ContractError, PlanError, SettingsError, SymbolError
from vectra_freqtrade.times import from_ms, seconds_to_ms, to_ms

logger = logging.getLogger(__name__)

_OPEN_INTEREST: Final = DATASETS["open_interest"]
#: Open interest that weighs funding is asked for once where both are due.
_SHARED: Final = 30.0
#: In one daily answer.
_DAYS: Final = 1000
#: A hole at the start of a block is told from a beginning by so many days before.
_DAYS_BEFORE: Final = 200
#: A name that is so many rows behind the others is named.
_BEHIND: Final = 4


class NamedRows:
    """Usable from several threads."""

    def __init__(
        self,
        asker: Asker,
        resolver: Resolver,
        book: CoinBook,
        venues: Sequence[str],
        clock: Clock,
    ) -> None:
        self._asker = asker
        self._resolver = resolver
        self._book = book
        self._clock = clock
        self._venues = tuple(venues)
        self._shared: TTLCache[tuple[object, ...], pd.DataFrame] = TTLCache(
            maxsize=256, ttl=_SHARED, timer=clock.monotonic
        )
        self._guard = threading.Lock()
        self._said: set[tuple[str, str]] = set()

    def rows(
        self, wanted: SeriesRequest, names: Sequence[Name], *, strip_leading_zeros: bool
    ) -> pd.DataFrame:
        """As `Asker.rows`, of all names of the coin `wanted.symbol` together, in single coins."""
        if len(names) == 1:
            frame = self._asker.rows(
                replace(wanted, symbol=names[0].name), strip_leading_zeros=strip_leading_zeros
            )
            return _scaled(frame, wanted, names[0])
        if wanted.spec.kind is Kind.DAILY:
            return self._whole_history(wanted, names)
        parts = [
            self._block(replace(wanted, start=start, end=end), names)
            for start, end in blocks(wanted.spec, wanted.interval, wanted.start, wanted.end)
        ]
        held = [part for part in parts if not part.empty]
        frame = pd.concat(held, ignore_index=True) if held else empty(wanted.spec)
        return without_padding(frame) if strip_leading_zeros else frame

    def _whole_history(self, wanted: SeriesRequest, names: Sequence[Name]) -> pd.DataFrame:
        frames = [self._one(wanted, name) for name in names]
        parts = [
            Part(frame, int(stamps(frame)[0]), ended=not self._resolver.lists_it(wanted.spec, name))
            for frame, name in zip(frames, names, strict=True)
            if not frame.empty
        ]
        return summed(parts, wanted.spec.values) if parts else empty(wanted.spec)

    def _block(self, wanted: SeriesRequest, names: Sequence[Name]) -> pd.DataFrame:
        frames = [self._one(wanted, name) for name in names]
        if all(frame.empty for frame in frames):
            return empty(wanted.spec)
        if wanted.spec.naming is not Naming.WEIGHTED:
            return summed(self._parts(wanted, names, frames), wanted.spec.values)
        place = replace(wanted, spec=_OPEN_INTEREST)
        held = [self._one(place, name) for name in names]
        if all(frame.empty for frame in held):
            return empty(wanted.spec)
        weights = [
            replace(part, frame=part.frame.rename(columns={"oi": "weight"}))
            for part in self._parts(place, names, held)
        ]
        return weighted(self._parts(wanted, names, frames), weights, wanted.spec.values)

    def _one(self, wanted: SeriesRequest, name: Name) -> pd.DataFrame:
        """One name's rows of a block; one that the endpoint does not know has none."""
        if wanted.spec is _OPEN_INTEREST:
            return self._open_interest(wanted, name)
        return self._of_name(wanted, name)

    def _of_name(self, wanted: SeriesRequest, name: Name) -> pd.DataFrame:
        try:
            frame = self._asker.block(replace(wanted, symbol=name.name), known=False)
        except SymbolError:
            return empty(wanted.spec)
        return _scaled(frame, wanted, name)

    def _open_interest(self, wanted: SeriesRequest, name: Name) -> pd.DataFrame:
        """Asked for by two datasets, mostly at the same moment."""
        length = interval_ms(wanted.interval)
        ends = to_ms(wanted.end) // length
        key = (name.name, wanted.interval, to_ms(wanted.start), ends, wanted.settle)
        with self._guard:
            held = self._shared.get(key)
        if held is None:
            held = self._of_name(wanted, name)
            # An answer without the newest row is asked for again.
            newest = int(stamps(held)[-1]) if len(held) else 0
            if not wanted.live or newest >= (ends - 1 - wanted.settle) * length:
                with self._guard:
                    self._shared[key] = held
        return held

    def _parts(
        self, wanted: SeriesRequest, names: Sequence[Name], frames: Sequence[pd.DataFrame]
    ) -> list[Part]:
        first = min(int(stamps(frame)[0]) for frame in frames if not frame.empty)
        last = max(int(stamps(frame)[-1]) for frame in frames if not frame.empty)
        parts = []
        for name, frame in zip(names, frames, strict=True):
            ended = not self._resolver.lists_it(wanted.spec, name)
            begins = self._begins(wanted, name, frame, first, last)
            parts.append(Part(frame, begins, ended))
            if not ended and begins <= last:
                self._say_behind(wanted, name, frame, last)
        return parts

    def _begins(
        self, wanted: SeriesRequest, name: Name, frame: pd.DataFrame, gap: int, last: int
    ) -> int:
        """From when on a missing row is a hole; what the block does not tell is asked once."""
        first = None if frame.empty else int(stamps(frame)[0])
        if first is not None and first <= gap:
            return first
        length = interval_ms(wanted.interval)
        end = last + length if first is None else first
        listed = ",".join(self._venues) if takes_list(wanted.spec) else ""
        key = f"{wanted.spec.name}|{listed}|{name.name}"
        began = self._book.names.begins.get(key, Began())
        found = begin_of(began, first, gap, end)
        if found is None:
            began = self._ask_begin(wanted, name, first, gap)
            self._book.update(lambda now: now.with_begin(key, began))
            if began.first is not None:
                logger.info(
                    "%s of %s begins on %s under the name %s, which counts as nothing before.",
                    wanted.spec.name,
                    wanted.symbol,
                    f"{from_ms(began.first):%Y-%m-%d}",
                    name.name,
                )
            elif began.none is not None:
                logger.info(
                    "CoinGlass has no %s of %s under the name %s, which counts as nothing until it "
                    "has.",
                    wanted.spec.name,
                    wanted.symbol,
                    name.name,
                )
            found = begin_of(began, first, gap, end)
        return gap if found is None else found

    def _ask_begin(self, wanted: SeriesRequest, name: Name, first: int | None, gap: int) -> Began:
        """One request: 1d is in every plan, and reaches back to the beginning."""
        now = seconds_to_ms(self._clock.now())
        start = (gap // DAY_MS - _DAYS_BEFORE) * DAY_MS
        until = min(start + _DAYS * DAY_MS, now)
        span = (from_ms(start), from_ms(until))
        asked = SeriesRequest(wanted.spec, name.name, "1d", *span, live=wanted.live)
        try:
            days = without_padding(self._asker.block(asked, known=False))
        except (SymbolError, PlanError, ContractError, SettingsError):
            days = empty(wanted.spec)
        return began_by(days, start, first, until)

    def _say_behind(
        self, wanted: SeriesRequest, name: Name, frame: pd.DataFrame, last: int
    ) -> None:
        what = f"{wanted.spec.name} {wanted.interval}"
        newest = None if frame.empty else int(stamps(frame)[-1])
        behind = newest is None or last - newest >= _BEHIND * interval_ms(wanted.interval)
        key = (what, name.name)
        if not behind:
            self._said.discard(key)
        elif key not in self._said:
            self._said.add(key)
            since = "at all" if newest is None else f"since {from_ms(newest):%Y-%m-%d %H:%M}"
            logger.warning(
                "CoinGlass lists %s and has no %s of it %s: the sum over the names of %s is "
                "missing there.",
                name.name,
                what,
                since,
                wanted.symbol,
            )


def _scaled(frame: pd.DataFrame, wanted: SeriesRequest, name: Name) -> pd.DataFrame:
    """In single coins."""
    if wanted.spec.in_coins and name.counts != 1 and not frame.empty:
        values = list(wanted.spec.values)
        frame = frame.assign(**{value: frame[value] * name.counts for value in values})
    return frame
