"""What decisions saw, kept from frame to frame: the same as found anew, and found once only."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import random_candles, random_orders, settings_with, utc
from vectra_freqtrade.history.orders import orders_known_at
from vectra_freqtrade.signals import momentary
from vectra_freqtrade.signals.assemble import PairData, add_columns
from vectra_freqtrade.signals.momentary import MomentMemo, Moments

START = utc("2025-01-01")
TIMEFRAME_MS = 300_000
CANDLES, FRAME = 700, 400
SETTINGS = settings_with(datasets=("large_orders",), levels_source="heatmap")

Data = tuple[pd.DataFrame, pd.DataFrame]


def random_snapshots(seed: int) -> pd.DataFrame:
    """One each 15 minutes, some missing, some without levels."""
    chance = np.random.default_rng([seed, 17])
    frames = []
    for minute in range(7, CANDLES * 5, 15):
        if chance.random() < 0.1:
            continue
        count = int(chance.integers(0, 12))
        price = 100 * np.exp(chance.normal(0, 0.04, max(count, 1)))
        usd = chance.exponential(1e6, max(count, 1))
        levels = pd.DataFrame({"price": price if count else [np.nan], "usd": usd})
        frames.append(levels.assign(available_at=START + pd.Timedelta(minute, "min")))
    return pd.concat(frames, ignore_index=True)


class World:
    """What a bot knows after each of its candles."""

    def __init__(self, seed: int) -> None:
        self.candles = random_candles(START, CANDLES, TIMEFRAME_MS, seed)
        self.orders = random_orders(START, 3, 60, seed)
        self.snapshots = random_snapshots(seed)

    def at(self, count: int) -> tuple[pd.DataFrame, Data]:
        frame = self.candles.iloc[max(0, count - FRAME) : count].reset_index(drop=True)
        as_of = frame["date"].iloc[-1] + pd.Timedelta(TIMEFRAME_MS, "ms")
        since = frame["date"].iloc[0] - pd.Timedelta(45, "min")
        seen = self.snapshots[self.snapshots["available_at"].between(since, as_of)]
        return frame, (orders_known_at(self.orders, as_of), seen)


def columns(frame: pd.DataFrame, data: Data, memo: MomentMemo | None) -> pd.DataFrame:
    known = PairData({}, {}, "BTC", *data)
    return add_columns(frame, TIMEFRAME_MS, known, SETTINGS, ("1h",), {}, memo)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many decisions were looked at, each time."""
    counts: list[int] = []
    real = momentary._found

    def noting(now: Moments, settings: Any) -> Any:
        counts.append(len(now.decisions))
        return real(now, settings)

    monkeypatch.setattr(momentary, "_found", noting)
    return counts


def test_candle_by_candle_they_are_those_found_anew(looked_at: list[int]) -> None:
    world, memo = World(1), MomentMemo()
    counts, there = [], 0
    for count in (*range(350, 410), *range(410, CANDLES, 29)):
        frame, data = world.at(count)
        looked_at.clear()
        kept = columns(frame, data, memo)
        counts.append(looked_at[0] if looked_at else 0)
        anew = columns(frame, data, None)
        pd.testing.assert_frame_equal(kept, anew, check_exact=True)
        there += int(kept[["cg_whale_flow", "cg_liq_above_price"]].iloc[-1].notna().sum())
    assert counts == [350, *[1] * 60, *[29] * (len(counts) - 61)]
    assert there > len(counts)


def test_the_same_frame_again_is_looked_at_no_more(looked_at: list[int]) -> None:
    world, memo = World(4), MomentMemo()
    first = columns(*world.at(500), memo)
    looked_at.clear()
    pd.testing.assert_frame_equal(columns(*world.at(500), memo), first, check_exact=True)
    assert looked_at == []


def _orders(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[..., Any]:
    return lambda frame, data: (frame, (change(data[0]), data[1]))


def _snapshots(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[..., Any]:
    return lambda frame, data: (frame, (data[0], change(data[1])))


def _set(frame: pd.DataFrame, row: int, name: str, value: Any) -> pd.DataFrame:
    frame = frame.copy()
    frame.loc[frame.index[row], name] = value
    return frame


def _with_older_order(orders: pd.DataFrame) -> pd.DataFrame:
    older = orders.iloc[[50]].assign(executed_usd=5e6)
    return pd.concat([orders.iloc[:50], older, orders.iloc[50:]], ignore_index=True)


CHANGES: dict[str, Callable[..., Any]] = {
    "a close is corrected": lambda frame, data: (_set(frame, 200, "close", 90.0), data),
    "a candle is gone": lambda frame, data: (frame.drop(index=150).reset_index(drop=True), data),
    "the frame begins earlier": lambda frame, data: (World(5).candles.iloc[20:500], data),
    "an order more in the past": _orders(_with_older_order),
    "an order fewer": _orders(lambda orders: orders.drop(index=60)),
    "an order's size": _orders(lambda orders: _set(orders, 70, "start_usd", 1.0)),
    "an order's price": _orders(lambda orders: _set(orders, 70, "price", 100.0)),
    "an order's side": _orders(lambda orders: orders.assign(side=-orders["side"])),
    "what was executed": _orders(
        lambda orders: orders.assign(executed_usd=orders["executed_usd"] * 2)
    ),
    "an end": _orders(lambda orders: orders.assign(end=orders["end"] - pd.Timedelta(40, "min"))),
    "no orders": lambda frame, data: (frame, (data[0].iloc[:0], data[1])),
    "a level's price": _snapshots(lambda shown: _set(shown, 300, "price", 101.0)),
    "a level's strength": _snapshots(lambda shown: _set(shown, 300, "usd", 1e9)),
    "a snapshot fewer": _snapshots(
        lambda shown: shown[shown["available_at"] != shown["available_at"].iloc[300]]
    ),
    "no snapshots": _snapshots(lambda shown: shown.iloc[:0]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_in_the_past_counts(change: Callable[..., Any]) -> None:
    world, memo = World(5), MomentMemo()
    before = columns(*world.at(500), memo)
    frame, data = change(*world.at(500))
    changed = columns(frame, data, memo)
    pd.testing.assert_frame_equal(changed, columns(frame, data, None), check_exact=True)
    names = [name for name in changed if name.startswith("cg_")]
    assert len(changed) != len(before) or not changed[names].equals(before[names])


def test_candles_in_any_order_are_each_their_own() -> None:
    world, memo = World(6), MomentMemo()
    frame, data = world.at(500)
    columns(*world.at(499), memo)
    mixed = frame.sample(frac=1.0, random_state=6)
    pd.testing.assert_frame_equal(
        columns(mixed, data, memo), columns(mixed, data, None), check_exact=True
    )
