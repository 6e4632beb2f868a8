"""The strategy that is compared: whether it has CoinGlass columns, and what they are made of."""

import logging
from dataclasses import dataclass
from typing import Any

import pandas as pd
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.resolvers import StrategyResolver

from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.quiet import quiet
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.strategy import CoinglassMixin


@dataclass(frozen=True, slots=True)
class Source:
    """
    What a strategy's columns are made of.

    :param settings: of its config
    :param store: that it reads
    :param intervals: in use, the lower first
    """

    settings: CoinglassSettings
    store: Store
    intervals: tuple[str, ...]

    @property
    def datasets(self) -> tuple[str, ...]:
        return (*self.settings.all_datasets, *self.settings.snapshots)


def source_of(config: dict[str, Any], strategy: str) -> Source | None:
    """
    :param config: freqtrade's, with user_data_dir and datadir
    :param strategy: name
    :return: None for a strategy that has no CoinGlass columns
    :raises SettingsError: where there is no such strategy, and where there is no store
    """
    futures = config.get("trading_mode") == "futures"
    place = config | {
        "strategy": strategy,
        "runmode": RunMode.BACKTEST,
        "candle_type_def": CandleType.FUTURES if futures else CandleType.SPOT,
    }
    try:
        with quiet(logging.WARNING):
            found = StrategyResolver.load_strategy(place)
    except OperationalException as error:
        raise SettingsError(str(error)) from None
    if not isinstance(found, CoinglassMixin):
        return None
    held = found.coinglass
    if not held.store.root.is_dir() or not any(held.store.root.glob("*/*.feather")):
        raise SettingsError(
            f"There is no CoinGlass history in {held.store.root}, so with and without it are the "
            "same. Fetch it with: vectra-freqtrade download-data"
        )
    return Source(held.settings, held.store, held.intervals)


def check_rows(source: Source, first: pd.Timestamp, last: pd.Timestamp) -> None:
    """
    :param source: what is read
    :param first: of the backtest
    :param last: of the backtest
    :raises SettingsError: where the store's rows lie wholly outside of it
    """
    used = [series for series in source.store.series() if series.dataset in source.datasets]
    spans = [found for series in used if (found := _span(source.store, series)) is not None]
    if not spans or any(begin <= last and end >= first for begin, end in spans):
        return  # without rows there may be orders or snapshots
    begin, end = min(begin for begin, _ in spans), max(end for _, end in spans)
    raise SettingsError(
        f"The CoinGlass history in {source.store.root} is from {begin:%Y-%m-%d} to {end:%Y-%m-%d}, "
        f"the backtest from {first:%Y-%m-%d} to {last:%Y-%m-%d}: choose another --timerange, or "
        "fetch more with vectra-freqtrade download-data."
    )


def _span(store: Store, series: Series) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    rows = store.read(series)
    if rows is None or rows.empty:
        return None
    length = pd.Timedelta(series.length_ms, "ms")
    return rows["time"].iloc[0], rows["time"].iloc[-1] + 2 * length
