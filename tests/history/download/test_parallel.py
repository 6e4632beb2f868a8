"""Requests side by side: all of them, no more than wanted, answers in order among those done."""

from concurrent.futures import Future

import pytest

from vectra_freqtrade.history.download.parallel import run_requests

UNITS = [("btc", number) for number in range(50)]


def test_every_unit_is_asked_for_once_and_its_answer_taken():
    taken: dict[int, int] = {}

    def take(work: str, number: int, answer: Future[int]) -> None:
        assert number not in taken
        taken[number] = answer.result()

    run_requests(UNITS, lambda _, number: lambda: 2 * number, take, rate=300)
    assert taken == {number: 2 * number for number in range(50)}


def test_what_is_not_wanted_any_more_when_its_turn_comes_is_not_asked_for():
    asked: list[int] = []
    failed: list[int] = []

    def prepare(work: str, number: int):
        return None if failed else lambda: asked.append(number)

    run_requests(UNITS, prepare, lambda work, number, answer: failed.append(number), rate=1)
    assert len(asked) < len(UNITS)
    assert sorted(failed) == sorted(asked)


def test_an_error_in_taking_ends_the_run_and_asks_for_no_more():
    asked: list[int] = []

    def take(work: str, number: int, answer: Future[None]) -> None:
        raise KeyError("the key is not accepted")

    with pytest.raises(KeyError, match="not accepted"):
        run_requests(UNITS, lambda _, number: lambda: asked.append(number), take, rate=1)
    assert len(asked) < len(UNITS)
