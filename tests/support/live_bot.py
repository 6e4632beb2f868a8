"""
A real `freqtrade trade --dry-run` whose time runs faster, on the loopback servers of the demo.

Its strategy writes down when each loop began and how long its columns took, in a file.
"""

import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import pandas as pd

from tests.support.bot import Bot, base_config
from tests.support.fast_process import MovableBotTime, start
from tests.support.fast_world import PAIRS, FastWorld
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY

#: Real seconds; only what never comes takes as long, however busy the machine is.
PATIENCE = 300.0

#: What a strategy of these tests begins with: `with_notes` makes the columns.
NOTES = """
import json
import time
from pathlib import Path

from freqtrade.strategy import IStrategy
from vectra_freqtrade import CoinglassMixin


class Notes:
    def note(self, **facts):
        with (Path(self.config["user_data_dir"]) / "notes.jsonl").open("a") as file:
            file.write(json.dumps(facts) + "\\n")

    def bot_loop_start(self, current_time, **kwargs):
        super().bot_loop_start(current_time=current_time, **kwargs)
        self.note(kind="loop", at=time.monotonic())

    def with_notes(self, dataframe, pair):
        begin = time.monotonic()
        frame = self.coinglass.add_columns(dataframe, pair)
        end = time.monotonic()
        if self.config["runmode"].value == "dry_run":
            last = frame.iloc[-1]
            columns = {name: last[name] for name in frame if name.startswith("cg_")}
            known = json.loads(json.dumps(columns, default=float))
            self.note(
                kind="columns", pair=pair, date=str(last["date"]),
                begin=begin, end=end, columns=known,
            )
        return frame
"""

TIMED = (
    NOTES
    + '''

class Timed(Notes, CoinglassMixin, IStrategy):
    """Trades every few minutes, whatever the columns say, and writes down what it saw."""

    timeframe = "1m"
    can_short = True
    startup_candle_count = 30
    stoploss = -0.2
    minimal_roi = {"0": 0.02, "3": -1}

    def populate_indicators(self, dataframe, metadata):
        return self.with_notes(dataframe, metadata["pair"])

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
)


class LiveBot:
    """
    A bot, when it was started; `with` kills it at the end.

    :param folder: user_data is made there
    :param world: the servers; they are running
    :param pairs: the pair list
    :param key: CoinGlass's, of the bot
    :param off: seconds by which the bot's clock is ahead of all others
    :param coinglass: settings beside address, key file and the defaults below
    :param config: changes to freqtrade's
    :param code: of the strategy, whose class is Timed
    """

    def __init__(
        self,
        folder: Path,
        world: FastWorld,
        pairs: Sequence[str] = PAIRS,
        *,
        key: str = DEMO_KEY,
        off: float = 0.0,
        coinglass: dict[str, Any] | None = None,
        config: dict[str, Any] | None = None,
        code: str = TIMED,
    ) -> None:
        self.folder, self.world, self._off = folder, world, off
        folder.mkdir(exist_ok=True)
        key_file = folder / "key"
        key_file.write_text(key)
        section = {
            "base_url": world.server.url,
            "api_key_file": str(key_file),
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
            "internals": {"heartbeat_interval": 60, "process_throttle_secs": 1},
            "coinglass": section,
            **(config or {}),
        }
        overlay = world.exchange.config_overlay()
        overlay["exchange"]["ccxt_config"]["timeout"] = 200_000  # of the bot's own, fast seconds
        self.bot = Bot(folder / "user_data", base_config(list(pairs), **changes), overlay)
        self.bot.strategy("Timed", code)
        self.log_file = folder / "bot.log"
        self._said = ""  # by processes that were told to end, until then
        self._unread = 0  # bytes of the log that those wrote
        self._time: MovableBotTime | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def store(self) -> Store:
        return Store(self.folder / "user_data" / "data" / "coinglass")

    def start(self, *more: str) -> None:
        """
        A new process.

        :param more: options of `freqtrade trade`
        """
        self._time = MovableBotTime(self.world.clock, self.folder / "faketime", self._off)
        with self.log_file.open("ab") as log:
            self._process = start(self.bot, "Timed", self._time.environment, *more, stdout=log)

    def jump(self, seconds: float) -> None:
        """
        All clocks jump, as on a machine that was suspended.

        :param seconds: of simulated time
        """
        assert self._time is not None
        self.world.clock.set(self.world.clock.now() + seconds)
        self._time.advance(seconds)

    def stop(self) -> float:
        """
        As a user ends it.

        :return: seconds it took
        """
        process = self._process
        assert process is not None
        self._said = self.log()
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)
        self._unread = self.log_file.stat().st_size
        return time.monotonic() - began

    def kill(self) -> None:
        """Wherever it is."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """
        What it said before it was told to end: the signal interrupts freqtrade anywhere, also
        inside a statement of its database, and what it then logs is its own end.
        """
        if not self.log_file.exists():
            return ""
        return self._said + self.log_file.read_bytes()[self._unread :].decode(errors="replace")

    def notes(self, kind: str) -> list[dict[str, Any]]:
        """What the strategy wrote down."""
        file = self.bot.userdir / "notes.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        complete = [json.loads(line) for line in lines if line.endswith("}")]
        return [note for note in complete if note["kind"] == kind]

    def wait(self, seen: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
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

    def wait_for_candles(self, count: int, seconds: float = PATIENCE) -> list[dict[str, Any]]:
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
        with closing(sqlite3.connect(self.bot.userdir / "trades.sqlite")) as connection:
            return pd.read_sql(
                "select id, pair, is_short, open_date, close_date, open_rate, close_rate, "
                "enter_tag, exit_reason, is_open from trades order by open_date",
                connection,
                parse_dates=["open_date", "close_date"],
            )
