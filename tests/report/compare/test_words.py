"""The answer in plain words claims no more than the interval holds."""

from typing import Any

import numpy as np
import pytest

from tests.report.compare.made import BALANCE, STAKE, pair, trade
from vectra_freqtrade.catalogue.plans import PRICES, Plan
from vectra_freqtrade.report.compare.comparison import Comparison, Part
from vectra_freqtrade.report.compare.document import document
from vectra_freqtrade.report.compare.effect import Pair, effect
from vectra_freqtrade.report.compare.equity import DAYS_A_MONTH
from vectra_freqtrade.report.compare.words import money, monthly, paragraph, part_line, percent

DAY = 24


def runs(gain: float, noise: float = 0.0, count: int = 300, **facts: Any) -> tuple[Pair, Pair]:
    """As many trades, one a day; with the data each ends an hour later and better by `gain`."""
    extra = gain + noise * np.random.default_rng(2).normal(size=count)
    having = [trade(DAY * n, 3, 1.0 + float(extra[n])) for n in range(count)]
    lacking = [trade(DAY * n, 2, 1.0) for n in range(count)]
    return pair(*having, days=count, **facts), pair(*lacking, days=count, **facts)


def told(both: tuple[Pair, Pair], **changes: Any) -> Comparison:
    values: dict[str, Any] = {
        "strategy": "Mine",
        "reads": True,
        "plan": Plan.HOBBYIST,
        "main": effect("CoinGlass", *both, STAKE, 7),
        "runs": both,
        "left_out": (),
        "plans": (),
        "capital": BALANCE,
        "stake": STAKE,
        "simulated": False,
        "notes": (),
        "seed": 7,
    }
    return Comparison(**(values | changes))


def test_the_numbers_are_those_of_the_runs():
    held = told(runs(0.5, noise=2.0), capital=10_000.0)
    text = paragraph(held)
    assert (
        "On these 10 months CoinGlass changed 300 of 300 trades of Mine: 300 exits moved." in text
    )
    found = held.main.difference
    for number in (held.main.having.profit, held.main.lacking.profit, found.low, found.high):
        assert f"{number:+.2%}".replace("-", "−") in text
    month = found.value * 10_000 * DAYS_A_MONTH / 300
    assert monthly(held, found).value == pytest.approx(month)
    assert f"At 10,000 USDT that is {month:+,.2f} USDT a month" in text
    assert f"against {PRICES[Plan.HOBBYIST]} USD for Hobbyist" in text and "2026-09" in text


#: gain a trade, noise, capital -> what is said
VERDICTS = {
    "an interval that holds zero": (0.05, 3.0, BALANCE, "interval holds zero"),
    "a loss": (-0.5, 1.0, BALANCE, "cost this strategy money"),
    "a gain above the price": (0.5, 1.0, 100 * BALANCE, "earned more than it costs"),
    "a gain below the price": (0.5, 1.0, BALANCE / 10, "less than it costs"),
    "a gain about the price": (0.5, 1.0, 2.0 * BALANCE, "whether more than it costs is open"),
    "a gain a little above it": (0.5, 1.0, 2.3 * BALANCE, "whether more than it costs is open"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_the_verdict_is_what_the_interval_allows(name: str):
    gain, noise, capital, said = VERDICTS[name]
    text = paragraph(told(runs(gain, noise), capital=capital))
    assert said in text
    others = [other for *_, other in VERDICTS.values() if other != said]
    assert not [other for other in others if other in text]


def test_too_few_weeks_are_said_and_no_verdict_is_given():
    text = paragraph(told(runs(5.0, count=20)))
    assert "Too little to judge: 3 weeks differ" in text
    assert "earned" not in text and "holds zero" not in text


def test_few_changed_trades_are_said():
    having = [trade(7 * DAY * n, 2, 2.0) for n in range(12)]
    lacking = [trade(7 * DAY * n, 3, 1.0) for n in range(12)]
    text = paragraph(told((pair(*having, days=90), pair(*lacking, days=90))))
    assert "Few trades were changed" in text


def test_no_change_is_told_as_nothing_with_its_reason():
    same = pair(trade(0), trade(30))
    assert "CoinGlass changed nothing: all 2 trades of Mine" in paragraph(told((same, same)))
    assert "no CoinGlass columns" in paragraph(told((same, same), reads=False))


def test_a_strategy_that_the_data_triggers_does_not_trade_without_it():
    having, _ = runs(0.5)
    text = paragraph(told((having, pair(days=300))))
    assert "Without it there is no trade at all" in text and "300 entries lifted" in text
    assert "earned" in text
    losing = pair(*(trade(DAY * n, 2, -1.0 + n % 2 / 2) for n in range(300)), days=300)
    text = paragraph(told((losing, pair(days=300))))
    assert "not to trade was better" in text and "cost" not in text


def test_a_price_in_dollars_is_held_against_dollars_only():
    text = paragraph(told(runs(0.5, stake_currency="BTC"), capital=1e6))
    assert "earned this strategy money" in text and "more than it costs" not in text
    assert "an agreed price" in paragraph(told(runs(0.5), plan=Plan.ENTERPRISE))


def test_a_part_that_could_not_run_says_why_and_one_that_did_nothing_says_so():
    held = told(runs(0.5))
    assert part_line(held, Part("x", None, "it fails")) == "it fails"
    same = pair(trade(0))
    nothing = Part("x", effect("x", same, same, STAKE, 7))
    assert part_line(held, nothing) == "changed nothing"
    assert "changed 300 of 300 trades" in part_line(held, Part("x", held.main))


def test_the_document_holds_every_number_and_is_the_same_twice():
    first, again = (document(told(runs(0.5, noise=2.0))) for _ in range(2))
    assert first == again
    assert len(first["trades"]) == first["coinglass"]["changed"] == 300
    assert first["coinglass"]["own"]["difference"]["low"] is not None
    few = document(told(runs(5.0, count=20)))["coinglass"]["own"]["difference"]
    assert few["low"] is None and few["value"] > 0


@pytest.mark.parametrize(
    ("value", "said"), [(0.1234, "+12.34%"), (-0.05, "−5.00%"), (-1e-6, "0.00%"), (0.0, "0.00%")]
)
def test_a_number_has_its_sign_unless_it_rounds_to_nothing(value: float, said: str):
    assert percent(value) == said


def test_no_number_is_a_dash():
    assert percent(float("nan")) == money(float("nan")) == "–"
    assert money(-1234.5) == "−1,234.50"
