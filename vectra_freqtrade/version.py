"""Which version this is."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final

#: Of a checkout that is run without having been installed.
UNKNOWN: Final = "0+unknown"


def package_version() -> str:
    """As installed; UNKNOWN where nothing says so. Never a reason not to start."""
    try:
        return version("vectra-freqtrade")
    except PackageNotFoundError:
        return UNKNOWN
