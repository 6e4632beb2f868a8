"""What CoinGlass told about a key outlives the process and tells no other key's."""

import errno
import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.coinglass.clocks import FakeClock
from tests.coinglass.fake import KEY, FakeCoinglass, envelope
from tests.support.stuck_locks import StuckLocks
from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.catalogue.offers import unavailable_reason
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.account.key import ApiKey
from vectra_freqtrade.coinglass.account.key_files import key_file
from vectra_freqtrade.coinglass.account.key_state import KIND, KeyState, last_plan, last_told
from vectra_freqtrade.errors import PlanError

PATH = DATASETS["open_interest"].endpoints[0].path
ERROR = PlanError("no", needed_plan="standard")
DAY = 86_400


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return key_file(tmp_path, ApiKey(KEY), KIND)


def test_a_refusal_is_known_to_every_process_with_the_key_for_a_day(clock, file):
    mine, other = KeyState(clock.now, file), KeyState(clock.now, file)
    assert other.get(PATH, "1h") is None
    mine.add(PATH, "1h", ERROR)
    assert other.get(PATH, "1h").needed_plan == "standard"
    assert other.get(PATH, "4h") is None
    assert "Standard" in unavailable_reason(DATASETS["open_interest"], "1h", Plan.STARTUP, other)
    clock.time += DAY - 1
    assert KeyState(clock.now, file).get(PATH, "1h") is not None
    clock.time += 2
    for held in (mine, other, KeyState(clock.now, file)):
        assert held.get(PATH, "1h") is None


def test_two_processes_do_not_lose_each_others_refusals(clock, file):
    mine, other = KeyState(clock.now, file), KeyState(clock.now, file)
    for number in range(10):
        mine.add(f"/a/{number}", "", ERROR)
        other.add(f"/b/{number}", "", ERROR)
    third = KeyState(clock.now, file)
    assert all(third.get(f"/{who}/{number}", "") for who in "ab" for number in range(10))


def test_another_plan_forgets_what_the_old_one_was_refused(clock, file):
    mine, other = KeyState(clock.now, file), KeyState(clock.now, file)
    mine.tell(Plan.HOBBYIST, "subscription")
    mine.add(PATH, "1h", ERROR)
    other.tell(Plan.HOBBYIST, "subscription")
    assert mine.get(PATH, "1h") is not None
    other.tell(Plan.STANDARD, "subscription")
    assert mine.get(PATH, "1h") is None


def test_an_answer_ends_a_refusal(clock, file):
    mine, other = KeyState(clock.now, file), KeyState(clock.now, file)
    mine.add(PATH, "1h", ERROR)
    mine.add(PATH, "4h", ERROR)
    other.forget(PATH, "1h")
    assert mine.get(PATH, "1h") is None
    assert mine.get(PATH, "4h") is not None


def test_the_last_plan_is_told_without_asking_or_writing(clock, file, tmp_path):
    expires = datetime(2027, 3, 25, tzinfo=UTC)
    assert last_plan(tmp_path, ApiKey(KEY)) is None
    KeyState(clock.now, file).tell(Plan.STANDARD, "subscription", expires)
    told = last_told(tmp_path, ApiKey(KEY))
    assert (told.plan, told.source, told.expires) == (Plan.STANDARD, "subscription", expires)
    assert told.at.timestamp() == clock.now()
    assert last_plan(tmp_path, ApiKey("another0key")) is None
    assert last_plan(tmp_path / "nowhere", ApiKey(KEY)) is None
    assert not (tmp_path / "nowhere").exists()


def test_no_file_and_no_name_of_a_file_holds_the_key(clock, file):
    held = KeyState(clock.now, file)
    held.tell(Plan.STANDARD, "subscription")
    held.add(PATH, "1h", ERROR)
    for path in file.parent.iterdir():
        assert KEY not in path.name
        assert KEY.encode() not in path.read_bytes()


BROKEN = [
    "",
    "{",
    "[]",
    "null",
    "{}",
    '{"plan": {"plan": "gold"}, "refused": []}',
    '{"plan": null, "refused": [{"path": "/a"}]}',
    '{"plan": null, "refused": [{"path": "/a", "interval": "", "needs": null, "at": "soon"}]}',
    '{"plan": {"plan": "free", "source": "", "at": 1e400, "expires": null}, "refused": []}',
    "\x00\xff",
]


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_file_is_said_and_written_anew(clock, file, tmp_path, content, caplog):
    file.write_bytes(content.encode("latin-1"))
    assert last_plan(tmp_path, ApiKey(KEY)) is None
    held = KeyState(clock.now, file)
    with caplog.at_level(logging.WARNING):
        assert held.get(PATH, "1h") is None
    assert "made anew" in caplog.text
    held.add(PATH, "1h", ERROR)
    assert KeyState(clock.now, file).get(PATH, "1h") is not None
    assert json.loads(file.read_text())["plan"] is None


def test_a_refusal_of_a_clock_that_ran_ahead_does_not_stay_for_longer(clock, file):
    clock.time += 30 * DAY
    KeyState(clock.now, file).add(PATH, "1h", ERROR)
    clock.time -= 30 * DAY
    assert KeyState(clock.now, file).get(PATH, "1h") is None


def test_where_nothing_can_be_written_the_process_remembers_for_itself(clock, tmp_path, caplog):
    (tmp_path / "file").touch()
    held = KeyState(clock.now, tmp_path / "file" / "told.json")
    held.add(PATH, "1h", ERROR)
    assert held.get(PATH, "1h") is not None
    assert "can't be kept" in caplog.text


def refusing(path: str):
    return lambda request: (
        envelope(code="401", msg="Upgrade plan") if request.url.path == path else None
    )


def test_clients_of_one_store_ask_once_for_what_is_refused(tmp_path):
    server = FakeCoinglass(FakeClock())
    server.first.append(refusing(PATH))
    for _ in range(3):
        with server.client(tmp_path) as client, pytest.raises(PlanError):
            client.get(PATH, {"interval": "1h"})
    assert len(server.seen) == 1
    # A person who asks for it by hand is answered, and what is answered is no longer refused.
    with server.client(tmp_path) as client, pytest.raises(PlanError):
        client.query(PATH, interval="1h")
    server.first.clear()
    day = {"symbol": "BTC", "interval": "1h", "start_time": 0, "end_time": 1, "limit": 1}
    with server.client(tmp_path) as client:
        client.query(PATH, **day)
    with server.client(tmp_path) as client:
        client.get(PATH, day)
    assert len(server.seen) == 4


def test_a_plan_that_was_bought_is_seen_at_once_whatever_was_refused_before(tmp_path):
    server = FakeCoinglass(FakeClock())
    server.first.append(lambda request: envelope(code="401", msg="Upgrade plan"))
    with server.client(tmp_path) as client:
        assert client.plan().plan is Plan.FREE
        with pytest.raises(PlanError):
            client.get(PATH, {"interval": "1h"})
    assert last_plan(tmp_path, ApiKey(KEY)) is Plan.FREE
    server.first.clear()
    with server.client(tmp_path) as client:
        assert client.plan().plan is Plan.STANDARD
        assert client.refusals.get(PATH, "1h") is None
    assert last_plan(tmp_path, ApiKey(KEY)) is Plan.STANDARD


def test_a_plan_of_the_settings_is_not_what_coinglass_told(tmp_path):
    server = FakeCoinglass(FakeClock())
    with server.client(tmp_path, plan="professional") as client:
        client.plan()
    assert last_plan(tmp_path, ApiKey(KEY)) is None


def test_a_server_that_cant_be_reached_tells_no_plan(tmp_path):
    server = FakeCoinglass(FakeClock())
    with server.client(tmp_path) as client:
        client.plan()
    server.first.append(lambda request: httpx.Response(503))
    with server.client(tmp_path) as client, pytest.raises(Exception, match="503"):
        client.plan()
    assert last_plan(tmp_path, ApiKey(KEY)) is Plan.STANDARD


def test_what_could_not_be_written_is_written_when_the_lock_is_free_and_loses_nobody_elses(
    clock, file, monkeypatch, caplog
):
    locks = StuckLocks(monkeypatch)
    locks.let_go()
    mine, other = KeyState(clock.now, file), KeyState(clock.now, file)
    mine.add("/a/kept", "", ERROR)
    mine.add("/a/forgotten", "", ERROR)
    locks.held = lambda name: True
    for number in range(50):
        mine.add(f"/a/{number}", "", ERROR)
    mine.forget("/a/forgotten", "")
    mine.tell(Plan.STARTUP, "limit header")
    assert mine.get("/a/7", "") is not None  # for this process at once
    assert mine.get("/a/forgotten", "") is None
    assert other.get("/a/7", "") is None
    assert locks.seconds <= 1.0  # not a second each
    (line,) = [record.getMessage() for record in caplog.records]
    assert f"{file.name}.lock" in line
    locks.let_go()
    other.add("/b/0", "", ERROR)
    assert mine.get("/b/0", "") is not None
    assert mine.get("/a/7", "") is not None
    clock.time += 61
    mine.get(PATH, "1h")
    third = KeyState(clock.now, file)
    assert all(third.get(f"/a/{number}", "") for number in range(50))
    assert third.get("/a/kept", "") is not None
    assert third.get("/b/0", "") is not None
    assert third.get("/a/forgotten", "") is None
    assert third.told.plan is Plan.STARTUP


def test_a_disk_that_was_full_for_a_while_is_written_to_again(clock, file, monkeypatch, caplog):
    mine = KeyState(clock.now, file)
    with monkeypatch.context() as disk:
        disk.setattr("vectra_freqtrade.coinglass.shared_file.replace_text", _full)
        for number in range(3):
            mine.add(f"/a/{number}", "", ERROR)
            clock.time += 61
            assert mine.get("/a/0", "") is not None
    assert len(caplog.records) == 1
    clock.time += 61
    mine.get(PATH, "1h")
    assert KeyState(clock.now, file).get("/a/2", "") is not None


def _full(path: Path, *_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


def test_a_key_whose_name_is_known_needs_no_lock_and_a_new_one_waits_a_moment(
    tmp_path, monkeypatch, caplog
):
    known = key_file(tmp_path, ApiKey(KEY), KIND)
    locks = StuckLocks(monkeypatch)
    assert key_file(tmp_path, ApiKey(KEY), KIND) == known
    assert locks.waited == []
    with pytest.raises(OSError, match=re.escape(str(tmp_path / "new" / "salt.lock"))):
        key_file(tmp_path / "new", ApiKey(KEY), KIND)
    assert locks.seconds <= 1.0
    # A client that starts then works for itself, and says so.
    FakeCoinglass(FakeClock()).client(tmp_path / "other").close()
    assert "can't be shared with other processes" in caplog.text
