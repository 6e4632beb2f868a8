"""Where the key comes from, and that it never shows."""

import pickle

import pytest

from tests.coinglass.fake import KEY
from vectra_freqtrade.coinglass.account.key import ApiKey, find_key
from vectra_freqtrade.errors import AuthError, SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings


def test_a_key_shows_as_stars_and_cant_be_pickled():
    key = ApiKey(f" {KEY}\n")
    assert key.reveal() == KEY
    assert KEY not in f"{key} {key!r} {[key]} {key.__dict__ if hasattr(key, '__dict__') else ''}"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    assert KEY not in key.digest(b"salt")
    assert key.digest(b"a") != key.digest(b"b")


def test_the_key_comes_from_the_environment_before_the_file(tmp_path):
    file = tmp_path / "key"
    file.write_text("fromthefile\n")
    settings = CoinglassSettings(api_key_file=file)
    assert find_key(settings, {"COINGLASS_API_KEY": KEY}).reveal() == KEY
    assert find_key(settings, {"COINGLASS_API_KEY": " "}).reveal() == "fromthefile"
    assert find_key(CoinglassSettings(), {}) is None


def test_a_mark_that_an_editor_puts_in_front_of_a_file_is_no_part_of_the_key(tmp_path):
    file = tmp_path / "key"
    file.write_bytes(b"\xef\xbb\xbf" + KEY.encode() + b"\r\n")
    assert find_key(CoinglassSettings(api_key_file=file), {}).reveal() == KEY


@pytest.mark.parametrize(
    "content",
    [b"", b"two words", b"two\nlines", b"\xff\xfe", "schl\u00fcssel".encode(), b'"two"', b"'two'"],
)
def test_a_file_that_holds_no_key_is_refused_without_showing_it(tmp_path, content):
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(AuthError) as caught:
        find_key(CoinglassSettings(api_key_file=file), {})
    assert "two" not in str(caught.value)


def test_a_key_file_that_is_not_there_is_named_by_its_setting(tmp_path):
    with pytest.raises(SettingsError, match="api_key_file"):
        find_key(CoinglassSettings(api_key_file=tmp_path / "none"), {})
