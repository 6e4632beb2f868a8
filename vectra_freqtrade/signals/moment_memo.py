"""
What decisions saw of large orders and pictures, kept from one frame of a live bot to the next.

A candle more is one decision more; what was found for the others stays as it is as long as their
price and all that could be seen by then stay. Nothing is taken on trust: both are compared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vectra_freqtrade.signals import large_orders
from vectra_freqtrade.signals.align import Int64, epoch_ns
from vectra_freqtrade.signals.native import FloatArray

Found = Mapping[str, FloatArray]


@dataclass(frozen=True, slots=True)
class Moments:
    """
    :param decisions: nanoseconds, never going back
    :param close: the price at each decision
    :param orders: as `large_orders.features` takes them, None where there are none
    :param pictures: as `level_pictures.features` takes them, None where there are none
    :param max_age_ns: oldest picture that is still used
    """

    decisions: Int64
    close: FloatArray
    orders: pd.DataFrame | None
    pictures: pd.DataFrame | None
    max_age_ns: int

    def since(self, row: int) -> "Moments":
        """
        :param row: of the first decision that is wanted
        """
        pictures, decisions = self.pictures, self.decisions[row:]
        if pictures is not None and len(decisions):
            taken = epoch_ns(pictures["available_at"])
            oldest = int(decisions[0]) - self.max_age_ns
            pictures = pictures.iloc[int(np.searchsorted(taken, oldest)) :]
        return Moments(decisions, self.close[row:], self.orders, pictures, self.max_age_ns)

    def seen(self, first: int, last: int) -> list[NDArray[Any]]:
        """
        :param first: a decision
        :param last: a decision
        :return: all that decides what decisions from the first to the last one find
        """
        seen: list[NDArray[Any]] = []
        if self.orders is not None:
            seen += large_orders.seen(self.orders, first, last)
        if self.pictures is not None:
            taken = epoch_ns(self.pictures["available_at"])
            begin = int(np.searchsorted(taken, first - self.max_age_ns))
            end = int(np.searchsorted(taken, last, side="right"))
            levels = (self.pictures[name].to_numpy() for name in ("price", "usd"))
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
