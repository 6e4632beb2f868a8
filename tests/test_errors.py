"""The error tree is the one that its docstring draws."""

import inspect
import re

import pytest

from vectra_freqtrade import errors
from vectra_freqtrade.errors import PlanError, RateLimitError, TransientError, VectraError

CLASSES = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if member.__module__ == errors.__name__
]


def test_the_drawing_names_every_class_and_each_below_its_base():
    """Depth in the drawing is depth in the tree."""
    drawn = {
        match[2]: len(match[1]) // 4
        for line in errors.__doc__.splitlines()
        if (match := re.match(r"( {4}[│├└─ ]*)(\w+Error)\b", line))
    }
    depth = {member.__name__: len(member.__mro__) - len(VectraError.__mro__) for member in CLASSES}
    assert {name: level - 1 for name, level in drawn.items()} == depth


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_everything_we_raise_can_be_caught_at_once_and_says_what_the_bot_does(error):
    """One base, and a docstring."""
    assert issubclass(error, VectraError)
    assert error.__doc__


def test_errors_carry_what_their_reaction_needs():
    """The plan to buy, the time to wait."""
    assert PlanError("no", needed_plan="Startup").needed_plan == "Startup"
    assert PlanError("no").needed_plan is None
    assert RateLimitError("slow", retry_after=2.5).retry_after == 2.5
    assert TransientError("?").retry_after is None
    assert str(RateLimitError("slow", retry_after=1)) == "slow"
