"""
The estimate of liquidation levels, written down naively: one dictionary of levels per side, begun
anew for every block of ten days at the start of the block before.
"""

import math
from dataclasses import dataclass, field

import pandas as pd

GRID = 0.001
LEVERAGES = ((10, 0.4), (25, 0.3), (50, 0.2), (100, 0.1))
WEEK = pd.Timedelta(days=7)
BLOCK = pd.Timedelta(days=10)
EPOCH = pd.Timestamp(0, tz="UTC")


@dataclass
class Book:
    """
    :param longs: price bin -> coins
    :param shorts: price bin -> coins
    """

    longs: dict[int, float] = field(default_factory=dict)
    shorts: dict[int, float] = field(default_factory=dict)


def middle(level: int) -> float:
    """:return: the price in the middle of a bin"""
    return math.exp(level * GRID)


def nearest_bin(price: float, *, up: bool) -> int:
    """
    :param price: of a level
    :param up: a price halfway between two bins belongs to the upper one
    :return: the bin it is rounded to
    """
    place = math.log(price) / GRID
    return math.floor(place + 0.5) if up else math.ceil(place - 0.5)


def in_blocks(rows: pd.DataFrame, candles: pd.DataFrame, length: pd.Timedelta) -> list[dict]:
    """As `levels`, of the rows that have their full look back."""
    rows = rows[rows["oi"] > 0]
    number = (rows["time"] - EPOCH) // BLOCK
    told = []
    for block, inside in rows.groupby(number):
        start = EPOCH + (block - 1) * BLOCK
        if max(rows["time"].iloc[0], candles["date"].iloc[0]) > start:
            continue
        seen = rows[(rows["time"] >= start) & (number <= block)]
        folded = levels(seen, candles[candles["date"] >= start], length)
        told += folded[len(seen) - len(inside) :]
    return told


def levels(rows: pd.DataFrame, candles: pd.DataFrame, length: pd.Timedelta) -> list[dict]:
    """
    :param rows: time, oi
    :param candles: date, high, low, close
    :param length: the interval
    :return: one dictionary a row: its time, longs and shorts (coins that rest), above and below
        (price and USD of the nearest cluster, None where there is none)
    """
    rows = rows[rows["oi"] > 0]
    by_date = {candle.date: candle for candle in candles.itertuples()}
    book, results, before = Book(), [], None
    for row in rows.itertuples():
        if before is not None:
            fade = 0.5 ** ((row.time - before.time) / WEEK)
            for side in (book.longs, book.shorts):
                for level in side:
                    side[level] *= fade
        since = before.time if before is not None else None
        passed = [
            candle
            for date, candle in by_date.items()
            if date <= row.time and (since is None or date > since)
        ]
        gone_longs = gone_shorts = 0.0
        for level in list(book.longs):
            if any(middle(level) >= candle.low for candle in passed):
                gone_longs += book.longs.pop(level)
        for level in list(book.shorts):
            if any(middle(level) <= candle.high for candle in passed):
                gone_shorts += book.shorts.pop(level)
        own = by_date.get(row.time)
        if before is not None:
            _open_and_close(book, row, before, own, length, (gone_longs, gone_shorts))
        results.append(
            {
                "time": row.time,
                "longs": sum(book.longs.values()),
                "shorts": sum(book.shorts.values()),
                "below": cluster(book.longs, own.close, -1) if own else None,
                "above": cluster(book.shorts, own.close, 1) if own else None,
            }
        )
        before = row
    return results


def _open_and_close(book, row, before, own, length, gone) -> None:
    difference = row.oi - before.oi
    if difference > 0:
        if own is None or row.time - before.time != length:
            return
        calm = (own.high - own.low) / own.close < 0.02
        if calm and difference / before.oi > 0.15:
            return
        typical = (own.high + own.low + own.close) / 3
        for leverage, weight in LEVERAGES:
            room = 1 / leverage - 0.005
            long = nearest_bin(typical * (1 - room), up=True)
            short = nearest_bin(typical * (1 + room), up=False)
            book.longs[long] = book.longs.get(long, 0.0) + difference * weight
            book.shorts[short] = book.shorts.get(short, 0.0) + difference * weight
        return
    for side, liquidated in zip((book.longs, book.shorts), gone, strict=True):
        closed = max(0.0, -difference - liquidated)
        rests = sum(side.values())
        if closed >= rests:
            side.clear()
        else:
            for level in side:
                side[level] *= 1 - closed / rests


def cluster(held: dict[int, float], close: float, sign: int) -> tuple[float, float] | None:
    """
    :param held: bin -> coins
    :param close: price that the cluster is looked for around
    :param sign: 1 above it, -1 below
    :return: price of the nearest cluster and its coins × close
    """
    near = {
        level: coins
        for level, coins in held.items()
        if 0 < sign * (middle(level) - close) <= 0.10 * close and coins > 0
    }
    if not near:
        return None
    strongest = max(near.values())
    kept = sorted((level for level in near if near[level] >= 0.6 * strongest), reverse=sign < 0)
    clusters: list[list[int]] = []
    for level in kept:
        if clusters and abs(level - clusters[-1][-1]) * GRID <= 0.0025 + 1e-12:
            clusters[-1].append(level)
        else:
            clusters.append([level])
    for group in clusters:
        coins = sum(near[level] for level in group)
        price = sum(near[level] * middle(level) for level in group) / coins
        if sign * (price - close) >= 0.003 * close:
            return price, coins * close
    return None
