"""The CoinGlass key: where it comes from, and how it never shows."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from vectra_freqtrade.errors import AuthError, SettingsError, VectraError

if TYPE_CHECKING:
    from vectra_freqtrade.settings.section import CoinglassSettings

VARIABLE: Final = "COINGLASS_API_KEY"
HIDDEN: Final = "********"
#: What came along from a shell or a config.
_FOREIGN: Final = frozenset(" \"'`")


class ApiKey:
    """
    A key that shows as stars wherever it is printed, and can't be pickled.

    :param text: the key
    :raises AuthError: where it can't be sent in a header
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        text = text.strip()
        good = text and text.isascii() and text.isprintable() and not _FOREIGN & set(text)
        self.__text = text
        del text  # what shows the local variables of a traceback shows it neither
        if not good:
            raise AuthError("The CoinGlass API key is empty or holds characters no key has.")

    def reveal(self) -> str:
        """The key itself; for the header, and for nothing else."""
        return self.__text

    def digest(self, salt: bytes) -> str:
        """A name for this key's files that doesn't tell the key."""
        return hashlib.blake2b(self.__text.encode(), salt=salt[:16], digest_size=8).hexdigest()

    def scrub(self, text: str) -> str:
        """A text with the key replaced by stars."""
        return text.replace(self.__text, HIDDEN)

    def __repr__(self) -> str:
        return f"ApiKey({HIDDEN!r})"

    def __str__(self) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ApiKey) and self.__text == other.reveal()

    def __hash__(self) -> int:
        return hash((ApiKey, self.__text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("a CoinGlass key can't be pickled")


def environment(environ: Mapping[str, str] | None) -> Mapping[str, str]:
    """
    The process's own for None. That is no default value of an argument anywhere: it holds the key,
    and what shows the arguments of a traceback would show it.
    """
    return os.environ if environ is None else environ


def names_key(settings: "CoinglassSettings", environ: Mapping[str, str] | None = None) -> bool:
    """
    Whether a key is named at all; it is not read, so that a backtest needs no file that only the
    bot's machine has.
    """
    return in_environment(environ) or settings.api_key_file is not None


def in_environment(environ: Mapping[str, str] | None = None) -> bool:
    return bool(environment(environ).get(VARIABLE, "").strip())


def find_key(
    settings: "CoinglassSettings", environ: Mapping[str, str] | None = None
) -> ApiKey | None:
    """
    The key: the environment variable first, then the file of the settings; None where neither is.

    :raises SettingsError: where the file can't be read
    :raises AuthError: where what is there can't be a key
    """
    if in_environment(environ):
        return ApiKey(environment(environ)[VARIABLE])
    if settings.api_key_file is None:
        return None
    path = Path(settings.api_key_file).expanduser()
    failure: VectraError
    try:
        return ApiKey(path.read_text(encoding="utf-8-sig"))  # some editors put a mark in front
    except UnicodeDecodeError:  # it holds what was read, so it must not become a context
        failure = AuthError("The file of coinglass.api_key_file holds no text.")
    except OSError as error:
        failure = SettingsError(
            f"coinglass.api_key_file: {error.strerror or 'can not be read'}. It names a file that "
            f"holds the key and nothing else; or set {VARIABLE}."
        )
    raise failure
