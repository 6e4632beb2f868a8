"""
Open interest shuffled in blocks: what the states would show if it had nothing to do with price.

Prices and returns stay as they are; blocks of open interest changes change places, the same ones
for all coins. What a state then still shows is price alone.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vectra_freqtrade.catalogue.columns import STATE_CODES, MarketState
from vectra_freqtrade.report.evidence.bootstrap import FloatArray, IntArray
from vectra_freqtrade.report.evidence.prepared import OUT, Prepared
from vectra_freqtrade.signals.divergence import state_codes

SHUFFLES = 500
STATES = tuple(
    state for state in STATE_CODES if state not in (MarketState.UNKNOWN, MarketState.NEUTRAL)
)


def shuffled_states(
    prepared: Prepared, sample: str = OUT, shuffles: int = SHUFFLES
) -> pd.DataFrame:
    """
    :param prepared: rows, returns, blocks
    :param sample: which part of the time
    :param shuffles: how many
    :return: a line per state and horizon: excess over the base as observed, its mean and middle
        95 % under shuffling, and p, the share of shuffles at least as far from that mean; empty
        where there is no open interest
    """
    interval = prepared.intervals[0]
    if any(f"cg_oi_change_{interval}" not in frame for frame in prepared.frames.values()):
        return pd.DataFrame()
    rng = np.random.default_rng(prepared.seed)
    observed = _excess(prepared, interval, sample, {})
    drawn = []
    for _ in range(shuffles):
        place = rng.permutation(prepared.block_count)
        moved = {
            pair: np.argsort(place[blocks], kind="stable")
            for pair, blocks in prepared.block.items()
        }
        drawn.append(_excess(prepared, interval, sample, moved))
    found = np.array(drawn)
    mean = found.mean(axis=0)
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    farther = (np.abs(found - mean) >= np.abs(observed - mean)).sum(axis=0)
    p = (1 + farther) / (1 + shuffles)
    return pd.DataFrame(
        {
            "state": str(state),
            "horizon": horizon,
            "observed": observed[s, h],
            "shuffled": mean[s, h],
            "low": low[s, h],
            "high": high[s, h],
            "p": p[s, h],
        }
        for s, state in enumerate(STATES)
        for h, horizon in enumerate(prepared.horizons)
    )


def _excess(
    prepared: Prepared, interval: str, sample: str, moved: Mapping[str, IntArray]
) -> FloatArray:
    """States × horizons: mean return in the state less the coin's mean."""
    shape = (len(STATES), len(prepared.horizons))
    sums, counts = np.zeros(shape), np.zeros(shape)
    for pair, frame in prepared.frames.items():
        order = moved.get(pair, slice(None))
        oi_band, price_band = prepared.bands(pair, interval)
        codes = state_codes(
            frame[f"cg_oi_change_{interval}"].to_numpy()[order],
            frame[f"cg_price_change_{interval}"].to_numpy(),
            frame[f"cg_oi_jump_{interval}"].to_numpy()[order],
            oi_band[order] if isinstance(oi_band, np.ndarray) else oi_band,
            price_band,
        )
        returns = prepared.returns[pair, sample]
        held = ~np.isnan(returns)
        base = np.nansum(returns, axis=0) / np.maximum(held.sum(axis=0), 1)
        surplus = returns - base
        inside = np.stack([codes == STATE_CODES[state] for state in STATES]).astype(np.float64)
        sums += inside @ np.where(held, surplus, 0.0)
        counts += inside @ held
    return np.divide(sums, counts, out=np.zeros(shape), where=counts > 0)
