"""The tables of docs/time.md: figures that others measured before, on the same captures."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.real.build import COINS
from tests.real.captures import (
    BOOK,
    FINAL,
    FUNDING,
    LSR,
    OI_USD,
    TAKER_4H,
    Captured,
    Source,
    changes,
)
from tests.real.first_values import DECISIONS, Decision, Measure, share, value_lines

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def measure(shared: Path) -> Measure:
    if not (shared / "data" / FINAL).is_file():
        pytest.skip(f"needs {FINAL}")
    return Measure(shared)


def held(measure: Measure, source: Source, coin: str) -> Captured:
    found = measure.series(source, coin)
    assert found is not None
    return found


def decision(label: str) -> Decision:
    return next(each for each in DECISIONS if each.label == label)


@pytest.mark.parametrize("coin", COINS)
def test_each_newest_row_of_the_order_book_changes_by_a_tenth_and_the_row_before_never(
    measure, coin
):
    first, second = (changes(held(measure, BOOK, coin), k) for k in (1, 2))
    assert len(first) in (129, 130)
    assert (first > 0).all(axis=None)
    assert 0.105 < first["book_bids_usd"].median() < 0.155
    assert 0.105 < first["book_asks_usd"].median() < 0.155
    assert first.quantile(0.95).between(0.285, 0.35).all()
    assert (second == 0).all(axis=None)


def _imbalance(rows: pd.DataFrame, end: str = "") -> pd.Series:
    bids, asks = rows[f"book_bids_usd{end}"], rows[f"book_asks_usd{end}"]
    return (bids - asks) / (bids + asks)


def test_a_first_imbalance_resembles_its_last_and_the_row_before_does_not(measure):
    first = pd.concat([held(measure, BOOK, coin).both(1) for coin in COINS])
    sent, last = _imbalance(first), _imbalance(first, "_final")
    assert len(first) == 259
    assert np.corrcoef(sent, last)[0, 1] == pytest.approx(0.958, abs=0.001)
    assert (sent - last).abs().median() == pytest.approx(0.026, abs=0.001)
    for coin, related in (("BTC", 0.126), ("ETH", 0.029)):
        history = _imbalance(held(measure, BOOK, coin).final)
        assert history.autocorr(1) == pytest.approx(related, abs=0.001)


@pytest.mark.parametrize(
    ("label", "first", "waited"),
    [("book multiplier (0.2)", 0.112, 0.363), ("book gate (0.35)", 0.0154, 0.109)],
)
def test_waiting_for_the_book_decides_otherwise_far_more_often_than_its_first_value(
    measure, label, first, waited
):
    answers = pd.concat([measure.decided(decision(label), coin) for coin in COINS])
    late = np.concatenate([measure.waited(decision(label), coin) for coin in COINS])
    assert len(answers) == 259 and len(late) == 2148
    assert answers["settle_0"].mean() == pytest.approx(first, abs=0.0005)
    assert answers["settle_1"].mean() > waited
    assert late.mean() == pytest.approx(waited, abs=0.0005)


@pytest.mark.parametrize(
    ("source", "coin", "newest", "before"),
    [
        (OI_USD, "ETH", 0.25, 0.0),
        (FUNDING, "BTC", 0.11, 0.01),
        (FUNDING, "ETH", 0.13, 0.02),
        (LSR, "BTC", 0.20, 0.0),
        (TAKER_4H, "BTC", 0.95, 0.54),
    ],
)
def test_shares_that_change_are_those_that_were_measured_before(
    measure, source, coin, newest, before
):
    series = held(measure, source, coin)
    moved = [float((changes(series, k) > 0).to_numpy().mean()) for k in (1, 2)]
    assert moved == pytest.approx([newest, before], abs=0.02)


def test_an_answer_is_its_rows_as_sent_over_final_ones_and_its_open_row_is_left_out(measure):
    series = held(measure, FUNDING, "BTC")
    moment = series.both(1)["captured_at"].iloc[40]
    rows, sent = series.answer(moment), series.sent[series.sent["captured_at"] == moment]
    assert rows["time"].is_monotonic_increasing and rows["time"].is_unique
    assert rows["time"].iloc[-1] + pd.Timedelta("4h") <= moment
    assert rows["funding"].iloc[-len(sent) :].tolist() == sent["funding"].tolist()
    assert len(rows) - len(sent) == (series.final["time"] < sent["time"].iloc[0]).sum()


def test_the_table_has_a_line_for_each_coin_that_was_captured_and_no_other(measure):
    assert measure.series(LSR, "ETH") is None
    (line,) = value_lines(measure, [LSR])
    assert line.startswith("| long/short ratio, global | 4h BTC | 128 | 19.5 (14-27) | 9, 48 |")


def test_the_interval_of_a_share_is_wilsons():
    assert share(29, 259) == "11.2 (8-16)"  # by hand: (p + z²/2n ± z·sqrt(...)) / (1 + z²/n)
    assert share(0, 130) == "0.0 (0-3)"
