"""
Two real dry-run bots whose machines' clocks are wrong: five minutes ahead, five behind.

    python -m pytest -s tests/measure/live_clocks.py

A minute on a machine with nothing else to do: how late the bots are is a matter of load.
"""

from pathlib import Path

import pandas as pd
import pytest

from tests.support.bot import SWALLOWED
from tests.support.fast_world import FastWorld
from tests.support.live_bot import TIMED, LiveBot
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY

pytestmark = pytest.mark.freqtrade

OFF = 300.0
MINUTE = pd.Timedelta("1min")
DELAY = pd.Timedelta("5s")

EAGER = TIMED.replace("slot == 0", "slot >= 0")


def ages(bot: LiveBot) -> pd.Series:
    """
    For each candle that was seen: how long before its close the funding row in its columns began.

    :return: NaT where the columns were empty
    """
    found = []
    for note in bot.notes("columns"):
        closed = pd.Timestamp(note["date"]) + MINUTE
        rows = bot.store.read(Series("funding_rate", note["pair"][:3], "1m"))
        assert rows is not None
        known = rows[rows["available_at"] <= closed]
        value = note["columns"]["cg_funding_1m"]
        if value != value or value is None:
            found.append(pd.NaT)
            continue
        assert value == known["funding"].iloc[-1], "as a backtest over its store sees it"
        found.append(closed - known["time"].iloc[-1])
    return pd.Series(found, dtype="timedelta64[ns]")


def test_bots_whose_clocks_are_five_minutes_off_see_no_future_row_and_trade_on(
    tmp_path: Path,
) -> None:
    # So that a late row is an old one here, and not an empty cell.
    section = {"datasets": ["open_interest", "funding_rate"], "max_age_intervals": 20}
    with (
        FastWorld(plans={DEMO_KEY: "standard"}) as world,
        LiveBot(tmp_path / "ahead", world, off=OFF, coinglass=section, code=EAGER) as ahead,
        LiveBot(tmp_path / "behind", world, off=-OFF, coinglass=section, code=EAGER) as behind,
    ):
        # freqtrade itself takes candles of 1m for outdated that are older than seven minutes.
        ahead.bot.overlay["exchange"]["outdated_offset"] = 15
        bots = (ahead, behind)
        for bot in bots:
            bot.start()
        for bot in bots:
            bot.wait_for_candles(1)
        started = [len(bot.notes("columns")) for bot in bots]
        for bot in bots:  # the one that is behind looks at its exchange every six minutes only
            bot.wait(lambda bot=bot: not bot.trades().query("is_open == 0").empty, "closed a trade")
        behind.wait_for_candles(1)
        logs = [bot.log() for bot in bots]
        for bot in bots:  # what it had and has not written yet is written at its end
            bot.stop()
        seen = [ages(bot).iloc[skip:] for bot, skip in zip(bots, started, strict=True)]
        for log, age, word in zip(logs, seen, ("ahead of", "behind"), strict=True):
            assert age.notna().all()
            assert age.min() >= MINUTE + DELAY, "no row is seen before it is known"
            assert log.count(f"s {word} CoinGlass's.") == 1
            assert not [each for each in SWALLOWED if each in log], log[-8000:]
        assert seen[0].median() <= 4 * MINUTE, "in time, although its clock is ahead"
        assert OFF <= seen[1].median().total_seconds() <= 2 * OFF + 60.0, "so much later"
