"""
Fifty pairs on a live feed: what a candle's columns cost the bot's loop, threads, memory.

    python -m tests.measure.live_pairs [default|all] [simulated days] [minutes of a step] [pairs]

The accessor starts as in a dry-run bot, with its threads and its store; CoinGlass is the demo's
server in a process of its own, over sockets. Time is stepped from one 5m candle to the next, or by
more, where a week is to be had in minutes. Frames have 999 candles, as a bot's on Binance. At every
step the columns of each pair are made and timed, on the clock and on the CPU:

    first         the bot's first candle: all features are made
    kept          nothing came since the candle before
    price candle  an hour is full: the pair has a new candle of 1h, its rows are not there yet
    new rows      the first candle after rows came
    fetching      the candle's columns are made while the feed's threads fetch the rows of an hour
                  (in a bot they come a minute after the candle, so this is the worst case)

The memory of this process is looked at at every full hour. `all` is every dataset, with large
orders and heatmaps.
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from freqtrade.enums import RunMode

from tests.live.replay import Candles, StandIn
from tests.support.coinglass_server import DEMO_KEY, CoinglassServer
from tests.support.stepped_clock import SteppedClock
from vectra_freqtrade.catalogue.columns import DATASET_CODES
from vectra_freqtrade.coinglass.clock import StoppableClock
from vectra_freqtrade.live import start as live_start
from vectra_freqtrade.simulator.coinglass.rules import Rules
from vectra_freqtrade.simulator.market.market import SimulatedMarket

COINS: Final = ("BTC", "ETH", *(f"C{number:03}" for number in range(2, 200)))
START: Final = "2026-01-01"
DAY: Final = 86_400.0
#: Of the market before the bot starts.
BEFORE: Final = 60 * DAY
CANDLE: Final = 300.0
HOUR: Final = 3600.0
CANDLES: Final = 999
#: Hours whose first candle is made while its rows are fetched; before the week is measured.
BUSY_HOURS: Final = 4
SECTIONS: Final[dict[str, dict[str, Any]]] = {
    "default": {},
    "all": {"datasets": list(DATASET_CODES), "levels_source": "heatmap"},
}


def market(pairs: int, days: float) -> SimulatedMarket:
    """Drawn up to its end, so that no memory is taken for it later."""
    made = SimulatedMarket(COINS[:pairs], start=START, seed=5)
    for coin in COINS[:pairs]:
        made.column(coin, "close", 0, made.step_at(made.start + BEFORE + (days + 1) * DAY))
    return made


#: Sets the server's clock.
Step = Callable[[float], None]


@contextmanager
def serving(pairs: int, days: float) -> Iterator[tuple[Step, str]]:
    """The server in this process: what sets its clock, and its address."""
    drawn = market(pairs, days)
    clock = SteppedClock(drawn.start + BEFORE)
    rules = Rules(per_minute=100_000)  # minutes pass in moments here
    with CoinglassServer(drawn, clock, rules=rules, keep_rows=False) as server:

        def step(now: float) -> None:
            clock.set(now)
            server.log.clear()

        yield step, server.url


def serve(pairs: int, days: float) -> None:
    """The other process."""
    with serving(pairs, days) as (step, url):
        print(url, flush=True)
        for line in sys.stdin:
            step(float(line))
            print("set", flush=True)


class Stepped(StoppableClock):
    """Stands still between two steps; waits are real."""

    def __init__(self, server: Step, now: float) -> None:
        super().__init__()
        self._server, self._now = server, now

    def now(self) -> float:
        return self._now

    def step(self, now: float) -> None:
        """The server's clock first: it is never behind ours."""
        self._server(now)
        self._now = now


@contextmanager
def other_process(pairs: int, days: float) -> Iterator[tuple[Step, str]]:
    """As `serving`."""
    module, pipe = "tests.measure.live_pairs", subprocess.PIPE
    command = [sys.executable, "-m", module, "serve", str(days), "5", str(pairs)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        reading, writing = process.stdout, process.stdin
        assert reading is not None and writing is not None

        def step(now: float) -> None:
            writing.write(f"{now}\n")
            writing.flush()
            reading.readline()

        yield step, reading.readline().strip()
        process.kill()


class Bot:
    """The accessor as a dry-run bot has it, and what is noted of it."""

    def __init__(self, folder: Path, url: str, clock: Stepped, what: str, drawn: SimulatedMarket):
        self.clock = clock
        self.pairs = [f"{each.base}/USDT:USDT" for each in drawn.instruments]
        (folder / "key").write_text(DEMO_KEY)
        section = {"base_url": url, "api_key_file": str(folder / "key"), **SECTIONS[what]}
        config = {
            "runmode": RunMode.DRY_RUN,
            "user_data_dir": folder,
            "datadir": folder / "data" / "binance",
            "trading_mode": "futures",
            "exchange": {"name": "binance", "pair_whitelist": self.pairs},
            "coinglass": {"intervals": ["1h", "4h"], **section},
        }
        end = drawn.start + BEFORE + 9 * DAY
        self.candles = Candles(drawn, clock, end, CANDLES)  # type: ignore[arg-type]
        for pair in self.pairs:
            for timeframe in ("5m", "1h", "4h"):
                self.candles.of(pair, timeframe)
        live_start.StoppableClock = lambda: clock  # type: ignore[assignment, misc]
        self.strategy = StandIn(config, "5m", self.candles)
        self.strategy.coinglass.start()
        self.feed: Any = self.strategy.coinglass.provider
        self.times, self.loops, self.memory = [], [], []  # type: ignore[var-annotated]

    def settle(self) -> None:
        """Until the feed's threads have done all that is due."""
        while (
            any(job.running or job.due <= self.feed.now for job in self._jobs())
            or any(self.feed.shallow())
            or any(len(job.watched.unsaved) for job in self._jobs())
        ):
            time.sleep(0.01)

    def _jobs(self) -> list[Any]:
        return list(self.feed._jobs.values())

    def loop(self, kind: str) -> None:
        """As freqtrade's loop on a new candle: the informative pairs, then pair by pair."""
        began = _now()
        self.strategy.coinglass.informative_pairs(self.pairs, "futures")  # type: ignore[arg-type]
        spent = _now() - began
        for pair in self.pairs:
            frame = self.candles.of(pair, "5m")
            began = _now()
            columns = self.strategy.coinglass.add_columns(frame, pair)
            took = _now() - began
            assert len(columns) == len(frame) == CANDLES
            self.times.append((kind, *took))
            spent += took
        self.loops.append((kind, *spent))

    def look(self) -> None:
        lines = Path("/proc/self/status").read_text().splitlines()
        facts = dict(line.split(":", 1) for line in lines)
        rss = int(facts["VmRSS"].split()[0]) / 1024
        self.memory.append((self.clock.now(), rss, int(facts["Threads"])))
        print(f"{pd.Timestamp(self.clock.now(), unit='s')}: {rss:.0f} MB", flush=True)


def _now() -> "np.ndarray[Any, Any]":
    """Milliseconds: of the clock, and of this thread on the CPU."""
    return np.array([time.perf_counter(), time.thread_time()]) * 1000


def live(bot: Bot, start: float, days: float, step: float) -> None:
    close = start
    bot.settle()
    bot.look()
    while close < start + days * DAY:
        close += step
        bot.clock.step(close + 2)
        bot.settle()
        hour = close % HOUR == 0
        kind = "price candle" if hour else "new rows" if close % HOUR == CANDLE else "kept"
        bot.loop("first" if close == start + step else kind if step == CANDLE else "any")
        bot.clock.step(close + 62)
        if step == CANDLE and hour and close <= start + BUSY_HOURS * HOUR:
            time.sleep(0.3)  # the planner has seen what is due
            bot.loop("fetching")
        bot.settle()
        if hour:
            bot.look()


def figures(bot: Bot, start: float) -> None:
    for name, noted in (("columns of a pair", bot.times), ("columns of a candle", bot.loops)):
        table = pd.DataFrame(noted, columns=["", "clock", "cpu"])
        every = table[table[""] != "fetching"].assign(**{"": "all candles"})
        groups = pd.concat([table, every]).groupby("")
        shown = groups["clock"].describe(percentiles=[0.5, 0.95]).drop(columns=["std", "min"])
        shown["cpu 50%"], shown["cpu 95%"] = (
            groups["cpu"].quantile(0.5),
            groups["cpu"].quantile(0.95),
        )
        print(f"\n{name}, ms\n{shown.round(2).to_string()}")
    memory = pd.DataFrame(bot.memory, columns=["at", "MB", "threads"])
    memory["day"] = (memory["at"] - start) / DAY
    days = memory.groupby(memory["day"].astype(int) + 1)["MB"].agg(["median", "max"]).round(1)
    print(f"\nmemory of each day, MB\n{days.T.to_string()}")
    late = memory[memory["day"] >= 0.99]
    if late["day"].max() > 2:
        slope = np.polyfit(late["day"], late["MB"], 1)[0]
        print(f"slope from the end of day 1 on: {slope:+.2f} MB a day")
    own = sum(thread.name.startswith("coinglass") for thread in threading.enumerate())
    print(f"threads: {memory['threads'].max()} in the process, {own} of the feed")
    print(f"series: {len(bot._jobs())}")


def main() -> None:
    what, days, minutes, pairs = (
        *sys.argv[1:],
        *("default", "0.2", "5", "50")[len(sys.argv) - 1 :],
    )
    if what == "serve":
        serve(int(pairs), float(days))
        return
    measure(what, float(days), float(minutes), int(pairs), other_process)


def measure(
    what: str,
    days: float,
    minutes: float,
    pairs: int,
    server: Callable[[int, float], AbstractContextManager[tuple[Step, str]]],
) -> None:
    """
    :param what: of SECTIONS
    :param days: simulated
    :param minutes: of a step
    :param server: `other_process`, or `serving` where nothing is timed
    """
    drawn = market(pairs, days)
    start = drawn.start + BEFORE
    with tempfile.TemporaryDirectory() as folder, server(pairs, days) as (step, url):
        began = time.monotonic()
        bot = Bot(Path(folder), url, Stepped(step, start), what, drawn)
        del drawn
        print(f"started after {time.monotonic() - began:.1f} s", flush=True)
        live(bot, start, days, minutes * 60)
        print(f"{days} days in {time.monotonic() - began:.0f} s")
        figures(bot, start)
        bot.strategy.coinglass.stop()


if __name__ == "__main__":
    main()
