"""
Fill the store: what is missing is asked for in blocks, several at a time, and written in order.

Rows that lie between written ones would count as late, so a series is written oldest first behind
what it holds, and in one piece before it; where a block fails, what follows it is left for the
next run.
"""

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import pandas as pd

from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.coinglass.answers.rows import without_padding
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.coinglass.spans import blocks
from vectra_freqtrade.errors import (
    AuthError,
    PlanError,
    StoreError,
    SymbolError,
    TransientError,
    VectraError,
)
from vectra_freqtrade.files import LockedError
from vectra_freqtrade.history import rows as rowlib
from vectra_freqtrade.history.download.parallel import Request, run_requests
from vectra_freqtrade.history.download.progress import Progress, Silent
from vectra_freqtrade.history.download.spans import EVER, Span, missing_spans
from vectra_freqtrade.history.grids import gaps, lengths, whole
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.ledger import Ledger
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.release import Release

logger = logging.getLogger(__name__)

#: Blocks of a series that are written together: fewer writes, little lost when killed.
_TOGETHER: Final = 8


@dataclass(slots=True)
class Result:
    """
    What became of one series.

    :param series: which
    :param start: what was wanted, after the plan's limit
    :param added: rows that can be used
    :param late: rows that came too late to be used
    :param revised: rows that came again with another value
    :param first: of the file, afterwards
    :param last: of the file, afterwards
    :param gaps: missing runs inside the wanted range
    :param missing: rows in them
    :param error: why it is not complete
    """

    series: Series
    start: datetime
    added: int = 0
    late: int = 0
    revised: int = 0
    first: datetime | None = None
    last: datetime | None = None
    gaps: list[tuple[datetime, datetime]] = field(default_factory=list)
    missing: int = 0
    error: VectraError | None = None


@dataclass(slots=True)
class _Work:
    """
    One span of one series while it is fetched.

    :param first: time of the file's first row, None while it has none
    :param made_of: what its rows are made of
    """

    result: Result
    span: Span
    blocks: list[tuple[datetime, datetime]]
    written: int = 0
    frames: dict[int, pd.DataFrame] = field(default_factory=dict)
    anything: bool = False
    first: pd.Timestamp | None = None
    made_of: MadeOf | None = None

    @property
    def series(self) -> Series:
        return self.result.series


class Downloader:
    """
    :param client: asks
    :param store: keeps
    :param workers: requests at a time; None for as many as the key's rate takes
    :param refresh: ask for the whole range again and replace downloaded rows
    :param progress: told as it goes
    """

    def __init__(
        self,
        client: CoinglassClient,
        store: Store,
        *,
        workers: int | None = None,
        refresh: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self._client = client
        self._store = store
        self._workers = workers
        self._refresh = refresh
        self._progress = progress or Silent()
        self._ledger = Ledger(store.state_dir)
        self._release = Release.of(client.settings)

    def run(self, wanted: Iterable[tuple[Series, datetime, datetime]]) -> list[Result]:
        """
        :param wanted: series with start and end, tz-aware
        :return: one for each series; what went wrong with one is in its `error`
        :raises AuthError: nothing more can be asked with this key
        """
        results, work = [], []
        for series, start, end in wanted:
            result = Result(series, start)
            results.append(result)
            try:
                work += self._plan(result, end)
            except AuthError:
                raise
            except VectraError as error:
                result.error = error
        self._fetch(work)
        for result in results:
            self._look(result)
        return results

    def _plan(self, result: Result, end: datetime) -> list[_Work]:
        series, start = result.series, result.start
        end = min(end, self._client.now())
        made_of = self._client.made_of(series.dataset, series.symbol)
        if (old := self._store.renew(series, made_of)) is not None:
            logger.warning("%s is now made of %s; the old file is %s.", series, made_of, old)
        held = self._store.read_anew(series)
        if whole(series):
            start, end = EVER, self._client.now()  # one answer has all of it
        first = None if held is None or held.empty else held["time"].iloc[0]
        if self._refresh:
            spans = (
                [Span(start, end, strip_leading_zeros=held is None, before=True)]
                if start < end
                else []
            )
        else:
            length = series.length_ms
            if held is not None and not held.empty:
                length = int(lengths(held.iloc[-1:], length)[0])
            wait = self._release.wait(series.spec, length)
            asked = None if first is None else self._ledger.asked_from(series, first)
            spans = missing_spans(held, start, end, timedelta(milliseconds=length), wait, asked)
            if spans and whole(series):
                spans = [Span(start, end, strip_leading_zeros=True, before=True)]
        work = []
        for span in spans:
            parts = list(blocks(series.spec, series.interval, span.start, span.end))
            work.append(
                _Work(result, span, parts, anything=not span.strip_leading_zeros, first=first)
            )
            work[-1].made_of = made_of
            self._progress.planned(series.dataset, len(parts))
        return work

    def _fetch(self, work: list[_Work]) -> None:
        try:
            run_requests(
                _units(work),
                self._request,
                self._take,
                rate=self._client.rate,
                workers=self._workers,
            )
        except LockedError:
            work = []  # it was waited for: nothing else can be written either
            raise
        finally:
            for each in work:  # ended early: what came in order is kept
                self._write(each, all_of_it=True)

    def _request(self, work: _Work, number: int) -> Request[pd.DataFrame] | None:
        if work.result.error is not None:  # an earlier block failed
            self._progress.done(work.series.dataset, 1)
            return None
        series, (start, end) = work.series, work.blocks[number]
        strip_leading_zeros = work.span.strip_leading_zeros and number == 0
        of = (series.dataset, series.symbol, series.interval)
        return partial(self._client.fetch, *of, start, end, strip_leading_zeros=strip_leading_zeros)

    def _take(self, work: _Work, number: int, future: Future[pd.DataFrame]) -> None:
        self._progress.done(work.series.dataset, 1)
        try:
            work.frames[number] = future.result()
        except AuthError:
            raise
        except VectraError as error:
            # The earliest failure is the one to tell; only what lies before it can be written.
            if work.result.error is None:
                work.result.error = error
                if not isinstance(error, (PlanError, SymbolError)):
                    logger.debug("%s failed: %s", work.series, error)
            del work.blocks[number:]
        self._write(work)

    def _write(self, work: _Work, *, all_of_it: bool = False) -> None:
        ready = work.written
        while ready in work.frames:
            ready += 1
        all_there = ready >= len(work.blocks)
        if work.span.before and not all_there:
            return
        few = ready - work.written < _TOGETHER and not all_there and not all_of_it
        if ready == work.written or few:
            if all_there and not all_of_it:
                self._finish(work)
            return
        frames = [work.frames.pop(number) for number in range(work.written, ready)]
        work.written = ready
        if work.span.before and work.result.error is not None:
            return  # a hole would stay between these rows and those behind them
        self._save(work, [frame for frame in frames if not frame.empty])
        if all_there:
            self._finish(work)

    def _save(self, work: _Work, frames: list[pd.DataFrame]) -> None:
        if not frames:
            return
        frame = pd.concat(frames, ignore_index=True)
        if not work.anything:
            frame = without_padding(frame)
        if frame.empty:
            return
        work.anything = True
        series, result = work.series, work.result
        settle = self._release.intervals(series.dataset)
        new = rowlib.downloaded(series, frame, self._release.delay, settle)
        twice = self._client.sent_twice(series.dataset, series.symbol, series.interval)
        seen = pd.Timestamp(self._client.now())
        try:
            if self._client.made_of(series.dataset, series.symbol) != work.made_of:
                raise TransientError("CoinGlass's names of it have changed meanwhile.")
            if self._refresh:
                self._store.refresh(series, new, twice=twice, seen=seen, made_of=work.made_of)
                result.added += len(new)
                first = new["time"].iloc[0]
                work.first = first if work.first is None else min(first, work.first)
            else:
                merged = self._store.add(
                    series,
                    new,
                    whole=whole(series),
                    twice=twice,
                    seen=seen,
                    made_of=work.made_of,
                )
                result.added += merged.added
                result.late += merged.late
                result.revised += merged.revised
                work.first = merged.rows["time"].iloc[0]
        except VectraError as error:
            result.error = error
            return
        self._progress.saved(series, len(new))

    def _finish(self, work: _Work) -> None:
        first, span = work.first, work.span
        if (
            work.result.error is None
            and first is not None
            and (span.strip_leading_zeros or span.before)
        ):
            self._ledger.note(work.series, span.start, first)

    def _look(self, result: Result) -> None:
        """The file as it is now."""
        try:
            held = self._store.read(result.series)
        except StoreError as error:
            result.error = result.error or error
            return
        if held is None or held.empty:
            return
        first, last = held["time"].iloc[0], held["time"].iloc[-1]
        result.first, result.last = first.to_pydatetime(), last.to_pydatetime()
        found = [gap for gap in gaps(held, result.series.length_ms) if gap[1] > result.start]
        result.gaps = [(start, end) for start, end, _ in found]
        result.missing = sum(count for *_, count in found)


def _units(work: list[_Work]) -> Iterator[tuple[_Work, int]]:
    """Each series' blocks in order, series after series: few are half done when it is stopped."""
    for each in work:
        for number in range(len(each.blocks)):
            yield each, number
