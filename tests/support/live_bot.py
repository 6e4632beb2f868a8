"""
A real `freqtrade trade --dry-run` whose time runs faster, on the loopback servers of the demo.

Its strategy writes down when each loop began and how long its columns took, in a file.
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import pandas as pd
import pytest

from tests.support.bot import Bot, base_config
from vectra_freqtrade.demo.clock import AcceleratedClock
from vectra_freqtrade.demo.coinglass_server import DEMO_KEY, CoinglassServer
from vectra_freqtrade.demo.exchange import LoopbackExchange
from vectra_freqtrade.demo.fault_hook import Call, Fault
from vectra_freqtrade.demo.loopback import Reply
from vectra_freqtrade.demo.market import SimulatedMarket
from vectra_freqtrade.demo.planned_fault import Planned
from vectra_freqtrade.history.store import Store

SPEED = 20  # three seconds to a 1m candle
PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
#: Of the simulated market, before the bot starts.
DAYS = 3

TIMED = '''
import json
import time
from pathlib import Path

from freqtrade.strategy import IStrategy
from vectra_freqtrade import CoinglassMixin


class Timed(CoinglassMixin, IStrategy):
    """Trades every few minutes, whatever the columns say, and writes down what it saw."""

    timeframe = "1m"
    can_short = True
    startup_candle_count = 30
    stoploss = -0.2
    minimal_roi = {"0": 0.02, "3": -1}

    def note(self, **facts):
        with (Path(self.config["user_data_dir"]) / "notes.jsonl").open("a") as file:
            file.write(json.dumps(facts) + "\\n")

    def bot_loop_start(self, current_time, **kwargs):
        self.note(kind="loop", at=time.monotonic())

    def populate_indicators(self, dataframe, metadata):
        begin = time.monotonic()
        frame = self.coinglass.add_columns(dataframe, metadata["pair"])
        end = time.monotonic()
        if self.config["runmode"].value == "dry_run":
            last = frame.iloc[-1]
            columns = {name: last[name] for name in frame if name.startswith("cg_")}
            known = json.loads(json.dumps(columns, default=float))
            self.note(
                kind="columns", pair=metadata["pair"], date=str(last["date"]),
                begin=begin, end=end, columns=known,
            )
        return frame

    def populate_entry_trend(self, dataframe, metadata):
        slot = dataframe["date"].dt.minute % 5
        dataframe.loc[slot == 0, ["enter_long", "enter_tag"]] = (1, "five")
        dataframe.loc[slot == 3, "enter_short"] = 1
        dataframe.loc[slot == 3, "enter_tag"] = dataframe["cg_state"]
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["date"].dt.minute % 5 == 1, ["exit_long", "exit_tag"]] = (1, "one")
        return dataframe
'''


class Late(Planned):
    """The right answer, so many seconds of real time late."""

    def __init__(self, seconds: float, **where: Any) -> None:
        super().__init__(**{"times": None, **where})
        self.seconds = seconds

    def before(self, call: Call) -> Reply | None:
        if self.meets(call):
            call.wait(self.seconds)
        return None


def faketime() -> Path:
    """The library that makes a process' clock run faster; from PyPI, Linux only."""
    spec = find_spec("libfaketime")
    if spec is None or spec.origin is None or sys.platform != "linux":
        pytest.skip("needs the package libfaketime, which is for Linux")
    return Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"


class LiveBot:
    """
    The servers, and the bot when it was started.

    :param folder: user_data is made there
    :param pairs: the pair list
    :param coinglass: settings beside address, key file and the defaults below
    :param config: changes to freqtrade's
    """

    def __init__(
        self,
        folder: Path,
        pairs: Sequence[str] = PAIRS,
        *,
        coinglass: dict[str, Any] | None = None,
        config: dict[str, Any] | None = None,
        plan: str = "professional",
    ) -> None:
        now = time.time()
        self.clock = AcceleratedClock(now, SPEED)
        coins = [pair.split("/")[0] for pair in pairs]
        self.market = SimulatedMarket(coins, start=now - DAYS * 86_400)
        self.exchange = LoopbackExchange(self.market, self.clock)
        self.server = self._server(0, plan)
        self.folder = folder
        key = folder / "key"
        key.write_text(DEMO_KEY)
        section = {
            "base_url": self.server.url,
            "api_key_file": str(key),
            "intervals": ["1m", "5m"],
            "delay": 5,
            **(coinglass or {}),
        }
        market_order = dict.fromkeys(("entry", "exit", "stoploss"), "market")
        pricing = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
        changes: dict[str, Any] = {
            "initial_state": "running",
            "order_types": {**market_order, "stoploss_on_exchange": False},
            "entry_pricing": pricing,
            "exit_pricing": pricing,
            "internals": {"heartbeat_interval": 60, "process_throttle_secs": 5},
            "coinglass": section,
            **(config or {}),
        }
        overlay = self.exchange.config_overlay()
        overlay["exchange"]["ccxt_config"]["timeout"] = 200_000  # of the bot's own, fast seconds
        self.bot = Bot(folder / "user_data", base_config(list(pairs), **changes), overlay)
        self.bot.strategy("Timed", TIMED)
        self.database = folder / "trades.sqlite"
        self.log_file = folder / "bot.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.exchange.start()
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.server.close()
        self.exchange.close()

    @property
    def store(self) -> Store:
        return Store(self.folder / "user_data" / "data" / "coinglass")

    def start(self) -> None:
        """A new process."""
        names = {"config.json": self.bot.config, "loopback.json": self.bot.overlay}
        chosen = []
        for name, content in names.items():
            (self.bot.userdir / name).write_text(json.dumps(content))
            chosen += ["-c", str(self.bot.userdir / name)]
        ahead = self.clock.now() - time.time()
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(str(Path(sys.executable).parent / "freqtrade"), "trade", "--dry-run"),
                    *("--userdir", str(self.bot.userdir), *chosen, "--strategy", "Timed"),
                    *("--db-url", f"sqlite:///{self.database}"),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={
                    **os.environ,
                    "LD_PRELOAD": str(faketime()),
                    "FAKETIME": f"{ahead:+.3f} x{SPEED}",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # or a wait on a lock may never end
                },
            )

    def stop(self) -> float:
        """
        As a user ends it.

        :return: seconds it took
        """
        process = self._process
        assert process is not None
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=120)
        return time.monotonic() - began

    def kill(self) -> None:
        """Wherever it is."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def faults(self, *faults: Fault) -> None:
        """What is wrong with CoinGlass from now on, and nothing else."""
        self.server.faults[:] = faults

    def go(self) -> None:
        """CoinGlass is gone: nobody listens at its address."""
        self.server.close()

    def come_back(self) -> None:
        """After `go`, at the same address."""
        self.server = self._server(self.server.port, "professional").start()

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def notes(self, kind: str) -> list[dict[str, Any]]:
        """What the strategy wrote down."""
        file = self.bot.userdir / "notes.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        complete = [json.loads(line) for line in lines if line.endswith("}")]
        return [note for note in complete if note["kind"] == kind]

    def wait(self, seen: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
        """
        :param seen: what is waited for
        :param what: for the message
        :param seconds: of real time, at most
        """
        end = time.monotonic() + seconds
        while not seen():
            assert self.alive, f"it ended before {what}:\n{self.log()[-6000:]}"
            assert time.monotonic() < end, f"never {what}:\n{self.log()[-6000:]}"
            time.sleep(0.2)  # another process works

    def wait_for_candles(self, count: int, seconds: float = 180.0) -> list[dict[str, Any]]:
        """
        :param count: so many more candles of each pair
        :return: what was seen on them
        """
        pairs = len(self.bot.config["exchange"]["pair_whitelist"])
        before = len(self.notes("columns"))
        enough = before + count * pairs
        self.wait(lambda: len(self.notes("columns")) >= enough, f"{count} candles", seconds)
        return self.notes("columns")[before:]

    def trades(self) -> pd.DataFrame:
        """Of the bot's database."""
        with closing(sqlite3.connect(self.database)) as connection:
            return pd.read_sql(
                "select id, pair, is_short, open_date, close_date, open_rate, close_rate, "
                "enter_tag, exit_reason, is_open from trades order by open_date",
                connection,
                parse_dates=["open_date", "close_date"],
            )

    def _server(self, port: int, plan: str) -> CoinglassServer:
        plans = {DEMO_KEY: plan}
        return CoinglassServer(self.market, self.clock, plans=plans, keep_rows=False, port=port)
