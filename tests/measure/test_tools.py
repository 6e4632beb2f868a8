"""
The tools of this folder, each for a moment and in this process: none may rot until it is needed.

`chart_data` and `dry_run` are looked at where a bot runs anyway, in `tests/freqtrade`.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.measure import (
    consumer_columns,
    fuzz,
    kill,
    live_clocks,
    live_faults,
    live_loop,
    live_pairs,
    load,
    two,
)
from tests.measure.download import measure, share_of, work_of
from tests.measure.server import serving
from tests.support.fast_world import FastWorld
from tests.support.live_bot import TIMED, LiveBot
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.client import CoinglassClient
from vectra_freqtrade.history.download.download import Downloader
from vectra_freqtrade.history.download.download_plan import plan_download, symbols_of
from vectra_freqtrade.history.download.order_download import OrderDownloader
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.live import start as live_start
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.simulator.coinglass.server import DEMO_KEY

Capture = pytest.CaptureFixture[str]


def test_load(tmp_path: Path, capsys: Capture):
    load.build(tmp_path, 2, hours=48)
    load.compare(tmp_path, 2, rounds=1)
    plain, ours = capsys.readouterr().out.splitlines()
    # The last two rows of each came too late.
    assert "2 pairs × 10 datasets, read_feather: 960 rows" in plain
    assert "2 pairs × 10 datasets, the store   : 920 rows" in ours


def test_consumer_columns(capsys: Capture):
    consumer_columns.main(pairs=2, candles=2)
    assert re.search(r"count +4\.00 +4\.00", capsys.readouterr().out)


def test_fuzz(capsys: Capture):
    fuzz.fuzz(40)
    told = capsys.readouterr().out
    assert told.startswith("40 answers: {") and "each as it was sent" in told


def test_download(tmp_path: Path):
    work = work_of(Plan.HOBBYIST, days=2)
    work = replace(work, rows=work.rows[::5], orders=work.orders[:1])
    line = measure(Plan.HOBBYIST, "sliding", 60.0, tmp_path, work, serving)
    assert line.startswith("hobbyist     sliding")
    assert "refused 0, failed 0" in line and "missing 0, differing 0, foreign 0" in line
    assert not re.search(r"; 0 rows expected", line)


def test_the_share_of_a_budget():
    """30 a minute, for three minutes and a last one that is not counted."""
    times = [2.0 * number for number in range(121)]
    share, most = share_of(times, 30, "sliding")
    assert (share, most) == (1.0, 30)
    share, most = share_of(times, 60, "fixed")
    assert (share, most) == (0.5, 30)


def test_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture):
    """What it does around its kills; each of those takes seconds."""
    work = work_of(kill.PLAN, days=1)
    monkeypatch.setattr(kill, "work_of", lambda plan: replace(work, rows=work.rows[::7]))
    with serving(kill.PLAN.value, "fixed", 60.0) as url:
        kill.kill(url, tmp_path, times=0)
    told = capsys.readouterr().out
    reported = dict(line.rsplit(" ", 1) for line in told.splitlines()[:-1])
    assert "no broken file" in told.splitlines()[-1] and len(reported) > 5
    counts = {series: int(rows) for series, rows in reported.items()}
    kill.check(tmp_path / "killed", counts)
    with pytest.raises(AssertionError):
        kill.check(tmp_path / "killed", {next(iter(counts)): 10**9})


def test_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(two, "SPEED", 60.0)
    work = work_of(two.PLAN, days=2)
    monkeypatch.setattr(two, "work_of", lambda plan: replace(work, rows=work.rows[::40]))
    with serving(two.PLAN.value, "sliding", two.SPEED) as url:
        for half in range(2):
            two.download(url, tmp_path, half)
    stored = [list(Store(tmp_path / str(half)).series()) for half in range(2)]
    assert all(stored) and not set(stored[0]) & set(stored[1])
    log = [{"time": 0.75 * number, "refused": number == 3} for number in range(400)]
    assert two.figures(log) == "400 requests, share 100.3%, refused 1"


def test_live_pairs(monkeypatch: pytest.MonkeyPatch, capsys: Capture):
    monkeypatch.setattr(live_start, "StoppableClock", live_start.StoppableClock)  # it replaces it
    live_pairs.measure("default", 0.005, 5.0, 2, live_pairs.serving)
    told = capsys.readouterr().out
    for words in ("columns of a pair, ms", "columns of a candle, ms", "memory of each day, MB"):
        assert words in told
    assert re.search(r"threads: \d+ in the process, [1-9]\d* of the feed", told)


@pytest.fixture
def world() -> Iterator[FastWorld]:
    with FastWorld(plans={live_faults.KEY: "standard", DEMO_KEY: "standard"}) as running:
        yield running


class Loop:
    """What the strategy of a LiveBot stands on, without freqtrade."""

    def bot_loop_start(self, current_time: Any) -> None:
        pass


def note(bot: LiveBot, frame: pd.DataFrame, pair: str) -> None:
    """A loop of the bot's own strategy over one pair, whose frame has its columns already."""
    own: dict[str, Any] = {}
    exec(TIMED, own)
    strategy = type("Alone", (own["Notes"], Loop), {})()
    mode = type("Mode", (), {"value": "dry_run"})
    strategy.config = {"user_data_dir": bot.bot.userdir, "runmode": mode}
    strategy.coinglass = type("Columns", (), {"add_columns": lambda self, frame, pair: frame})()
    strategy.bot_loop_start(None)
    strategy.with_notes(frame, pair)


def test_live_loop(tmp_path: Path, world: FastWorld):
    bot = LiveBot(tmp_path, world)
    began = time.monotonic()
    dates = pd.date_range("2026-01-01", periods=3, freq="1min", tz="UTC")
    for value in (0.0001, float("nan")):
        frame = pd.DataFrame({"date": dates, "cg_funding_1m": value})
        note(bot, frame, "BTC/USDT:USDT")
    found = live_loop.figures(bot, began, time.monotonic())
    assert (found["candles"], found["loops"], found["known"]) == (2, 2, "0.50")
    for _, begin in live_loop.PHASES:
        begin(world)


def test_live_clocks(tmp_path: Path, world: FastWorld):
    bot = LiveBot(tmp_path, world)
    dates = pd.date_range("2026-01-01", periods=5, freq="1min", tz="UTC")
    series = Series("funding_rate", "BTC", "1m")
    rows = pd.DataFrame({"time": dates.as_unit("ms"), "funding": range(5)}).astype(
        {"funding": float}
    )
    bot.store.add(series, downloaded(series, rows, live_clocks.DELAY.to_pytimedelta()))
    for value in (3.0, float("nan")):
        note(bot, pd.DataFrame({"date": dates, "cg_funding_1m": value}), "BTC/USDT:USDT")
    ages = live_clocks.ages(bot)
    assert ages.iloc[0] == 2 * live_clocks.MINUTE and pd.isna(ages.iloc[1])
    note(bot, pd.DataFrame({"date": dates, "cg_funding_1m": 4.0}), "BTC/USDT:USDT")
    with pytest.raises(AssertionError, match="as a backtest"):
        live_clocks.ages(bot)  # that row was not known yet


def test_live_faults(tmp_path: Path, world: FastWorld):
    section = {"datasets": ["funding_rate", "large_orders"]}
    bot = LiveBot(tmp_path, world, key=live_faults.KEY, coinglass=section)
    settings = CoinglassSettings.from_config(bot.bot.config)
    began = world.clock.now()
    with CoinglassClient(settings, key=ApiKey(live_faults.KEY), environ={}) as client:
        end = client.now()
        symbols = symbols_of(settings.datasets, ["BTC/USDT:USDT"], "binance", settings)
        start = end - pd.Timedelta("3h")
        todo = plan_download(symbols, settings.intervals, start, end, plan=Plan.STANDARD, now=end)
        Downloader(client, bot.store).run(todo.rows)
        OrderDownloader(client, bot.store).run(todo.orders)
    for storm in live_faults.storms(began):
        world.faults(*storm)
    assert live_faults.stored(bot)
    assert live_faults.caught_up(bot, began - 60.0)
    assert not live_faults.caught_up(bot, world.clock.now() + 3600.0)


def test_what_a_bot_of_the_faults_said_is_read_line_by_line(tmp_path: Path, world: FastWorld):
    bot = LiveBot(tmp_path, world)
    stamp = "2026-01-01 00:00:00,123"
    bot.log_file.write_text(
        f"{stamp} - vectra_freqtrade.live - INFO - one\n  line\n"
        f"{stamp} - freqtrade.worker - INFO - not ours\n"
    )
    assert live_faults.Story(world, bot).lines() == ["one line"]
