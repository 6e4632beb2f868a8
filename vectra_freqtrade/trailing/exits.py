"""Early exits, as columns of the market alone; only the grace looks at a trade."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vectra_freqtrade.catalogue.columns import STATE_CODES, MarketState
from vectra_freqtrade.settings.trailing import TrailingSettings
from vectra_freqtrade.trailing.plan import Side
from vectra_freqtrade.trailing.state import Flags, SideColumns

Codes = NDArray[np.int8]

#: Tag of the exit where the stop is at or through the price.
STOP_TAG = "cg_stop"

#: Tags by exit code; code 0 is no exit. Where several causes hold, the lowest code is given.
EXIT_TAGS: tuple[str | None, ...] = (
    None,
    "cg_oi_divergence",
    "cg_funding_adverse",
    "cg_whale_exit",
    "cg_low_confidence",
)

#: States in which the market turns against a position.
AGAINST: dict[Side, tuple[MarketState, MarketState]] = {
    Side.LONG: (MarketState.CONFIRM_BEAR, MarketState.LONG_LIQUIDATION),
    Side.SHORT: (MarketState.CONFIRM_BULL, MarketState.SHORT_SQUEEZE),
}


@dataclass(frozen=True, slots=True)
class MarketStates:
    """
    Market state codes over closed candles, each of shape (n,).

    :param now: of the lower interval
    :param before: of that interval's row before
    :param upper: of the other interval, None where one interval is in use
    """

    now: Codes
    before: Codes
    upper: Codes | None = None


def state_codes(states: ArrayLike) -> Codes:
    """The codes of market states as strings; UNKNOWN for anything that is no state."""
    words = np.asarray(states, dtype=object)
    codes = np.full(words.shape, STATE_CODES[MarketState.UNKNOWN], dtype=np.int8)
    for state, code in STATE_CODES.items():
        codes[words == str(state)] = code
    return codes


def state_against(side: Side, codes: ArrayLike) -> Flags:
    """Where the market, by its state codes, turns against a position."""
    values = np.asarray(codes)
    first, second = (STATE_CODES[state] for state in AGAINST[side])
    return np.asarray((values == first) | (values == second))


def early_exits(
    side: Side, states: MarketStates, columns: SideColumns, settings: TrailingSettings
) -> Codes:
    """
    Where an open position should be left early, grace aside.

    Against on both intervals is enough. Against on the lower one only, it takes two of its rows
    running and a second cause.

    :param side: of a position
    :param states: of the market
    :param columns: of the side
    :param settings: `early_exit`, `funding`, `whales`, `low_confidence`
    :return: exit codes, int8 of shape (n,); EXIT_TAGS names them
    """
    against = state_against(side, states.now)
    codes = np.zeros(against.shape, dtype=np.int8)
    if not settings.early_exit:
        return codes
    twice = against & state_against(side, states.before)
    if columns.confidence is not None:
        codes[twice & (columns.confidence < settings.low_confidence)] = 4
    if columns.whale_against is not None and settings.whales:
        codes[twice & columns.whale_against] = 3
    if columns.funding_adverse is not None and settings.funding:
        codes[twice & columns.funding_adverse] = 2
    if states.upper is not None:
        codes[against & state_against(side, states.upper)] = 1
    return codes


def past_grace(opened_ms: int, decision_ms: int, interval_ms: int, timeframe_ms: int) -> bool:
    """
    Whether a trade has had its grace: one native row of the lower interval, counted from the open
    of the candle that it was filled in. A bot is filled some seconds into that candle and a
    backtest at its open; both must leave at the same decision.

    :param opened_ms: time of its first fill, milliseconds since 1970 UTC
    :param decision_ms: close of the last closed candle, the same
    :param interval_ms: the lower interval
    :param timeframe_ms: length of a candle
    """
    return decision_ms - opened_ms // timeframe_ms * timeframe_ms >= interval_ms


def exchange_step(
    old: float, new: float, atr: float, side: Side, settings: TrailingSettings
) -> float:
    """
    The stop to rest on the exchange, where every move is an order cancelled and placed again:
    `new` once it is better by a step, in ATR, than `old`, NaN where none rests.
    """
    if math.isnan(old):
        return new
    return new if side * (new - old) >= settings.exchange_step * atr else old
