"""What a trade is given at its first fill, once and for good: stop, target and their unit."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, Self

from vectra_freqtrade.settings.trailing import TrailingSettings

#: Of the stored dictionaries. Another number is another layout, and is not read.
VERSION = 1

#: An ATR below this share of the price is a market without trades, and drowns in rounding.
SMALLEST_ATR = 1e-9

NAN = float("nan")


class Side(IntEnum):
    """
    Direction of a trade.

    A price times its side grows toward profit, whichever side it is, and multiplying by one or
    minus one never rounds. Everything in this package is therefore written once, for longs, on
    such signed prices.
    """

    LONG = 1
    SHORT = -1


@dataclass(frozen=True, slots=True)
class EntryPlan:
    """
    :param side: of the trade
    :param entry: price of the first fill
    :param atr: unit of every distance, in price; fixed for the life of the trade
    :param stop: initial stop, a price
    :param stop_adverse: the initial stop while funding is adverse, a price
    :param target: a price
    :param fees: of entry and exit together, as a fraction of the entry price
    :param opened: time of the first fill, milliseconds since 1970 UTC
    """

    side: Side
    entry: float
    atr: float
    stop: float
    stop_adverse: float
    target: float
    fees: float
    opened: int

    @property
    def cost(self) -> float:
        """Fees of entry and exit, in price."""
        return self.fees * self.entry

    @property
    def usable(self) -> bool:
        """Whether the numbers are a plan at all: finite, and stop < entry < target if long."""
        numbers = (self.entry, self.atr, self.stop, self.stop_adverse, self.target, self.fees)
        return (
            all(map(math.isfinite, numbers))
            and self.entry > 0
            and self.atr > SMALLEST_ATR * self.entry
            and all(self.side * stop < self.side * self.entry for stop in numbers[2:4])
            and self.side * self.entry < self.side * self.target
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers that JSON holds without loss, to be kept with the trade."""
        return {"version": VERSION, **asdict(self), "side": int(self.side)}

    @classmethod
    def from_dict(cls, stored: object) -> Self | None:
        """
        :param stored: what was kept with the trade: anything, it may be foreign or broken
        :return: None where this is no plan
        """
        if not isinstance(stored, Mapping) or stored.get("version") != VERSION:
            return None
        try:
            plan = cls(
                side=Side(stored["side"]),
                opened=int(number(stored["opened"])),
                **{
                    name: number(stored[name])
                    for name in ("entry", "atr", "stop", "stop_adverse", "target", "fees")
                },
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
        return plan if plan.usable else None


def number(value: object) -> float:
    """
    A number out of a stored dictionary.

    :raises TypeError: where it is none; nor are True and "1"
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    return float(value)


def make_plan(
    *,
    side: Side,
    entry: float,
    atr: float,
    fees: float,
    opened: int,
    settings: TrailingSettings,
    level_above: float = NAN,
    level_below: float = NAN,
) -> EntryPlan | None:
    """
    The plan of a trade, from the row of its signal candle.

    :param side: of the trade
    :param entry: price of the first fill
    :param atr: of the last closed candle of `settings.atr_interval`, in price
    :param fees: of entry and exit together, as a fraction
    :param opened: time of the first fill, milliseconds since 1970 UTC
    :param settings: all distances
    :param level_above: price of the nearest liquidation cluster above, NaN where there is none
    :param level_below: the same below
    :return: None where there is no unit to measure in (too few candles for an ATR, a flat market)
        or a number is broken: the caller then leaves the strategy's own stoploss alone
    """
    if side is Side.SHORT:
        level_above, level_below = level_below, level_above
    if not (settings.levels and is_price(level_above)):
        level_above = NAN
    if not (settings.levels and is_price(level_below)):
        level_below = NAN
    ahead = side * (level_above - entry)
    behind = side * (entry - level_below)
    adverse = settings.initial_stop * settings.funding_factor
    plan = EntryPlan(
        side=side,
        entry=float(entry),
        atr=float(atr),
        stop=float(entry - side * _stop_distance(settings.initial_stop, behind, atr, settings)),
        stop_adverse=float(entry - side * _stop_distance(adverse, behind, atr, settings)),
        target=float(entry + side * _target_distance(ahead, entry, atr, settings)),
        fees=float(fees),
        opened=int(opened),
    )
    return plan if plan.usable else None


def is_price(level: float) -> bool:
    """Whether a cluster's price is one: NaN, 0 and infinity are ways to say there is none."""
    return 0 < level < math.inf


def front_run(entry: float, atr: float, settings: TrailingSettings) -> float:
    """
    How far before a cluster the target stays, in price. The fraction is of the entry price, not the
    cluster's, so that a mirrored market has a mirrored target.
    """
    return min(settings.front_run * entry, settings.front_run_atr * atr)


def _target_distance(ahead: float, entry: float, atr: float, settings: TrailingSettings) -> float:
    """From the entry; `ahead` is the nearest cluster's, NaN where there is none."""
    distance = ahead - front_run(entry, atr, settings)
    if settings.target_min * atr <= distance <= settings.target_max * atr:
        return distance
    return settings.target_default * atr


def _stop_distance(multiple: float, behind: float, atr: float, settings: TrailingSettings) -> float:
    """From the entry: `multiple` ATR, unless the nearest cluster `behind` is close to there."""
    plain = multiple * atr
    if abs(behind - plain) <= settings.cluster_reach * atr:
        beyond = behind + settings.cluster_buffer * atr
        placed = min(beyond, settings.initial_stop_max * atr)
        # The outermost distance may leave a far cluster no room: better well before it than on it.
        if placed > behind:
            return placed
    return plain
