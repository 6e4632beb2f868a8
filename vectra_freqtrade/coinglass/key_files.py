"""Small files beside the store that belong to one key and do not tell it."""

import os
from pathlib import Path
from typing import Final

from filelock import FileLock

from vectra_freqtrade.coinglass.key import ApiKey

_SALT_BYTES: Final = 16

Version = tuple[int, int, int]


def key_file(folder: Path, key: ApiKey, kind: str) -> Path:
    """
    Where the processes that share a key keep something about it.

    :param folder: made if it is missing
    :param key: its name in the file's name is a salted hash
    :param kind: what is kept, the first word of the file's name
    :raises OSError: where the folder can't be made or written
    """
    folder.mkdir(parents=True, exist_ok=True)
    salt = folder / "salt"
    with FileLock(folder / "salt.lock"):
        if not salt.exists() or salt.stat().st_size != _SALT_BYTES:
            salt.write_bytes(os.urandom(_SALT_BYTES))
    return _named(folder, key, kind, salt.read_bytes())


def key_file_if_there(folder: Path, key: ApiKey, kind: str) -> Path | None:
    """
    As `key_file`, for who only reads: nothing is made, None where there is nothing.
    """
    try:
        salt = (folder / "salt").read_bytes()
    except OSError:
        return None
    path = _named(folder, key, kind, salt)
    return path if len(salt) == _SALT_BYTES and path.is_file() else None


def _named(folder: Path, key: ApiKey, kind: str, salt: bytes) -> Path:
    return folder / f"{kind}-{key.digest(salt)}.json"


def version_of(path: Path) -> Version | None:
    """
    :param path: a file that is only ever replaced
    :return: changes whenever it is; None where there is none
    """
    try:
        stat = path.stat()
    except OSError:
        return None
    # The inode too: two writes may fall into one tick of the clock.
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def replace_text(path: Path, text: str) -> None:
    """
    :param path: replaced in one step; who calls holds its lock
    :param text: ASCII
    """
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="ascii")
    temporary.replace(path)
