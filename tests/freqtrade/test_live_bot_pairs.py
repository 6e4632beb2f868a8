"""A real dry-run bot whose pair list changes while it trades."""

import json
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.support.bot import SWALLOWED
from tests.support.fast_world import DAYS, FastWorld
from tests.support.live_bot import NOTES, LiveBot
from tests.support.scripted import ScriptedMarket
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY

pytestmark = [pytest.mark.freqtrade, pytest.mark.real_time]

BTC, ETH, SOL = PAIRS = tuple(f"{coin}/USDT:USDT" for coin in ("BTC", "ETH", "SOL"))
#: A machine that sleeps.
HOURS = 6 * 3600.0

HOLDS = (
    NOTES
    + '''
from vectra_freqtrade import CoinglassTrailingMixin


class Timed(Notes, CoinglassTrailingMixin, CoinglassMixin, IStrategy):
    """Buys ETH and holds it."""

    timeframe = "1m"
    startup_candle_count = 30
    stoploss = -0.2
    minimal_roi = {}

    def populate_indicators(self, dataframe, metadata):
        return self.with_notes(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = int(metadata["pair"].startswith("ETH"))
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
'''
)


def columns(bot: LiveBot, pair: str, since: int = 0) -> list[dict[str, Any]]:
    """What was seen of a pair, behind so many notes."""
    return [note for note in bot.notes("columns")[since:] if note["pair"] == pair]


def known(note: dict[str, Any]) -> bool:
    """Rows of the last minutes are there, on both intervals."""
    values = [note["columns"][f"cg_funding_{interval}"] for interval in ("1m", "5m")]
    return all(value == value for value in values)  # not NaN


def test_a_pair_that_joins_has_its_columns_and_one_that_leaves_keeps_them_while_it_trades(
    tmp_path: Path,
) -> None:
    listed = tmp_path / "pairs.json"

    def list_pairs(*pairs: str) -> None:
        new = listed.with_suffix(".new")
        new.write_text(json.dumps({"pairs": pairs}))
        new.replace(listed)

    list_pairs(BTC, ETH)
    remote = {"method": "RemotePairList", "pairlist_url": f"file:///{listed}"}
    section = {
        "datasets": ["open_interest", "funding_rate"],
        # A busy machine is late, and that is another promise; less than HOURS on both intervals.
        "max_age_intervals": 60,
        "trailing": {"atr_interval": "5m"},
    }
    config = {"pairlists": [remote | {"number_assets": 5, "refresh_period": 10}]}
    began = time.time()
    market = ScriptedMarket(["BTC", "ETH", "SOL"], began - DAYS * 86_400, 50_000.0, 250.0)
    # Quiet from here on, or a fill at the low of a wide minute were at breakeven at its high.
    market.move(began - 120.0, 50_000.0, 25.0)
    with (
        FastWorld(market, {DEMO_KEY: "standard"}) as world,
        LiveBot(tmp_path, world, PAIRS, coinglass=section, config=config, code=HOLDS) as bot,
    ):
        bot.start()
        bot.wait(lambda: "ATR), target" in bot.log() and columns(bot, BTC) != [], "bought ETH")
        assert not columns(bot, SOL)

        # SOL joins. ETH leaves, with its trade open.
        list_pairs(BTC, SOL)
        bot.wait(lambda: any(known(note) for note in columns(bot, SOL)), "columns of SOL")
        left = len(bot.notes("columns"))
        bot.wait(lambda: len(columns(bot, ETH, left)) >= 2, "columns of ETH")
        assert all(known(note) for note in columns(bot, ETH, left))
        market.move(world.clock.now(), 51_000.0, 25.0)  # two thirds of the way to the target
        bot.wait(lambda: "ETH/USDT:USDT long from" in bot.log(), "trailed")

        # SOL leaves, and nothing of it is open.
        list_pairs(BTC)
        before = len(bot.notes("columns"))
        bot.wait(lambda: len(columns(bot, BTC, before)) >= 5, "candles without SOL")
        bot.jump(HOURS)
        woke, told = (
            pd.Timestamp(world.clock.now(), unit="s", tz="UTC"),
            len(world.server.log.entries()),
        )

        # A pair that nobody reads is given up after hours of work, not of sleep:
        # tests/live/test_start.py. What is traded is asked for, in the pair list or not.

        def coins() -> set[str]:
            asked = world.server.log.entries()[told:]
            return {entry.params.get("symbol", "")[:3] for entry in asked}

        def known_again(pair: str) -> bool:
            after = (note for note in columns(bot, pair) if pd.Timestamp(note["date"]) >= woke)
            return any(known(note) for note in after)

        bot.wait(lambda: known_again(BTC) and known_again(ETH), "columns after the jump")
        bot.wait(lambda: {"BTC", "ETH"} <= coins(), "asked for BTC and ETH")
        trades = bot.trades()
        assert list(trades["pair"]) == [ETH]
        assert trades["is_open"].all()
        assert not [word for word in SWALLOWED if word in bot.log()], bot.log()[-8000:]
