"""What `record` keeps of large orders: what a bot's feed keeps of the same answers."""

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from vectra_freqtrade.cli.record import Recorder
from vectra_freqtrade.history.orders import Orders, with_availability
from vectra_freqtrade.live.events import LiveOrders
from vectra_freqtrade.live.publish import Publisher

START = datetime(2026, 1, 1, tzinfo=UTC)
SYMBOL = "Binance_BTCUSDT"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
#: Id, hour of its start, hour of its end (None: it stands on).
WALLS = [(1, 0, 100), (2, 0, 1), (3, 20, None), (4, 60, 90), (5, 99, None), (6, -500, 110)]


class Market:
    """A client whose answers hold the orders that began in the span, as they stand now."""

    settings = SimpleNamespace(delay=60, snapshot_every=15)

    def __init__(self) -> None:
        self.at = START
        self.spans: list[timedelta] = []
        self.clock = SimpleNamespace(now=lambda: self.at.timestamp())

    def now(self) -> datetime:
        return self.at

    def corrected(self) -> float:
        return self.at.timestamp()

    def large_orders(
        self, symbol: str, start: datetime, end: datetime, *, live: bool = False
    ) -> pd.DataFrame:
        self.spans.append(end - start)
        rows = []
        for number, begun, ended in WALLS:
            begin = START + begun * HOUR
            over = None if ended is None else START + ended * HOUR
            if start <= begin < end:
                over = over if over is not None and over <= self.at else None
                rows.append((number, begin, over, 1, 99.0, 2e6, 0.0 if over is None else 1e6))
        names = ["id", "start", "end", "side", "price", "start_usd", "executed_usd"]
        frame = pd.DataFrame(rows, columns=names)
        return frame.astype(dict.fromkeys(("start", "end"), "datetime64[ms, UTC]"))


def looks(market: Market, hours: list[int], take) -> None:
    for hour in hours:
        market.at = START + hour * HOUR + MINUTE
        take()


def recording(market: Market, root: Path, *, once: bool = False) -> Recorder:
    watched = [("large_orders", SYMBOL)]
    return Recorder(market, root, watched, once=once)  # type: ignore[arg-type]


def kept(root: Path) -> pd.DataFrame:
    held = Orders(root).read(SYMBOL)
    assert held is not None
    return held.set_index("id").sort_index()


@pytest.mark.parametrize("downloaded", [False, True])
def test_recorded_orders_are_those_that_a_bot_keeps(tmp_path, downloaded):
    """Seen at the same moments they are the same to the last column, whatever lay there before."""
    hours = [1, 2, 21, 61, 91, 100, 101]
    recorder, bot = Market(), Market()
    if downloaded:
        first = with_availability(bot.large_orders(SYMBOL, START, START + MINUTE), MINUTE)
        for name in ("record", "bot"):
            Orders(tmp_path / name).add(SYMBOL, first)
    looks(recorder, hours, recording(recorder, tmp_path / "record").take)
    publisher = Publisher(lambda: bot.at.timestamp())
    place = ("large_orders", SYMBOL, 400 * HOUR, bot, publisher, tmp_path / "bot")
    live = LiveOrders(*place)  # type: ignore[arg-type]
    live.load()

    def ask() -> None:
        live.ask()
        live.unsaved.flush()

    looks(bot, hours, ask)
    pd.testing.assert_frame_equal(kept(tmp_path / "record"), kept(tmp_path / "bot"))


def test_a_wall_that_stood_for_days_ends_when_it_was_seen_to(tmp_path):
    market = Market()
    looks(market, [1, 30, 60, 99, 101], recording(market, tmp_path).take)
    wall = kept(tmp_path).loc[1]
    assert wall["end"] == START + 100 * HOUR
    assert wall["end_available_at"] == START + 101 * HOUR + MINUTE
    assert wall["executed_usd"] == 1e6


def test_a_wall_of_more_than_a_fortnight_is_given_up_and_costs_no_requests(tmp_path):
    market = Market()
    old = with_availability(
        market.large_orders(SYMBOL, START - 501 * HOUR, START - 499 * HOUR), MINUTE
    )
    Orders(tmp_path).add(SYMBOL, old)
    market.at = START
    assert recording(market, tmp_path, once=True).take() == 1
    assert market.spans[-1] == timedelta(hours=48)


def test_each_of_many_single_looks_marks_what_the_one_before_had_not_seen(tmp_path):
    """A process that looks once can tell its first look by the file alone."""
    market = Market()
    looks(market, [21, 61], lambda: recording(market, tmp_path, once=True).take())
    seen = kept(tmp_path)["first_seen"]
    assert pd.isna(seen.loc[3])
    assert seen.loc[4] == START + 61 * HOUR + MINUTE


def test_a_file_that_is_broken_is_not_counted_and_recorded_again_when_it_was_moved_away(
    tmp_path, caplog
):
    path = Orders(tmp_path).path(SYMBOL)
    path.parent.mkdir()
    path.write_text("no feather")
    market = Market()
    recorder = recording(market, tmp_path)
    market.at = START + 21 * HOUR
    assert recorder.take() == 0
    assert str(path) in caplog.text
    assert path.read_text() == "no feather"
    path.unlink()
    assert recorder.take() == 1
    path.write_text("broken since")
    assert recorder.take() == 0
    path.unlink()
    assert recorder.take() == 1
    assert 3 in kept(tmp_path).index


def test_a_disk_that_is_full_ends_no_recording_and_loses_nothing(tmp_path, monkeypatch, caplog):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    market = Market()
    recorder = recording(market, tmp_path)
    with monkeypatch.context() as disk:
        disk.setattr(Orders, "add", full)
        for hour in (21, 22):
            market.at = START + hour * HOUR
            assert recorder.take() == 0
    assert caplog.text.count("No space left on device") == 1
    market.at = START + 61 * HOUR
    assert recorder.take() == 1
    assert {3, 4} <= set(kept(tmp_path).index)
