"""The store as a user's settings want it."""

from pathlib import Path

from vectra_freqtrade.coinglass.coin_book import Sources
from vectra_freqtrade.history.store import STATE, Store
from vectra_freqtrade.settings import CoinglassSettings


def opened(root: Path, settings: CoinglassSettings) -> Store:
    """
    :param root: of `layout.store_dir`
    :param settings: the coinglass section: `exchange_list`
    """
    return Store(root, sources=Sources(settings.exchange_list, root / STATE))


def sources_of(store: Store, settings: CoinglassSettings) -> Sources:
    """
    :param store: what was decided lies beside it
    :param settings: `exchange_list`
    :return: what each series takes and is made of
    """
    return Sources(settings.exchange_list, store.state_dir)
