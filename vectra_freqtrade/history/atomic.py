"""Files that are replaced as a whole: a kill at any moment leaves the old one or the new one."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import feather

#: Ends a name while its file is written.
TMP: Final = ".tmp"


def write_table(table: pa.Table, target: Path) -> None:
    """As every file of the store is written."""
    feather.write_feather(table, target, compression="lz4")


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """
    :param path: the file to replace; its folder exists
    :param write: writes the whole content to the path it is given
    :raises OSError: naming the file, which is as it was
    """
    temporary = path.with_name(f".{path.name}{TMP}")
    try:
        write(temporary)
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    except OSError as error:
        # A full disk gets its space back, and the one who reads of it learns where.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise OSError(error.errno or 0, error.strerror or str(error), str(path)) from None
