"""The page: all of the document, no network, and nothing of the user's run as code."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.report.compare.made import STAKE, pair, trade
from tests.report.compare.test_words import runs, told
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.report.compare.comparison import Comparison, Part
from vectra_freqtrade.report.compare.document import document, write_document
from vectra_freqtrade.report.compare.effect import effect
from vectra_freqtrade.report.compare.page import write_page
from vectra_freqtrade.report.compare.plan_stores import PlanStore

SCRIPT = "<script>alert(1)</script>"


def page(comparison: Comparison, folder: Path) -> str:
    """What stands on it, without plotly."""
    made = document(comparison)
    write_document(made, folder / "c.json")
    write_page(made, folder / "c.html")
    text = (folder / "c.html").read_text(encoding="utf-8")
    assert made["answer"] in text
    return re.sub(
        r"<script.*?</script>", "", text.replace("&lt;script", "ESCAPED"), flags=re.DOTALL
    )


@pytest.fixture
def full() -> Comparison:
    both = runs(0.5, noise=2.0)
    held = told(both)
    same = pair(trade(0))
    plan = PlanStore(Plan.HOBBYIST, ("large_orders",), ("4h",), ("12h",), 180)
    return replace(
        held,
        left_out=(
            Part("open_interest", held.main),
            Part("funding_rate", effect("x", same, same, STAKE, 7)),
            Part("liquidation", None, f"it fails: {SCRIPT}"),
        ),
        plans=(Part("Hobbyist", held.main, "", plan),),
        notes=("No history of ETH",),
    )


def test_every_part_stands_on_it(full: Comparison, tmp_path: Path):
    text = page(full, tmp_path)
    for said in ("open_interest", "changed nothing", "it fails: ESCAPED", "No history of ETH"):
        assert said in text
    for said in ("large_orders", "4h (12h not in the store)", "180 d", "300 of 300", "exit moved"):
        assert said in text
    assert text.count("<tr><td") == 300 + 1 + 3 + 1  # trades, changes, datasets, plans
    assert not re.findall(r"(?:src|href)=\"(?!#)", text)


def test_trades_beyond_what_can_be_read_are_in_the_json_alone(tmp_path: Path):
    many = told(runs(0.5, count=400))
    text = page(many, tmp_path)
    assert "The 300 that made the largest difference, of\n400" in text


def test_where_nothing_changed_there_is_no_table_of_changes(tmp_path: Path):
    same = pair(trade(0), trade(30))
    text = page(told((same, same)), tmp_path)
    assert "changed nothing" in text and 'id="changed"' not in text and 'id="trades"' not in text


def test_a_simulated_market_is_said_above_all(full: Comparison, tmp_path: Path):
    said = "Everything on this page is simulated"
    assert said not in page(full, tmp_path)
    assert said in page(replace(full, simulated=True), tmp_path)
