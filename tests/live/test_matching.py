"""The words in which a bot's trades are compared with a backtest's leave nothing out."""

from dataclasses import replace

import pandas as pd
import pytest

from tests.support.matching import MINUTE, Deal, Kind, Market, match

PAIR = "BTC/USDT:USDT"
T = pd.date_range("2026-03-02", periods=10, freq="1min", tz="UTC")
#: The price falls by one a minute, and each candle dips by three.
CANDLES = pd.DataFrame({"open": [100.0 - n for n in range(10)]}, index=T).assign(
    high=lambda frame: frame["open"] + 1, low=lambda frame: frame["open"] - 3
)
#: Each candle, and the two before them, was decided three seconds after its close.
DECIDED = pd.Series(
    {date: date + pd.Timedelta("63s") for date in [T[0] - 2 * MINUTE, T[0] - MINUTE, *T]}
)


def market(seen: dict[int, float] | None = None, decided: pd.Series = DECIDED) -> Market:
    """:param seen: the lowest price that the bot saw in a minute, of a trade of the first one"""
    seen = seen or {}
    index = pd.MultiIndex.from_tuples([(T[0], T[n]) for n in seen], names=["opened", "at"])
    prices = list(seen.values())
    return Market(CANDLES, pd.DataFrame({"low": prices, "high": prices}, index=index), decided)


def deal(opened: int = 0, closed: int | None = 4, reason: str | None = "out", **facts) -> Deal:
    """A long with a stop that no candle reaches."""
    given = {
        "pair": PAIR,
        "short": False,
        "opened": T[opened],
        "tag": "in",
        "entry": 100.0,
        "closed": None if closed is None else T[closed],
        "reason": reason,
        "exit": None,
        "stops": dict.fromkeys(T, 50.0),
    }
    return Deal(**given | facts)


def kinds(bot: list[Deal], tested: list[Deal], of: Market | None = None) -> list[Kind]:
    return [each.kind for each in match(bot, tested, {PAIR: of or market()})]


def stopped(closed: int, stop: float, **facts) -> Deal:
    return deal(closed=closed, reason="trailing_stop_loss", stops=dict.fromkeys(T, stop), **facts)


def test_the_same_entry_tag_exit_and_reason_are_the_same_trade_at_whatever_price():
    assert kinds([deal(entry=100.2)], [deal()]) == [Kind.SAME]
    assert kinds([deal(closed=None, reason=None)], [deal(closed=None, reason=None)]) == [Kind.SAME]


@pytest.mark.parametrize(
    "other",
    [
        deal(closed=5),
        deal(closed=None, reason=None),
        deal(reason="another"),
        deal(tag="another"),
        deal(short=True),
        deal(opened=1, tag="another"),
    ],
)
def test_a_signal_that_only_one_of_them_followed_is_never_explained(other: Deal):
    assert Kind.NONE in kinds([deal()], [other])
    assert Kind.NONE in kinds([other], [deal()])


def test_a_wick_to_the_stop_that_the_bot_did_not_see_explains_its_later_exit():
    tested = stopped(2, 96.0)  # the third candle's low is 95
    assert kinds([stopped(4, 96.0)], [tested], market({2: 96.5})) == [Kind.BETWEEN_LOOKS]
    assert kinds([stopped(4, 96.0)], [tested], market({2: 96.0})) == [Kind.NONE], "it saw it"
    assert kinds([stopped(4, 96.0)], [tested], market({3: 96.5})) == [Kind.NONE], "it didn't look"


def test_stops_apart_by_the_entries_explain_an_exit_of_one_of_them():
    assert kinds([stopped(4, 94.0)], [stopped(2, 96.0)]) == [Kind.OTHER_ENTRY]
    assert kinds([stopped(2, 96.0)], [stopped(4, 94.0)]) == [Kind.OTHER_ENTRY]
    assert kinds([stopped(2, 96.0)], [stopped(4, 95.0)]) == [Kind.NONE], "its candle reached both"


def test_only_the_word_for_a_stop_may_differ_and_only_where_the_candle_opened_beyond_it():
    bot = stopped(3, 98.0)
    named = replace(bot, reason="cg_stop")
    assert kinds([bot], [named]) == [Kind.NAME]
    assert kinds([stopped(3, 96.0)], [replace(named, stops=dict.fromkeys(T, 96.0))]) == [Kind.NONE]
    assert kinds([bot], [replace(bot, reason="out")]) == [Kind.NONE]


def test_a_stop_that_is_touched_before_the_bot_has_decided_comes_before_the_signal():
    bot = stopped(3, 98.0, at=T[3] + pd.Timedelta("2s"))
    assert kinds([bot], [deal(closed=3)]) == [Kind.BEFORE_DECISION]
    assert kinds([replace(bot, at=T[3] + pd.Timedelta("4s"))], [deal(closed=3)]) == [Kind.NONE]


def test_what_was_decided_late_explains_what_was_done_late():
    late = DECIDED.copy()
    late[T[3]] = T[4] + pd.Timedelta("40s")
    assert kinds([deal(closed=5)], [deal(closed=4)], market(decided=late)) == [Kind.LATE]
    assert kinds([deal(closed=5)], [deal(closed=4)], market(decided=late.drop(T[3]))) == [Kind.LATE]
    entered = deal(opened=4, closed=None, reason=None)
    assert kinds([], [entered], market(decided=late)) == [Kind.LATE]
    assert kinds([], [entered]) == [Kind.NONE]


def test_an_open_trade_explains_that_another_was_not_opened_unless_both_had_it():
    second = deal(opened=3, closed=6)
    long_held = stopped(4, 94.0)
    assert kinds([stopped(2, 96.0), second], [long_held]) == [Kind.OTHER_ENTRY, Kind.HELD]
    assert kinds([long_held], [stopped(2, 96.0), second]) == [Kind.OTHER_ENTRY, Kind.HELD]
    both = deal(closed=4)
    assert kinds([both, second], [both]) == [Kind.SAME, Kind.NONE]
    assert kinds([both], [both, second]) == [Kind.SAME, Kind.NONE]
