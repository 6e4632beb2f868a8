"""One producer with the key and two consumers without, as real `freqtrade trade` processes."""

import signal
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pytest

from tests.support.bot import Bot, base_config
from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.fast_process import BotTime, start
from tests.support.web_api import free_port
from vectra_freqtrade.simulator.clock import AcceleratedClock
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange
from vectra_freqtrade.simulator.market.market import SimulatedMarket

pytestmark = [pytest.mark.freqtrade, pytest.mark.real_time]

PAIR = "BTC/USDT:USDT"
SPEED = 5  # twelve seconds to a 1m candle
LONGEST = 300.0  # only what never comes takes as long
TOKEN = "a-token-of-this-test"
KEY, ADDRESS = "COINGLASS_API_KEY", "COINGLASS_BASE_URL"

SHOWS = '''
import logging

from freqtrade.strategy import IStrategy
from vectra_freqtrade import CoinglassMixin

logger = logging.getLogger(__name__)


class Shows(CoinglassMixin, IStrategy):
    """Leaves the frame of each analysis behind, and says of each candle once what it had."""

    timeframe = "1m"
    startup_candle_count = 30
    stoploss = -0.2
    minimal_roi = {}
    said = frozenset()

    def populate_indicators(self, dataframe, metadata):
        return self.coinglass.add_columns(dataframe, metadata["pair"])

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        last = dataframe.iloc[-1]
        held = "full" if last["cg_fresh"] > 0 else "waits" if last["cg_wait_long"] else "empty"
        line = f"SHOWS {held} {last['date']}"
        if line not in self.said:
            self.said = self.said | {line}
            whole = self.config["user_data_dir"] / "whole.feather"
            dataframe.to_feather(whole.with_suffix(".tmp"))
            whole.with_suffix(".tmp").replace(whole)
            logger.info(line)
        return dataframe
'''


class Running:
    """A dry-run bot whose log is read as it comes."""

    def __init__(self, bot: Bot, clock: AcceleratedClock, environment: dict[str, str]) -> None:
        self.bot, self.clock, self.environment = bot, clock, environment
        self.log: list[str] = []

    def __enter__(self) -> Self:
        self._lines, self._keeps = threading.Condition(), True
        self.process = start(
            self.bot,
            "Shows",
            {**self.environment, **BotTime(self.clock).environment},
            *("--logfile", str(self.bot.userdir / "bot.log")),
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream:
            for line in stream:
                with self._lines:
                    if self._keeps:
                        self.log.append(line)
                    self._lines.notify_all()

    def until(self, word: str, times: int = 1, since: int = 0) -> int:
        """
        :param since: lines of the log that do not count
        :return: how many lines the log has when the word has come so many times
        """

        def come() -> bool:
            return sum(word in line for line in self.log[since:]) >= times

        with self._lines:
            assert self._lines.wait_for(come, LONGEST), (word, "".join(self.log))
            return len(self.log)

    def stop(self) -> None:
        """What it logs from then on is not kept: the signal interrupts freqtrade anywhere."""
        with self._lines:
            self._keeps = False
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self._reader.join()

    def frame(self) -> pd.DataFrame:
        """Of its newest analysis."""
        return pd.read_feather(self.bot.userdir / "whole.feather").set_index("date")

    def candles(self, held: str) -> set[str]:
        """Opens of candles that were seen so."""
        mark = f"SHOWS {held} "
        return {line.split(mark)[1].strip() for line in self.log if mark in line}


def bot(folder: Path, exchange: LoopbackExchange, section: dict[str, Any], **changes: Any) -> Bot:
    """A bot with a folder of its own."""
    coinglass = {"datasets": ["open_interest", "funding_rate"], "intervals": ["5m", "15m"]}
    overlay = exchange.config_overlay()
    overlay["exchange"]["ccxt_config"]["timeout"] = 200_000  # of the bot's own, fast seconds
    config = base_config(
        [PAIR],
        initial_state="running",
        internals={"process_throttle_secs": 5},
        coinglass={**coinglass, **section},
        **changes,
    )
    made = Bot(folder / "user_data", config, overlay)
    made.strategy("Shows", SHOWS)
    return made


def assert_same(consumer: Running, producer: Running) -> None:
    """Cell by cell, on all candles that both have, to the ten decimals that freqtrade sends."""
    mine, theirs = consumer.frame(), producer.frame()
    mine = mine[~(mine["cg_wait_long"] & mine["cg_wait_short"])]  # the newest, on its way
    names = [name for name in theirs if name.startswith("cg_")]
    assert [name for name in mine if name.startswith("cg_")] == names
    both = mine.index.intersection(theirs.index)
    assert len(both) > 100
    pd.testing.assert_frame_equal(
        mine.loc[both, names],
        theirs.loc[both, names],
        check_exact=False,
        rtol=1e-13,
        atol=6e-11,
    )
    assert mine["cg_state"].nunique() > 1


def test_consumers_have_the_producers_columns_also_after_it_was_killed(tmp_path: Path):
    now = time.time()
    clock = AcceleratedClock(now, SPEED)
    market = SimulatedMarket(["BTC"], start=now - 5 * 86_400)
    port = free_port()
    api = {
        "enabled": True,
        "listen_ip_address": "127.0.0.1",
        "listen_port": port,
        "username": "test",
        "password": "a-password-of-this-test",
        "jwt_secret_key": "a-long-secret-that-only-this-test-knows",
        "ws_token": TOKEN,
    }
    source = {"name": "main", "host": "127.0.0.1", "port": port, "ws_token": TOKEN}
    receiver = {"enabled": True, "producers": [source], "sleep_time": 1}
    with ExitStack() as stack:
        exchange = stack.enter_context(LoopbackExchange(market, clock))
        server = stack.enter_context(CoinglassServer(market, clock, keep_rows=False))
        keyed = {KEY: DEMO_KEY, ADDRESS: server.url}
        made = bot(tmp_path / "producer", exchange, {}, api_server=api)
        producer = stack.enter_context(Running(made, clock, keyed))
        producer.until("SHOWS full")
        consumers = [
            stack.enter_context(
                Running(
                    bot(
                        tmp_path / name,
                        exchange,
                        {"producer": "main"},
                        external_message_consumer=receiver,
                        process_only_new_candles=False,
                    ),
                    clock,
                    {},
                )
            )
            for name in ("one", "two")
        ]
        for consumer in consumers:
            consumer.until("SHOWS full", times=3)
            assert_same(consumer, producer)

        producer.process.send_signal(signal.SIGKILL)
        for consumer in consumers:
            seen = consumer.until("has sent no candle after")
            consumer.until("SHOWS empty", times=2, since=seen)
            gap = consumer.frame().iloc[-1]
            assert gap["cg_state"] == "UNKNOWN"
            assert gap["cg_fresh"] == 0.0
            assert gap["cg_confidence_long"] == 1.0

        again = stack.enter_context(Running(made, clock, keyed))
        again.until("SHOWS full")
        for consumer in consumers:
            seen = consumer.until("sends columns again")
            consumer.until("SHOWS full", times=2, since=seen)
            assert_same(consumer, again)
            consumer.stop()
        again.stop()

        for consumer in consumers:
            log = "".join(consumer.log)
            assert "Traceback" not in log, log[-6000:]
            assert "This bot uses no key" in log
            files = [path for path in consumer.bot.userdir.rglob("*") if path.is_file()]
            assert len(files) > 5
            assert not [path for path in files if DEMO_KEY.encode() in path.read_bytes()]
            assert DEMO_KEY not in log
            assert not list(consumer.bot.userdir.rglob("coinglass/*.feather"))
        entries = server.log.entries()
        assert entries
        assert all(entry.plan for entry in entries), "nobody asked without a key"
