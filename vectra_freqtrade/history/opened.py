"""The store as a user's settings want it."""

from pathlib import Path

from vectra_freqtrade.coinglass.names.coin_book import Sources
from vectra_freqtrade.history.store import STATE, Store
from vectra_freqtrade.settings.release import Release
from vectra_freqtrade.settings.section import CoinglassSettings


def opened(root: Path, settings: CoinglassSettings) -> Store:
    sources = Sources(settings.exchange_list, root / STATE)
    return Store(root, Release.of(settings), sources)


def sources_of(store: Store, settings: CoinglassSettings) -> Sources:
    """What each series takes and is made of."""
    return Sources(settings.exchange_list, store.state_dir)
