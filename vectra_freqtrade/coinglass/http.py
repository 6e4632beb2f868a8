"""One endpoint at a time: the address, the layers around every request, both clocks."""

import logging
import math
import random
import re
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from vectra_freqtrade.coinglass.account.key import ApiKey, environment
from vectra_freqtrade.coinglass.account.key_files import key_file
from vectra_freqtrade.coinglass.account.key_state import KIND, KeyState
from vectra_freqtrade.coinglass.account.plan import TELL_PLAN
from vectra_freqtrade.coinglass.answers.envelope import server_time
from vectra_freqtrade.coinglass.budget.limiter import Limiter
from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.coinglass.retry import BACKFILL, LIVE, Breaker, Call
from vectra_freqtrade.coinglass.transport import (
    CALL,
    AuthLayer,
    BreakerLayer,
    JudgeLayer,
    LimitLayer,
    RetryLayer,
    is_loopback,
    is_private,
    verdict_of,
)
from vectra_freqtrade.errors import PlanError, SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.times import from_seconds
from vectra_freqtrade.version import package_version

logger = logging.getLogger(__name__)

BASE_URL: Final = "https://open-api-v4.coinglass.com"
BASE_VARIABLE: Final = "COINGLASS_BASE_URL"
#: Below the base address, whatever is asked for: a key goes to no other.
_PATH: Final = re.compile(r"/api(?:/[\w.-]+)+", re.ASCII)
#: Seconds between both clocks that no slow answer explains: one of them is wrong.
_WRONG: Final = 60.0


class _OwnRequests(logging.Filter):
    """httpx logs each request as INFO; a bot sends hundreds. Other users of httpx keep theirs."""

    def __init__(self) -> None:
        super().__init__()
        self.hosts: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        url = record.args[1] if isinstance(record.args, tuple) and len(record.args) > 1 else None
        return not (isinstance(url, httpx.URL) and url.host in self.hosts)


_OWN = _OwnRequests()
logging.getLogger("httpx").addFilter(_OWN)


@dataclass(frozen=True, slots=True)
class Answer:
    """
    :param data: of the envelope
    :param now: the earlier of our clock and the answer's own, tz-aware
    """

    data: Any
    now: datetime


class Http:
    """
    Usable from several threads.

    :param settings: the address
    :param key: None: every request raises AuthError
    :param transport: in place of the network, None for the network
    :param clock: for waits and dates
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
        key: ApiKey | None,
        transport: httpx.BaseTransport | None,
        clock: Clock,
        state_dir: Path | None,
        environ: Mapping[str, str] | None = None,
        max_clock_skew: float | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.base = _base_url(settings, environ)
        _OWN.hosts.add(self.base.host)
        self.clock = clock
        self.limiter = Limiter(clock, _shared(state_dir, key, "budget"))
        self.key_state = KeyState(clock.now, _shared(state_dir, key, KIND))
        self._ahead: tuple[float, float] | None = None  # and our clock less what never goes back
        self._max_clock_skew = math.inf if max_clock_skew is None else max_clock_skew
        self._said_ahead = 0.0
        layers: httpx.BaseTransport = AuthLayer(transport or _network(self.base), key)
        layers = LimitLayer(JudgeLayer(layers, clock), self.limiter)
        layers = RetryLayer(layers, clock, rng or random.Random())
        agent = f"vectra-freqtrade/{package_version()}"
        self._client = httpx.Client(
            base_url=self.base,
            transport=BreakerLayer(layers, Breaker(clock)),
            headers={"accept": "application/json", "user-agent": agent},
            trust_env=False,
        )

    def close(self) -> None:
        self._client.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        live: bool = False,
        timeout: float = 15.0,
        deadline: float | None = None,
        ignore_refusals: bool = False,
        unknown: Callable[[], bool] | None = None,
    ) -> Answer:
        """
        Ask one endpoint.

        :param path: /api/...
        :param params: of the query
        :param live: goes before backfill, gives up sooner
        :param timeout: seconds without a byte
        :param deadline: seconds for the whole call, waiting included; None for a backfill's
            patience
        :param ignore_refusals: also where CoinGlass refused it in the last day: a person asks
        :param unknown: whether CoinGlass's lists lack the coin that is asked for, where a server
            error may mean just that
        :raises SettingsError: for a path that is none
        :raises VectraError: by reaction, see `vectra_freqtrade.errors`
        """
        if not _PATH.fullmatch(path):
            raise SettingsError(
                "The path begins with /api/ and ends before any ?, as on the endpoint's page; "
                "parameters are given beside it."
            )
        asked = dict(params or {})
        interval = str(asked.get("interval", ""))
        refused = self.key_state.get(path, interval)
        if refused is not None and not (ignore_refusals or path in TELL_PLAN):
            raise PlanError(str(refused), needed_plan=refused.needed_plan)
        end = None if deadline is None else self.clock.monotonic() + deadline
        call = Call(policy=LIVE if live else BACKFILL, live=live, deadline=end, unknown=unknown)
        limits = {"connect": 5.0, "read": timeout, "write": 5.0, "pool": None}
        response = self._client.get(path, params=asked, extensions={CALL: call, "timeout": limits})
        verdict = verdict_of(response)
        if verdict.error is not None:
            if isinstance(verdict.error, PlanError):
                self.key_state.add(path, interval, verdict.error)
            raise verdict.error
        if refused is not None:
            self.key_state.forget(path, interval)
        return Answer(verdict.data, self._now(response.headers))

    @property
    def ahead(self) -> float | None:
        """
        Seconds by which our clock is ahead of CoinGlass's, None before an answer told. Put right
        since, it is not.
        """
        if self._ahead is None:
            return None
        told, offset = self._ahead
        return told - max(0.0, offset - self._offset())

    def now(self) -> datetime:
        """The earlier of our clock and CoinGlass's, as far as its answers have told."""
        return from_seconds(self.clock.now() - max(0.0, self.ahead or 0.0))

    def corrected(self) -> float:
        """Our clock, seconds; put right by CoinGlass's where it is wrong and ahead."""
        ahead = self.ahead or 0.0
        return self.clock.now() - (ahead if ahead > _WRONG else 0.0)

    def _now(self, headers: Mapping[str, str]) -> datetime:
        ours = from_seconds(self.clock.now())
        theirs = server_time(headers)
        if theirs is None:
            return ours
        ahead = (ours - theirs).total_seconds()
        self._say(ahead)
        if ahead > self._max_clock_skew:
            return ours
        self._ahead = ahead, self._offset()
        return min(ours, theirs)

    def _offset(self) -> float:
        """Falls when our clock goes back, and then only."""
        return self.clock.now() - self.clock.monotonic()

    def _say(self, ahead: float) -> None:
        """Once; a date that stands still moves away with each answer, and is no news for that."""
        if abs(ahead - self._said_ahead) <= max(_WRONG, 0.1 * abs(self._said_ahead)):
            return
        self._said_ahead = ahead
        if abs(ahead) > _WRONG:
            word = "ahead of" if ahead > 0 else "behind"
            logger.warning("This machine's clock is %.0f s %s CoinGlass's.", abs(ahead), word)


def _base_url(settings: CoinglassSettings, environ: Mapping[str, str] | None) -> httpx.URL:
    text = environment(environ).get(BASE_VARIABLE) or settings.base_url or BASE_URL
    try:
        url = httpx.URL(text.rstrip("/"))
    except (httpx.InvalidURL, TypeError):
        raise SettingsError(f"coinglass.base_url (or {BASE_VARIABLE}) is no address.") from None
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise SettingsError(f"coinglass.base_url (or {BASE_VARIABLE}) must be an https address.")
    if not is_private(url):
        raise SettingsError(
            f"coinglass.base_url (or {BASE_VARIABLE}) must be https: the key is sent in the clear "
            "to this machine only."
        )
    return url


def _network(base: httpx.URL) -> httpx.HTTPTransport:
    """The machine's proxy for https; none for its own addresses."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    proxy = None
    if not is_loopback(base) and not urllib.request.proxy_bypass(base.host):
        named = urllib.request.getproxies()
        proxy = named.get("https") or named.get("all")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"  # as other programs read it
    try:
        return httpx.HTTPTransport(limits=limits, proxy=proxy or None)
    except (ValueError, TypeError, ImportError, httpx.InvalidURL):
        # Its own text would repeat the address, which may hold a password.
        raise SettingsError(
            "The proxy of this machine (HTTPS_PROXY or ALL_PROXY) can't be used: its address "
            "must be http:// or https://, or socks5:// where httpx[socks] is installed."
        ) from None


def _shared(state_dir: Path | None, key: ApiKey | None, kind: str) -> Path | None:
    if state_dir is None or key is None:
        return None
    try:
        return key_file(state_dir, key, kind)
    except OSError as error:
        logger.warning(
            "The %s of this key can't be shared with other processes: %s.",
            {"told": "plan"}.get(kind, kind),
            error.strerror,
        )
        return None
