"""
Where a series lies: `{store}/{dataset}/{SYMBOL}-{interval}.feather`.

{SYMBOL} is CoinGlass's coin, or `{Exchange}_{instrument}` for pair data.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vectra_freqtrade.coinglass.catalogue import DATASETS, Dataset
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.intervals import interval_ms
from vectra_freqtrade.settings import CoinglassSettings

#: Letters of any script: exchanges list coins with Chinese names.
_SYMBOL = re.compile(r"[^\W_][\w.-]*")
SUFFIX = ".feather"


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """
    One file of the store.

    :param dataset: name in the catalogue
    :param symbol: coin, or exchange and instrument
    :param interval: CoinGlass's candle length
    """

    dataset: str
    symbol: str
    interval: str

    def __post_init__(self) -> None:
        if self.dataset not in DATASETS:
            raise SettingsError(f"Unknown dataset {self.dataset!r}: {', '.join(DATASETS)}.")
        if not _SYMBOL.fullmatch(self.symbol):
            raise SettingsError(f"{self.symbol!r} can't be a CoinGlass symbol.")
        interval_ms(self.interval)

    @property
    def spec(self) -> Dataset:
        return DATASETS[self.dataset]

    @property
    def length_ms(self) -> int:
        return interval_ms(self.interval)

    def path(self, root: Path) -> Path:
        return root / self.dataset / f"{self.symbol}-{self.interval}{SUFFIX}"

    def __str__(self) -> str:
        return f"{self.dataset} {self.symbol} {self.interval}"


def parse_path(path: Path) -> Series | None:
    """
    :param path: a file below the store
    :return: the series it holds, None where the name is not one of ours
    """
    symbol, _, interval = path.name.removesuffix(SUFFIX).rpartition("-")
    try:
        return Series(path.parent.name, symbol, interval)
    except SettingsError:
        return None


def store_dir(config: Mapping[str, Any], settings: CoinglassSettings) -> Path:
    """
    The store's folder: beside the exchanges' folders, whatever `--datadir` says.

    :param config: freqtrade's config
    :param settings: `store_dir` moves it
    """
    if settings.store_dir is not None:
        return settings.store_dir.expanduser()
    return Path(config["user_data_dir"]) / "data" / "coinglass"
