"""
Columns that belong to a decision rather than to a row: large orders, pictures of levels, and what
follows from the pair itself. Nothing is joined here; each value is made for its candle.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vectra_freqtrade.columns import LevelSource
from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.signals import large_orders, level_pictures
from vectra_freqtrade.signals.align import decision_times
from vectra_freqtrade.signals.moment_memo import MomentMemo, Moments
from vectra_freqtrade.signals.native import FloatArray, words

MINUTE_NS = 60_000_000_000
#: Of large orders, among what is found; it is no column.
_AGE = "age"


def momentary_columns(
    dataframe: pd.DataFrame,
    timeframe_ms: int,
    settings: CoinglassSettings,
    coin: str,
    orders: pd.DataFrame | None,
    pictures: pd.DataFrame | None,
    joined: Mapping[str, object],
    memo: MomentMemo | None = None,
) -> tuple[dict[str, object], dict[str, FloatArray]]:
    """
    :param dataframe: freqtrade's candles: date, close
    :param timeframe_ms: their length
    :param settings: datasets, levels_source and its rule
    :param coin: CoinGlass's coin of the pair
    :param orders: large orders, None where there are none
    :param pictures: levels of the heatmap or the map, None where there are none
    :param joined: columns made so far; holds the estimated levels, where they are the source
    :param memo: of this pair and these settings, where its frame was seen before
    :return: columns, one value per candle; and per dataset its age / max_age
    """
    decisions = decision_times(dataframe["date"], timeframe_ms)
    orders = orders if "large_orders" in settings.datasets else None
    pictures = pictures if settings.levels_source != "estimate" else None
    values: dict[str, object] = {}
    ages: dict[str, FloatArray] = {}
    if orders is not None or pictures is not None:
        order = np.argsort(decisions, kind="stable")
        close = dataframe["close"].to_numpy()[order]
        max_age = settings.max_age_intervals * settings.snapshot_every * MINUTE_NS
        now = Moments(decisions[order], close, orders, pictures, max_age)
        found = (memo or MomentMemo()).found(now, lambda moments: _found(moments, settings))
        back = np.argsort(order, kind="stable")
        values = {f"cg_{name}": column[back] for name, column in found.items() if name != _AGE}
        if orders is not None:
            ages["large_orders"] = found[_AGE][back]
    missing = np.full(len(dataframe), np.nan)
    prices = [
        (values.get(name, joined.get(name, missing)))
        for name in ("cg_liq_above_price", "cg_liq_below_price")
    ]
    levels = np.isfinite(np.stack([np.asarray(price) for price in prices])).any(axis=0)
    sources = (LevelSource.NONE, LevelSource(settings.levels_source))
    values["cg_liq_source"] = words(sources, levels.astype(np.int8))
    if "bitcoin_dominance" in settings.datasets:
        values["cg_dominance_is_btc"] = np.full(len(dataframe), coin == "BTC")
    return values, ages


def _found(now: Moments, settings: CoinglassSettings) -> dict[str, FloatArray]:
    found: dict[str, FloatArray] = {}
    if now.orders is not None:
        aged = large_orders.age(now.orders, now.decisions)
        found |= large_orders.features(now.orders, now.decisions, now.close, aged)
        found[_AGE] = aged
    if now.pictures is not None:
        found |= level_pictures.features(
            now.pictures,
            now.decisions,
            now.close,
            max_age_ns=now.max_age_ns,
            rule=settings.levels,
        )
    return found
