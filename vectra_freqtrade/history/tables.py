"""Feather files, read whole and replaced in one step."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import feather

from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.files import atomic_write


def read_table(path: Path, fix: str = "Move it away.") -> pa.Table | None:
    """
    :param fix: what to do where the file is broken
    :return: None where there is no file
    :raises StoreError: where it is broken; it is left as it is
    """
    try:
        # A pool of threads costs more CPU than it saves time on files of this size.
        return feather.read_table(path, memory_map=False, use_threads=False)
    except FileNotFoundError:
        return None
    except (pa.ArrowException, OSError, ValueError) as error:
        raise unusable(path, error, fix) from None


def read_metadata(path: Path, fix: str = "Move it away.") -> Mapping[bytes, bytes]:
    """As `read_table`, of what a file tells beside its rows; empty where there is none."""
    try:
        with pa.OSFile(str(path)) as source:
            return pa.ipc.open_file(source).schema.metadata or {}
    except FileNotFoundError:
        return {}
    except (pa.ArrowException, OSError, ValueError) as error:
        raise unusable(path, error, fix) from None


def unusable(path: Path, why: object, fix: str = "Move it away.") -> StoreError:
    return StoreError(f"{path} can't be used: {why}. It was left as it is. {fix}")


def table_of(frame: pd.DataFrame, metadata: Mapping[bytes, str] | None = None) -> pa.Table:
    table = pa.Table.from_pandas(frame, preserve_index=False, nthreads=1)
    return table.replace_schema_metadata({**(table.schema.metadata or {}), **(metadata or {})})


def replace_table(path: Path, table: pa.Table) -> None:
    atomic_write(path, lambda target: feather.write_feather(table, target, compression="lz4"))
