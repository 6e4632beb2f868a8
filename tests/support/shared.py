"""The folder of real market data, where it lies beside the checkout."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def find_shared() -> Path | None:
    """
    :return: the folder that holds data/: the variable VECTRA_SHARED, else ../shared beside the
        checkout; None where there is no real data
    """
    shared = Path(os.environ.get("VECTRA_SHARED", REPOSITORY.parent / "shared"))
    return shared if (shared / "data" / "hourly_oi_funding_BTC_ETH.parquet").is_file() else None


def require_shared() -> Path:
    """
    :return: as `find_shared`; the test that asks is skipped, with a reason, where there is none
    """
    shared = find_shared()
    if shared is None:
        pytest.skip("needs the real market data: set VECTRA_SHARED to the folder that holds data/")
    return shared
