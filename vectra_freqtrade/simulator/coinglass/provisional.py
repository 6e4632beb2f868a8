"""How far the values of a row that has just closed are off until the next row has closed.

Sizes as measured on real captures (a first value against the last one ever sent). A deviation
depends on the seed, the series, the row and the quarter of the time until it is final, on nothing
else: an old moment asked about again gives the same answer.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from vectra_freqtrade.simulator.market.regimes import stream

QUARTERS = 4
SIDES = 2


@dataclass(frozen=True)
class Size:
    """
    :param chance: share of the rows that are off at all
    :param common: standard deviation of what both sides are off by together, relative
    :param own: standard deviation of what each side is off by on its own
    """

    chance: float
    common: float
    own: float = 0.0


EXACT = Size(0.0, 0.0)
BOOK_AGGREGATED = Size(1.0, 0.17, 0.055)
BOOK_PAIR = Size(0.985, 0.1, 0.035)
RATIO_GLOBAL = Size(0.2, 0.057)
RATIO_TOP_ACCOUNT = Size(0.14, 0.08)
RATIO_TOP_POSITION = Size(0.13, 0.03)
FUNDING = Size(0.11, 0.06)
FUNDING_BY_VOLUME = Size(0.2, 0.17)
INTEREST_USD = Size(0.2, 0.012)
INTEREST_COINS = Size(0.68, 0.008)
TAKER = Size(0.9, 0.006, 0.002)
LIQUIDATION = Size(0.45, 0.02, 0.01)
PRICE = Size(0.48, 0.0001)
VOLUME = Size(0.93, 0.0017)
BASIS = Size(0.96, 0.8)


def deviations(
    seed: int, series: str, size: Size, opened: int, passed: float
) -> tuple[float, float]:
    """
    :param series: its name, interval and units included
    :param opened: the row's opening, seconds UTC
    :param passed: share of the time until the value is final, 0 to 1
    :return: what two values of the row are multiplied by; values of one kind take the first
    """
    off, common, own = _draws(seed, series, opened)
    if off >= size.chance:
        return 1.0, 1.0
    angle = math.pi / 2 * min(int(passed * QUARTERS), QUARTERS - 1) / QUARTERS
    turn = (math.cos(angle), math.sin(angle))  # from one draw to another, as wide all the way
    together = size.common * _mixed(common, turn)
    first, second = (math.exp(together + size.own * _mixed(each, turn)) for each in own)
    return first, second


def _mixed(draws: tuple[float, float], turn: tuple[float, float]) -> float:
    return draws[0] * turn[0] + draws[1] * turn[1]


Draws = tuple[float, tuple[float, float], tuple[tuple[float, float], tuple[float, float]]]


@lru_cache(maxsize=8192)
def _draws(seed: int, series: str, opened: int) -> Draws:
    rng = stream(seed, series, 9, opened)
    a, b, c, d, e, f = (float(each) for each in rng.standard_normal(2 + 2 * SIDES))
    return float(rng.random()), (a, b), ((c, d), (e, f))
