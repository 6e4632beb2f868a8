import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.coinglass.sample_answers import ERRORS, body
from vectra_freqtrade.coinglass.answers.envelope import (
    parse_answer,
    retry_after,
    server_time,
    shape,
)
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

REACTIONS: dict[str, type[VectraError]] = {
    "30001-legacy-key-missing": AuthError,
    "400-key-invalid": AuthError,
    "400-key-missing": AuthError,
    "400-missing-parameter": SettingsError,
    "400-missing-parameter.captured": SettingsError,
    "400-not-supported": SymbolError,
    "400-please-upgrade-to-standard.captured": PlanError,
    "400-too-many-requests.captured": RateLimitError,
    "40001-legacy-upgrade-plan": PlanError,
    "401-upgrade-plan": PlanError,
    "401-upgrade-plan-with-success-flag": PlanError,
    "403-interval-not-in-plan": PlanError,
    "404-endpoint-not-found": EndpointError,
    "500-server-error": ServerError,
    "500-server-error.captured": ServerError,
    "unknown-pair": SymbolError,
}


def envelope(**parts: object) -> bytes:
    return json.dumps(parts).encode()


def refusal(status: int, sent: bytes) -> VectraError:
    """What is raised, without the answer in its context."""
    with pytest.raises(VectraError) as caught:
        parse_answer(status, {}, sent)
    assert caught.value.__context__ is None
    return caught.value


@pytest.mark.parametrize("sample", ERRORS, ids=lambda path: path.stem)
def test_every_known_refusal_gets_its_reaction(sample):
    status = 404 if sample.stem.startswith("404") else 200
    assert type(refusal(status, sample.read_bytes())) is REACTIONS[sample.stem]


def test_a_refusal_that_names_the_plan_keeps_its_name():
    error = refusal(200, body("errors/400-please-upgrade-to-standard.captured"))
    assert isinstance(error, PlanError)
    assert error.needed_plan == "standard"


@pytest.mark.parametrize("code", ["0", 0, 0.0, " 0 "])
def test_success_is_code_0_as_text_or_number_with_or_without_a_message(code):
    assert parse_answer(200, {}, envelope(code=code, data=[1])) == [1]
    assert parse_answer(200, {}, envelope(code=code, msg="success", data=[1])) == [1]
    assert parse_answer(200, {}, envelope(code=code)) is None


def test_http_200_is_not_success():
    assert isinstance(refusal(200, envelope(code=500, data=[1])), TransientError)


@pytest.mark.parametrize("name", ["msg", "message"])
def test_the_message_is_read_under_both_of_its_names(name):
    body = envelope(code="400", **{name: "Too Many Requests"})
    assert isinstance(refusal(200, body), RateLimitError)


@pytest.mark.parametrize(
    ("status", "body", "reaction"),
    [
        (429, b"", RateLimitError),
        (429, b"<html>slow down</html>", RateLimitError),
        (200, b'{"code":"429"}', RateLimitError),
        (200, b'{"code":429,"msg":"x"}', RateLimitError),
        (500, b"<html>", TransientError),
        (502, b"<html>bad gateway</html>", TransientError),
        (503, b'{"code":"503"}', TransientError),
        (408, b"", TransientError),
        (200, b"<html>maintenance</html>", TransientError),
        (200, b'{"code":"0","data":[{"time":16588', TransientError),
        (200, b"", TransientError),
        (200, b"\xff\xfe\x00", TransientError),
        (200, b'{"code":"0","data":[NaN]}', TransientError),
        (200, b"[" * 100_000, TransientError),
        (200, b"[]", ContractError),
        (200, b'{"data":[]}', ContractError),
        (200, b'{"code":null}', ContractError),
        (200, b'{"code":true}', ContractError),
        (302, b"", ContractError),
        (404, b"<html>", EndpointError),
        (200, b'{"code":"405"}', EndpointError),
        (200, b'{"code":"422","msg":"?"}', SettingsError),
        (401, b"<html>", AuthError),
        (403, b"<html>", TransientError),
        (403, b'{"message":"Forbidden"}', AuthError),
        (403, b'{"code":"403","msg":"not available for your plan"}', PlanError),
        (200, b'{"code":"401","msg":"API key expired"}', AuthError),
    ],
)
def test_every_form_of_failure_gets_its_reaction(status, body, reaction):
    assert type(refusal(status, body)) is reaction


def test_a_message_never_repeats_the_answer():
    sent = envelope(code="77777", msg="secret-of-the-vendor", data="secret")
    assert "secret" not in str(refusal(200, sent))
    assert "secret" not in str(refusal(200, b'{"secret-value": "secret"}'))


@given(st.integers(100, 599), st.binary(max_size=200) | st.text().map(str.encode))
def test_whatever_the_body_an_error_of_ours_is_raised(status, body):
    assert refusal(status, body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(_JSON)
def test_a_shape_can_be_told_of_any_value(value):
    assert isinstance(shape(value), str)


@given(_JSON, _JSON, _JSON)
def test_whatever_the_envelope_no_error_but_ours_is_raised(code, message, data):
    sent = json.dumps({"code": code, "msg": message, "data": data}).encode()
    with contextlib.suppress(VectraError):
        parse_answer(200, {}, sent)


def test_retry_after_is_read_as_seconds_and_as_a_date_by_the_servers_clock():
    assert retry_after({"Retry-After": "30"}) == 30
    date = {
        "date": "Mon, 23 Nov 2026 06:00:00 GMT",
        "RETRY-AFTER": "Mon, 23 Nov 2026 06:01:30 GMT",
    }
    assert retry_after(date) == 90
    for text in ("soon", "", "-5", "1e9", "9" * 40):
        assert retry_after({"retry-after": text}) is None
    assert server_time({"DATE": "nonsense"}) is None
