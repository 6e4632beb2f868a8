"""CoinGlass derivatives data in any Freqtrade strategy: point-in-time, live as in backtest."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vectra_freqtrade.catalogue.columns import MarketState

if TYPE_CHECKING:
    from vectra_freqtrade.strategy import CoinglassMixin, CoinglassTrailingMixin

__all__ = ["CoinglassMixin", "CoinglassTrailingMixin", "MarketState"]


def __getattr__(name: str) -> Any:
    """The mixins import freqtrade, which takes seconds: only whoever names one waits for it."""
    if name in __all__:
        return getattr(import_module("vectra_freqtrade.strategy"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
