"""
Markets, plans and settings for properties.

All numbers are multiples of small powers of two, so that sums and products of them are exact: what
the package computes can be compared to the last bit with the same thing computed in another order,
or in a mirrored market.
"""

from dataclasses import replace

import numpy as np
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import EntryPlan, Side, make_plan
from vectra_freqtrade.trailing.rules import Reason, stop_path, why
from vectra_freqtrade.trailing.state import SideColumns, TrailState

from .oracle import Candle

NAN = float("nan")
TICK = 1 / 64

#: The same examples in every run.
promise = hypothesis_settings(derandomize=True, max_examples=60, deadline=None)


def _eighths(low: int, high: int) -> st.SearchStrategy[float]:
    return st.integers(low, high).map(lambda count: count / 8)


@st.composite
def settings_of_eighths(draw) -> TrailingSettings:
    shares = sorted(draw(st.tuples(*[st.integers(1, 7)] * 3)))
    targets = sorted(draw(st.tuples(*[st.integers(4, 40)] * 3)))
    stops = sorted(draw(st.tuples(*[st.integers(4, 24)] * 2)))
    behind = sorted(draw(st.tuples(*[st.integers(1, 12)] * 2)))
    return TrailingSettings(
        breakeven_from=shares[0] / 8,
        trailing_from=shares[1] / 8,
        locked_from=shares[2] / 8,
        target_min=targets[0] / 8,
        target_default=targets[1] / 8,
        target_max=targets[2] / 8,
        initial_stop=stops[0] / 8,
        initial_stop_max=stops[1] / 8,
        locked_distance_whale=behind[0] / 8,
        locked_distance=behind[1] / 8,
        cluster_reach=draw(_eighths(0, 8)),
        cluster_buffer=draw(_eighths(0, 4)),
        front_run=draw(st.sampled_from([0.0, 1 / 256, 1 / 32])),
        front_run_atr=draw(_eighths(0, 4)),
        breakeven_move=draw(_eighths(0, 4)),
        trailing_distance=draw(_eighths(1, 16)),
        trailing_lock=draw(_eighths(0, 7)),
        locked_lock=draw(_eighths(0, 7)),
        target_floor=draw(_eighths(0, 8)),
        funding_factor=draw(st.sampled_from([0.5, 0.75, 1.0])),
        at_target=draw(st.sampled_from(["floor", "floor", "close"])),
        levels=draw(st.sampled_from([True, True, True, False])),
        whales=draw(st.sampled_from([True, True, True, False])),
        funding=draw(st.sampled_from([True, True, True, False])),
    )


@st.composite
def levels(draw, price: float, sign: int) -> float:
    """A cluster above (sign 1) or below a price, or one of the ways to say there is none."""
    ticks = draw(st.integers(1, 400))
    return draw(st.sampled_from([price + sign * ticks * TICK] * 4 + [NAN, 0.0, float("inf")]))


def _level(price: float, sign: int, byte: int) -> float:
    """Two bits choose among none, near, and far; six are the distance."""
    distance = 1 + byte % 64
    return (NAN, price + sign * distance * TICK, price + sign * distance * 8 * TICK, 0.0)[
        byte // 64
    ]


@st.composite
def candle_lists(draw, entry: float, longest: int = 40) -> list[Candle]:
    """Six bytes to a candle: drawing every number by itself takes ten times as long."""
    count = draw(st.integers(0, longest))
    drift = draw(st.integers(-12, 12))
    drawn = draw(st.binary(min_size=6 * count, max_size=6 * count))
    candles = []
    price = entry
    for first in range(0, len(drawn), 6):
        change, up, down, above, below, flags = drawn[first : first + 6]
        price += (drift + (change - 128) // 4) * TICK
        candles.append(
            Candle(
                price + up // 6 * TICK,
                price - down // 6 * TICK,
                _level(price, 1, above),
                _level(price, -1, below),
                *(bool(flags >> bit & 1 and flags >> 4 + bit & 1) for bit in range(4)),
            )
        )
    return candles


@st.composite
def trades(draw) -> tuple[EntryPlan, list[Candle], TrailingSettings]:
    """A plan, the closed candles since its entry, and the settings."""
    numbers = draw(settings_of_eighths())
    entry = 1024 + draw(st.integers(-640, 640)) * TICK
    plan = make_plan(
        side=draw(st.sampled_from(Side)),
        entry=entry,
        atr=draw(st.integers(8, 128)) / 32,
        fees=draw(st.sampled_from([0.0, 1 / 1024, 1 / 512])),
        opened=0,
        settings=numbers,
        level_above=draw(levels(entry, 1)),
        level_below=draw(levels(entry, -1)),
    )
    assert plan is not None
    return plan, draw(candle_lists(entry)), numbers


#: The cells of a candle that are one side's, in the order of `SideColumns`.
CELLS = {
    Side.LONG: ("high", "level_above", "whale_long_against", "funding_long_adverse"),
    Side.SHORT: ("low", "level_below", "whale_short_against", "funding_short_adverse"),
}


def columns(candles: list[Candle], side: Side) -> SideColumns:
    """The same candles as arrays."""
    extreme, level, whale, funding = CELLS[side]

    def column(name: str, kind: type) -> np.ndarray:
        return np.array([getattr(candle, name) for candle in candles], dtype=kind)

    return SideColumns(
        column(extreme, float), column(level, float), column(whale, bool), column(funding, bool)
    )


def candles_of(sides: dict[Side, SideColumns], rows: range) -> list[Candle]:
    """The candles that a pair's arrays were made of."""
    cells = {}
    for side, names in CELLS.items():
        given = sides[side]
        values = (given.extreme, given.level, given.whale_against, given.funding_adverse)
        cells |= {
            name: column for name, column in zip(names, values, strict=True) if column is not None
        }
    return [Candle(**{name: column[row].item() for name, column in cells.items()}) for row in rows]


def step(
    state: TrailState, plan: EntryPlan, candle: Candle, numbers: TrailingSettings
) -> TrailState:
    """The state after one more candle."""
    (after,) = stop_path(plan, columns([candle], plan.side), numbers, state)
    return after


def reason(state: TrailState, plan: EntryPlan, candle: Candle, numbers: TrailingSettings) -> Reason:
    """Why a stop is where `step` has put it."""
    return why(state, plan, columns([candle], plan.side), numbers)


def without_data(candle: Candle) -> Candle:
    return Candle(candle.high, candle.low)


def mirrored_price(price: float, axis: float) -> float:
    return 2 * axis - price if 0 < price < float("inf") else price


def mirrored(candle: Candle, axis: float) -> Candle:
    """Upside down: what was above is as far below, what was against longs is against shorts."""
    return Candle(
        high=mirrored_price(candle.low, axis),
        low=mirrored_price(candle.high, axis),
        level_above=mirrored_price(candle.level_below, axis),
        level_below=mirrored_price(candle.level_above, axis),
        whale_long_against=candle.whale_short_against,
        whale_short_against=candle.whale_long_against,
        funding_long_adverse=candle.funding_short_adverse,
        funding_short_adverse=candle.funding_long_adverse,
    )


def blinded(candle: Candle, names: set[str]) -> Candle:
    """The candle with some of its optional cells missing."""
    return replace(candle, **{name: NAN if name.startswith("level") else False for name in names})
