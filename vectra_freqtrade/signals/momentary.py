"""
Columns that belong to a decision rather than to a row: large orders, snapshots of levels, and what
follows from the pair itself. Nothing is joined here; each value is made for its candle.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.catalogue.columns import LevelSource
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals import large_orders
from vectra_freqtrade.signals.align import Int64, decision_times, epoch_ns
from vectra_freqtrade.signals.levels import level_snapshots
from vectra_freqtrade.signals.native import FloatArray, words

Found = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Moments:
    """
    :param decisions: nanoseconds, never going back
    :param close: the price at each decision
    :param orders: as `large_orders.features` takes them, None where there are none
    :param snapshots: as `level_snapshots.features` takes them, None where there are none
    :param max_age_ns: oldest snapshot that is still used
    """

    decisions: Int64
    close: FloatArray
    orders: pd.DataFrame | None
    snapshots: pd.DataFrame | None
    max_age_ns: int

    def since(self, row: int) -> "Moments":
        """What decisions from this row on need."""
        snapshots, decisions = self.snapshots, self.decisions[row:]
        if snapshots is not None and len(decisions):
            taken = epoch_ns(snapshots["available_at"])
            oldest = int(decisions[0]) - self.max_age_ns
            snapshots = snapshots.iloc[int(np.searchsorted(taken, oldest)) :]
        return Moments(decisions, self.close[row:], self.orders, snapshots, self.max_age_ns)

    def seen(self, first: int, last: int) -> list[NDArray[Any]]:
        """All that decides what decisions from the first to the last one find."""
        seen: list[NDArray[Any]] = []
        if self.orders is not None:
            seen += large_orders.seen(self.orders, first, last)
        if self.snapshots is not None:
            taken = epoch_ns(self.snapshots["available_at"])
            begin = int(np.searchsorted(taken, first - self.max_age_ns))
            end = int(np.searchsorted(taken, last, side="right"))
            levels = (self.snapshots[name].to_numpy() for name in ("price", "usd"))
            seen += [values[begin:end] for values in (taken, *levels)]
        return seen


class MomentMemo:
    """The last frame of one pair, under the same settings."""

    def __init__(self) -> None:
        self._last: tuple[Moments, Found] | None = None

    def found(self, now: Moments, make: Callable[[Moments], Found]) -> Found:
        """
        :param now: the frame
        :param make: finds columns, one value per decision; each decision's by itself
        :return: as `make(now)`
        """
        known, count = self._known(now)
        rest = make(now.since(count)) if count < len(now.decisions) or not known else {}
        found = {
            name: np.concatenate([known[name], rest[name]]) if known and rest else values
            for name, values in (rest or known).items()
        }
        self._last = now, found
        return found

    def _known(self, now: Moments) -> tuple[Found, int]:
        """What is known of the first decisions already, and of how many."""
        if self._last is None or not len(now.decisions):
            return {}, 0
        before, found = self._last
        first = int(np.searchsorted(before.decisions, now.decisions[0]))
        count = min(len(before.decisions) - first, len(now.decisions))
        there, here = slice(first, first + count), slice(0, count)
        same = (before.decisions[there] == now.decisions[here]) & (
            before.close[there] == now.close[here]
        )
        count = count if same.all() else int(np.argmin(same))
        if not count:
            return {}, 0
        ends = int(now.decisions[0]), int(now.decisions[count - 1])
        left, right = before.seen(*ends), now.seen(*ends)
        if len(left) != len(right) or not all(map(_equal, left, right)):
            return {}, 0
        return {name: values[first : first + count] for name, values in found.items()}, count


def _equal(left: NDArray[Any], right: NDArray[Any]) -> bool:
    return np.array_equal(left, right, equal_nan=left.dtype.kind == "f")


MINUTE_NS = 60_000_000_000
#: Of large orders, among what is found; it is no column.
_AGE = "age"


def decision_columns(
    dataframe: pd.DataFrame,
    timeframe_ms: int,
    settings: CoinglassSettings,
    coin: str,
    orders: pd.DataFrame | None,
    snapshots: pd.DataFrame | None,
    joined: Mapping[str, object],
    memo: MomentMemo | None = None,
) -> tuple[dict[str, object], dict[str, FloatArray]]:
    """
    :param dataframe: freqtrade's candles: date, close
    :param timeframe_ms: their length
    :param settings: datasets, levels_source and its rule
    :param coin: CoinGlass's coin of the pair
    :param orders: large orders, None where there are none
    :param snapshots: levels of the heatmap or the map, None where there are none
    :param joined: columns made so far; holds the estimated levels, where they are the source
    :param memo: of this pair and these settings, where its frame was seen before
    :return: columns, one value per candle; and per dataset its age / max_age
    """
    decisions = decision_times(dataframe["date"], timeframe_ms)
    orders = orders if "large_orders" in settings.datasets else None
    snapshots = snapshots if settings.levels_source != "estimate" else None
    values: dict[str, object] = {}
    ages: dict[str, FloatArray] = {}
    if orders is not None or snapshots is not None:
        order = np.argsort(decisions, kind="stable")
        close = dataframe["close"].to_numpy()[order]
        max_age = settings.max_age_intervals * settings.snapshot_every * MINUTE_NS
        now = Moments(decisions[order], close, orders, snapshots, max_age)
        found = (memo or MomentMemo()).found(now, lambda moments: _found(moments, settings))
        back = np.argsort(order, kind="stable")
        values = {f"cg_{name}": column[back] for name, column in found.items() if name != _AGE}
        if orders is not None:
            ages["large_orders"] = found[_AGE][back]
    missing = np.full(len(dataframe), np.nan)
    names = ("cg_liq_above_price", "cg_liq_below_price")
    prices = [np.asarray(values.get(name, joined.get(name, missing))) for name in names]
    levels = np.isfinite(np.stack(prices)).any(axis=0)
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
    if now.snapshots is not None:
        found |= level_snapshots.features(
            now.snapshots,
            now.decisions,
            now.close,
            max_age_ns=now.max_age_ns,
            rule=settings.levels,
        )
    return found
