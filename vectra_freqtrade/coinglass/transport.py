"""
What happens around every request, as layers around httpx's transport.

    BreakerLayer   an endpoint that keeps failing is left alone
    └ RetryLayer   transient failures are tried again: the only place where anything is
      └ LimitLayer the key's budget
        └ JudgeLayer  reads the body within its time and says what it means
          └ AuthLayer  puts the key on, for https and loopback addresses only
            └ httpx.HTTPTransport

Errors are ours from the JudgeLayer on: an httpx exception carries its request, which carries the
key, so none leaves the place where it is caught, not even as a context.
"""

import ipaddress
import random
from typing import Final

import httpx

from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.answers.envelope import Verdict, parse_answer
from vectra_freqtrade.coinglass.budget.limiter import Limiter
from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.coinglass.retry import Breaker, Call, retrying
from vectra_freqtrade.errors import (
    AuthError,
    ContractError,
    RateLimitError,
    ServerError,
    SettingsError,
    SymbolError,
    TransientError,
    VectraError,
)

HEADER: Final = "CG-API-KEY"
#: Where a request keeps its Call, and an answer its Verdict.
CALL: Final = "vectra_call"
VERDICT: Final = "vectra_verdict"
MOST_BYTES: Final = 64 * 2**20


def call_of(request: httpx.Request) -> Call:
    """The call a request belongs to."""
    call = request.extensions.get(CALL)
    return call if isinstance(call, Call) else Call()


class Layer(httpx.BaseTransport):
    """
    :param inner: the next layer
    """

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner = inner

    def close(self) -> None:
        self.inner.close()


class AuthLayer(Layer):
    """
    Puts the key on a copy of the request, so that the caller's never holds it.

    :param key: None sends none
    """

    def __init__(self, inner: httpx.BaseTransport, key: ApiKey | None) -> None:
        super().__init__(inner)
        self._key = key

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self._key is None:
            raise AuthError(
                "There is no CoinGlass API key: set COINGLASS_API_KEY, or name a file that holds "
                "it in coinglass.api_key_file."
            )
        if not is_private(request.url):
            raise SettingsError(
                "coinglass.base_url must be https (or a loopback address): the key is not sent "
                "in the clear."
            )
        signed = httpx.Request(
            request.method,
            request.url,
            headers=[*request.headers.raw, (HEADER.encode(), self._key.reveal().encode())],
            stream=request.stream,
            extensions=request.extensions,
        )
        return self.inner.handle_request(signed)


class JudgeLayer(Layer):
    """
    Reads the whole body, within a time and a size, and keeps what it means with the answer.

    :param clock: for the time
    """

    def __init__(self, inner: httpx.BaseTransport, clock: Clock) -> None:
        super().__init__(inner)
        self._clock = clock

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        failure: VectraError
        try:
            return self._read(request, self.inner.handle_request(request))
        except httpx.TimeoutException:
            failure = TransientError("CoinGlass did not answer in time.")
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
            failure = TransientError(f"CoinGlass can't be reached ({type(error).__name__}).")
        raise failure

    def _read(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        # A timeout counts from byte to byte; a body that drips must end too.
        timeouts = request.extensions.get("timeout") or {}
        longest = 4 * float(timeouts.get("read") or 15.0)
        start, deadline = self._clock.monotonic(), call_of(request).deadline
        if deadline is not None:
            longest = min(longest, deadline - start)
        body = bytearray()
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ContractError("CoinGlass sent an answer without end.")
                if self._clock.monotonic() - start > longest:
                    raise TransientError("CoinGlass did not finish its answer in time.")
        finally:
            response.close()
        plain = [
            (name, value)
            for name, value in response.headers.raw
            if name.lower() not in (b"content-encoding", b"content-length", b"transfer-encoding")
        ]
        verdict = parse_answer(response.status_code, response.headers, bytes(body))
        return httpx.Response(
            response.status_code,
            headers=plain,
            content=bytes(body),
            extensions={VERDICT: verdict},
            request=request,
        )


def verdict_of(response: httpx.Response) -> Verdict:
    """What the JudgeLayer said about an answer."""
    verdict: Verdict = response.extensions[VERDICT]
    return verdict


class LimitLayer(Layer):
    """
    Waits for a slot, and tells the limiter what each answer says about the budget.

    :param limiter: of the key
    """

    def __init__(self, inner: httpx.BaseTransport, limiter: Limiter) -> None:
        super().__init__(inner)
        self._limiter = limiter

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        call = call_of(request)
        slot, waited = self._limiter.acquire(live=call.live, deadline=call.deadline)
        call.waited += waited
        headers = httpx.Headers()
        try:
            response = self.inner.handle_request(request)
            headers = response.headers
        finally:
            self._limiter.answered(slot, headers)
        error = verdict_of(response).error
        if isinstance(error, RateLimitError):
            self._limiter.refused(error.retry_after)
        return response


class RetryLayer(Layer):
    """
    Tries transient failures again. Their last one is raised; other errors stay in the verdict.

    :param clock: for the waits
    :param rng: for the jitter
    """

    def __init__(self, inner: httpx.BaseTransport, clock: Clock, rng: random.Random) -> None:
        super().__init__(inner)
        self._clock = clock
        self._rng = rng

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        def attempt() -> httpx.Response:
            response = self.inner.handle_request(request)
            error = verdict_of(response).error
            if isinstance(error, ServerError) and call.unknown is not None and call.unknown():
                raise SymbolError(f"CoinGlass has no {request.url.params.get('symbol')}.")
            if isinstance(error, TransientError):
                raise error
            return response

        call = call_of(request)
        return retrying(attempt, call, self._clock, self._rng)


class BreakerLayer(Layer):
    """
    :param breaker: shared by all requests
    """

    def __init__(self, inner: httpx.BaseTransport, breaker: Breaker) -> None:
        super().__init__(inner)
        self._breaker = breaker

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self._breaker.check(path)
        try:
            response = self.inner.handle_request(request)
        except RateLimitError:
            self._breaker.left(path)  # the key's budget, not the endpoint
            raise
        except TransientError:
            self._breaker.failed(path)
            raise
        except BaseException:
            self._breaker.left(path)
            raise
        self._breaker.succeeded(path)
        return response


def is_private(url: httpx.URL) -> bool:
    """Whether a key may go there: https, or this machine."""
    return url.scheme == "https" or is_loopback(url)


def is_loopback(url: httpx.URL) -> bool:
    """Whether an address is this machine's own."""
    if url.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False
