"""Series of the catalogue: which requests they take, and their answers put together."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd

from vectra_freqtrade.coinglass.catalogue import (
    DATASETS,
    ORDER_STATES,
    ROW_LIMIT,
    Dataset,
    Endpoint,
    Kind,
    Scope,
)
from vectra_freqtrade.coinglass.http import Answer, Http
from vectra_freqtrade.coinglass.levels import Picture, heatmap, level_map
from vectra_freqtrade.coinglass.orders import orders
from vectra_freqtrade.coinglass.pair_map import PairMap
from vectra_freqtrade.coinglass.spans import blocks, missing_runs
from vectra_freqtrade.coinglass.symbols import units_in
from vectra_freqtrade.coinglass.transform import TWICE, Asked, empty, rows, without_padding
from vectra_freqtrade.coinglass.twice import SentTwice
from vectra_freqtrade.errors import SettingsError, SymbolError
from vectra_freqtrade.intervals import interval_ms
from vectra_freqtrade.release import Release
from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.times import to_ms

#: Holes inside one block that are asked for again; more of them are the vendor's own.
_HOLES: Final = 3
#: The last rows of a live answer may not be published yet; its bot asks for them again anyway.
_LIVE_EDGE: Final = 12

Params = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    A span of one series.

    :param spec: the dataset
    :param symbol: {SYMBOL} of the store
    :param interval: of the rows
    :param start: first time wanted, tz-aware
    :param end: first time not wanted
    :param live: goes before backfill
    """

    spec: Dataset
    symbol: str
    interval: str
    start: datetime
    end: datetime
    live: bool = False


class Fetcher:
    """
    :param http: the endpoints
    :param pairs: names checked against CoinGlass's lists
    :param settings: delay and venues
    """

    def __init__(self, http: Http, pairs: PairMap, settings: CoinglassSettings) -> None:
        self._http = http
        self._pairs = pairs
        self._settings = settings
        self._release = Release.of(settings)
        self.sent_twice = SentTwice()

    def rows(self, wanted: Wanted, *, begins: bool) -> pd.DataFrame:
        """
        Closed rows of a span, block by block.

        :param wanted: an interval or a daily dataset
        :param begins: nothing older is known, so leading zeros are padding, not quiet hours
        """
        if wanted.spec.kind not in (Kind.INTERVAL, Kind.DAILY):
            raise SettingsError(f"{wanted.spec.name} has no rows by interval.")
        parts: list[pd.DataFrame] = []
        for start, end in blocks(wanted.spec, wanted.interval, wanted.start, wanted.end):
            block = replace(wanted, start=start, end=end)
            part = self._block(block)
            if not part.empty:
                parts.append(self._whole(block, part, known=bool(parts) or not begins))
        frame = pd.concat(parts, ignore_index=True) if parts else empty(wanted.spec)
        if wanted.spec.name == "open_interest":
            frame["oi"] *= self._units(wanted.symbol, wanted.live)
        return without_padding(frame) if begins else frame

    def levels(self, dataset: str, symbol: str, *, live: bool) -> tuple[Picture, datetime]:
        """The newest picture of a heatmap or a map, and when we had it."""
        spec = DATASETS[dataset]
        endpoint = spec.endpoints[0]
        params = self._params(spec, endpoint, symbol, live)
        answer = self._http.get(endpoint.path, params, live=live, timeout=endpoint.timeout)
        read = heatmap if dataset == "liquidation_heatmap" else level_map
        picture = read(answer.data)
        picture.levels["price"] /= self._units(symbol, live)
        return picture, answer.now

    def orders(self, symbol: str, start: datetime, end: datetime, *, live: bool) -> pd.DataFrame:
        """Large orders that began in a span, resting, filled and cancelled ones."""
        spec = DATASETS["large_orders"]
        endpoint = spec.endpoints[0]
        answers: list[Any] = []
        for state in ORDER_STATES:
            params = self._params(spec, endpoint, symbol, live) | {"state": state}
            answers += self._full(endpoint, params, start, end, live)
        return orders(answers)

    def knows(self, dataset: str, symbol: str) -> bool:
        """Whether CoinGlass's lists, where they can be had, hold a series' coin or contract."""
        spec = self._settings.catalogue[dataset]
        try:
            self._params(spec, spec.endpoints[0], symbol, live=True)
        except SymbolError:
            return False
        return True

    def _params(self, spec: Dataset, endpoint: Endpoint, symbol: str, live: bool) -> Params:
        params: Params = dict(endpoint.params)
        if spec.scope is Scope.PAIR:
            exchange, _, instrument = symbol.partition("_")
            named = self._pairs.instrument(exchange, instrument, live=live)
            params["exchange"], params["symbol"] = named
        elif spec.scope is Scope.COIN:
            params["symbol"] = self._pairs.coin(symbol, live=live)
        if endpoint.exchange_list:
            params["exchange_list"] = ",".join(self._settings.exchange_list)
        return params

    def _units(self, coin: str, live: bool) -> int:
        """
        Where CoinGlass lists a coin by the thousand only (1000CAT), it counts in thousands and its
        prices are for a thousand. The store's are the coin's own.
        """
        return units_in(self._pairs.coin(coin, live=live))

    def _block(self, wanted: Wanted) -> pd.DataFrame:
        answers: list[Any] = []
        unknown: list[SymbolError] = []
        now = self._http.now()
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
        rule = self._release
        settle = rule.intervals(wanted.spec.name)
        span = (wanted.start, wanted.end)
        asked = Asked(wanted.spec, wanted.interval, *span, now, rule.delay, settle)
        frame = rows(asked, answers)
        name = (wanted.spec.name, wanted.symbol, wanted.interval)
        self.sent_twice.add(name, frame.attrs.pop(TWICE))
        return frame

    def _ask(self, wanted: Wanted, endpoint: Endpoint) -> Answer:
        params = self._params(wanted.spec, endpoint, wanted.symbol, wanted.live)
        if wanted.spec.kind is Kind.INTERVAL:
            params |= {
                "interval": wanted.interval,
                "limit": ROW_LIMIT,
                "start_time": to_ms(wanted.start),
                "end_time": to_ms(wanted.end),
            }
        return self._http.get(endpoint.path, params, live=wanted.live, timeout=endpoint.timeout)

    def _whole(self, wanted: Wanted, part: pd.DataFrame, *, known: bool) -> pd.DataFrame:
        """A short page is no end of history: its holes are asked for once more."""
        if wanted.spec.kind is not Kind.INTERVAL:
            return part
        # Of several endpoints one may have a hole; one that has nothing at all here has none.
        told = part.loc[:, part.notna().any()].notna().all(axis=1)
        length = timedelta(milliseconds=interval_ms(wanted.interval))
        wait = self._release.wait(wanted.spec, interval_ms(wanted.interval))
        published = self._http.now() - wait + length
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

    def _full(
        self, endpoint: Endpoint, params: Params, start: datetime, end: datetime, live: bool
    ) -> list[Any]:
        """An answer that is full may be cut: ask for its halves."""
        span = params | {"start_time": to_ms(start), "end_time": to_ms(end)}
        data = self._http.get(endpoint.path, span, live=live, timeout=endpoint.timeout).data
        short = end - start <= timedelta(minutes=1)
        if not isinstance(data, list) or len(data) < ROW_LIMIT or short:
            return [data]
        middle = start + (end - start) / 2
        halves = ((start, middle), (middle, end))
        return [each for half in halves for each in self._full(endpoint, params, *half, live)]
