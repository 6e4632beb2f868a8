"""When a live series is asked for: as soon as its next row is due, then until it appears."""

from datetime import timedelta
from typing import Final

from vectra_freqtrade.catalogue.plans import Plan, depth
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.errors import (
    AuthError,
    ContractError,
    PlanError,
    SymbolError,
    TransientError,
    UndecidedError,
    VectraError,
)
from vectra_freqtrade.history.download.spans import warm_up
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.settings.release import Release
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals.divergence import SIGMA_ROWS

#: Seconds before a row that is due and not there is asked for again, the first time.
_SOONEST: Final = 10.0
#: A server's own wait is not believed beyond this: the bot asks again.
_LONGEST_WAIT: Final = 900.0
#: CoinGlass's date holds a bot's asking back by so many seconds at most: one wrong date must not
#: keep it from asking for the next, right one.
_LONGEST_BACK: Final = 900.0
#: An answer dated longer ago, in seconds, has a wild date: a machine's clock is not off by that.
MAX_CLOCK_SKEW: Final = 86_400.0
#: What does not pass by itself is tried again after so many seconds, without a restart.
_OFF: Final = {PlanError: 86_400.0, SymbolError: 86_400.0, ContractError: 900.0, AuthError: 900.0}


def asking_time(client: CoinglassClient) -> float:
    """
    The earlier of the machine's clock and CoinGlass's, within bounds; seconds. What has closed is
    judged by each answer's own date; this says only when to ask, and up to where.
    """
    return max(client.now().timestamp(), client.clock.now() - _LONGEST_BACK)


def retry_delay(tries: int, length: float) -> float:
    """
    :param tries: how often it was asked for in vain, from 1 on
    :param length: of the interval, seconds
    :return: seconds until the next try: soon at first, at most a twelfth of the interval apart
    """
    first = min(_SOONEST, max(length / 12, 2.0))
    return min(first * 2.0 ** min(tries - 1, 20), max(length / 12, 60.0))


def error_delay(error: VectraError, tries: int, length: float) -> float:
    """As `retry_delay`, by the class of the error that the last try met."""
    if isinstance(error, UndecidedError):
        return error.again
    for kind, seconds in _OFF.items():
        if isinstance(error, kind):
            return seconds
    wait = retry_delay(tries, length)
    if isinstance(error, TransientError) and error.retry_after:
        wait = max(wait, min(error.retry_after, _LONGEST_WAIT))
    return wait


#: Candles that freqtrade asks an exchange for at once, at most, beside the startup candles.
_CANDLES = 1500
#: Rows more than any feature looks back on.
_SPARE = 10


def frame_reach(timeframe_ms: int, startup_candles: int) -> timedelta:
    """How far the bot's candles reach back."""
    return timedelta(milliseconds=timeframe_ms) * (_CANDLES + startup_candles)


def rows_reach(
    series: Series, candles: timedelta, settings: CoinglassSettings, plan: Plan | None
) -> timedelta:
    """
    How far back rows are wanted.

    :param candles: of `frame_reach`
    :param plan: its history may be shorter; None where it is not known
    """
    length = timedelta(milliseconds=series.length_ms)
    sigma = length * (SIGMA_ROWS + settings.lookback)
    settle = Release.of(settings).intervals(series.dataset)
    wanted = max(warm_up(series.interval, settle), sigma + settle * length)
    wanted += candles + _SPARE * length
    limit = None if plan is None else depth(plan, series.interval)
    if limit is not None and limit.days is not None:
        wanted = min(wanted, timedelta(days=limit.days))
    return wanted
