"""A thing is one line, however often it is found."""

import logging
import pickle
import threading

import pytest

from vectra_freqtrade.announcer import Announcer


@pytest.fixture
def announcer(caplog: pytest.LogCaptureFixture) -> Announcer:
    # Of this logger: a command that ran before in this process may have quietened ours.
    caplog.set_level(logging.INFO, logger="vectra_freqtrade.tests")
    return Announcer(logging.getLogger("vectra_freqtrade.tests"))


def test_a_thing_is_said_once_and_what_it_becomes_is_said_again(announcer, caplog):
    assert announcer.say("disk", "full (%s)", 1, what=1)
    assert not announcer.say("disk", "full (%s)", 1, what=1)
    assert announcer.say("disk", "full (%s)", 2, what=2, level=logging.ERROR)
    assert announcer.say("plan", "none")
    told = [(each.levelname, each.getMessage()) for each in caplog.records]
    assert told == [("WARNING", "full (1)"), ("ERROR", "full (2)"), ("WARNING", "none")]


def test_its_end_is_said_where_it_was_said_and_its_return_is_news(announcer, caplog):
    assert not announcer.over("disk", "well")
    for _ in range(2):
        assert announcer.say("disk", "full")
        assert announcer.over("disk", "well after %s", 3)
        assert not announcer.over("disk", "well after %s", 3)
    assert [each.getMessage() for each in caplog.records] == ["full", "well after 3"] * 2
    assert {each.levelname for each in caplog.records} == {"WARNING", "INFO"}


def test_of_several_things_what_is_new_and_what_is_over_is_told_once(announcer):
    assert announcer.changed("late", ["b", "a"]) == (["a", "b"], [])
    assert announcer.changed("late", ["b", "a"]) == ([], [])
    assert announcer.changed("late", ["c", "a"]) == (["c"], ["b"])


def test_threads_that_find_the_same_say_it_once(announcer, caplog):
    gate = threading.Barrier(8)

    def find() -> None:
        gate.wait(10)
        announcer.say("key", "refused")

    threads = [threading.Thread(target=find) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(caplog.records) == 1


def test_a_worker_that_gets_a_copy_says_nothing_that_was_said(announcer, caplog):
    announcer.say("disk", "full")
    copy = pickle.loads(pickle.dumps(announcer))
    assert not copy.say("disk", "full")
    assert copy.say("plan", "none")
