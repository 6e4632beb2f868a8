"""What is checked when freqtrade starts, in a backtest as in a live bot."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from freqtrade.enums import RunMode

from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.catalogue.intervals import AUTO_INTERVALS, interval_ms, levels_interval
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import find_key, names_key
from vectra_freqtrade.coinglass.account.key_state import last_plan
from vectra_freqtrade.errors import SettingsError, VectraError
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.neutral import is_neutral
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.divergence import SIGMA_ROWS
from vectra_freqtrade.signals.levels.level_folds import block_ms

_DAY_MS = 86_400_000


def check_datasets(settings: CoinglassSettings, needed: Sequence[str], strategy: str) -> None:
    """
    :param needed: those that the strategy's trigger is made of
    :raises SettingsError: where one of them is left out
    """
    absent = [name for name in needed if name not in settings.datasets]
    if absent:
        raise SettingsError(
            f"coinglass.datasets leaves out {' and '.join(absent)}, which {strategy} can't trade "
            "without. Name it there."
        )


def check_adaptive(settings: CoinglassSettings, candles: int, strategy: str) -> None:
    """:raises SettingsError: where adaptive bands would not see enough candles"""
    needed = adaptive_startup(settings)
    if settings.bands.adaptive and candles < needed:
        raise SettingsError(
            f'coinglass.bands "adaptive" looks at {SIGMA_ROWS} candles of the interval: set '
            f"startup_candle_count of {strategy} to at least {needed} (it is {candles})."
        )


def adaptive_startup(settings: CoinglassSettings) -> int:
    """
    How many candles of the interval the row before the oldest usable one looks back over: with
    fewer, the first bands of a backtest would be those of a shorter window.
    """
    return SIGMA_ROWS + settings.lookback + settings.max_age_intervals + 2


def levels_startup(settings: CoinglassSettings, interval: str) -> int:
    """
    How many candles of the interval that levels are estimated on the oldest usable row may look
    back over. freqtrade loads `startup_candle_count` of every timeframe before the first decision.
    """
    look_back = 2 * block_ms(settings.levels) // interval_ms(interval)
    return look_back + settings.max_age_intervals + 1


def few_candles_for_levels(
    settings: CoinglassSettings, intervals: Sequence[str], candles: int, strategy: str
) -> str | None:
    """
    :param candles: the strategy's startup_candle_count
    :param strategy: its name, for the message
    :return: a warning where the estimate of liquidation levels would begin late, else None
    """
    estimated = "open_interest" in settings.datasets and settings.levels_source == "estimate"
    if not estimated or is_neutral(settings, "open_interest"):
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
    The one or two intervals in use, the lower first.

    :param store: for "auto": the two shortest of AUTO_INTERVALS that it holds open interest of, or,
        where that is off or not there, the first of the settings' datasets that is; 1h and 4h where
        it holds none
    """
    if settings.intervals != "auto":
        return settings.intervals
    names = [name for name in settings.datasets if DATASETS[name].kind is Kind.INTERVAL]
    for name in sorted(names, key=lambda each: each != "open_interest"):
        held = {series.interval for series in store.series(name)}
        if found := tuple(interval for interval in AUTO_INTERVALS if interval in held)[:2]:
            return found
    return AUTO_INTERVALS[:2]


def uses_free_tier(
    settings: CoinglassSettings, store: Store, environ: Mapping[str, str] | None = None
) -> bool:
    """
    No key, or a key that had no plan when CoinGlass was asked last. Nobody is asked here.

    :param settings: a plan that they name is believed, and so is a producer, who has a key
    :param environ: in place of the process's own
    """
    if settings.producer is not None:
        return False
    if not names_key(settings, environ):
        return True
    if settings.plan != "auto":
        return False
    try:
        key = find_key(settings, environ)
    except VectraError:  # a backtest needs no file that only the bot's machine has
        return False
    return key is not None and last_plan(store.state_dir, key) is Plan.FREE


_OPTIMIZING = (RunMode.BACKTEST, RunMode.HYPEROPT)


def stamp_models(config: dict[str, Any], fingerprint: str) -> None:
    """
    FreqAI keeps trained models and predictions by `freqai.identifier` alone. So in a backtest the
    identifier ends with what else decides them; a bot's stays, because it goes on learning.

    :param config: freqtrade's, changed in place where FreqAI is on
    """
    section = config.get("freqai")
    if not isinstance(section, dict) or not section.get("enabled"):
        return
    if config.get("runmode") not in _OPTIMIZING or config.get("freqai_backtest_live_models"):
        return
    stamp = "-cg" + hashlib.sha256(fingerprint.encode()).hexdigest()[:10]
    identifier = str(section.get("identifier", "vectra"))
    if not identifier.endswith(stamp):  # a strategy is built more than once
        config["freqai"] = section | {"identifier": identifier + stamp}
