"""Tests in this folder run over real market data, and skip with a reason where it is absent."""

from pathlib import Path

import pytest

from tests.support.shared import require_shared


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder that holds data/."""
    return require_shared()
