"""A machine's clock that ran ahead and is put right costs no row and no word too many."""

import errno
import logging
from pathlib import Path

import httpx
import pandas as pd
import pytest

from tests.coinglass.clocks import MachineClock, TrueClock
from tests.coinglass.fake import envelope
from tests.support import live_feed
from tests.support.live_feed import FUNDING, Bench, stamp
from vectra_freqtrade.errors import PlanError, TransientError
from vectra_freqtrade.history import tables
from vectra_freqtrade.history.snapshots import Snapshots
from vectra_freqtrade.live.health import Health

HOUR, DAY = 3600.0, 86_400.0
JUMPS = pytest.mark.parametrize("jump", [HOUR, 2 * HOUR, 23 * HOUR], ids=["1h", "2h", "23h"])


class Jumping(Bench):
    """:param watched: dataset, symbol and interval"""

    def __init__(self, root: Path, *watched: str, **settings: object) -> None:
        super().__init__(root, **settings)
        self.fake.clock = TrueClock(self.clock)
        self.feed.watch(*watched)
        self.feed.load()

    def until(self, text: str, step: float = 20.0) -> None:
        """The true time."""
        end = stamp(text).timestamp()
        while self.clock.time < end:
            self.feed.run_due()
            self.clock.time = min(self.clock.time + step, end)
        self.feed.run_due()

    def ahead(self, jump: float, start: str, end: str) -> None:
        """The machine's clock is ahead from one time to another."""
        self.until(start)
        self.clock.ahead = jump
        self.until(end)
        self.clock.ahead = 0.0


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(live_feed, "FakeClock", MachineClock)
    caplog.set_level(logging.INFO, "vectra_freqtrade")


def said(caplog: pytest.LogCaptureFixture, words: str) -> int:
    return sum(words in record.getMessage() for record in caplog.records)


@JUMPS
def test_rows_come_in_time_after_a_clock_that_ran_ahead_was_put_right_which_is_said_once(
    jump: float, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Jumping(tmp_path / "a", "funding_rate", "BTC", "1h", datasets=["funding_rate"])
    bench.ahead(jump, "07:02", "07:07")
    for hour in (8, 9, 10):
        bench.until(f"{hour:02}:03")
        assert bench.read()["time"].iloc[-1] == stamp(f"{hour - 1:02}:00")
    held = bench.store.read(FUNDING)
    assert held["time"].iloc[-1] == stamp("09:00")  # the writer is not late either
    assert said(caplog, "clock went back by") == 1
    assert len(bench.asked("funding-rate")) < 40  # nor does it hurry


def heatmap(request: httpx.Request) -> httpx.Response | None:
    levels = {"y_axis": [90.0, 110.0], "liquidation_leverage_data": [[0, 0, 5e6], [0, 1, 6e6]]}
    return envelope(levels) if "heatmap" in request.url.path else None


@JUMPS
def test_snapshots_are_taken_each_quarter_of_an_hour_again(jump: float, tmp_path: Path) -> None:
    bench = Jumping(tmp_path / "a", "liquidation_heatmap", "BTC", levels_source="heatmap")
    bench.fake.level, bench.fake.first = "PROFESSIONAL", [heatmap]
    bench.ahead(jump, "07:02", "07:07")
    start = bench.clock.time
    count = len([r for r in bench.fake.seen if "heatmap" in r.url.path])
    bench.until("08:08")
    later = len([r for r in bench.fake.seen if "heatmap" in r.url.path]) - count
    assert bench.clock.time - start > HOUR
    assert 4 <= later <= 6
    assert not Snapshots(bench.store.root).read("liquidation_heatmap", "BTC").empty


@JUMPS
def test_orders_are_looked_at_each_quarter_of_an_hour_again(jump: float, tmp_path: Path) -> None:
    bench = Jumping(tmp_path / "a", "large_orders", "Binance_BTCUSDT", datasets=["large_orders"])
    bench.ahead(jump, "07:02", "07:07")
    count = len([r for r in bench.fake.seen if "state" in r.url.params])
    bench.until("08:08")
    later = len([r for r in bench.fake.seen if "state" in r.url.params]) - count
    assert 4 <= later / 3 <= 6


def test_a_plan_that_was_bought_is_found_although_the_clock_was_put_right(tmp_path: Path) -> None:
    bench = Jumping(tmp_path / "a", "liquidation_heatmap", "BTC", levels_source="heatmap")
    bench.fake.first = [heatmap]
    bench.ahead(DAY, "07:02", "07:07")
    bench.fake.level = "PROFESSIONAL"
    bench.until("07:30")
    assert [r for r in bench.fake.seen if "heatmap" in r.url.path]


def test_a_disk_that_was_full_while_the_clock_ran_ahead_is_tried_again_within_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    bench = Jumping(tmp_path / "a", "funding_rate", "BTC", "1h", datasets=["funding_rate"])
    bench.until("07:58")
    with monkeypatch.context() as disk:
        disk.setattr(tables.feather, "write_feather", full)
        bench.ahead(DAY, "08:00", "08:05")
    bench.until("08:08")
    assert bench.store.read(FUNDING)["time"].iloc[-1] == stamp("07:00")


def test_nothing_is_given_up_for_having_been_read_by_the_right_clock(tmp_path: Path) -> None:
    """What is not read any more was read last by the wrong one: that is no measure for the rest."""
    bench = Jumping(tmp_path / "a", "funding_rate", "BTC", "1h", datasets=["funding_rate"])
    bench.until("07:02")
    bench.clock.ahead = DAY
    bench.feed.watch("funding_rate", "ETH", "1h")
    bench.until("07:07")
    bench.clock.ahead = 0.0
    for minute in range(8, 20):
        bench.read()
        bench.until(f"07:{minute:02}")
        assert len(bench.feed._jobs) == 2


@pytest.mark.parametrize("refused", [False, True])
def test_what_fails_after_a_jump_is_said_as_soon_as_ever(
    refused: bool, caplog: pytest.LogCaptureFixture
) -> None:
    health = Health()
    error = PlanError("Not in the plan.") if refused else TransientError("Gone.")
    health.failed("a BTC 1h", "a 1h", 1e9 + DAY, error)
    health.say(1e9 + DAY)
    for second in range(0, 120, 10):
        health.failed("b BTC 1h", "b 1h", 1e9 + second, error)
        health.say(1e9 + second)
    told = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(told) == 1
    assert "a" in told[0] and "b" in told[0]


def test_what_the_plan_lacks_is_told_although_it_was_refused_by_the_wrong_clock(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health()
    health.failed("a BTC 1h", "a 1h", 1e9 + DAY, PlanError("Not in the plan."))
    health.say(1e9)
    assert caplog.records == []
    health.say(1e9 + 50)
    assert said(caplog, "a 1h is off") == 1


def test_an_outage_lasts_as_long_as_it_did_whatever_the_clock_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health()
    for second in range(0, 90, 10):
        health.failed("a BTC 1h", "a 1h", 1e9 + DAY + second, TransientError("Gone."))
        health.say(1e9 + DAY + second)
    health.ok("a BTC 1h", "a 1h", 1e9 + 100)
    health.say(1e9 + 100)
    down, up = (record.getMessage() for record in caplog.records)
    assert "can't be had since 01:46:40" in down
    minutes = int(up.split("after ")[1].split()[0])
    assert 0 <= minutes <= 3


def test_the_sign_of_life_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "health.json"
    health = Health(file, "bot")
    health.write(1e9 + DAY)
    file.unlink()
    for second in range(0, 400, 10):
        health.write(1e9 + second)
    assert pd.Timestamp(1e9, unit="s").strftime("%Y-%m-%d") in file.read_text()
