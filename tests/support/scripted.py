"""A market whose price a test writes while a bot trades on it."""

import threading

import numpy as np
from numpy.typing import NDArray

from vectra_freqtrade.simulator.market.coin_block import Minutes
from vectra_freqtrade.simulator.market.market import SimulatedMarket

PRICES = ("open", "high", "low", "close")


class ScriptedMarket(SimulatedMarket):
    """
    Quiet around a price, each minute with the same range; from a minute on, around another.

    :param start: seconds UTC
    :param price: of every coin
    :param half_range: of a quiet minute, above and below
    """

    def __init__(self, coins: list[str], start: float, price: float, half_range: float) -> None:
        super().__init__(coins, start=start)
        self._steps = [(0, price, half_range)]
        self._writing = threading.Lock()

    def move(self, after: float, price: float, half_range: float) -> None:
        """
        :param after: seconds UTC; the price moves in the next minute but one, so that no candle
            that anybody has seen is changed
        :param price: where it goes
        :param half_range: of the minutes from then on
        """
        minute = int(after - self.start) // 60 + 2
        with self._writing:
            self._steps.append((minute, price, half_range))

    def minute_columns(self, coin: str, begin: int, end: int) -> Minutes:
        minutes = np.arange(begin, max(end, begin + 1))
        with self._writing:
            first, price, half = np.array(self._steps, dtype=np.float64).T
        place = np.searchsorted(first, minutes, side="right") - 1
        before = np.searchsorted(first, minutes - 1, side="right").clip(1) - 1
        opened, closed = price[before], price[place]
        return Minutes(
            opened,
            np.maximum(opened, closed + half[place]),
            np.minimum(opened, closed - half[place]),
            closed,
            np.full(len(minutes), 1000),
        )

    def column(self, coin: str, name: str, begin: int, end: int) -> NDArray[np.float64]:
        if name not in PRICES or end <= begin:
            return super().column(coin, name, begin, end)
        grid = getattr(self.minute_columns(coin, 5 * begin, 5 * end), name).reshape(-1, 5)
        pick = {"open": grid[:, 0], "high": grid.max(1), "low": grid.min(1), "close": grid[:, -1]}
        return pick[name]
