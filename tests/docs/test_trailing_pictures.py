"""The pictures of docs/trailing.md say what the code says."""

import re
from xml.etree import ElementTree

import pytest

from tests.docs.pages import DOCS
from tests.docs.trailing_pictures import FOLDER, PICTURES


@pytest.mark.parametrize("name", PICTURES)
def test_the_committed_picture_is_what_the_code_draws(name):
    """If not: python -m tests.docs.trailing_pictures, and look at it."""
    assert (FOLDER / f"{name}.svg").read_text(encoding="utf-8") == PICTURES[name]()


def test_the_page_shows_every_picture_and_each_has_words_for_who_cant_see_it():
    page = (DOCS / "trailing.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[(.+)\]\(pictures/(.+)\.svg\)", page)
    assert {name for _, name in shown} == set(PICTURES)
    for name in PICTURES:
        assert ElementTree.fromstring(PICTURES[name]()).find("{*}title").text


def test_phases_and_stops_in_the_picture_are_those_of_the_story():
    """By hand: 97; entry plus fees; 40 % of a best move of 3.15; 0.8 ATR under 108.45."""
    drawn = PICTURES["trailing-phases"]()
    for words in ("INITIAL", "BREAKEVEN", "TRAILING", "LOCKED", "initial stop 97",
                  "100.1: entry plus fees", "101.3: a lock", "out at the stop, 106.9"):  # fmt: skip
        assert words in drawn
