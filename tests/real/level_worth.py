"""
What the estimated liquidation levels are worth on real data, against levels that are not.

    python -m tests.real.level_worth --shared ../shared

For every fourth hour and side with a level: does the price reach it within 72 hours, and having
reached it, does it turn there: come back by half an ATR before it goes half an ATR beyond, within
24 hours? Each level is held against others at exactly the same relative distance on the same
side, at random hours of the same tenth of volatility. The interval is a bootstrap over weeks, in
which level and matches stay together.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tests.real.build import COINS, hourly_candles
from tests.real.modifiers import hourly_columns

REACH_HOURS, TURN_HOURS = 72, 24
EVERY, MATCHES = 4, 20
BARRIER_ATR = 0.5
DRAWS = 2000

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Candles:
    """Hourly candles: high, low, close, and the mean true range of the 24 before each close."""

    high: Array
    low: Array
    close: Array
    atr: Array


def path_of(candles: pd.DataFrame) -> Candles:
    """
    :param candles: high, low, close, one row an hour
    """
    before = candles["close"].shift()
    ranges = np.fmax(candles["high"], before) - np.fmin(candles["low"], before)
    atr = ranges.rolling(24).mean().to_numpy()
    return Candles(*(candles[name].to_numpy() for name in ("high", "low", "close")), atr)


def fate(path: Candles, row: int, level: float, up: int) -> tuple[float, float]:
    """
    :param path: candles
    :param row: the level was known at this candle's close
    :param level: price
    :param up: 1 for a level above, -1 below
    :return: whether it was reached, and whether the price turned there (NaN where it can't be told)
    """
    toward = path.high if up > 0 else path.low
    ahead = up * (toward[row + 1 : row + 1 + REACH_HOURS] - level) >= 0
    if not ahead.any():
        return 0.0, np.nan
    touched = row + 1 + int(ahead.argmax())
    barrier = BARRIER_ATR * path.atr[row]
    later = slice(touched + 1, touched + 1 + TURN_HOURS)
    away = path.low[later] if up > 0 else path.high[later]
    back = up * (level - away) >= barrier
    beyond = up * (toward[later] - level) >= barrier
    decided = back | beyond
    # In the candle of the touch only going beyond can be told from a range.
    if up * (toward[touched] - level) >= barrier:
        return 1.0, 0.0
    if not decided.any():
        return 1.0, np.nan
    first = int(decided.argmax())
    return 1.0, 0.5 if back[first] and beyond[first] else float(back[first])


def observations(candles: pd.DataFrame, columns: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """
    :param candles: high, low, close, one row an hour
    :param columns: cg_liq_above_price and cg_liq_below_price of the same rows
    :param seed: of the matches
    :return: week, and reached and turned of each level and of its matches
    """
    path, chance = path_of(candles), np.random.default_rng(seed)
    last = len(candles) - REACH_HOURS - TURN_HOURS - 1
    volatility = pd.qcut(path.atr / path.close, 10, labels=False)
    usable = [
        np.flatnonzero((volatility == tenth) & (np.arange(len(candles)) < last))
        for tenth in range(10)
    ]
    found = []
    for up, word in ((1, "above"), (-1, "below")):
        prices = columns[f"cg_liq_{word}_price"].to_numpy()
        for row in range(24, last, EVERY):
            if not (prices[row] > 0 and path.close[row] > 0):
                continue
            ratio = prices[row] / path.close[row]
            reached, turned = fate(path, row, prices[row], up)
            others = chance.choice(usable[int(volatility[row])], MATCHES)
            matched = np.array(
                [fate(path, other, ratio * path.close[other], up) for other in others]
            )
            found.append(
                {
                    "week": row // 168,
                    "reached": reached,
                    "turned": turned,
                    "match reached": matched[:, 0].mean(),
                    "match turned sum": np.nansum(matched[:, 1]),
                    "match turned count": (~np.isnan(matched[:, 1])).sum(),
                }
            )
    return pd.DataFrame(found)


def worth(seen: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """
    :param seen: from `observations`
    :param seed: of the bootstrap
    :return: share of levels and of matches reached and turned at, difference, its 95 % interval
    """
    chance = np.random.default_rng(seed)
    weekly = seen.assign(
        count=1,
        told=seen["turned"].notna().astype(int),
        turned=seen["turned"].fillna(0.0),
    )
    sums = weekly.groupby("week").sum().to_numpy()
    names = [name for name in weekly if name != "week"]
    place = {name: names.index(name) for name in names}

    def figures(totals: Array) -> Array:
        reached = totals[place["reached"]] / totals[place["count"]]
        match = totals[place["match reached"]] / totals[place["count"]]
        turned = totals[place["turned"]] / totals[place["told"]]
        other = totals[place["match turned sum"]] / totals[place["match turned count"]]
        return np.array([reached, match, reached - match, turned, other, turned - other])

    whole = figures(sums.sum(axis=0))
    draws = np.array(
        [figures(sums[chance.integers(0, len(sums), len(sums))].sum(axis=0)) for _ in range(DRAWS)]
    )
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    rows = {
        name: {
            "levels": whole[start],
            "matches": whole[start + 1],
            "difference": whole[start + 2],
            "low": low[start + 2],
            "high": high[start + 2],
        }
        for name, start in (("reached", 0), ("turned, once reached", 3))
    }
    return pd.DataFrame(rows).T


def level_worth(shared: Path, coin: str) -> pd.DataFrame:
    """
    :param shared: folder with data/
    :param coin: BTC or ETH
    :return: as `worth`
    """
    candles = hourly_candles(shared, coin)
    columns = hourly_columns(shared, coin)
    columns.index = pd.Index(columns["date"].dt.floor("1h") - pd.Timedelta("1h"))
    aligned = columns.reindex(candles["date"])
    return worth(observations(candles, aligned))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--shared", type=Path, required=True, help="folder that holds data/")
    shared = parser.parse_args().shared
    for coin in COINS:
        print(f"\n{coin}\n{level_worth(shared, coin).round(4)}")


if __name__ == "__main__":
    main()
