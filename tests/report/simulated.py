"""Simulated rows with a known effect: what a study of them must find."""

import numpy as np
import pandas as pd

from vectra_freqtrade.report.evidence.prepared import PairRows
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals import divergence

HOUR = pd.Timedelta(hours=1)
START = pd.Timestamp("2025-01-01", tz="UTC")
OI_BAND, PRICE_BAND = 0.005, 0.003  # the defaults at 1h
SETTINGS = CoinglassSettings().override(datasets=["open_interest"], intervals=["1h"])


def planted(seed: int, hours: int, effect: float, coins: int = 2) -> dict[str, PairRows]:
    """
    Coins that move together, in quiet and wild spells, with open interest that follows price.

    :param seed: of everything
    :param hours: candles
    :param effect: added to the move of the first candle that can be traded after a CONFIRM_BULL row
    :param coins: how many
    """
    rng = np.random.default_rng(seed)
    wild = np.repeat(np.exp(rng.normal(0, 0.5, hours // 24 + 1)), 24)[:hours]
    common = rng.standard_t(4, hours)
    return {f"C{coin}/USDT:USDT": _coin(rng, wild, common, effect) for coin in range(coins)}


def _coin(
    rng: np.random.Generator, wild: np.ndarray, common: np.ndarray, effect: float
) -> PairRows:
    hours = len(wild)
    moves = 0.004 * wild * (0.7 * common + 0.5 * rng.standard_t(4, hours))
    flow = 0.3 * moves + 0.006 * wild * rng.standard_t(4, hours)
    # The effect on one candle may make the next row CONFIRM_BULL: hour by hour.
    for hour in np.flatnonzero(flow[:-1] > OI_BAND):
        if moves[hour] > PRICE_BAND:
            moves[hour + 1] += effect
    nothing = np.zeros(hours, dtype=bool)
    codes = divergence.state_codes(flow, moves, nothing, OI_BAND, PRICE_BAND)
    long, short = divergence.state_multipliers(codes, SETTINGS.modifiers)
    dates = pd.date_range(START, periods=hours, freq="h")
    price = 100 * np.cumprod(1 + moves)
    rows = pd.DataFrame(
        {
            "decision": dates + HOUR,  # known when its candle closes, bought at the next open
            "cg_state_1h": divergence.state_names(codes),
            "cg_oi_change_1h": flow,
            "cg_price_change_1h": moves,
            "cg_oi_jump_1h": nothing,
            "cg_mod_oi_long": long,
            "cg_mod_oi_short": short,
            "cg_confidence_long": long,
            "cg_confidence_short": short,
        }
    )
    opens = np.concatenate([[100.0], price[:-1]])
    return PairRows(rows.iloc[:-1], pd.DataFrame({"date": dates, "open": opens}))
