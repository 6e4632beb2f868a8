"""What is checked when freqtrade starts, in a backtest as in a live bot."""

import math
from collections.abc import Sequence

from vectra_freqtrade.coinglass.catalogue import DATASETS, Kind
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.intervals import AUTO_INTERVALS, interval_ms, levels_interval
from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.signals.divergence import SIGMA_ROWS
from vectra_freqtrade.signals.level_folds import block_ms

_DAY_MS = 86_400_000


def check_datasets(settings: CoinglassSettings, needed: Sequence[str], strategy: str) -> None:
    """
    :param settings: datasets
    :param needed: those that the strategy's trigger is made of
    :param strategy: its name, for the message
    :raises SettingsError: where one of them is left out
    """
    absent = [name for name in needed if name not in settings.datasets]
    if absent:
        raise SettingsError(
            f"coinglass.datasets leaves out {' and '.join(absent)}, which {strategy} can't trade "
            "without. Name it there."
        )


def check_adaptive(settings: CoinglassSettings, candles: int, strategy: str) -> None:
    """
    :param settings: bands
    :param candles: the strategy's startup_candle_count
    :param strategy: its name, for the message
    :raises SettingsError: where adaptive bands would not see enough candles
    """
    needed = adaptive_startup(settings)
    if settings.bands.adaptive and candles < needed:
        raise SettingsError(
            f'coinglass.bands "adaptive" looks at {SIGMA_ROWS} candles of the interval: set '
            f"startup_candle_count of {strategy} to at least {needed} (it is {candles})."
        )


def adaptive_startup(settings: CoinglassSettings) -> int:
    """
    :param settings: lookback, oldest age of a row
    :return: how many candles of the interval the row before the oldest usable one looks back over:
        with fewer, the first bands of a backtest would be those of a shorter window
    """
    return SIGMA_ROWS + settings.lookback + settings.max_age_intervals + 2


def levels_startup(settings: CoinglassSettings, interval: str) -> int:
    """
    freqtrade loads `startup_candle_count` candles of every timeframe before the first decision.

    :param settings: half-life of the estimate, oldest age of a row
    :param interval: that levels are estimated on
    :return: how many of its candles the oldest usable row may look back over
    """
    look_back = 2 * block_ms(settings.levels) // interval_ms(interval)
    return look_back + settings.max_age_intervals + 1


def few_candles_for_levels(
    settings: CoinglassSettings, intervals: Sequence[str], candles: int, strategy: str
) -> str | None:
    """
    :param settings: datasets, source of levels
    :param intervals: in use, the lower first
    :param candles: the strategy's startup_candle_count
    :param strategy: its name, for the message
    :return: a warning where the estimate of liquidation levels would begin late, else None
    """
    if "open_interest" not in settings.datasets or settings.levels_source != "estimate":
        return None
    interval = levels_interval(intervals)
    needed = levels_startup(settings, interval)
    if candles >= needed:
        return None
    days = math.ceil((needed - candles) * interval_ms(interval) / _DAY_MS)
    return (
        f"Liquidation levels are estimated from {needed} candles of {interval}: set "
        f"startup_candle_count of {strategy} to at least {needed} (it is {candles}). Else a "
        f"backtest may have no levels in its first {days} days, and a live bot none at all where "
        "the exchange sends fewer candles."
    )


def resolve_intervals(settings: CoinglassSettings, store: Store) -> tuple[str, ...]:
    """
    The intervals in use.

    :param settings: names them, or says "auto"
    :param store: for "auto": the two shortest of AUTO_INTERVALS that it holds open interest of, or,
        where that is off or not there, the first of the settings' datasets that is; 1h and 4h where
        it holds none
    :return: one or two, the lower first
    """
    if settings.intervals != "auto":
        return settings.intervals
    names = [name for name in settings.datasets if DATASETS[name].kind is Kind.INTERVAL]
    for name in sorted(names, key=lambda each: each != "open_interest"):
        held = {series.interval for series in store.series(name)}
        if found := tuple(interval for interval in AUTO_INTERVALS if interval in held)[:2]:
            return found
    return AUTO_INTERVALS[:2]
