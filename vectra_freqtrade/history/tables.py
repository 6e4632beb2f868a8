"""Feather files, written in one step."""

from pathlib import Path

import pyarrow as pa
from pyarrow import feather

from vectra_freqtrade.files import atomic_write


def replace_table(path: Path, table: pa.Table) -> None:
    """
    :param path: the file to replace; its folder exists
    :param table: its whole content
    :raises OSError: as `atomic_write`
    """
    atomic_write(path, lambda target: feather.write_feather(table, target, compression="lz4"))
