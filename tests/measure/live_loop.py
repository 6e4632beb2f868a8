"""
A dry-run bot's loop while CoinGlass is well, hangs, answers in 30 s, refuses, is gone.

    python -m tests.measure.live_loop [seconds of each phase] [speed] [pairs]

Real processes, time four times as fast, rows and candles of a minute. For each phase: how long the
columns of a candle took, how long the loop that makes them took up to the last pair's columns,
trades opened and closed, what share of the candles had an opinion of funding, and the feed's own
log lines.
"""

import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tests.support.bot import SWALLOWED
from tests.support.fast_world import FastWorld, Late
from tests.support.faults import Hang, RateRefusal
from tests.support.live_bot import LiveBot

COINS = ("BTC", "ETH", "SOL", "BNB", "XRP", "DOGE")

Phase = tuple[str, Callable[[FastWorld], None]]

PHASES: list[Phase] = [
    ("well", lambda world: world.faults()),
    ("hangs", lambda world: world.faults(Hang(600.0, times=None))),
    ("well again", lambda world: world.faults()),
    ("answers in 30 s", lambda world: world.faults(Late(30.0))),
    ("well again", lambda world: world.faults()),
    ("refuses all", lambda world: world.faults(RateRefusal(times=None))),
    ("well again", lambda world: world.faults()),
    ("gone", lambda world: world.go()),
    ("well again", lambda world: world.come_back()),
]


def figures(bot: LiveBot, begin: float, end: float) -> dict[str, object]:
    """Of what happened between two moments of the machine's monotonic clock."""
    columns = pd.DataFrame(bot.notes("columns"))
    columns = columns[(columns["begin"] >= begin) & (columns["end"] < end)]
    loops = [note["at"] for note in bot.notes("loop")]
    took = (columns["end"] - columns["begin"]) * 1000
    starts = pd.Series(loops)
    before = starts.to_numpy()[starts.searchsorted(columns["begin"], side="right") - 1]
    analysis = (columns["end"] - before).groupby(before).max() * 1000
    known = [row["cg_funding_1m"] == row["cg_funding_1m"] for row in columns["columns"]]
    return {
        "candles": len(columns),
        "columns_ms": f"{took.median():.1f}",
        "p95": f"{took.quantile(0.95):.1f}",
        "max": f"{took.max():.1f}",
        "loop_ms": f"{analysis.median():.1f}",
        "loop_p95": f"{analysis.quantile(0.95):.1f}",
        "loop_max": f"{analysis.max():.1f}",
        "loops": sum(begin <= at < end for at in loops),
        "known": f"{sum(known) / max(1, len(known)):.2f}",
    }


def main(seconds: float = 80.0, speed: float = 4.0, pairs: int = 6) -> None:
    rows, chosen = [], [f"{coin}/USDT:USDT" for coin in COINS[: int(pairs)]]
    with (
        tempfile.TemporaryDirectory() as folder,
        FastWorld(pairs=chosen, speed=speed) as world,
        LiveBot(Path(folder), world, chosen) as bot,
    ):
        bot.start()
        bot.wait_for_candles(3, seconds=300.0)
        opened = closed = 0
        for name, begin_phase in PHASES:
            begin, said = time.monotonic(), len(bot.log())
            begin_phase(world)
            while time.monotonic() < begin + seconds and bot.alive:
                time.sleep(0.5)
            trades = bot.trades()
            now_open, now_closed = len(trades), int((trades["is_open"] == 0).sum())
            found = figures(bot, begin, time.monotonic())
            found |= {"opened": now_open - opened, "closed": now_closed - closed}
            opened, closed = now_open, now_closed
            rows.append({"phase": name} | found)
            print(rows[-1], flush=True)
            for line in bot.log()[said:].splitlines():
                if "vectra_freqtrade" in line:
                    print("   ", re.sub(r"^\S+ \S+ - ", "", line)[:300], flush=True)
        world.faults(Hang(600.0, times=None))
        print(f"ended in {bot.stop():.1f} s while it hangs")
        print(pd.DataFrame(rows).to_string(index=False))
        log = bot.log()
        print("swallowed:", [word for word in SWALLOWED if word in log])
        if any(word in log for word in SWALLOWED):
            print(log[-8000:])


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
