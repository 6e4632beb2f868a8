"""A pair's candles as plain arrays, made once per frame and found again by time."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vectra_freqtrade.catalogue.columns import STATE_CODES, MarketState
from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.exits import Causes, Codes, early_exits
from vectra_freqtrade.trailing.plan import EntryPlan, Side, make_plan
from vectra_freqtrade.trailing.state import Candles, Flags, Floats

Int64 = NDArray[np.int64]

#: A pair whose last closed candle is older than so many timeframes is not traded on.
MAX_AGE = 2


@dataclass(frozen=True, slots=True)
class PairArrays:
    """
    Everything that the callbacks of one pair read. Nothing in it may be written to.

    :param close_ms: when each candle closed, milliseconds since 1970 UTC, ascending, shape (n,)
    :param timeframe_ms: length of a candle
    :param candles: what stops are computed from, n rows
    :param close: prices, shape (n,)
    :param atr: of the last candle of the ATR's interval that had closed by then, in price,
        shape (n,)
    :param exit_long: early exit codes of longs, shape (n,)
    :param exit_short: ... of shorts
    """

    close_ms: Int64
    timeframe_ms: int
    candles: Candles
    close: Floats
    atr: Floats
    exit_long: Codes
    exit_short: Codes

    def __len__(self) -> int:
        return int(self.close_ms.size)

    def last_closed(self, now_ms: int, near: int | None = None) -> int | None:
        """
        :param now_ms: time of a decision, milliseconds since 1970 UTC
        :param near: the answer of a little while ago, if there is one: it makes this one quicker
        :return: index of the last candle closed by then; None where there is none, or it closed
            more than MAX_AGE timeframes ago
        """
        times = self.close_ms
        index = -1 if near is None else near + 1
        if not 0 <= index < times.size - 1 or not times.item(index) <= now_ms < times.item(
            index + 1
        ):
            index = int(times.searchsorted(now_ms, side="right")) - 1
        if index < 0 or now_ms - times.item(index) > MAX_AGE * self.timeframe_ms:
            return None
        return index

    def after(self, time_ms: int) -> int:
        """
        :param time_ms: e.g. of a trade's first fill, milliseconds since 1970 UTC
        :return: index of the first candle that closes later, which is the one the time falls
            into; n where it has not closed yet
        """
        return int(self.close_ms.searchsorted(time_ms, side="right"))

    def covers(self, time_ms: int) -> bool:
        """
        :param time_ms: e.g. of a trade's first fill, milliseconds since 1970 UTC
        :return: whether the candles reach back to it
        """
        return len(self) > 0 and int(self.close_ms[0]) - self.timeframe_ms <= time_ms

    def exit_code(self, side: float, index: int) -> int:
        """
        :param side: of a position: 1 long, -1 short
        :param index: of a candle
        :return: early exit code, 0 for none; `exits.exit_tag` names it
        """
        return (self.exit_long if side > 0 else self.exit_short).item(index)


@dataclass(frozen=True, slots=True)
class MarketColumns:
    """
    CoinGlass's columns over the same candles, each of shape (n,); None where a dataset is off.
    NaN in any cell, of a flag too, is no opinion.

    :param level_above: price of the nearest liquidation cluster above
    :param level_below: ... below
    :param whale_long_against: `health.whale_against` for longs
    :param whale_short_against: ... for shorts
    :param funding_long_adverse: `health.funding_adverse` for longs
    :param funding_short_adverse: ... for shorts
    :param state: market state codes of the lower interval, see `exits.state_codes`
    :param state_before: ... of the row before
    :param upper_state: ... of the other interval, None with one interval in use
    :param confidence_long: combined factor for longs
    :param confidence_short: ... for shorts
    """

    level_above: ArrayLike | None = None
    level_below: ArrayLike | None = None
    whale_long_against: ArrayLike | None = None
    whale_short_against: ArrayLike | None = None
    funding_long_adverse: ArrayLike | None = None
    funding_short_adverse: ArrayLike | None = None
    state: ArrayLike | None = None
    state_before: ArrayLike | None = None
    upper_state: ArrayLike | None = None
    confidence_long: ArrayLike | None = None
    confidence_short: ArrayLike | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """
    Closed candles of the strategy's timeframe, each of shape (n,).

    :param opened: their `date`: datetime64 of any resolution, UTC
    :param high: prices
    :param low: prices
    :param close: prices
    :param atr: in price; NaN where there is none yet
    """

    opened: NDArray[Any]
    high: ArrayLike
    low: ArrayLike
    close: ArrayLike
    atr: ArrayLike
    size: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", int(np.asarray(self.opened).size))


def pair_arrays(
    prices: Prices,
    timeframe_ms: int,
    settings: TrailingSettings,
    market: MarketColumns | None = None,
) -> PairArrays:
    """
    Copy a frame's columns, so that what later happens to the frame does not matter.

    :param prices: n candles
    :param timeframe_ms: length of a candle
    :param settings: of trailing
    :param market: CoinGlass's columns, None for a plain ATR trail
    :raises ValueError: where a column has another length, or dates don't ascend
    """
    market = MarketColumns() if market is None else market
    n = prices.size
    close_ms = _read_only(epoch_ms(prices.opened) + timeframe_ms)
    if n > 1 and not (np.diff(close_ms) > 0).all():
        raise ValueError("Candles must ascend in time, each date once.")
    candles = Candles(
        high=_floats(prices.high, n),
        low=_floats(prices.low, n),
        level_above=_maybe_floats(market.level_above, n),
        level_below=_maybe_floats(market.level_below, n),
        whale_long_against=_maybe_flags(market.whale_long_against, n),
        whale_short_against=_maybe_flags(market.whale_short_against, n),
        funding_long_adverse=_maybe_flags(market.funding_long_adverse, n),
        funding_short_adverse=_maybe_flags(market.funding_short_adverse, n),
    )
    return PairArrays(
        close_ms=close_ms,
        timeframe_ms=timeframe_ms,
        candles=candles,
        close=_floats(prices.close, n),
        atr=_floats(prices.atr, n),
        exit_long=_exits(Side.LONG, candles, market, n, settings),
        exit_short=_exits(Side.SHORT, candles, market, n, settings),
    )


def epoch_ms(dates: ArrayLike) -> Int64:
    """
    :param dates: datetime64 of any resolution, UTC
    :return: milliseconds since 1970 UTC
    """
    return np.asarray(dates).astype("datetime64[ms]").astype(np.int64)


def _exits(
    side: Side, candles: Candles, market: MarketColumns, n: int, settings: TrailingSettings
) -> Codes:
    if market.state is None or market.state_before is None:
        return _read_only(np.zeros(n, dtype=np.int8))
    long = side is Side.LONG
    causes = Causes(
        state=_codes(market.state, n),
        state_before=_codes(market.state_before, n),
        upper_state=None if market.upper_state is None else _codes(market.upper_state, n),
        funding_adverse=candles.funding_long_adverse if long else candles.funding_short_adverse,
        whale_against=candles.whale_long_against if long else candles.whale_short_against,
        confidence=_maybe_floats(market.confidence_long if long else market.confidence_short, n),
    )
    codes = early_exits(side, causes, settings)
    codes.setflags(write=False)
    return codes


def _sized(values: ArrayLike, n: int, dtype: Any) -> NDArray[Any]:
    array = np.array(values, dtype=dtype)  # a copy
    if array.shape != (n,):
        raise ValueError(f"A column has the shape {array.shape}, not ({n},).")
    return array


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array


def _floats(values: ArrayLike, n: int) -> Floats:
    return _read_only(_sized(values, n, np.float64))


def _maybe_floats(values: ArrayLike | None, n: int) -> Floats | None:
    return None if values is None else _floats(values, n)


def _codes(values: ArrayLike, n: int) -> Codes:
    """Codes as int8; NaN is UNKNOWN."""
    codes = _sized(values, n, np.float64)
    codes[np.isnan(codes)] = STATE_CODES[MarketState.UNKNOWN]
    return codes.astype(np.int8)


def _maybe_flags(values: ArrayLike | None, n: int) -> Flags | None:
    if values is None:
        return None
    array = np.asarray(values)
    if array.dtype != np.bool_:
        array = _sized(array, n, np.float64) == 1.0  # False for NaN
    return _read_only(_sized(array, n, np.bool_))


def plan_from(
    arrays: PairArrays,
    times: Iterable[int],
    *,
    side: Side,
    entry: float,
    fees: float,
    opened: int,
    settings: TrailingSettings,
) -> EntryPlan | None:
    """
    :param arrays: of the pair
    :param times: whose last closed candles' rows may give the plan, the best first, milliseconds
        since 1970 UTC
    :param side: of the trade
    :param entry: price of the first fill
    :param fees: of entry and exit together, as a fraction
    :param opened: time of the first fill, milliseconds since 1970 UTC
    :param settings: all distances
    :return: None where none of these candles is there, or has an ATR
    """
    above, below = arrays.candles.level_above, arrays.candles.level_below
    for time in times:
        row = arrays.last_closed(time)
        if row is None:
            continue
        plan = make_plan(
            side=side,
            entry=entry,
            atr=float(arrays.atr[row]),
            fees=fees,
            opened=opened,
            settings=settings,
            level_above=math.nan if above is None else float(above[row]),
            level_below=math.nan if below is None else float(below[row]),
        )
        if plan is not None:
            return plan
    return None
