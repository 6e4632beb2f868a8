"""How much native history a live feed keeps in memory. Pure."""

from datetime import timedelta

from vectra_freqtrade.coinglass.limits import Plan, depth
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.spans import warm_up
from vectra_freqtrade.release import Release
from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.signals.divergence import SIGMA_ROWS

#: Candles that freqtrade asks an exchange for at once, at most, beside the startup candles.
_CANDLES = 1500
#: Rows more than any feature looks back on.
_SPARE = 10


def frame_reach(timeframe_ms: int, startup_candles: int) -> timedelta:
    """
    :param timeframe_ms: of the strategy
    :param startup_candles: its startup_candle_count
    :return: how far the bot's candles reach back
    """
    return timedelta(milliseconds=timeframe_ms) * (_CANDLES + startup_candles)


def rows_reach(
    series: Series, candles: timedelta, settings: CoinglassSettings, plan: Plan | None
) -> timedelta:
    """
    :param series: which
    :param candles: of `frame_reach`
    :param settings: lookback and settle
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
