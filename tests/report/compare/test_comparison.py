"""Which runs a comparison makes, and what it does where one can't be made."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.report.compare.made import result, trade, trades
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.report.compare import comparison
from vectra_freqtrade.report.compare.comparison import Comparison, Wanted, compare
from vectra_freqtrade.report.compare.runs import Asked, Failed, Job, Ran

TWO = trades(trade(0), trade(30))
Made = Callable[[dict[str, Ran | Failed]], list[Job]]


def ran(frame: Any = TWO, *warnings: str, **facts: Any) -> Ran:
    told = {"max_open_trades": 2, "stake_amount": 100.0, **facts}
    return Ran(result(frame, **told), warnings)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    return Asked("Mine", (), tmp_path, (), tmp_path, tmp_path)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Made:
    """Results in place of runs: by name, else two trades; the jobs as they come."""

    def be(results: dict[str, Ran | Failed]) -> list[Job]:
        seen: list[Job] = []

        def run_all(
            asked: Asked, jobs: Sequence[Job], say: object, **how: object
        ) -> dict[str, Ran | Failed]:
            seen.extend(jobs)
            return {job.name: results.get(job.name, ran()) for job in jobs}

        monkeypatch.setattr(comparison, "run_all", run_all)
        return seen

    return be


def made(asked: Asked, **wanted: Any) -> Comparison:
    return compare(asked, None, Wanted(**wanted), lambda text: None)


def test_both_are_run_with_the_users_config_and_with_unlimited_slots(asked, runs):
    seen = runs({})
    assert made(asked).main.nothing
    assert [(job.section["neutral"], bool(job.options)) for job in seen] == [
        (False, False),
        (False, True),
        (True, False),
        (True, True),
    ]
    assert seen[1].options == seen[3].options
    assert "--max-open-trades=-1" in seen[1].options
    assert "--stake-amount=100" in seen[1].options


@pytest.mark.parametrize(("slots", "stake"), [(4, 250.0), (float("inf"), 100.0)])
def test_an_unlimited_stake_becomes_a_slots_share_of_the_balance(asked, runs, slots, stake):
    runs({"with CoinGlass": ran(stake_amount="unlimited", max_open_trades=slots)})
    assert made(asked).stake == stake


def test_a_capital_that_is_not_named_is_the_balance(asked, runs):
    runs({})
    assert made(asked).capital == 1000.0
    assert made(asked, capital=5.0).capital == 5.0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("with CoinGlass", "freqtrade can't backtest Mine: it broke"),
        ("with CoinGlass, unlimited slots", "freqtrade can't backtest Mine: it broke"),
        ("without CoinGlass", "Mine fails when its CoinGlass columns are empty"),
        ("without CoinGlass, unlimited slots", "Mine fails when its CoinGlass columns are empty"),
    ],
)
def test_a_run_that_fails_ends_it_with_a_sentence(asked, runs, name, said):
    runs({name: Failed("it broke.")})
    with pytest.raises(SettingsError, match=said):
        made(asked)


def test_no_trade_in_any_run_is_a_sentence(asked, runs):
    none = ran(trades())
    names = ("with CoinGlass", "without CoinGlass")
    runs({f"{name}{twin}": none for name in names for twin in ("", ", unlimited slots")})
    with pytest.raises(SettingsError, match="makes no trade"):
        made(asked)


def test_many_warnings_become_a_few_and_their_number(asked, runs):
    runs({"with CoinGlass": ran(TWO, *(f"No history of {n}" for n in range(60)))})
    notes = made(asked).notes
    assert len(notes) == 6 and "55 more" in notes[-1]
