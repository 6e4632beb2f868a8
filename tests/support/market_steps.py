"""The simulated market as a dataframe, its hidden regime included."""

import numpy as np
import pandas as pd

from vectra_freqtrade.simulator.market.coin_block import STEP_COLUMNS
from vectra_freqtrade.simulator.market.market import SimulatedMarket
from vectra_freqtrade.simulator.market.regimes import STEP


def market_steps(market: SimulatedMarket, coin: str, begin: float, end: float) -> pd.DataFrame:
    """
    :param begin: seconds UTC
    :param end: seconds UTC
    :return: 5m steps that open in [begin, end)
    """
    first = max(-(-int(begin - market.start) // STEP), 0)
    last = max(-(-int(end - market.start) // STEP), first)
    times = market.start + STEP * np.arange(first, last)
    frame = pd.DataFrame({"date": pd.to_datetime(times, unit="s", utc=True)})
    for name in STEP_COLUMNS:
        frame[name] = market.column(coin, name, first, last)
    return frame
