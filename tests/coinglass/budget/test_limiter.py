import errno
import json
import logging
import subprocess
import sys
import threading

import pytest

from tests.coinglass.clocks import FakeClock
from tests.support.stuck_locks import StuckLocks
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.account.key_files import key_file
from vectra_freqtrade.coinglass.budget import limiter
from vectra_freqtrade.coinglass.budget.limiter import Limiter
from vectra_freqtrade.coinglass.budget.window import MOST
from vectra_freqtrade.coinglass.clock import SystemClock
from vectra_freqtrade.errors import RateLimitError

KEY = ApiKey("5ecret0marked0key0f00d")


def test_two_limiters_over_one_file_share_the_limit(tmp_path):
    clock = FakeClock()
    file = key_file(tmp_path, KEY, "budget")
    mine, other = Limiter(clock, file), Limiter(clock, file)
    mine.assume(10)
    start = clock.monotonic()
    for number in range(20):
        (mine if number % 2 else other).acquire(live=True)
    assert clock.monotonic() - start >= 60
    assert other.limit == 10


def test_the_file_tells_neither_the_key_nor_the_same_name_for_another_store(tmp_path):
    one, two = key_file(tmp_path / "a", KEY, "budget"), key_file(tmp_path / "b", KEY, "budget")
    assert one == key_file(tmp_path / "a", KEY, "budget")
    assert one.name != two.name
    assert KEY.reveal() not in str(one)


def test_a_broken_file_starts_afresh_and_is_said(tmp_path, caplog):
    file = tmp_path / "budget.json"
    for content in ("", "[]", "{", json.dumps({"limit": 5})):
        file.write_text(content)
        with caplog.at_level(logging.WARNING):
            assert Limiter(FakeClock(), file).limit == 30
        assert "starting afresh" in caplog.text
        caplog.clear()


def test_headers_set_the_limit_whatever_was_assumed():
    limiter = Limiter(FakeClock())
    limiter.assume(300)
    slot, waited = limiter.acquire()
    assert waited == 0
    limiter.answered(slot, {"Api-Key-Max-Limit": "80", "API-KEY-USE-LIMIT": "1"})
    limiter.assume(300)
    assert limiter.limit == 80
    for nonsense in ("", "many", "-1", "9" * 30):
        limiter.answered(slot, {"api-key-max-limit": nonsense})
    assert limiter.limit == 80


def test_a_wait_ends_soon_after_another_process_learnt_a_higher_rate(tmp_path):
    clock = FakeClock()
    file = key_file(tmp_path, KEY, "budget")
    mine, other = Limiter(clock, file), Limiter(clock, file)
    mine.assume(2)
    slots = [mine.acquire(live=True)[0] for _ in range(2)]
    clock.on_sleep = lambda _: other.answered(slots[0], {"API-KEY-MAX-LIMIT": "80"})
    _, waited = mine.acquire(live=True)
    assert waited <= 2.0


def test_a_live_request_gives_up_at_its_deadline_without_sleeping_past_it():
    clock = FakeClock()
    limiter = Limiter(clock)
    limiter.assume(1)
    limiter.acquire(live=True)
    with pytest.raises(RateLimitError) as caught:
        limiter.acquire(live=True, deadline=clock.monotonic() + 10)
    assert not clock.sleeps
    assert caught.value.retry_after > 10


def test_threads_never_get_more_than_the_limit():
    limiter = Limiter(SystemClock())
    limiter.assume(40)
    got = []

    def work():
        while len(got) < 60:
            try:
                got.append(limiter.acquire(live=True, deadline=0.0))
            except RateLimitError:
                return

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 40


_PROCESS = """
import sys
from pathlib import Path
from vectra_freqtrade.coinglass.clock import SystemClock
from vectra_freqtrade.coinglass.budget.limiter import Limiter
from vectra_freqtrade.errors import RateLimitError
limiter, count = Limiter(SystemClock(), Path(sys.argv[1])), 0
limiter.assume(100)
try:
    while True:
        limiter.acquire(live=True, deadline=0.0)
        count += 1
except RateLimitError:
    print(count)
"""


def test_processes_together_never_get_more_than_the_limit(tmp_path):
    file = str(tmp_path / "budget.json")
    command = [sys.executable, "-c", _PROCESS, file]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = [int(process.communicate(timeout=60)[0]) for process in running]
    assert sum(counts) == 100


def test_a_disk_that_fails_stops_only_the_sharing_is_said_once_and_shared_again_later(
    tmp_path, monkeypatch, caplog
):
    clock = FakeClock()
    file = key_file(tmp_path, KEY, "budget")
    mine, other = Limiter(clock, file), Limiter(clock, file)
    mine.assume(10)
    with monkeypatch.context() as disk, caplog.at_level(logging.WARNING):
        disk.setattr(limiter, "replace_text", _full)
        start = clock.monotonic()
        for _ in range(20):
            slot, _ = mine.acquire(live=True)
            mine.answered(slot, {"API-KEY-MAX-LIMIT": "10"})
        assert clock.monotonic() - start >= 60  # by its own count
        disk.setattr(limiter, "locked", _full)
        assert mine.limit == 10
    assert [record.getMessage() for record in caplog.records] == [
        "The request budget of this key can't be shared with other processes: "
        "No space left on device."
    ]
    for _ in range(10):
        mine.acquire(live=True)
    with pytest.raises(RateLimitError):
        other.acquire(live=True, deadline=clock.monotonic())


def _full(path: object, *_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


def test_a_limit_beyond_all_networks_is_cut_so_that_a_refusal_is_counted_at_once():
    limiter = Limiter(FakeClock())
    slot, _ = limiter.acquire()
    limiter.answered(slot, {"API-KEY-MAX-LIMIT": "999999999", "API-KEY-USE-LIMIT": "999999998"})
    limiter.refused(None)
    assert limiter.limit == MOST


def test_a_deadline_holds_while_others_wait_for_their_turn_too():
    clock = FakeClock()
    limiter = Limiter(clock)
    limiter.assume(1)
    limiter.acquire(live=True)
    waits, let_go = threading.Event(), threading.Event()

    def on_sleep(seconds: float) -> None:
        waits.set()
        assert let_go.wait(60)

    clock.on_sleep = on_sleep
    first = threading.Thread(target=limiter.acquire, kwargs={"live": True}, daemon=True)
    first.start()
    assert waits.wait(60)
    refused: list[RateLimitError] = []

    def ask() -> None:
        with pytest.raises(RateLimitError) as caught:
            limiter.acquire(live=True, deadline=clock.monotonic())
        refused.append(caught.value)

    second = threading.Thread(target=ask, daemon=True)
    second.start()
    second.join(10)
    assert len(refused) == 1
    let_go.set()
    first.join(60)
    assert not first.is_alive()  # whoever was first has its slot


def test_a_deadline_in_a_queue_is_told_by_the_clock_that_was_handed_in():
    clock = FakeClock()
    limiter = Limiter(clock)
    turn, asked = limiter._turns[True], []

    class Turn:
        def acquire(self, timeout: float) -> bool:
            asked.append(timeout)
            clock.time += timeout
            return False

    limiter._turns[True] = Turn()
    with pytest.raises(RateLimitError):
        limiter.acquire(live=True, deadline=clock.monotonic() + 5)
    assert sum(asked) == 5.0
    limiter._turns[True] = turn
    limiter.acquire(live=True, deadline=clock.monotonic() + 5)


def test_a_process_that_hangs_with_the_lock_is_waited_for_once_and_said_once(
    tmp_path, monkeypatch, caplog
):
    clock = FakeClock()
    locks = StuckLocks(monkeypatch)
    locks.let_go()
    file = key_file(tmp_path, KEY, "budget")
    mine = Limiter(clock, file)
    mine.assume(10)
    locks.held = lambda name: True
    start = clock.monotonic()
    with caplog.at_level(logging.WARNING):
        for _ in range(20):
            slot, _ = mine.acquire(live=True)
            mine.answered(slot, {"API-KEY-MAX-LIMIT": "10"})
    assert clock.monotonic() - start >= 60  # by its own count
    assert locks.seconds <= 1.0
    (line,) = [record.getMessage() for record in caplog.records]
    assert "another process holds the lock" in line
    assert f"{file.name}.lock" in line


def count_free(limiter: Limiter, clock: FakeClock) -> int:
    """How many slots there are without a wait."""
    count = 0
    while True:
        try:
            limiter.acquire(live=True, deadline=clock.monotonic())
        except RateLimitError:
            return count
        count += 1


def test_what_was_sent_alone_counts_once_when_the_budget_is_shared_again(tmp_path, monkeypatch):
    clock = FakeClock()
    locks = StuckLocks(monkeypatch)
    locks.let_go()
    file = key_file(tmp_path, KEY, "budget")
    mine, other = Limiter(clock, file), Limiter(clock, file)
    mine.assume(10)
    mine.acquire(live=True)
    locks.held = lambda name: True
    for _ in range(4):
        clock.time += 0.001
        mine.acquire(live=True)
    locks.let_go()
    clock.time += 0.001
    other.acquire(live=True)
    assert mine.limit == 10  # back
    assert count_free(other, clock) == 10 - 1 - 4 - 1
