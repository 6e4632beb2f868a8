"""What several files of tests read and takes long to make: made once a run, by whichever worker."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """
    :param factory: pytest's
    :param name: of the folder, the same for all who want this one
    :param make: fills the folder; who comes meanwhile waits
    :return: the folder, for reading: who changes something in it changes it for all
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, made = base / "made-once" / name, base / "made-once" / f"{name}.made"
    folder.parent.mkdir(exist_ok=True)
    with FileLock(folder.with_name(f"{name}.lock")):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed at it
            folder.mkdir()
            make(folder)
            made.touch()
    return folder
