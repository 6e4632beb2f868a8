"""The store on disk: what is written can be read, and nothing else is ever taken for it."""

import multiprocessing
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from filelock import FileLock, Timeout
from pyarrow import feather

from tests.support.frames import DELAY, utc
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history import tables
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded, recorded
from vectra_freqtrade.history.store import Store

START = utc("2025-03-01")
BTC = Series("open_interest", "BTC", "1h")
ETH = Series("open_interest", "ETH", "1h")
REPOSITORY = Path(__file__).parents[2]


def rows(first: int, count: int, value: float = 1.0) -> pd.DataFrame:
    times = pd.date_range(START + pd.Timedelta(first, "h"), periods=count, freq="1h")
    return downloaded(BTC, pd.DataFrame({"time": times, "oi": value}), DELAY)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "coinglass")


def files(store: Store) -> list[str]:
    return sorted(path.name for path in store.root.rglob("*") if path.is_file())


def test_a_file_is_read_with_one_plain_read_feather(store):
    """Columns, types and values are what went in."""
    store.add(BTC, rows(0, 5))
    seen = recorded(
        BTC, pd.DataFrame({"time": [START + pd.Timedelta("5h")], "oi": [2.0]}), DELAY, utc("2026")
    )
    store.add(BTC, seen)
    frame = pd.read_feather(store.root / "open_interest" / "BTC-1h.feather")
    pd.testing.assert_frame_equal(frame, store.read(BTC))
    assert list(frame.columns) == ["time", "available_at", "first_seen", "oi"]
    assert {str(frame[name].dtype) for name in ("time", "available_at", "first_seen")} == {
        "datetime64[ms, UTC]"
    }
    pd.testing.assert_frame_equal(frame, pd.concat([rows(0, 5), seen], ignore_index=True))


def test_what_is_not_there_is_none_and_an_empty_store_holds_nothing(store):
    """Reading makes no folder."""
    assert store.read(BTC) is None
    assert store.version(BTC) is None
    assert store.series() == []
    assert store.revisions(BTC) == 0
    assert not store.root.exists()


def test_the_store_lists_its_series_and_ignores_other_files(store):
    """Sorted, by dataset where asked."""
    funding = Series("funding_rate", "BTC", "1h")
    store.add(ETH, rows(0, 1))
    store.add(BTC, rows(0, 1))
    store.add(funding, rows(0, 1).rename(columns={"oi": "funding"}))
    (store.root / "open_interest" / "notes.feather").write_bytes(b"x")
    (store.root / "mine").mkdir()
    assert store.series() == [funding, BTC, ETH]
    assert store.series("open_interest") == [BTC, ETH]


def test_revisions_are_counted_over_all_writes_and_kept(store):
    """A row first seen stays."""
    store.add(BTC, rows(0, 3))
    assert store.add(BTC, rows(1, 2, 9.0)).revised == 2
    store.add(BTC, rows(3, 1))
    store.add(BTC, rows(0, 1, 9.0))
    assert store.revisions(BTC) == 3
    assert store.read(BTC)["oi"].tolist() == [1.0] * 4


def test_nothing_new_writes_nothing(store):
    """The file stays, byte for byte and in its time."""
    store.add(BTC, rows(0, 3))
    before = store.version(BTC), store.fingerprint()
    assert store.add(BTC, rows(0, 3)).added == 0
    assert (store.version(BTC), store.fingerprint()) == before


def test_a_refresh_replaces_downloaded_rows(store):
    """Where there is no file it writes one."""
    store.refresh(BTC, rows(0, 3))
    store.refresh(BTC, rows(0, 4, 2.0))
    assert store.read(BTC)["oi"].tolist() == [2.0] * 4


def test_the_fingerprint_and_the_version_change_with_every_write(store):
    """Also when two writes of the same size fall into one tick of the clock."""
    store.add(BTC, rows(0, 3))
    prints, versions = [store.fingerprint()], [store.version(BTC)]
    for value in (2.0, 3.0, 4.0):
        store.refresh(BTC, rows(0, 3, value))
        stamp = versions[0][0]
        os.utime(BTC.path(store.root), ns=(stamp, stamp))
        prints.append(store.fingerprint())
        versions.append(store.version(BTC))
    store.add(ETH, rows(0, 1))
    prints.append(store.fingerprint())
    BTC.path(store.root).unlink()
    prints.append(store.fingerprint())
    assert all(a != b for a, b in pairwise(prints))
    assert all(a != b for a, b in pairwise(versions))


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    feather.write_feather(pa.Table.from_pandas(frame, preserve_index=False), path)


def _good() -> pd.DataFrame:
    return rows(0, 300).assign(oi=[float(n * n % 97) for n in range(300)])


BROKEN = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_bytes(b"time,oi\n1,2\n" * 40),
    "truncated": lambda path: (write_frame(path, _good()), os.truncate(path, 900)),
    "cut tail": lambda path: (
        write_frame(path, _good()),
        os.truncate(path, path.stat().st_size - 9),
    ),
    "parquet": lambda path: _good().to_parquet(path),
    "foreign columns": lambda path: write_frame(path, pd.DataFrame({"date": [1], "open": [2]})),
    "other dataset": lambda path: write_frame(path, _good().rename(columns={"oi": "funding"})),
    "no first_seen": lambda path: write_frame(path, _good().drop(columns="first_seen")),
    "integers": lambda path: write_frame(path, _good().astype({"oi": "int64"})),
    "naive time": lambda path: write_frame(
        path, _good().assign(time=lambda frame: frame["time"].dt.tz_localize(None))
    ),
    "microseconds": lambda path: write_frame(
        path, _good().astype({"available_at": "datetime64[us, UTC]"})
    ),
    "unsorted": lambda path: write_frame(path, _good().iloc[::-1].reset_index(drop=True)),
    "duplicate": lambda path: write_frame(
        path, pd.concat([_good().iloc[:2], _good().iloc[1:]], ignore_index=True)
    ),
    "released out of order": lambda path: write_frame(
        path, _good().assign(available_at=lambda f: f["available_at"].iloc[::-1].to_numpy())
    ),
    "known too early": lambda path: write_frame(
        path, _good().assign(available_at=lambda frame: frame["time"])
    ),
    "folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_can_not_be_used_is_named_with_its_fix_and_left_as_it_is(store, kind):
    """Neither reading nor adding nor refreshing changes a byte of it."""
    path = BTC.path(store.root)
    path.parent.mkdir(parents=True)
    BROKEN[kind](path)
    before = path.is_file() and path.read_bytes()
    for use in (
        lambda: store.read(BTC),
        lambda: store.add(BTC, rows(0, 1)),
        lambda: store.refresh(BTC, rows(0, 1)),
    ):
        with pytest.raises(StoreError) as raised:
            use()
        message = str(raised.value)
        assert str(path) in message
        assert "vectra-freqtrade download-data" in message and "Move it away" in message
        assert "open_interest" in message and "BTC" in message and "1h" in message
    assert (path.is_file() and path.read_bytes()) == before


@pytest.mark.parametrize("notes", [b"{", b"3"])
def test_notes_that_can_not_be_read_are_a_file_that_can_not_be_used(store, notes):
    """Counts and the recording's begin would be lost by writing over them."""
    store.add(BTC, rows(0, 1))
    path = BTC.path(store.root)
    table = feather.read_table(path, memory_map=False)
    feather.write_feather(table.replace_schema_metadata({b"vectra": notes}), path)
    for use in (lambda: store.revisions(BTC), lambda: store.add(BTC, rows(1, 1))):
        with pytest.raises(StoreError, match="Move it away"):
            use()


def test_rows_that_break_the_rules_are_never_written(store):
    """The writer checks what the reader demands."""
    store.add(BTC, rows(0, 3))
    before = BTC.path(store.root).read_bytes()
    bad = rows(5, 2).assign(available_at=START.as_unit("ms"))
    with pytest.raises(StoreError):
        store.add(ETH, bad)
    with pytest.raises(StoreError):
        store.refresh(BTC, bad)
    assert BTC.path(store.root).read_bytes() == before
    assert store.read(ETH) is None


def test_a_writer_that_dies_before_the_replace_leaves_the_old_file(store, monkeypatch):
    """The next writer clears what it left behind."""
    store.add(BTC, rows(0, 3))

    def die(self: Path, target: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            store.add(BTC, rows(3, 3))
    assert len(store.read(BTC)) == 3
    assert any(name.endswith(".tmp") for name in files(store))
    assert store.series() == [BTC]
    store.add(ETH, rows(0, 1))
    assert not any(name.endswith(".tmp") for name in files(store))
    assert len(store.read(BTC)) == 3


def test_a_disk_that_fails_in_the_middle_leaves_the_old_file(store, monkeypatch):
    """The error comes out and names the file; the half-written one gives its space back."""
    store.add(BTC, rows(0, 3))

    def half(table: pa.Table, target: Path, **options: object) -> None:
        target.write_bytes(b"ARROW1")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(tables.feather, "write_feather", half)
        with pytest.raises(OSError, match="No space") as caught:
            store.add(BTC, rows(3, 3))
    assert caught.value.filename == str(BTC.path(store.root))
    assert not any(name.endswith(".tmp") for name in files(store))
    assert len(store.read(BTC)) == 3
    store.add(BTC, rows(3, 3))
    assert len(store.read(BTC)) == 6


WRITER = """
import sys
from itertools import pairwise
from pathlib import Path
from tests.history.test_store import BTC, START, rows
from vectra_freqtrade.history.store import Store
store = Store(Path(sys.argv[1]))
number = 0
while True:
    store.add(BTC, rows(number * 1000, 1000, float(number)))
    number += 1
    print(number, flush=True)
"""


@pytest.mark.parametrize("writes", [1, 2, 4])
def test_a_kill_at_any_moment_leaves_a_whole_file_and_a_free_lock(store, writes):
    """A real process, killed with SIGKILL while it writes as fast as it can."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(store.root)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        for _ in range(writes):
            process.stdout.readline()  # it is in the middle of the next write now
        process.send_signal(signal.SIGKILL)
    held = store.read(BTC)
    assert len(held) >= writes * 1000
    assert len(held) % 1000 == 0
    store.add(BTC, rows(len(held), 1))
    assert len(store.read(BTC)) == len(held) + 1
    assert not any(name.endswith(".tmp") for name in files(store))


@pytest.mark.parametrize("way", ["add", "refresh"])
def test_reading_and_replacing_a_file_happen_under_one_lock(store, monkeypatch, way):
    """Nobody else gets it in between, and the file is read once."""
    store.add(BTC, rows(0, 3))
    taken = []

    def try_the_lock() -> None:
        with pytest.raises(Timeout):
            FileLock(store.root / ".lock").acquire(timeout=0)
        taken.append(True)

    real_read, real_write = tables.feather.read_table, tables.atomic_write
    monkeypatch.setattr(
        tables.feather,
        "read_table",
        lambda *args, **kwargs: (try_the_lock(), real_read(*args, **kwargs))[1],
    )
    monkeypatch.setattr(
        tables, "atomic_write", lambda *args: (try_the_lock(), real_write(*args))[1]
    )
    getattr(store, way)(BTC, rows(3, 1))
    assert len(taken) == 2
    with FileLock(store.root / ".lock").acquire(timeout=0):
        pass  # free again


def write_every_other(root: Path, first: int) -> None:
    """What each of two processes does: rows of its own, and the coin's file of its own."""
    store = Store(root)
    for number in range(first, 12, 2):
        store.add(Series("open_interest", f"C{number % 4}", "1h"), rows(0, 1))
        store.add(Series("open_interest", f"N{number}", "1h"), rows(number, 1))
        store.add(BTC, rows(0, 1, float(number)))


def test_two_processes_that_write_at_once_lose_nothing(store):
    """Every file is there, and every revision was counted."""
    context = multiprocessing.get_context("spawn")
    store.add(BTC, rows(0, 1, -1.0))
    workers = [context.Process(target=write_every_other, args=(store.root, n)) for n in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert len(store.series()) == 1 + 4 + 12
    assert store.revisions(BTC) == 12
    assert store.read(BTC)["oi"].tolist() == [-1.0]
