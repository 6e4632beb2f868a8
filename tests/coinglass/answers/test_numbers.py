import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectra_freqtrade.coinglass.answers.numbers import millis, number
from vectra_freqtrade.errors import ContractError


@pytest.mark.parametrize(
    ("cell", "value"),
    [(1, 1.0), (1.5, 1.5), ("1.5", 1.5), ("-0.005063", -0.005063), ("1e3", 1000.0), (" 2 ", 2.0)],
)
def test_numbers_and_their_texts_are_the_same(cell, value):
    assert number(cell) == value


@pytest.mark.parametrize("cell", [None, "", "  "])
def test_what_holds_nothing_is_missing(cell):
    assert math.isnan(number(cell))


@pytest.mark.parametrize(
    "cell",
    [
        *(
            True,
            False,
            [],
            {},
            [1],
            "nan",
            "inf",
            "Infinity",
            "1_000",
            "1,000",
            "0x10",
            "١٢",
            "abc",
        ),
        *(10**400, float("inf"), float("nan"), "1e999"),
    ],
)
def test_what_is_no_number_is_refused_never_guessed(cell):
    with pytest.raises(ContractError):
        number(cell)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_number_reads_as_the_number(value):
    assert number(repr(value)) == value == number(value)


@pytest.mark.parametrize(
    "stamp",
    [
        1_722_676_500,
        1_722_676_500_000,
        1_722_676_500_000_000,
        1_722_676_500_000_000_000,
        "1722676500",
        "1722676500000",
        1_722_676_500.0,
    ],
)
def test_stamps_are_told_by_their_magnitude(stamp):
    assert millis(stamp) == 1_722_676_500_000


@pytest.mark.parametrize(
    "stamp", [0, 1, -1_722_676_500, None, "", True, 10**20, 10**400, "2024-08-03"]
)
def test_what_is_not_a_timestamp_is_refused(stamp):
    with pytest.raises(ContractError):
        millis(stamp)
