"""
A bot's trades beside those of a backtest, and why two are not the same. Pure.

Entries and tags come from signals alone, so they must be equal, one by one. An exit at a stop
depends on prices inside a candle, where the two differ by their nature: a bot enters at the order
book's price some seconds into the candle, a backtest at the open, and a stop is placed from the
entry; a bot looks at the price every few seconds, a backtest knows the candle's high and low.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

STOPS = frozenset({"stop_loss", "trailing_stop_loss", "cg_stop"})
MINUTE = pd.Timedelta("1min")
#: A decision that comes this much after its candle has closed may be acted on in the next candle.
LATE = pd.Timedelta("30s")
NEVER = pd.Timestamp.max.tz_localize("UTC")


class Kind(StrEnum):
    """What a bot's trade is to the backtest's."""

    SAME = "the same"
    BETWEEN_LOOKS = "stop touched between two looks"
    OTHER_ENTRY = "stop placed from another entry price"
    NAME = "candle opened beyond the stop"
    BEFORE_DECISION = "stop touched before the bot had decided"
    LATE = "the bot decided late, or not at all"
    HELD = "the other still held a trade"
    NONE = "no explanation"


@dataclass(frozen=True)
class Deal:
    """
    A trade of either.

    :param opened: the candle it was opened in
    :param entry: price
    :param closed: the candle it was closed in; None where it was open at the window's end
    :param at: moment of the exit
    :param stops: in force, by candle from `opened` on
    """

    pair: str
    short: bool
    opened: pd.Timestamp
    tag: str
    entry: float
    closed: pd.Timestamp | None
    reason: str | None
    exit: float | None
    at: pd.Timestamp | None = field(default=None, compare=False)
    stops: Mapping[pd.Timestamp, float] = field(default_factory=dict, compare=False)

    @property
    def entered(self) -> tuple[str, bool, pd.Timestamp, str]:
        """What an entry signal decides."""
        return self.pair, self.short, self.opened, self.tag

    @property
    def left(self) -> tuple[pd.Timestamp | None, str | None]:
        """When and why."""
        return self.closed, self.reason

    def keeps_from(self, candle: pd.Timestamp) -> bool:
        """Whether it was open when a candle began, so that none was entered then."""
        return self.opened < candle and (self.closed is None or candle <= self.closed)

    def reached(self, price: float, candle: pd.Timestamp) -> bool:
        """Whether a price is at or beyond the stop of a candle."""
        stop = self.stops[candle]
        return price >= stop if self.short else price <= stop


@dataclass(frozen=True)
class Market:
    """
    Of one pair.

    :param candles: open, high, low by date
    :param seen: the lowest and the highest price at which the bot could have left a trade, by
        the candle it was opened in and the candle it was looked at in: columns low, high
    :param decided: when the bot had analysed a candle, by candle
    """

    candles: pd.DataFrame
    seen: pd.DataFrame
    decided: pd.Series

    def late(self, candle: pd.Timestamp) -> bool:
        """Whether what is done in a candle was decided late, or never."""
        done = self.decided.get(candle - MINUTE)
        return done is None or done > candle + LATE

    def worst(self, deal: Deal, candle: pd.Timestamp) -> float:
        """Of the candle, for a trade."""
        return float(self.candles.at[candle, "high" if deal.short else "low"])

    def worst_seen(self, deal: Deal, candle: pd.Timestamp) -> float | None:
        """By the bot, of its trade; None where it did not look."""
        place = (deal.opened, candle)
        if place not in self.seen.index:
            return None
        return float(self.seen.at[place, "high" if deal.short else "low"])


@dataclass(frozen=True)
class Match:
    """
    :param kind: what the two are to each other
    :param bot: None where the bot has no such trade
    :param tested: None where the backtest has none
    """

    kind: Kind
    bot: Deal | None
    tested: Deal | None

    @property
    def deal(self) -> Deal:
        """Either."""
        found = self.bot or self.tested
        assert found is not None
        return found


def match(
    bot: Sequence[Deal], tested: Sequence[Deal], markets: Mapping[str, Market]
) -> list[Match]:
    """
    :param bot: its trades of the window
    :param tested: the backtest's
    :param markets: by pair
    :return: each trade once, in the order of their entries
    """
    other = {deal.entered: deal for deal in tested}
    pairs = [(deal, other.pop(deal.entered, None)) for deal in bot]
    found = [
        Match(_exits(deal, twin, markets[deal.pair]), deal, twin)
        for deal, twin in pairs
        if twin is not None
    ]
    # Both held what they have in common, so that can't have kept one of them from an entry.
    common = {each.deal.entered for each in found if each.kind is Kind.SAME}
    held = [[deal for deal in each if deal.entered not in common] for each in (bot, tested)]
    for deal in (deal for deal, twin in pairs if twin is None):
        found.append(Match(_alone(deal, held[1], markets[deal.pair]), deal, None))
    for deal in other.values():
        found.append(Match(_alone(deal, held[0], markets[deal.pair]), None, deal))
    return sorted(found, key=lambda each: (each.deal.opened, each.deal.pair))


def _alone(deal: Deal, others: Iterable[Deal], market: Market) -> Kind:
    """Why only one has it: the other had a trade of the pair, or the bot was late."""
    if any(other.pair == deal.pair and other.keeps_from(deal.opened) for other in others):
        return Kind.HELD
    late = market.late(deal.opened) or market.late(deal.opened - MINUTE)
    return Kind.LATE if late else Kind.NONE


def _exits(bot: Deal, tested: Deal, market: Market) -> Kind:
    """Why a trade that both have ended otherwise, if it did."""
    if bot.left == tested.left:
        return Kind.SAME
    mine, theirs = bot.closed or NEVER, tested.closed or NEVER
    if mine == theirs:
        kind = _same_candle(bot, tested, market)
    else:
        kind = (_bot_first if mine < theirs else _tested_first)(bot, tested, market)
    late = kind is Kind.NONE and market.late(min(mine, theirs))
    return Kind.LATE if late else kind


def _bot_first(bot: Deal, tested: Deal, market: Market) -> Kind:
    candle = bot.closed
    assert candle is not None
    if bot.reason in STOPS and not tested.reached(market.worst(tested, candle), candle):
        return Kind.OTHER_ENTRY
    return Kind.NONE


def _tested_first(bot: Deal, tested: Deal, market: Market) -> Kind:
    candle = tested.closed
    assert candle is not None
    if tested.reason not in STOPS:
        return Kind.NONE
    if not bot.reached(market.worst(bot, candle), candle):
        return Kind.OTHER_ENTRY
    seen = market.worst_seen(bot, candle)
    return Kind.NONE if seen is None or bot.reached(seen, candle) else Kind.BETWEEN_LOOKS


def _same_candle(bot: Deal, tested: Deal, market: Market) -> Kind:
    """
    A backtest leaves for a signal at the candle's open, before any stop; and at the open, too,
    where that is beyond the stop, as `cg_stop`.
    """
    candle = bot.closed
    assert candle is not None
    if bot.reason in STOPS and tested.reason not in STOPS:
        decided = market.decided.get(candle - MINUTE, NEVER)
        return Kind.BEFORE_DECISION if bot.at is not None and bot.at < decided else Kind.NONE
    opened = float(market.candles.at[candle, "open"])
    if {bot.reason, tested.reason} <= STOPS and tested.reached(opened, candle):
        return Kind.NAME
    return Kind.NONE
