"""CoinGlass derivatives data in any Freqtrade strategy: correct in time, live as in backtest."""

from typing import TYPE_CHECKING, Any

from vectra_freqtrade.columns import MarketState

if TYPE_CHECKING:
    from vectra_freqtrade.strategy import CoinglassMixin, CoinglassTrailingMixin

__all__ = ["CoinglassMixin", "CoinglassTrailingMixin", "MarketState"]


def __getattr__(name: str) -> Any:
    """The mixins import freqtrade, which takes seconds: only whoever names one waits for it."""
    if name in __all__:
        from vectra_freqtrade import strategy

        return getattr(strategy, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
