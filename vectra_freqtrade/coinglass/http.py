"""
How one request is sent: `Http.get`, from top to bottom.

    breaker   an endpoint that keeps failing is left alone
    budget    a slot of the key's requests a minute is waited for
    key       is put on a request that nobody else holds
    send      and read the answer, within a time and a size
    answer    data, or the error that says what to do
    retry     what may pass is tried again: the only place where anything is

Errors are ours: an httpx exception carries its request, which carries the key, so none leaves the
place where it is caught, not even as a context.
"""

import ipaddress
import logging
import random
import re
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from vectra_freqtrade.coinglass.account.key import ApiKey, environment
from vectra_freqtrade.coinglass.account.key_files import key_file
from vectra_freqtrade.coinglass.account.key_state import KIND, KeyState
from vectra_freqtrade.coinglass.account.plan import TELL_PLAN
from vectra_freqtrade.coinglass.answers.envelope import parse_answer
from vectra_freqtrade.coinglass.budget.limiter import Limiter
from vectra_freqtrade.coinglass.clock import BothClocks, Clock
from vectra_freqtrade.coinglass.names.pair_lists import NO_LISTS, PairLists
from vectra_freqtrade.coinglass.retry import BACKFILL, LIVE, Breaker, Call, retrying
from vectra_freqtrade.errors import (
    AuthError,
    ContractError,
    PlanError,
    RateLimitError,
    ServerError,
    SettingsError,
    SymbolError,
    TransientError,
)
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.version import package_version

logger = logging.getLogger(__name__)

BASE_URL: Final = "https://open-api-v4.coinglass.com"
BASE_VARIABLE: Final = "COINGLASS_BASE_URL"
HEADER: Final = "CG-API-KEY"
#: Below the base address, whatever is asked for: a key goes to no other.
_PATH: Final = re.compile(r"/api(?:/[\w.-]+)+", re.ASCII)
#: Paths that want a coin, or a contract, of the lists; those of spot have lists of their own.
_BY_COIN: Final = ("/api/futures/", "/api/exchange/")
_MOST_BYTES: Final = 64 * 2**20

Params = Mapping[str, str | int]


@dataclass(frozen=True, slots=True, repr=False)
class _Reply:
    """Without a repr: what shows the local variables of a traceback shows no answer."""

    status: int
    headers: httpx.Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """
    :param data: of the envelope
    :param now: the earlier of our clock and the answer's own, tz-aware
    """

    data: Any
    now: datetime


class Http:
    """Usable from several threads; its parameters are those of `CoinglassClient`."""

    def __init__(
        self,
        settings: CoinglassSettings,
        key: ApiKey | None,
        transport: httpx.BaseTransport | None,
        clock: Clock,
        state_dir: Path | None,
        environ: Mapping[str, str] | None,
        max_clock_skew: float | None,
        rng: random.Random | None,
    ) -> None:
        self.base = _base_url(settings, environ)
        self.limiter = Limiter(clock, _shared(state_dir, key, "budget"))
        self.key_state = KeyState(clock.now, _shared(state_dir, key, KIND))
        self.clocks = BothClocks(clock, max_clock_skew)
        self._agent = f"vectra-freqtrade/{package_version()}"
        self._key = key
        self._clock = clock
        self._rng = rng or random.Random()
        self._breaker = Breaker(clock)
        # No httpx.Client: that would log each request as INFO, and a bot sends hundreds.
        self._transport = transport or _network(self.base)

    def close(self) -> None:
        self._transport.close()

    def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        live: bool = False,
        timeout: float = 15.0,
        deadline: float | None = None,
        ignore_refusals: bool = False,
        lists: Callable[[], PairLists] = lambda: NO_LISTS,
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
        :param lists: CoinGlass's lists of pairs: a coin that they lack is unknown, whatever the
            server calls it
        :raises SettingsError: for a path that is none
        :raises VectraError: by reaction, see `vectra_freqtrade.errors`
        """
        asked = dict(params or {})
        url = self._url(path, asked)
        interval = str(asked.get("interval", ""))
        refused = self.key_state.get(path, interval)
        if refused is not None and not (ignore_refusals or path in TELL_PLAN):
            raise PlanError(str(refused), needed_plan=refused.needed_plan)
        end = None if deadline is None else self._clock.monotonic() + deadline
        call = Call(LIVE if live else BACKFILL, live, end)

        def attempt() -> Answer:
            reply = self._send(url, timeout, call)
            try:
                data = parse_answer(reply.status, reply.headers, reply.body)
            except RateLimitError as error:
                self.limiter.refused(error.retry_after)
                raise
            except ServerError:
                if _is_unlisted(path, asked, lists):
                    raise SymbolError(f"CoinGlass has no {asked['symbol']}.") from None
                raise
            return Answer(data, self.clocks.note(reply.headers))

        try:
            with self._breaker.watching(path):
                answer = retrying(attempt, call, self._clock, self._rng)
        except PlanError as error:
            self.key_state.add(path, interval, error)
            raise
        if refused is not None:
            self.key_state.forget(path, interval)
        return answer

    def _url(self, path: str, params: Params) -> httpx.URL:
        if not _PATH.fullmatch(path):
            raise SettingsError(
                "The path begins with /api/ and ends before any ?, as on the endpoint's page; "
                "parameters are given beside it."
            )
        below = self.base.raw_path.rstrip(b"/") + path.encode()
        return self.base.copy_with(raw_path=below).copy_merge_params(params)

    def _send(self, url: httpx.URL, timeout: float, call: Call) -> _Reply:
        """One request in the key's budget."""
        if self._key is None:
            raise AuthError(
                "There is no CoinGlass API key: set COINGLASS_API_KEY, or name a file that holds "
                "it in coinglass.api_key_file."
            )
        slot, waited = self.limiter.acquire(live=call.live, deadline=call.deadline)
        call.waited += waited
        headers = httpx.Headers()
        try:
            with closing(self._transport.handle_request(self._signed(url, timeout))) as response:
                body = self._body(response, timeout, call.deadline)
            headers = response.headers
            return _Reply(response.status_code, headers, body)
        except httpx.TimeoutException:
            failure = TransientError("CoinGlass did not answer in time.")
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
            failure = TransientError(f"CoinGlass can't be reached ({type(error).__name__}).")
        finally:
            self.limiter.answered(slot, headers)
        raise failure

    def _signed(self, url: httpx.URL, timeout: float) -> httpx.Request:
        assert self._key is not None  # noqa: S101 - `_send` asked
        return httpx.Request(
            "GET",
            url,
            headers={
                "accept": "application/json",
                "accept-encoding": "gzip, deflate",
                "user-agent": self._agent,
                HEADER: self._key.reveal(),
            },
            extensions={"timeout": {"connect": 5.0, "read": timeout, "write": 5.0, "pool": None}},
        )

    def _body(self, response: httpx.Response, timeout: float, deadline: float | None) -> bytes:
        """A timeout counts from byte to byte; a body that drips must end too."""
        start = self._clock.monotonic()
        longest = 4 * timeout if deadline is None else min(4 * timeout, deadline - start)
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > _MOST_BYTES:
                raise ContractError("CoinGlass sent an answer without end.")
            if self._clock.monotonic() - start > longest:
                raise TransientError("CoinGlass did not finish its answer in time.")
        return bytes(body)


def _is_unlisted(path: str, params: Params, lists: Callable[[], PairLists]) -> bool:
    if "symbol" not in params or not path.startswith(_BY_COIN):
        return False
    known = lists()
    return bool(known) and not known.has(str(params["symbol"]))


def _base_url(settings: CoinglassSettings, environ: Mapping[str, str] | None) -> httpx.URL:
    name = f"coinglass.base_url (or {BASE_VARIABLE})"
    text = environment(environ).get(BASE_VARIABLE) or settings.base_url or BASE_URL
    try:
        url = httpx.URL(text.rstrip("/"))
    except (httpx.InvalidURL, TypeError):
        raise SettingsError(f"{name} is not a valid URL.") from None
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise SettingsError(f"{name} must be an https address.")
    if url.scheme != "https" and not _is_loopback(url):
        raise SettingsError(
            f"{name} must be https: the key is sent in the clear to this machine only."
        )
    return url


def _is_loopback(url: httpx.URL) -> bool:
    if url.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False


def _network(base: httpx.URL) -> httpx.HTTPTransport:
    """The machine's proxy for https; none for its own addresses."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    proxy = None
    if not _is_loopback(base) and not urllib.request.proxy_bypass(base.host):
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
    """The key's file that processes share, None for a client alone."""
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
