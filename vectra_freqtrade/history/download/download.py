"""
Rows into the store: what is missing is asked for in blocks.

Rows that lie between written ones would count as late, so a series is written oldest first behind
what it holds, and in one piece before it; where a block fails, what follows it is left for the
next run.
"""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.coinglass.answers.rows import without_padding
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.coinglass.spans import blocks
from vectra_freqtrade.errors import AuthError, StoreError, TransientError, VectraError
from vectra_freqtrade.history import rows as rowlib
from vectra_freqtrade.history.download.ordered import InOrder, Part, Work
from vectra_freqtrade.history.download.progress import Progress, Silent
from vectra_freqtrade.history.download.spans import EVER, Span, missing_spans
from vectra_freqtrade.history.grids import gaps, lengths, whole
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.ledger import Ledger
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.release import Release

logger = logging.getLogger(__name__)

#: Blocks of a series that are written together.
_TOGETHER: Final = 8


@dataclass(slots=True)
class Result:
    """
    What became of one series.

    :param start: what was wanted, after the plan's limit
    :param added: rows that can be used; `late` ones came too late for it
    :param first: of the file, afterwards
    :param gaps: missing runs inside the wanted range; `missing` rows are in them
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


@dataclass(slots=True, kw_only=True)
class _Blocks(Work):
    """
    :param padded: leading zeros are CoinGlass's padding, since no row was seen yet
    :param first: time of the file's first row, None while it has none
    """

    result: Result
    span: Span
    padded: bool
    first: pd.Timestamp | None
    made_of: MadeOf | None

    @property
    def series(self) -> Series:
        return self.result.series


class Downloader:
    """
    :param workers: requests at a time; None for as many as the key's rate takes
    :param refresh: ask for the whole range again and replace downloaded rows
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
        self._in_order = InOrder(self._ask, self._save, _TOGETHER, self._progress)
        self._ledger = Ledger(store.state_dir)
        self._release = Release.of(client.settings)

    def run(self, wanted: Iterable[tuple[Series, datetime, datetime]]) -> list[Result]:
        """
        :param wanted: series with start and end, tz-aware
        :return: one for each series; what went wrong with one is in its `error`
        :raises AuthError: nothing more can be asked with this key
        """
        results: list[Result] = []
        work: list[_Blocks] = []
        for series, start, end in wanted:
            result = Result(series, start)
            results.append(result)
            try:
                work += self._plan(result, end)
            except AuthError:
                raise
            except VectraError as error:
                result.error = error
        self._in_order.run(work, rate=self._client.rate, workers=self._workers)
        for result in results:
            self._look(result)
        return results

    def _plan(self, result: Result, end: datetime) -> Iterator[_Blocks]:
        series = result.series
        made_of = self._client.made_of(series.dataset, series.symbol)
        if (old := self._store.renew(series, made_of)) is not None:
            logger.warning("%s is now made of %s; the old file is %s.", series, made_of, old)
        held = self._store.read_anew(series)
        first = None if held is None or held.empty else held["time"].iloc[0]
        for span in self._spans(series, held, result.start, min(end, self._client.now())):
            yield _Blocks(
                dataset=series.dataset,
                result=result,
                parts=list(blocks(series.spec, series.interval, span.start, span.end)),
                in_one_piece=span.before,
                span=span,
                padded=span.strip_leading_zeros,
                first=first,
                made_of=made_of,
            )

    def _spans(
        self, series: Series, held: pd.DataFrame | None, start: datetime, end: datetime
    ) -> list[Span]:
        if whole(series):
            start, end = EVER, self._client.now()  # one answer has all of it
        if self._refresh:
            padded = held is None
            return (
                [Span(start, end, strip_leading_zeros=padded, before=True)] if start < end else []
            )
        length, asked = series.length_ms, None
        if held is not None and not held.empty:
            length = int(lengths(held.iloc[-1:], length)[0])
            asked = self._ledger.asked_from(series, held["time"].iloc[0])
        wait = self._release.wait(series.spec, length)
        spans = missing_spans(held, start, end, timedelta(milliseconds=length), wait, asked)
        if spans and whole(series):
            return [Span(start, end, strip_leading_zeros=True, before=True)]
        return spans

    def _ask(self, work: _Blocks, block: Part, number: int) -> pd.DataFrame:
        series = work.series
        return self._client.fetch(
            series.dataset,
            series.symbol,
            series.interval,
            *block,
            strip_leading_zeros=work.span.strip_leading_zeros and number == 0,
        )

    def _save(self, work: _Blocks, number: int, frames: list[pd.DataFrame]) -> None:
        filled = [frame for frame in frames if not frame.empty]
        if filled:
            frame = pd.concat(filled, ignore_index=True)
            frame = without_padding(frame) if work.padded else frame
            if not frame.empty:
                work.padded = False
                self._keep(work, frame)
        complete = number + len(frames) == len(work.parts) and work.result.error is None
        asked_before = work.span.strip_leading_zeros or work.span.before
        if complete and asked_before and work.first is not None:
            self._ledger.note(work.series, work.span.start, work.first)

    def _keep(self, work: _Blocks, frame: pd.DataFrame) -> None:
        series, result = work.series, work.result
        settle = self._release.intervals(series.dataset)
        new = rowlib.downloaded(series, frame, self._release.delay, settle)
        twice = self._client.sent_twice(series.dataset, series.symbol, series.interval)
        seen = pd.Timestamp(self._client.now())
        if self._client.made_of(series.dataset, series.symbol) != work.made_of:
            raise TransientError("CoinGlass's names of it have changed meanwhile.")
        if self._refresh:
            self._store.refresh(series, new, twice=twice, seen=seen, made_of=work.made_of)
            result.added += len(new)
            first = new["time"].iloc[0]
            work.first = first if work.first is None else min(first, work.first)
        else:
            merged = self._store.add(
                series, new, whole=whole(series), twice=twice, seen=seen, made_of=work.made_of
            )
            result.added += merged.added
            result.late += merged.late
            result.revised += merged.revised
            work.first = merged.rows["time"].iloc[0]
        self._progress.saved(series, len(new))

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
