"""One name or contract at a time: which requests a span takes, and their answers put together."""

import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from vectra_freqtrade.catalogue.datasets import ROW_LIMIT, Dataset, Endpoint, Kind, Scope
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.catalogue.venues import instrument_id
from vectra_freqtrade.coinglass.answers.rows import TWICE, Asked, empty, rows, without_padding
from vectra_freqtrade.coinglass.http import Answer, Http
from vectra_freqtrade.coinglass.names.pair_map import PairMap
from vectra_freqtrade.coinglass.spans import blocks, missing_runs
from vectra_freqtrade.errors import SettingsError, SymbolError
from vectra_freqtrade.settings.release import Release, wait_ms
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.times import to_ms

logger = logging.getLogger(__name__)

#: Holes inside one block that are asked for again; more of them are the vendor's own.
_HOLES: Final = 3
#: The last rows of a live answer may not be published yet; its bot asks for them again anyway.
_LIVE_EDGE: Final = 12

Params = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class SeriesRequest:
    """
    A span of one series.

    :param spec: the dataset
    :param symbol: {SYMBOL} of the store, or of coin scope one of CoinGlass's names
    :param interval: of the rows
    :param start: first time wanted, tz-aware
    :param end: first time not wanted
    :param live: goes before backfill
    :param settle: intervals that its rows wait
    :param series: {SYMBOL} of the store that what was sent twice is counted for, "" for none
    """

    spec: Dataset
    symbol: str
    interval: str
    start: datetime
    end: datetime
    live: bool = False
    settle: int = 0
    series: str = ""


class Asker:
    """Usable from several threads."""

    def __init__(self, http: Http, pairs: PairMap, settings: CoinglassSettings) -> None:
        self._http = http
        self._pairs = pairs
        self._venues = settings.exchange_list
        self._delay = Release.of(settings).delay
        #: Dataset, symbol and interval → times of rows that came twice in one answer.
        self.sent_twice: dict[tuple[str, str, str], frozenset[pd.Timestamp]] = {}
        self._guard = threading.Lock()

    def rows(self, wanted: SeriesRequest, *, strip_leading_zeros: bool) -> pd.DataFrame:
        """Closed rows of a span, block by block, as sent; see `CoinglassClient.fetch`."""
        if wanted.spec.kind not in (Kind.INTERVAL, Kind.DAILY):
            raise SettingsError(f"{wanted.spec.name} has no rows by interval.")
        parts: list[pd.DataFrame] = []
        for start, end in blocks(wanted.spec, wanted.interval, wanted.start, wanted.end):
            known = bool(parts) or not strip_leading_zeros
            part = self.block(replace(wanted, start=start, end=end), known=known)
            if not part.empty:
                parts.append(part)
        frame = pd.concat(parts, ignore_index=True) if parts else empty(wanted.spec)
        return without_padding(frame) if strip_leading_zeros else frame

    def block(self, wanted: SeriesRequest, *, known: bool) -> pd.DataFrame:
        """One block; `known`: there are older rows, so what its start misses is a hole."""
        part = self._block(wanted)
        return part if part.empty else self._whole(wanted, part, known=known)

    def get(self, endpoint: Endpoint, params: Params, *, live: bool) -> Answer:
        return self._http.get(
            endpoint.path, params, live=live, timeout=endpoint.timeout, lists=self._pairs.known
        )

    def params(self, spec: Dataset, endpoint: Endpoint, symbol: str, live: bool) -> Params:
        """
        :raises SymbolError: where CoinGlass's lists have no such contract
        """
        params: Params = dict(endpoint.params)
        if spec.scope is Scope.PAIR:
            exchange, _, instrument = symbol.partition("_")
            instrument = instrument_id(exchange, instrument)
            named = self._pairs.instrument(exchange, instrument, live=live)
            params["exchange"], params["symbol"] = named
        elif spec.scope is Scope.COIN:
            params["symbol"] = symbol
        if endpoint.exchange_list:
            params["exchange_list"] = ",".join(self._venues)
        return params

    def full(
        self, endpoint: Endpoint, params: Params, start: datetime, end: datetime, live: bool
    ) -> list[Any]:
        """An answer that is full may be cut: ask for its halves."""
        span = params | {"start_time": to_ms(start), "end_time": to_ms(end)}
        data = self.get(endpoint, span, live=live).data
        short = end - start <= timedelta(minutes=1)
        if not isinstance(data, list) or len(data) < ROW_LIMIT or short:
            return [data]
        middle = start + (end - start) / 2
        halves = ((start, middle), (middle, end))
        return [each for half in halves for each in self.full(endpoint, params, *half, live)]

    def _block(self, wanted: SeriesRequest) -> pd.DataFrame:
        answers: list[Any] = []
        unknown: list[SymbolError] = []
        now = self._http.clocks.now()
        for endpoint in wanted.spec.endpoints:
            try:
                answer = self._ask(wanted, endpoint)
            except SymbolError as error:
                unknown.append(error)
                answers.append(None)
                continue
            answers.append(answer.data)
            now = min(now, answer.now)
        if len(unknown) == len(answers):
            raise unknown[0]
        span = (wanted.start, wanted.end)
        asked = Asked(wanted.spec, wanted.interval, *span, now, self._delay, wanted.settle)
        frame = rows(asked, answers)
        twice = frozenset(frame.attrs.pop(TWICE))
        if wanted.series and twice:
            self._note_twice((wanted.spec.name, wanted.series, wanted.interval), twice)
        return frame

    def _ask(self, wanted: SeriesRequest, endpoint: Endpoint) -> Answer:
        params = self.params(wanted.spec, endpoint, wanted.symbol, wanted.live)
        if wanted.spec.kind is Kind.INTERVAL:
            params |= {
                "interval": wanted.interval,
                "limit": ROW_LIMIT,
                "start_time": to_ms(wanted.start),
                "end_time": to_ms(wanted.end),
            }
        return self.get(endpoint, params, live=wanted.live)

    def _whole(self, wanted: SeriesRequest, part: pd.DataFrame, *, known: bool) -> pd.DataFrame:
        """A short page is no end of history: its holes are asked for once more."""
        if wanted.spec.kind is not Kind.INTERVAL:
            return part
        # Of several endpoints one may have a hole; one that has nothing at all here has none.
        told = part.loc[:, part.notna().any()].notna().all(axis=1)
        length_ms = interval_ms(wanted.interval)
        length = timedelta(milliseconds=length_ms)
        wait = wait_ms(wanted.spec, length_ms, self._delay, wanted.settle)
        published = self._http.clocks.now() - timedelta(milliseconds=wait) + length
        if wanted.live:
            published -= _LIVE_EDGE * length
        place = (wanted.start, wanted.end, wanted.interval, published)
        holes = missing_runs(part.loc[told, "time"], *place)
        if not known:  # before the first row there may have been no market
            holes = [hole for hole in holes if hole[0] > part["time"].iloc[0]]
        if not holes or len(holes) > _HOLES:
            return part
        found = [self._block(replace(wanted, start=start, end=end)) for start, end in holes]
        full = part.set_index("time")
        for each in found:
            full = full.combine_first(each.set_index("time"))
        return full.reset_index()[list(part.columns)].astype(part.dtypes.to_dict())

    def _note_twice(self, name: tuple[str, str, str], times: frozenset[pd.Timestamp]) -> None:
        with self._guard:
            known = self.sent_twice.get(name, frozenset())
            self.sent_twice[name] = known | times
        if not known:
            logger.warning(
                "CoinGlass sent %d row%s of %s twice in one answer, the first one of %s. What was "
                "known stays, else the first of the two is used. vectra-freqtrade list-data "
                "counts them.",
                len(times),
                "" if len(times) == 1 else "s",
                " ".join(name),
                f"{min(times):%Y-%m-%d %H:%M}",
            )
