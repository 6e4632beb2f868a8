"""The client: any dataset, any endpoint, the plan. All policy lies in the layers below."""

import logging
import random
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import httpx
import pandas as pd

from vectra_freqtrade.catalogue.made_of import MadeOf
from vectra_freqtrade.catalogue.plans import RATES, Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.account.key_state import KeyState
from vectra_freqtrade.coinglass.account.plan import PlanStatus, detect
from vectra_freqtrade.coinglass.answers.heatmaps import Snapshot
from vectra_freqtrade.coinglass.answers.tables import table
from vectra_freqtrade.coinglass.asking import BY_COIN, SeriesRequest
from vectra_freqtrade.coinglass.clock import Clock, SystemClock
from vectra_freqtrade.coinglass.fetch import Fetcher
from vectra_freqtrade.coinglass.http import Answer, Http
from vectra_freqtrade.coinglass.names.coin_book import CoinBook
from vectra_freqtrade.coinglass.names.pair_map import FILE, PairMap
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
        self._release = Release.of(settings)
        self.clock = clock or SystemClock()
        self._key = key
        self._http = Http(
            settings, key, transport, self.clock, state_dir, environ, max_clock_skew, rng
        )
        #: What was decided of coins that CoinGlass lists under several names.
        self.book = CoinBook(state_dir)
        file = None if state_dir is None else state_dir / FILE
        self._pairs = PairMap(self._list, self.clock, file, self._coins_in_use)
        self._fetcher = Fetcher(self._http, self._pairs, self.book, settings)
        self._status: PlanStatus | None = None
        self._status_guard = threading.Lock()

    def __repr__(self) -> str:
        return f"CoinglassClient({self._http.base.host!r}, key={self._key!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
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
    def ahead(self) -> float | None:
        """Seconds by which our clock is ahead of CoinGlass's; None before an answer told."""
        return self._http.ahead

    def now(self) -> datetime:
        """The earlier of our clock and CoinGlass's, as far as its answers have told."""
        return self._http.now()

    def corrected(self) -> float:
        """Our clock, seconds; put right by CoinGlass's where it is wrong and ahead."""
        return self._http.corrected()

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
        """Ask one endpoint; see `Http.get`."""
        unknown = None
        if path.startswith(BY_COIN) and params and "symbol" in params:
            unknown = lambda: self._is_unknown(str(params["symbol"]), live)  # noqa: E731
        return self._http.get(
            path,
            params,
            live=live,
            timeout=timeout,
            deadline=deadline,
            ignore_refusals=ignore_refusals,
            unknown=unknown,
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
        Closed rows of one series.

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
        return self._fetcher.rows(wanted, strip_leading_zeros=strip_leading_zeros)

    def sent_twice(self, dataset: str, symbol: str, interval: str) -> frozenset[pd.Timestamp]:
        """
        :param dataset: as in `fetch`
        :param symbol: as there
        :param interval: as there
        :return: times of its rows that came more than once in one answer so far
        """
        return self._fetcher.sent_twice.of((dataset, symbol, interval))

    def made_of(self, dataset: str, symbol: str, *, live: bool = False) -> MadeOf | None:
        """
        What a series is made of now: which of CoinGlass's names. The first time it is asked for a
        coin with several, they are measured.

        :param dataset: name in the settings' catalogue
        :param symbol: {SYMBOL} of the store
        :param live: gives up sooner
        :return: None where files of the dataset do not tell
        :raises SymbolError: where CoinGlass does not know the coin, and where it can't be told what
            it counts
        :raises VectraError: by reaction
        """
        return self._fetcher.made_of(dataset, symbol, live=live)

    def levels(self, dataset: str, symbol: str, *, live: bool = False) -> tuple[Snapshot, datetime]:
        """
        A snapshot of resting liquidation levels, and when we had it.

        :param dataset: liquidation_heatmap or liquidation_map
        :param symbol: coin
        :param live: goes before backfill
        """
        return self._fetcher.levels(dataset, symbol, live=live)

    def large_orders(
        self, symbol: str, start: datetime, end: datetime, *, live: bool = False
    ) -> pd.DataFrame:
        """
        Large orders that began in a span of time.

        :param symbol: Binance_BTCUSDT
        :param start: tz-aware
        :param end: tz-aware, not included
        :param live: goes before backfill
        :return: as `vectra_freqtrade.coinglass.answers.orders`
        """
        return self._fetcher.orders(symbol, start, end, live=live)

    def learn_lists(self) -> None:
        """Have CoinGlass's lists of pairs at hand, if they can be had soon."""
        self._pairs.lists(live=True)

    def knows(self, dataset: str, symbol: str) -> bool:
        """
        :param dataset: name in the catalogue
        :param symbol: {SYMBOL} of the store
        :return: False where CoinGlass's lists are there and do not hold it
        """
        return self._fetcher.knows(dataset, symbol)

    def plan(self, *, live: bool = False, again: bool = False) -> PlanStatus:
        """
        The key's plan, asked for once.

        :param live: gives up sooner
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

    def _coins_in_use(self) -> list[str]:
        return [name.name for coin in self.book.names.coins.values() for name in coin.names]

    def _is_unknown(self, symbol: str, live: bool) -> bool:
        """Whether the lists, where they can be had, do not have it."""
        lists = self._pairs.lists(live=live)
        return bool(lists) and not lists.has(symbol)

    def _list(self, path: str, live: bool) -> Any:
        """A bot's rows do not wait for a list that it has, in part or by rule."""
        return self.get(path, live=live, timeout=10.0, deadline=15.0 if live else None).data

    def _detect(self, live: bool) -> PlanStatus:
        if self._key is None:
            return PlanStatus(Plan.FREE, "no key", 0)
        if self.settings.plan != "auto":
            plan = Plan(self.settings.plan)
            self._http.limiter.assume(RATES[plan])
            return PlanStatus(plan, "setting", self.rate)
        timeout, deadline = (
            (8.0, 12.0) if live else (15.0, None)
        )  # a bot that starts waits no longer

        def get(path: str) -> Any:
            return self.get(path, live=live, timeout=timeout, deadline=deadline).data

        status = detect(get, self._told)
        if status.rate:
            self._http.limiter.assume(status.rate)
        self._http.key_state.tell(status.plan, status.source, status.expires)
        if self._status is None or self._status.plan is not status.plan:
            logger.info("CoinGlass plan: %s (%s).", status.plan.label, status.source)
        return status

    def _told(self) -> int | None:
        return self.rate if self._http.limiter.told else None
