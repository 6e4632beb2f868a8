"""The client: any dataset, any endpoint, the plan. What is asked is here, how in `http`."""

import logging
import random
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import httpx
import pandas as pd

from vectra_freqtrade.catalogue.datasets import DATASETS, ORDER_STATES, Scope
from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.catalogue.plans import RATES, Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.account.key_state import KeyState
from vectra_freqtrade.coinglass.account.plan import PlanStatus, detect
from vectra_freqtrade.coinglass.answers.heatmaps import Snapshot, heatmap, joined, level_map
from vectra_freqtrade.coinglass.answers.orders import orders
from vectra_freqtrade.coinglass.answers.tables import table
from vectra_freqtrade.coinglass.asking import Asker, SeriesRequest
from vectra_freqtrade.coinglass.clock import Clock, SystemClock
from vectra_freqtrade.coinglass.http import Answer, Http
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.coinglass.names.named_rows import NamedRows
from vectra_freqtrade.coinglass.names.pair_map import FILE, PairMap
from vectra_freqtrade.coinglass.names.resolve import Resolver
from vectra_freqtrade.errors import AuthError, SymbolError, UndecidedError, VectraError
from vectra_freqtrade.settings.release import Release
from vectra_freqtrade.settings.section import CoinglassSettings

logger = logging.getLogger(__name__)


class CoinglassClient:
    """
    CoinGlass's API v4. Usable from several threads; close it, or use it in a `with`.

    :param settings: address, delay, venues, plan
    :param key: None: nothing is asked, every call raises AuthError
    :param transport: in place of the network, for tests
    :param clock: in place of the machine's
    :param state_dir: where processes that share the key keep what they know of it;
        None for a client alone
    :param environ: COINGLASS_BASE_URL comes before the settings
    :param max_clock_skew: seconds; an answer dated longer ago counts as undated. None: any date
        is believed
    :param rng: for the jitter of retries
    :raises SettingsError: where the address is neither https nor this machine
    """

    def __init__(
        self,
        settings: CoinglassSettings,
        *,
        key: ApiKey | None,
        transport: httpx.BaseTransport | None = None,
        clock: Clock | None = None,
        state_dir: Path | None = None,
        environ: Mapping[str, str] | None = None,
        max_clock_skew: float | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self._release = Release.of(settings)
        self._key = key
        self._http = Http(
            settings, key, transport, self.clock, state_dir, environ, max_clock_skew, rng
        )
        #: What was decided of coins that CoinGlass lists under several names.
        self.book = CoinBook(state_dir)
        file = None if state_dir is None else state_dir / FILE
        self._pairs = PairMap(self._list, self.clock, file, self.book.names_in_use)
        self._asker = Asker(self._http, self._pairs, settings)
        venues = settings.exchange_list
        self._resolver = Resolver(self._asker, self._pairs, self.book, venues, self.clock)
        self._named = NamedRows(self._asker, self._resolver, self.book, venues, self.clock)
        self._status: PlanStatus | None = None
        self._status_guard = threading.Lock()

    def __repr__(self) -> str:
        return f"CoinglassClient({self._http.base.host!r}, key={self._key!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    @property
    def refusals(self) -> KeyState:
        """What was refused in the last day, to this process or to another one with the key."""
        return self._http.key_state

    @property
    def rate(self) -> int:
        """Requests per minute, as far as known."""
        return self._http.limiter.limit

    @property
    def told_rate(self) -> int | None:
        """`rate` where an answer's header told it."""
        return self.rate if self._http.limiter.told else None

    @property
    def ahead(self) -> float | None:
        """Seconds by which our clock is ahead of CoinGlass's; None before an answer told."""
        return self._http.clocks.ahead

    def now(self) -> datetime:
        """The earlier of our clock and CoinGlass's, as far as its answers have told."""
        return self._http.clocks.now()

    def corrected(self) -> float:
        """Our clock, seconds; put right by CoinGlass's where it is wrong and ahead."""
        return self._http.clocks.corrected()

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        live: bool = False,
        timeout: float = 15.0,
        deadline: float | None = None,
        ignore_refusals: bool = False,
    ) -> Answer:
        """See `Http.get`."""
        return self._http.get(
            path,
            params,
            live=live,
            timeout=timeout,
            deadline=deadline,
            ignore_refusals=ignore_refusals,
            lists=lambda: self._pairs.lists(live=live),
        )

    def query(self, path: str, **params: str | int) -> pd.DataFrame:
        """
        Any endpoint as a table; asked even where it was refused before.

        :param path: /api/...
        :param params: as the endpoint's page names them
        :return: one row per item; stamps as datetime64[ms, UTC]
        """
        return table(self.get(path, params, timeout=40.0, ignore_refusals=True).data)

    def fetch(
        self,
        dataset: str,
        symbol: str,
        interval: str,
        start: datetime,
        end: datetime,
        *,
        live: bool = False,
        strip_leading_zeros: bool = False,
    ) -> pd.DataFrame:
        """
        Closed rows of one series; a coin's are those of all of CoinGlass's names, in single coins.

        :param dataset: name in the settings' catalogue, of interval rows or daily ones
        :param symbol: {SYMBOL} of the store: BTC, or Binance_BTCUSDT
        :param interval: a key of INTERVALS; 1d for daily datasets
        :param start: first time wanted, tz-aware
        :param end: first time not wanted, tz-aware
        :param live: goes before backfill, gives up sooner
        :param strip_leading_zeros: nothing older is known: they are padding, not quiet hours
        :return: time (datetime64[ms, UTC]), of a daily dataset its spacing (timedelta64[ms]), and
            the dataset's values, sorted, one row per time; empty where CoinGlass has nothing there
        :raises SymbolError: where CoinGlass does not know the symbol
        :raises VectraError: by reaction, see `vectra_freqtrade.errors`
        """
        spec = self.settings.catalogue[dataset]
        settle = self._release.intervals(dataset)
        wanted = SeriesRequest(spec, symbol, interval, start, end, live, settle, series=symbol)
        if spec.scope is not Scope.COIN:
            return self._asker.rows(wanted, strip_leading_zeros=strip_leading_zeros)
        names = self._resolver.names(spec, symbol, live=live)
        return self._named.rows(wanted, names, strip_leading_zeros=strip_leading_zeros)

    def sent_twice(self, dataset: str, symbol: str, interval: str) -> frozenset[pd.Timestamp]:
        """Times of a series' rows that came more than once in one answer so far."""
        return self._asker.sent_twice.get((dataset, symbol, interval), frozenset())

    def made_of(self, dataset: str, symbol: str, *, live: bool = False) -> MadeOf | None:
        """
        Which of CoinGlass's names a series is made of now; what is not known yet is measured.

        :return: None where files of the dataset do not tell
        :raises SymbolError: where CoinGlass does not know the coin, and where it can't be told what
            it counts
        """
        spec = self.settings.catalogue[dataset]
        if spec.scope is not Scope.COIN:
            return None
        names = self._resolver.names(spec, symbol, live=live)
        made = self.book.names.made_of(spec, symbol, self.settings.exchange_list)
        if made is not None and made.names is None:  # no lists, and nothing decided
            made = MadeOf(tuple((each.name, each.counts) for each in names), made.venues)
        return made

    def levels(self, dataset: str, symbol: str, *, live: bool = False) -> tuple[Snapshot, datetime]:
        """A coin's liquidation_heatmap or liquidation_map, and when we had it."""
        spec = DATASETS[dataset]
        endpoint = spec.endpoints[0]
        read = heatmap if dataset == "liquidation_heatmap" else level_map
        snapshots, now = [], None
        for name in self._resolver.names(spec, symbol, live=live):
            params = self._asker.params(spec, endpoint, name.name, live)
            try:
                answer = self._asker.get(endpoint, params, live=live)
            except SymbolError:  # listed, and not known there
                continue
            snapshots.append((read(answer.data), name.multiplier))
            now = answer.now if now is None else min(now, answer.now)
        if now is None:
            raise self._pairs.unknown(symbol)
        return joined(snapshots), now

    def large_orders(
        self, symbol: str, start: datetime, end: datetime, *, live: bool = False
    ) -> pd.DataFrame:
        """
        Large orders that began in [start, end), resting, filled and cancelled ones.

        :param symbol: Binance_BTCUSDT
        :return: as `vectra_freqtrade.coinglass.answers.orders`
        """
        spec = DATASETS["large_orders"]
        endpoint = spec.endpoints[0]
        answers: list[Any] = []
        for state in ORDER_STATES:
            params = self._asker.params(spec, endpoint, symbol, live) | {"state": state}
            answers += self._asker.full(endpoint, params, start, end, live)
        return orders(answers)

    def learn_lists(self) -> None:
        """Have CoinGlass's lists of pairs at hand, if they can be had soon."""
        self._pairs.lists(live=True)

    def knows(self, dataset: str, symbol: str) -> bool:
        """False where CoinGlass's lists are there and do not hold a series' coin or contract."""
        spec = self.settings.catalogue[dataset]
        try:
            if spec.scope is Scope.COIN:
                self._resolver.names(spec, symbol, live=True)
            else:
                self._asker.params(spec, spec.endpoints[0], symbol, live=True)
        except AuthError:
            raise
        except SymbolError as error:
            return isinstance(error, UndecidedError)
        except VectraError:  # it is listed, and can't be measured now
            return True
        return True

    def plan(self, *, live: bool = False, again: bool = False) -> PlanStatus:
        """
        The key's plan, asked for once.

        :param again: ask although it is known; where that fails, what was known stays
        :raises AuthError: where the key is not accepted
        :raises TransientError: where CoinGlass can't be reached
        """
        known = self._status
        if known is not None and not again:
            return known  # without a wait for a thread that asks again
        with self._status_guard:
            if self._status is None or again:
                self._status = self._detect(live)
            return self._status

    def _list(self, path: str, live: bool) -> Any:
        """A bot's rows do not wait for a list that it has, in part or by rule."""
        return self.get(path, live=live, timeout=10.0, deadline=15.0 if live else None).data

    def _detect(self, live: bool) -> PlanStatus:
        limiter = self._http.limiter
        if self._key is None:
            return PlanStatus(Plan.FREE, "no key", 0)
        if self.settings.plan != "auto":
            plan = Plan(self.settings.plan)
            limiter.assume(RATES[plan])
            return PlanStatus(plan, "setting", self.rate)
        # A bot that starts waits no longer.
        timeout, deadline = (8.0, 12.0) if live else (15.0, None)

        def get(path: str) -> Any:
            return self.get(path, live=live, timeout=timeout, deadline=deadline).data

        status = detect(get, lambda: self.told_rate)
        if status.rate:
            limiter.assume(status.rate)
        self.refusals.tell(status.plan, status.source, status.expires)
        if self._status is None or self._status.plan is not status.plan:
            logger.info("CoinGlass plan: %s (%s).", status.plan.label, status.source)
        return status
