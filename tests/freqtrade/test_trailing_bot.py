"""The real `freqtrade trade`, killed in LOCKED and started again, on a market written by hand."""

import json
import re
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.bot import SWALLOWED, Bot, base_config
from tests.support.fast_process import BotTime, start
from tests.support.scripted import ScriptedMarket
from vectra_freqtrade.simulator.clock import AcceleratedClock
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

pytestmark = [pytest.mark.freqtrade, pytest.mark.real_time]

PAIR = "BTC/USDT:USDT"
SPEED = 20  # three seconds to a 1m candle
LONGEST = 300.0  # only what never comes takes as long

ALWAYS = """
from freqtrade.strategy import IStrategy
from vectra_freqtrade import CoinglassMixin, CoinglassTrailingMixin


class Always(CoinglassTrailingMixin, CoinglassMixin, IStrategy):
    timeframe = "1m"
    startup_candle_count = 30
    stoploss = -0.2
    minimal_roi = {}

    def populate_indicators(self, dataframe, metadata):
        return self.coinglass.add_columns(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""


@contextmanager
def trading(bot: Bot, clock: AcceleratedClock) -> Iterator[subprocess.Popen[str]]:
    """A dry-run bot whose time runs with the market's."""
    environment = BotTime(clock).environment
    process = start(bot, "Always", environment, stdout=subprocess.PIPE, text=True)
    deadline = threading.Timer(LONGEST, process.kill)
    deadline.start()
    try:
        yield process
    finally:
        deadline.cancel()
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def until(process: subprocess.Popen[str], word: str, times: int = 1) -> str:
    """
    :return: the log up to the line in which a word has come so many times
    """
    lines: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        times -= word in line
        if times == 0:
            return "".join(lines)
    raise AssertionError(f"never said {word!r}:\n{''.join(lines)[-6000:]}")


def kept(database: Path) -> tuple[float, bool, dict[str, Any]]:
    """
    :return: the trade's stop, whether it is open, and what is kept with it
    """
    with closing(sqlite3.connect(database)) as connection:
        trades = connection.execute("select stop_loss, is_open from trades").fetchall()
        [(stop, is_open)] = trades
        data = connection.execute("select cd_key, cd_value from trade_custom_data").fetchall()
    return stop, bool(is_open), {key: json.loads(value) for key, value in data}


def locked(database: Path) -> bool:
    """Whether the database has the phase and its stop."""
    stop, _, data = kept(database)
    trail = data.get("cg_trail", {"phase": 0})
    return trail["phase"] == 3 and stop == pytest.approx(trail["stop"], abs=0.2)


def wait(process: subprocess.Popen[str], seen: Callable[[], bool]) -> None:
    """Until the bot's database has something, as long as the bot runs."""
    while not seen():
        assert process.poll() is None
        time.sleep(0.1)  # another process works


def part_of_the_way(log: str, part: float) -> float:
    """
    :param log: with the line that tells a trade's plan; it was filled anywhere in its minute
    :return: the price that is so far from its entry to its target
    """
    found = re.search(r" at ([\d.]+): stop [\d.]+ \([^)]*\), target ([\d.]+)", log)
    assert found, log[-2000:]
    entry, target = float(found[1]), float(found[2])
    return entry + part * (target - entry)


def test_a_bot_killed_in_locked_and_started_again_continues_with_the_same_stop(tmp_path: Path):
    now = time.time()
    clock = AcceleratedClock(now, speed=SPEED)
    market = ScriptedMarket(["BTC"], start=now - 86400, price=50_000.0, half_range=250.0)
    # Quiet from here on: a fill at the low of a wide minute is at breakeven at its high, and out.
    market.move(now - 120.0, 50_000.0, 25.0)
    database = tmp_path / "user_data" / "trades.sqlite"
    market_order = dict.fromkeys(("entry", "exit", "stoploss"), "market")
    pricing = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
    config = base_config(
        [PAIR],
        initial_state="running",
        order_types={**market_order, "stoploss_on_exchange": False},
        entry_pricing=pricing,
        exit_pricing=pricing,
        internals={"heartbeat_interval": 60, "process_throttle_secs": 1},
        coinglass={
            "datasets": ["funding_rate"],
            "intervals": ["1h"],
            "trailing": {"atr_interval": "1m"},
        },
    )
    with LoopbackExchange(market, clock) as exchange:
        overlay = exchange.config_overlay()
        overlay["exchange"]["ccxt_config"]["timeout"] = 200_000  # of the bot's own, fast seconds
        bot = Bot(tmp_path / "user_data", config, overlay)
        bot.strategy("Always", ALWAYS)
        with trading(bot, clock) as first:
            log = until(first, "ATR), target")
            # Of the way to the target, nine tenths; and then hardly a move.
            market.move(clock.now(), part_of_the_way(log, 0.9), 10.0)
            log += until(first, "to LOCKED: stop")
            # It is said before all of it is in the database.
            wait(first, lambda: locked(database))
            first.send_signal(signal.SIGKILL)
        stop, is_open, before = kept(database)
        assert is_open
        assert before["cg_trail"]["phase"] == 3
        with trading(bot, clock) as second:
            again = until(second, "Bot heartbeat", times=4)
            later_by = before["cg_trail"]["at"] + 60_000
            wait(second, lambda: kept(database)[2]["cg_trail"]["at"] >= later_by)
            second.send_signal(signal.SIGTERM)
            second.communicate()
    later, is_open, after = kept(database)
    assert is_open
    assert later == pytest.approx(stop)
    assert after["cg_plan"] == before["cg_plan"]
    for name in ("phase", "stop", "best", "target"):
        assert after["cg_trail"][name] == before["cg_trail"][name], name
    assert stop == pytest.approx(before["cg_trail"]["stop"], abs=0.2)
    assert "LOCKED" not in again, "said once"
    assert not [word for word in SWALLOWED if word in log + again], (log + again)[-12000:]
