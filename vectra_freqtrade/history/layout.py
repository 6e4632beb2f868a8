"""
Where a series lies: `{store}/{dataset}/{SYMBOL}-{interval}.feather`.

{SYMBOL} is CoinGlass's coin, or `{Exchange}_{instrument}` for pair data.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from vectra_freqtrade.catalogue.datasets import CUSTOM_PREFIX, DATASETS, Dataset, Scope
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.settings.section import CoinglassSettings

#: Letters of any script: exchanges list coins with Chinese names.
_SYMBOL = re.compile(r"[^\W_][\w.-]*")
SUFFIX = ".feather"


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """
    One file of the store.

    :param symbol: coin, or exchange and instrument
    :param interval: CoinGlass's candle length
    :param custom: the dataset itself, where it belongs to a custom column of the settings
    """

    dataset: str
    symbol: str
    interval: str
    custom: Dataset | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.custom is None and self.dataset not in DATASETS:
            raise SettingsError(f"Unknown dataset {self.dataset!r}: {', '.join(DATASETS)}.")
        if not _SYMBOL.fullmatch(self.symbol):
            raise SettingsError(f"{self.symbol!r} can't be a CoinGlass symbol.")
        interval_ms(self.interval)

    @classmethod
    def of(cls, spec: Dataset, symbol: str, interval: str) -> Self:
        custom = None if DATASETS.get(spec.name) is spec else spec
        return cls(spec.name, symbol, interval, custom)

    @property
    def spec(self) -> Dataset:
        return self.custom or DATASETS[self.dataset]

    @property
    def source(self) -> str | None:
        """
        What a custom column's rows are made of; a file keeps it, since rows of another field or in
        another unit do not belong beside them.
        """
        if self.custom is None or not self.custom.endpoints:
            return None
        (endpoint,) = self.custom.endpoints
        parts = [f"{each.reply} × {each.scale:g}" for each in endpoint.fields]
        asked = "&".join(f"{name}={value}" for name, value in sorted(endpoint.params.items()))
        return f"{endpoint.path}?{asked} {', '.join(parts)} by {endpoint.time}"

    @property
    def length_ms(self) -> int:
        return interval_ms(self.interval)

    def path(self, root: Path) -> Path:
        return root / self.dataset / f"{self.symbol}-{self.interval}{SUFFIX}"

    def __str__(self) -> str:
        return f"{self.dataset} {self.symbol} {self.interval}"


def parse_path(path: Path) -> Series | None:
    """The series of a file below the store; None where the name is not one of ours."""
    symbol, _, interval = path.name.removesuffix(SUFFIX).rpartition("-")
    spec = _told_by(path.parent.name)
    try:
        return None if spec is None else Series.of(spec, symbol, interval)
    except SettingsError:
        return None


def _told_by(folder: str) -> Dataset | None:
    """A dataset as far as its folder tells: of a custom column's, what its files hold."""
    if not folder.startswith(CUSTOM_PREFIX):
        return DATASETS.get(folder)
    name = folder.removeprefix(CUSTOM_PREFIX)
    return Dataset(name=folder, scope=Scope.COIN, values=(name,), endpoints=())


def store_dir(config: Mapping[str, Any], settings: CoinglassSettings) -> Path:
    """The store's folder: beside the exchanges' folders, whatever `--datadir` says."""
    if settings.store_dir is not None:
        return settings.store_dir.expanduser()
    return Path(config["user_data_dir"]) / "data" / "coinglass"
