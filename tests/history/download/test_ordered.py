"""Parts side by side: each asked for once, written in order, nothing behind one that failed."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from vectra_freqtrade.errors import AuthError, ContractError, StoreError, VectraError
from vectra_freqtrade.history.download.ordered import InOrder, Work
from vectra_freqtrade.history.download.progress import Silent

START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Result:
    error: VectraError | None = None


class Book:
    """Every part is its own number, but `failing` ones; written down as it comes."""

    def __init__(self, failing: dict[int, VectraError] | None = None) -> None:
        self.failing = failing or {}
        self.asked: list[int] = []
        self.written: list[list[int]] = []

    def ask(self, work: Work, part: object, number: int) -> pd.DataFrame:
        self.asked.append(number)
        if number in self.failing:
            raise self.failing[number]
        return pd.DataFrame({"number": [number]})

    def save(self, work: Work, first: int, frames: list[pd.DataFrame]) -> None:
        numbers = [frame["number"].iloc[0] for frame in frames]
        assert numbers == list(range(first, first + len(frames)))
        self.written.append(numbers)

    def run(self, parts: int = 50, *, together: int = 1, **work: bool) -> Result:
        hours = [START + timedelta(hours=number) for number in range(parts + 1)]
        result = Result()
        spans = list(itertools.pairwise(hours))
        order = InOrder(self.ask, self.save, together, Silent())
        order.run([Work("open_interest", result, spans, **work)], rate=300)
        return result

    def numbers(self) -> list[int]:
        return [number for numbers in self.written for number in numbers]


def test_every_part_is_asked_for_once_and_written_in_order():
    book = Book()
    assert book.run().error is None
    assert sorted(book.asked) == book.numbers() == list(range(50))


def test_parts_are_written_together_and_the_last_of_them_too():
    book = Book()
    book.run(20, together=8)
    assert book.numbers() == list(range(20))
    assert all(len(numbers) >= 8 for numbers in book.written[:-1])


def test_behind_a_part_that_failed_nothing_is_written_and_soon_nothing_asked_for():
    book = Book({7: ContractError("alien"), 9: StoreError("later")})
    assert isinstance(book.run().error, VectraError)
    assert book.numbers() == list(range(7))
    assert len(book.asked) < 50


def test_what_belongs_together_is_written_whole_or_not_at_all():
    book = Book({7: ContractError("alien")})
    book.run(in_one_piece=True)
    assert book.written == []
    book = Book()
    book.run(in_one_piece=True)
    assert book.written == [list(range(50))]


def test_where_writing_fails_no_later_part_lands_behind_the_hole():
    book = Book()

    def save(work: Work, first: int, frames: list[pd.DataFrame]) -> None:
        if 5 in range(first, first + len(frames)):
            raise StoreError("foreign")
        Book.save(book, work, first, frames)

    book.save = save  # type: ignore[method-assign]
    assert isinstance(book.run().error, StoreError)
    assert book.numbers() == list(range(len(book.numbers()))) and len(book.numbers()) <= 5


def test_a_key_that_dies_ends_it_and_keeps_what_came_in_order():
    book = Book({7: AuthError("the key is not accepted")})
    with pytest.raises(AuthError, match="not accepted"):
        book.run()
    assert book.numbers() == list(range(len(book.numbers()))) and len(book.numbers()) <= 7
    assert len(book.asked) < 50
