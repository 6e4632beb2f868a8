"""
A real dry-run bot trades through all that CoinGlass may do to it, and loses nothing.

    python -m pytest -s tests/measure/live_faults.py

Two to three minutes on a machine with nothing else to do; it waits for half-minute pauses.
"""

import re
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.measure.truth import Compared, Truth
from tests.support.bot import SWALLOWED
from tests.support.fast_world import FastWorld
from tests.support.faults import (
    BodyError,
    ClockSkew,
    Empty,
    Hang,
    Html,
    Malformed,
    PlanChange,
    RateRefusal,
    ServerError,
    SlowBody,
    Truncated,
)
from tests.support.live_bot import LiveBot
from tests.support.planned_fault import Planned
from tests.support.row_faults import (
    Alien,
    Duplicates,
    LeadingZeros,
    Retyped,
    Reversed,
    Revised,
    ShortPage,
)
from vectra_freqtrade.catalogue.datasets import Kind
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.orders import Orders

pytestmark = pytest.mark.freqtrade

KEY = "a-marked-key-of-this-test"
DATASETS = (
    "open_interest",
    "funding_rate",
    "long_short_ratio",
    "taker_volume",
    "liquidation",
    "order_book",
    "large_orders",
)
DELAY = 5
#: What it logs when something changes, and how many such changes there are at most: an outage is
#: told again when another dataset joins it.
CHANGES = {
    "CoinGlass data can't be had": 4,
    "CoinGlass data comes and goes": 2,
    "CoinGlass data is back": 4,
    " is off: ": 4,
    " is back.": 4,
    "CoinGlass does not accept the key": 1,
    "CoinGlass accepts the key again": 1,
    " are off: ": 4,
    " are back.": 4,
    "CoinGlass plan: ": 4,
    "CoinGlass allows this key": 4,
    "This machine's clock is": 7,
    "Liquidation levels are estimated": 1,
}
#: Seconds of the market for which the faults of a storm last.
STORM = 150.0
#: After which a key or a plan that is back is found.
QUARTER = 900.0
#: Within which a change is told once it has settled.
TOLD = 60.0


def storms(now: float) -> list[list[Planned]]:
    """
    All that may come of a request, a few at a time on an endpoint each.

    :param now: of the market; rows that opened eleven minutes ago are known already, and a row
        first seen stays
    """
    known = now - 660
    always: dict[str, Any] = {"times": None}
    return [
        [
            Retyped("open-interest", **always),
            Duplicates("funding-rate", **always),
            Reversed("global-long-short", **always),
            SlowBody(path="top-long-short", **always),
            LeadingZeros(known, path="taker"),
            Revised(known, path="liquidation"),
            ShortPage(hole=True, path="ask-bids", **always),
            Empty("large-limit", **always),
        ],
        [
            RateRefusal("http429", path="open-interest", retry_after=1, **always),
            RateRefusal("body429", path="funding-rate", **always),
            RateRefusal("body400", path="large-limit", **always),
            ShortPage(path="taker", **always),
            Empty("liquidation", **always),
            Alien("ask-bids", **always),
        ],
        # What keeps failing is left alone for half a minute of the machine's: an endpoint each.
        [
            Hang(1.0, path="top-long-short", **always),
            Truncated(path="taker", **always),
            Truncated(announced=True, path="liquidation", **always),
            Malformed(path="large-limit", **always),
        ],
        [
            ServerError(502, path="global-long-short", **always),
            BodyError("funding-rate", **always),
            Html("open-interest", **always),
        ],
    ]


class Story:
    """A bot, what happens to CoinGlass meanwhile, and what it logs of it."""

    def __init__(self, world: FastWorld, bot: LiveBot) -> None:
        self.world, self.bot = world, bot
        self._read = 0

    def until(self, words: str) -> None:
        """
        :param words: a pattern for its log, behind what was waited for before
        """
        found: re.Match[str] | None = None

        def come() -> bool:
            nonlocal found
            found = re.compile(words).search(self.bot.log(), self._read)
            return found is not None

        self.bot.wait(come, f"said {words!r}")
        assert found is not None
        self._read = found.end()

    def storm(self, *faults: Planned, seconds: float) -> None:
        """Until each has met a request, for some time of the market at least."""
        self.world.faults(*faults)
        end = self.world.clock.now() + seconds
        self.bot.wait(
            lambda: all(fault.met for fault in faults) and self.world.clock.now() >= end,
            f"met each of {[type(fault).__name__ for fault in faults]}",
        )
        self.world.faults()

    def until_caught_up(self) -> float:
        """
        And until it was told.

        :return: up to when it has all rows, seconds of the market
        """
        well = self.world.clock.now()
        self.bot.wait(lambda: caught_up(self.bot, well), "caught up", seconds=240.0)
        told = self.world.clock.now() + TOLD
        self.bot.wait(lambda: self.world.clock.now() >= told, "told")
        self._read = len(self.bot.log())
        return well

    def traded(self) -> tuple[int, int]:
        """
        :return: trades opened and closed so far
        """
        trades = self.bot.trades()
        return len(trades), int((trades["is_open"] == 0).sum())

    def lines(self) -> list[str]:
        """What we logged, without date and level, each line whole."""
        entries = re.split(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,)", self.bot.log(), flags=re.M)
        ours = (each.split(" - ", 3) for each in entries if " - vectra_freqtrade." in each)
        return [" ".join(entry[-1].split()) for entry in ours]


def stored(bot: LiveBot) -> dict[Series, pd.DataFrame]:
    """All rows by interval."""
    kept = {each: bot.store.read(each) for each in bot.store.series()}
    return {
        each: rows
        for each, rows in kept.items()
        if rows is not None and each.spec.kind is Kind.INTERVAL
    }


def caught_up(bot: LiveBot, now: float) -> bool:
    """No row is wanting that was published then."""
    return all(
        rows["time"].iloc[-1].timestamp() + 2 * series.length_ms / 1000 + DELAY > now
        for series, rows in stored(bot).items()
    )


def compared(world: FastWorld, bot: LiveBot, began: float, until: float) -> Compared:
    """
    Every stored row, and every one the server had up to a moment, cell by cell; and the large
    orders since the bot began.
    """
    truth = Truth(world.market, "standard", until, world.clock.now(), delay=DELAY, recorded=True)
    start, first, end = (
        datetime.fromtimestamp(at, UTC) for at in (world.market.start, began, until)
    )
    total = Compared()
    for series, rows in stored(bot).items():
        total += truth.rows(series, start, end, rows[rows["time"] < end])
    for symbol in ("Binance_BTCUSDT", "Binance_ETHUSDT"):
        held = Orders(bot.store.root).read(symbol)
        assert held is not None
        total += truth.orders(symbol, first, end, held[held["start"].between(first, end)])
    truth.close()
    return total


def test_a_bot_trades_through_every_fault_and_its_store_is_whole_afterwards(tmp_path: Path) -> None:
    section = {"snapshot_every": 1, "datasets": DATASETS}
    with (
        FastWorld(plans={KEY: "standard"}) as world,
        LiveBot(tmp_path / "bot", world, key=KEY, coinglass=section) as bot,
    ):
        story, server = Story(world, bot), world.server
        began = world.clock.now()
        bot.start()
        bot.wait_for_candles(1)
        traded, at_start = [story.traded()], len(story.lines())

        all_storms = storms(world.clock.now())
        for storm in all_storms:
            story.storm(*storm, seconds=STORM)
        traded.append(story.traded())
        skews = [ClockSkew(300.0), ClockSkew(-300.0)]
        for skew in skews:
            story.storm(skew, seconds=20.0)

        revoked = server.accounts.pop(KEY)
        story.until("does not accept the key")
        server.accounts[KEY] = revoked
        bot.jump(QUARTER)
        story.until("accepts the key again")
        plans = [PlanChange(KEY, "hobbyist"), PlanChange(KEY, "standard", expires=began)]
        for plan in plans:
            story.storm(plan, seconds=0.0)
            story.until(" off: ")
            server.set_plan(KEY, "standard")
            bot.jump(QUARTER)
            story.until_caught_up()
        well = story.until_caught_up()
        traded.append(story.traded())
        log, lines = bot.log(), story.lines()[at_start:]  # its own end may come amid a query
        bot.stop()
        whole = compared(world, bot, began, well - 120.0)
        faults = [fault for storm in (*all_storms, skews, plans) for fault in storm]

    met = [(type(fault).__name__, fault.met) for fault in faults]
    late = sum(int(rows["available_at"].isna().sum()) for rows in stored(bot).values())
    print(*lines, f"{met=} {traded=} {late=} {whole}", sep="\n")
    assert whole.whole, whole
    assert not [word for word in SWALLOWED if word in log], log[-12000:]
    assert KEY not in log
    files = [path for path in bot.bot.userdir.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    for (opened, closed), (more, gone) in pairwise(traded):
        assert more > opened
        assert gone > closed
    said = Counter(next((kind for kind in CHANGES if kind in each), each) for each in lines)
    assert not {kind: times for kind, times in said.items() if times > CHANGES.get(kind, 0)}, lines
