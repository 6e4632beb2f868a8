"""
The datasets, as data: what each is called, what its rows are keyed by, what is stored of it.

Importing this module imports no HTTP client: the store, the provider and the signals read it too.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from vectra_freqtrade.columns import DATASET_CODES


class Scope(StrEnum):
    """What one series of a dataset belongs to; decides the file's {SYMBOL}."""

    COIN = "coin"  # BTC, summed or weighted over venues
    PAIR = "pair"  # Binance_BTCUSDT, one instrument on one venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """
    One dataset.

    :param name: as in the settings and in the store's folder
    :param scope: what a series belongs to
    :param values: the stored columns, float64, in the units of `vectra_freqtrade.columns`
    :param extra_delay: added to the `delay` setting, for series published a day late
    """

    name: str
    scope: Scope
    values: tuple[str, ...]
    extra_delay: timedelta = timedelta(0)

    @property
    def code(self) -> str:
        """What each of its columns starts with, after cg_."""
        return DATASET_CODES[self.name]


_ENTRIES = (
    Dataset(name="open_interest", scope=Scope.COIN, values=("oi",)),
    Dataset(name="funding_rate", scope=Scope.COIN, values=("funding",)),
    Dataset(name="long_short_ratio", scope=Scope.PAIR, values=("lsr", "lsr_top")),
    Dataset(name="taker_volume", scope=Scope.COIN, values=("taker_buy_usd", "taker_sell_usd")),
    Dataset(name="liquidation", scope=Scope.COIN, values=("liq_long_usd", "liq_short_usd")),
)

DATASETS: dict[str, Dataset] = {entry.name: entry for entry in _ENTRIES}
