"""Small files beside the store that belong to one key and do not tell it."""

import os
from pathlib import Path
from typing import Final

from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.files import SOON, atomic_write, locked

_SALT: Final = "salt"
_SALT_BYTES: Final = 16


def key_file(folder: Path, key: ApiKey, kind: str) -> Path:
    """
    Where the processes that share a key keep something about it; its name has a salted hash.

    :raises OSError: where the folder can't be made or written
    """
    folder.mkdir(parents=True, exist_ok=True)
    return _named(folder, key, kind, _salt(folder) or _new_salt(folder))


def key_file_if_there(folder: Path, key: ApiKey, kind: str) -> Path | None:
    """As `key_file`, for who only reads: nothing is made, None where there is nothing."""
    salt = _salt(folder)
    if salt is None:
        return None
    path = _named(folder, key, kind, salt)
    return path if path.is_file() else None


def _salt(folder: Path) -> bytes | None:
    """None where there is none yet, or one that was broken off."""
    try:
        salt = (folder / _SALT).read_bytes()
    except OSError:
        return None
    return salt if len(salt) == _SALT_BYTES else None


def _new_salt(folder: Path) -> bytes:
    """The first process makes it; it is never replaced, so that reading it needs no lock."""
    with locked(folder / f"{_SALT}.lock", SOON):
        salt = _salt(folder)
        if salt is None:
            salt = os.urandom(_SALT_BYTES)
            atomic_write(folder / _SALT, lambda path: path.write_bytes(salt))
    return salt


def _named(folder: Path, key: ApiKey, kind: str, salt: bytes) -> Path:
    return folder / f"{kind}-{key.digest(salt)}.json"
