"""
The body of an answer → its data, or the error that says what to do.

HTTP 200 is not success: the body's `code` is. Messages never repeat an answer's values.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Never

from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.errors import (
    AuthError,
    ContractError,
    EndpointError,
    PlanError,
    RateLimitError,
    ServerError,
    SettingsError,
    SymbolError,
    TransientError,
    VectraError,
)

_NEEDS = re.compile(rf"upgrade to ({'|'.join(Plan)})\b")
_TRANSIENT_CODES = {408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
_WAY_OUT = (
    "Set the environment variable COINGLASS_API_KEY, or name a file that holds the key in "
    "coinglass.api_key_file."
)


#: In place of a document: null is one.
_NOT_JSON: Final = object()


def parse_answer(status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """
    :param status: of HTTP
    :param headers: of the answer, read without regard to case
    :param body: as sent, decompressed
    :return: the envelope's data
    :raises VectraError: by reaction, see `vectra_freqtrade.errors`; nothing else
    """
    found = _read(status, headers, body)
    del headers, body  # what shows the local variables of a traceback shows no answer
    if isinstance(found, VectraError):
        raise found
    return found


def _read(status: int, headers: Mapping[str, str], body: bytes) -> Any:
    """Data, or the error to raise."""
    wait = retry_after(headers)
    document = _document(body)
    if document is _NOT_JSON and status == 403:
        # CoinGlass refuses in JSON; this is a gateway's page, and may pass.
        page = "CoinGlass: a page in place of an answer (HTTP 403)."
        return TransientError(page, retry_after=wait)
    if document is _NOT_JSON:
        return _unreadable(status, wait)
    if not isinstance(document, dict) or "code" not in document:
        if status == 200:
            return ContractError(f"an answer without a code: {shape(document)}")
        return _unreadable(status, wait)
    code = _code(document["code"])
    if code == 0 and status == 200:
        return document.get("data")
    message = document.get("msg") or document.get("message") or ""
    return _error(code, status, message if isinstance(message, str) else "", wait)


def _document(body: bytes) -> Any:
    """Errors of json hold the whole body, so that none may become a context of ours."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _error(code: int | None, status: int, text: str, wait: float | None) -> VectraError:
    """The documented and the captured forms; the message comes before the code."""
    said = text.lower()
    codes = {code, status}
    if codes & {429} or "too many requests" in said or "rate limit" in said:
        return _too_many(wait)
    if "upgrade" in said or code == 40001:
        named = _NEEDS.search(said)
        needed = named.group(1) if named else None
        return PlanError("CoinGlass: not in this plan.", needed_plan=needed)
    if "interval is not available" in said or (code == 403 and "plan" in said):
        return PlanError("CoinGlass: the interval is not in this plan.")
    if "api key" in said or code == 30001 or codes & {401}:
        return AuthError(_key_trouble(said))
    if codes & _TRANSIENT_CODES:
        kind = ServerError if code == 500 else TransientError
        return kind(f"CoinGlass: server error {code or status}.", retry_after=wait)
    return _refusal(code, status, said)


def _too_many(wait: float | None) -> RateLimitError:
    asks = f" It asks to wait {wait:.0f} s." if wait else ""
    return RateLimitError(f"CoinGlass: too many requests.{asks}", retry_after=wait)


def _refusal(code: int | None, status: int, said: str) -> VectraError:
    if {code, status} & {404, 405}:
        return EndpointError("CoinGlass: no such endpoint.")
    missing = re.search(r"parameter '(\w{1,40})' is not present", said)
    if missing:
        return SettingsError(f"CoinGlass: the parameter {missing.group(1)!r} is missing.")
    if "pair does not exist" in said or "not supported" in said:
        return SymbolError("CoinGlass does not have this symbol there.")
    if code in (400, 422):
        return SettingsError("CoinGlass: a parameter is wrong.")
    if 300 <= status < 400:
        return ContractError(f"CoinGlass: an unexpected redirect (HTTP {status}).")
    if status == 403:
        return AuthError(f"CoinGlass: refused (HTTP {status}). {_WAY_OUT}")
    return ContractError(f"CoinGlass: an unknown answer (code {code}, HTTP {status}).")


def _key_trouble(said: str) -> str:
    if "missing" in said:
        return f"CoinGlass got no API key. {_WAY_OUT}"
    if "expired" in said:
        return "The CoinGlass API key has expired."
    return f"CoinGlass does not accept the API key. {_WAY_OUT}"


def _unreadable(status: int, wait: float | None) -> VectraError:
    if status == 429:
        return _too_many(wait)
    if status == 200 or status in _TRANSIENT_CODES or status >= 500:
        return TransientError(
            f"CoinGlass: an answer that is not JSON (HTTP {status}).", retry_after=wait
        )
    return _error(None, status, "", wait)


def _code(value: object) -> int | None:
    """0, "0" and 0.0 are one; words such as UNKNOWN are None."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    text = str(value).strip()
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else None


def _no_constant(_: str) -> Never:
    """NaN and Infinity are not JSON."""
    raise ValueError("a constant that is not JSON")


def shape(value: object, depth: int = 3) -> str:
    """
    What an unknown answer looks like, without its values, and without names that look like data.

    :param value: of json.loads
    :param depth: levels to describe
    :return: `{code: str, data: [{time: int}]}`
    """
    if isinstance(value, dict):
        if depth == 0:
            return "{…}"
        named = [name for name in value if re.fullmatch(r"[A-Za-z_][A-Za-z_ ]{0,40}", str(name))]
        inner = [f"{name}: {shape(value[name], depth - 1)}" for name in named[:12]]
        if len(named) < len(value) or len(named) > 12:
            inner.append("…")
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return f"[{shape(value[0], depth - 1)}]" if value and depth else "[]"
    return type(value).__name__


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After header, None where there is none that can be read."""
    text = header(headers, "retry-after")
    if text is None:
        return None
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return float(text)
    until, now = _date(text), server_time(headers) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds()) if until else None


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """An answer's Date header in UTC, None where there is none that can be read."""
    text = header(headers, "date")
    return _date(text) if text else None


def header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value.strip() for key, value in headers.items() if key.lower() == name), None)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None
