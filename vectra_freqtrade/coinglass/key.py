"""The CoinGlass key: where it comes from, and how it never shows."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

from vectra_freqtrade.errors import AuthError, SettingsError
from vectra_freqtrade.settings import CoinglassSettings

VARIABLE: Final = "COINGLASS_API_KEY"
HIDDEN: Final = "********"


class ApiKey:
    """
    A key that shows as stars wherever it is printed, and can't be pickled.

    :param text: the key
    :raises AuthError: where it can't be sent in a header
    """

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        text = text.strip()
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            # `from None` in spirit: the text itself is never part of a message.
            raise AuthError("The CoinGlass API key is empty or holds characters no key has.")
        self.__text = text

    def reveal(self) -> str:
        """The key itself; for the header, and for nothing else."""
        return self.__text

    def digest(self, salt: bytes) -> str:
        """
        A name for this key's files that doesn't tell the key.

        :param salt: kept beside the files
        """
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


def names_key(settings: CoinglassSettings, environ: Mapping[str, str] = os.environ) -> bool:
    """
    Whether a key is named at all; it is not read, so that a backtest needs no file that only the
    bot's machine has.

    :param settings: `api_key_file`
    :param environ: of the process
    """
    return bool(environ.get(VARIABLE, "").strip()) or settings.api_key_file is not None


def find_key(settings: CoinglassSettings, environ: Mapping[str, str] = os.environ) -> ApiKey | None:
    """
    The key: the environment variable first, then the file of the settings.

    :param settings: `api_key_file`
    :param environ: of the process
    :return: None where there is neither
    :raises SettingsError: where the file can't be read
    :raises AuthError: where what is there can't be a key
    """
    text = environ.get(VARIABLE, "")
    if text.strip():
        return ApiKey(text)
    if settings.api_key_file is None:
        return None
    path = Path(settings.api_key_file).expanduser()
    try:
        return ApiKey(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise AuthError("The file of coinglass.api_key_file holds no text.") from None
    except OSError as error:
        raise SettingsError(
            f"coinglass.api_key_file: {error.strerror or 'can not be read'}. It names a file that "
            f"holds the key and nothing else; or set {VARIABLE}."
        ) from None
