"""Rows of a live feed: which count as downloaded, which as recorded, and what is asked for."""

import errno
import logging
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyarrow import feather

from tests.coinglass.fake import envelope
from tests.support.live_feed import FUNDING, Bench, stamp, with_value, without
from vectra_freqtrade.history import tables
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded

HOUR = pd.Timedelta("1h")
DELAY = pd.Timedelta("60s")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "coinglass", datasets=["funding_rate"])


def stored(bench: Bench) -> pd.DataFrame:
    held = bench.store.read(FUNDING)
    assert held is not None
    return held.set_index("time")


def begin(bench: Bench) -> None:
    bench.feed.watch("funding_rate", "BTC", "1h")
    bench.feed.load()
    bench.feed.run_due()


def test_the_first_live_fetch_is_history_and_later_rows_are_what_the_bot_saw(bench: Bench) -> None:
    begin(bench)
    bench.run(stamp("08:02"))
    held = stored(bench)
    first = held.loc[: stamp("05:00")]
    assert first["first_seen"].isna().all()
    assert (first["available_at"] == first.index + HOUR + DELAY).all()
    later = held.loc[stamp("06:00") :]
    assert len(later) == 2
    assert (later["first_seen"] >= later.index + HOUR + DELAY).all()
    assert (later["available_at"] == later["first_seen"]).all()
    assert (later["first_seen"] < later.index + HOUR + DELAY + pd.Timedelta("20s")).all()


def test_a_clock_with_microseconds_is_a_clock(bench: Bench) -> None:
    """Bots have one."""
    assert (bench.clock.now() * 1000) % 1 > 0
    begin(bench)
    bench.run(stamp("09:30"))
    assert bench.read()["time"].iloc[-1] == stamp("08:00")


def test_what_the_bot_sees_is_what_the_store_will_show_a_backtest(bench: Bench) -> None:
    begin(bench)
    bench.run(stamp("11:30"))
    held = stored(bench)
    seen = bench.read().set_index("time")
    assert seen["available_at"].equals(held.loc[seen.index, "available_at"])
    assert seen["funding"].equals(held.loc[seen.index, "funding"])


def test_a_decision_sees_the_rows_that_were_known_by_then_and_no_later_one(bench: Bench) -> None:
    begin(bench)
    bench.run(stamp("08:02"))
    rows = bench.read()
    known = rows["available_at"].iloc[-1]
    at = bench.feed.rows(FUNDING, known)
    before = bench.feed.rows(FUNDING, known - pd.Timedelta("1ms"))
    assert at["time"].equals(rows["time"])
    assert before["time"].equals(rows["time"].iloc[:-1])


def test_rows_that_come_after_a_restart_are_recorded_however_long_it_was_away(bench: Bench) -> None:
    begin(bench)
    bench.run(stamp("07:02"))
    bench.feed.close()
    bench.clock.time = (stamp("15:00") + pd.Timedelta("30s")).timestamp()
    bench.start()
    begin(bench)
    held = stored(bench).loc[stamp("07:00") : stamp("13:00")]
    assert len(held) == 7
    assert (held["first_seen"] >= stamp("15:00")).all()
    assert (held["available_at"] == held["first_seen"]).all()


def test_a_first_answer_without_rows_is_not_the_first_live_fetch(bench: Bench) -> None:
    """Else a month of history would count as seen only from the answer after it."""
    bench.changes.append(lambda rows: [])
    begin(bench)
    assert bench.read().empty
    bench.changes.clear()
    bench.run(stamp("06:20"))
    assert len(bench.read()) > 500
    assert stored(bench)["first_seen"].isna().all()
    bench.run(stamp("08:02"))
    assert stored(bench).loc[stamp("06:00") :, "first_seen"].notna().all()


def test_a_row_that_comes_after_a_later_one_is_stored_and_never_used(bench: Bench) -> None:
    begin(bench)
    bench.changes.append(without(stamp("06:00")))
    bench.run(stamp("08:10"))
    assert bench.read()["time"].iloc[-1] == stamp("07:00")
    bench.changes.clear()
    bench.run(stamp("09:02"))
    late = stored(bench).loc[stamp("06:00")]
    assert pd.isna(late["available_at"])
    assert late["first_seen"] > stamp("09:01")
    assert stamp("06:00") not in set(bench.read()["time"])


def test_a_revision_is_counted_once_and_does_not_change_what_the_bot_acted_on(bench: Bench) -> None:
    begin(bench)
    bench.run(stamp("07:02"))
    first = bench.read().set_index("time").loc[stamp("06:00"), "funding"]
    bench.changes.append(with_value(stamp("06:00"), 55.0))
    bench.run(stamp("10:02"))
    assert bench.store.revisions(FUNDING) == 1
    assert stored(bench).loc[stamp("06:00"), "funding"] == first
    assert bench.read().set_index("time").loc[stamp("06:00"), "funding"] == first
    bench.changes[:] = [with_value(stamp("06:00"), 66.0)]
    bench.run(stamp("11:02"))
    assert bench.store.revisions(FUNDING) == 2


def test_the_last_rows_are_asked_for_again_and_no_more(bench: Bench) -> None:
    """So that late and revised ones show."""
    begin(bench)
    bench.fake.seen.clear()
    bench.run(stamp("07:02"))
    for request in bench.asked():
        start = pd.Timestamp(int(request.url.params["start_time"]), unit="ms", tz="UTC")
        assert start == stamp("05:00") - 12 * HOUR
    assert len(bench.asked()) == 1


def test_older_rows_are_asked_for_once_and_not_again_after_a_restart(bench: Bench) -> None:
    bench.fake.listed = int((stamp("00:00") - pd.Timedelta("5D")).timestamp() * 1000)
    bench.feed.client.plan()
    times = pd.date_range(stamp("00:00") - pd.Timedelta("2D"), stamp("04:00"), freq="1h", unit="ms")
    rows = pd.DataFrame({"time": times, "funding": 0.0})
    bench.store.add(FUNDING, downloaded(FUNDING, rows, timedelta(seconds=60)))
    begin(bench)
    assert bench.read()["time"].iloc[0] == stamp("00:00") - pd.Timedelta("5D")
    older = [r for r in bench.asked() if int(r.url.params["start_time"]) < bench.fake.listed]
    assert len(older) == 1
    bench.run(stamp("08:02"))
    bench.feed.close()
    bench.start()
    begin(bench)
    bench.run(stamp("09:02"))
    older = [r for r in bench.asked() if int(r.url.params["start_time"]) < bench.fake.listed]
    assert len(older) == 1


def test_a_hole_in_the_first_answers_is_asked_for_again(bench: Bench) -> None:
    """Rows that come behind later ones could never be used."""
    holes = [stamp("00:00") - n * HOUR for n in range(100, 110)]
    hidden = {"left": 1}

    def once(rows: list[dict[str, object]]) -> list[dict[str, object]]:
        if len(rows) < 500:
            return rows
        hidden["left"] -= 1
        return without(*holes)(rows) if hidden["left"] >= 0 else rows

    bench.changes.append(once)
    begin(bench)
    assert hidden["left"] < 1, "the first long answer had a hole"
    assert set(holes) <= set(bench.read()["time"])


def test_memory_keeps_no_more_than_anything_looks_back_on(bench: Bench) -> None:
    begin(bench)
    first = len(bench.read())
    for hour in range(72):
        bench.run(stamp("06:30") + hour * HOUR, step=300.0)
        bench.read()
    assert abs(len(bench.read()) - first) <= 1
    assert len(stored(bench)) == first + 72 - 1


def test_what_a_bot_saw_just_before_its_end_is_written(bench: Bench) -> None:
    begin(bench)
    bench.clock.time = (stamp("07:01") + pd.Timedelta("5s")).timestamp()
    for job in bench.feed.due():
        bench.feed.ask(job)
    assert bench.read()["time"].iloc[-1] == stamp("06:00")
    assert stamp("06:00") not in stored(bench).index
    bench.feed.close()
    assert stamp("06:00") in stored(bench).index


def test_a_broken_file_is_left_alone_said_once_and_the_bot_has_its_columns(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    path = FUNDING.path(bench.store.root)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a feather file")
    begin(bench)
    bench.run(stamp("09:02"))
    assert path.read_bytes() == b"not a feather file"
    assert bench.read()["time"].iloc[-1] == stamp("08:00")
    told = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(told) == 1
    assert "left as it is" in told[0]
    assert "kept in memory only" in told[0]


def test_a_full_disk_is_one_line_and_the_rows_are_written_when_there_is_room(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    begin(bench)
    with monkeypatch.context() as patch:
        patch.setattr(tables.feather, "write_feather", full)
        patch.setattr("vectra_freqtrade.history.ledger.atomic_write", full)
        bench.run(stamp("10:02"))
        assert bench.read()["time"].iloc[-1] == stamp("09:00")
        assert len(stored(bench).loc[stamp("06:00") :]) == 0
    bench.run(stamp("10:10"))
    held = stored(bench).loc[stamp("06:00") : stamp("09:00")]
    assert len(held) == 4
    assert held["available_at"].is_monotonic_increasing
    assert (held["first_seen"] - held.index - HOUR - DELAY < pd.Timedelta("20s")).all()
    told = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(told) == 1, told
    assert "No space left on device" in told[0]


def test_a_full_disk_is_tried_once_a_minute_not_in_each_loop(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[float] = []

    def full(*_: object, **__: object) -> None:
        tried.append(bench.clock.now())
        raise OSError(errno.ENOSPC, "No space left on device")

    begin(bench)
    bench.run(stamp("07:00"))
    monkeypatch.setattr(tables.feather, "write_feather", full)
    bench.run(stamp("07:30"), step=5.0)
    assert 25 <= len(tried) <= 30
    assert min(later - sooner for sooner, later in pairwise(tried)) >= 60.0


def test_a_disk_that_is_full_from_the_start_takes_no_row_from_the_bot(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tables.feather, "write_feather", full)
    monkeypatch.setattr("vectra_freqtrade.history.ledger.atomic_write", full)
    begin(bench)
    assert len(bench.read()) > 500


def test_whoever_makes_features_is_told_of_new_rows_and_of_nothing_else(bench: Bench) -> None:
    told: list[tuple[Series, pd.DataFrame]] = []
    bench.feed.renewed = lambda series, rows: told.append((series, rows))
    begin(bench)
    bench.run(stamp("09:30"))
    seen = bench.read()
    assert [rows["time"].iloc[-1] for _, rows in told[-3:]] == list(seen["time"].iloc[-3:])
    assert {series for series, _ in told} == {FUNDING}
    assert told[-1][1] is seen  # so that the bot's loop knows it again
    count = len(told)
    bench.changes.append(with_value(stamp("07:00"), 9.0))
    bench.run(stamp("09:59"))
    assert len(told) == count


def test_a_row_that_has_to_settle_is_fetched_when_it_may_be_used(tmp_path: Path) -> None:
    """So the value that the bot keeps is the settled one."""
    bench = Bench(tmp_path / "coinglass", datasets=["funding_rate"], settle={"funding_rate": 1})
    begin(bench)
    bench.changes.append(with_value(stamp("06:00"), 55.0))  # until the next row has closed
    bench.run(stamp("08:00"))
    assert bench.read()["time"].iloc[-1] == stamp("05:00")
    bench.changes.clear()
    asked = len(bench.asked())
    bench.run(stamp("08:02"))
    assert len(bench.asked()) == asked + 1
    last = stored(bench).iloc[-1]
    assert last.name == stamp("06:00")
    assert last["funding"] != 0.55
    assert last["available_at"] == last["first_seen"] >= stamp("08:01")
    assert bench.store.revisions(FUNDING) == 0


def test_a_time_sent_twice_is_the_first_of_the_two_said_once_and_counted(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """In the first answer and in a later one; what is known stays, whatever is sent again."""

    def twice(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        times = [int(stamp(text).timestamp() * 1000) for text in ("03:00", "06:00")]
        again = [row | {"close": "77"} for row in rows if row["time"] in times]
        return sorted([*rows, *again], key=lambda row: row["time"])

    bench.changes.append(twice)
    begin(bench)
    bench.run(stamp("10:02"))
    held = stored(bench)
    assert not (held["funding"] == 0.77).any()
    seen = bench.read().set_index("time")["funding"]
    assert seen.equals(held.loc[seen.index, "funding"])
    assert bench.store.revisions(FUNDING) == 0
    said = [each.getMessage() for each in caplog.records if "twice" in each.getMessage()]
    assert len(said) == 1
    assert "sent 1 row of funding_rate BTC 1h twice" in said[0] and "03:00" in said[0]
    notes = bench.store.notes(FUNDING)
    assert (notes.revisions, notes.twice) == (0, 2)


SHARE = Series("bitcoin_dominance", "BTC", "1d")


def test_a_bot_sets_a_whole_history_without_spacings_aside_and_fetches_it_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path / "coinglass", datasets=["bitcoin_dominance"])
    days = pd.date_range(stamp("00:00") - pd.Timedelta("30D"), periods=10, freq="3D")
    old = downloaded(SHARE, pd.DataFrame({"time": days, "dominance": 1.0}), timedelta(seconds=60))
    bench.store.add(SHARE, old)
    path = SHARE.path(bench.store.root)
    feather.write_feather(feather.read_table(path).drop_columns("spacing"), path)
    cells = [{"timestamp": int(at.timestamp() * 1000), "bitcoin_dominance": 57.0} for at in days]
    bench.fake.first.append(
        lambda request: envelope(cells) if "dominance" in request.url.path else None
    )
    bench.feed.watch("bitcoin_dominance", "BTC", "1d")
    bench.feed.load()
    bench.feed.run_due()
    assert bench.read(SHARE)["dominance"].tolist() == [57.0] * 9  # the last one is not known yet
    assert path.with_name("BTC-1d.feather.old").exists()
    assert bench.store.read(SHARE)["spacing"].unique() == pd.Timedelta("3D")
    assert sum("fetched anew" in each.getMessage() for each in caplog.records) == 1
