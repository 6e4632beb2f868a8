from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vectra_freqtrade.catalogue.offers import offers
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.cli.doctor import account
from vectra_freqtrade.cli.doctor.finding import Level, ago, some
from vectra_freqtrade.coinglass.account.key_state import KnownPlan
from vectra_freqtrade.coinglass.account.plan import PlanStatus, request_load
from vectra_freqtrade.settings.section import DEFAULT_DATASETS

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
FILE = Path("/home/me/.coinglass_key")


def standard(days: float | None = 300.0) -> PlanStatus:
    expires = None if days is None else NOW + timedelta(days=days)
    return PlanStatus(Plan.STANDARD, "subscription", 300, expires)


def test_no_key_is_a_warning_that_says_where_one_goes():
    found = account.key_place(False, None, None)
    assert found.level is Level.WARNING
    assert "COINGLASS_API_KEY" in found.fix and "api_key_file" in found.fix


@pytest.mark.parametrize("mode", [0o100640, 0o100604, 0o100644, 0o100660])
def test_a_key_file_that_others_may_read_is_a_warning_with_the_command(mode):
    found = account.key_place(False, FILE, mode)
    assert found.level is Level.WARNING
    assert found.fix == f"chmod 600 {FILE}"


def test_a_key_of_ones_own_is_well_wherever_it_is():
    assert account.key_place(False, FILE, 0o100600).level is Level.OK
    assert account.key_place(True, None, None).level is Level.OK
    assert "ignored" in account.key_place(True, FILE, None).text


def test_a_plan_that_ends_soon_is_a_warning():
    assert [each.level for each in account.plan(standard(), "auto", NOW)] == [Level.OK]
    assert [each.level for each in account.plan(standard(None), "auto", NOW)] == [Level.OK]
    (found,) = account.plan(standard(6.9), "auto", NOW)
    assert found.level is Level.WARNING
    assert "until 2026-11-30" in found.text


def test_a_key_without_a_plan_is_a_problem():
    ended = PlanStatus(Plan.FREE, "subscription", 0, NOW - timedelta(days=3))
    (found,) = account.plan(ended, "auto", NOW)
    assert found.level is Level.PROBLEM
    assert "ended 2026-11-20" in found.text


def test_a_setting_that_coinglass_contradicts_is_a_warning():
    found = account.plan(standard(), "professional", NOW)
    assert found[1].level is Level.WARNING
    assert "Standard" in found[1].text and "professional" in found[1].text
    assert len(account.plan(standard(), "standard", NOW)) == 1


def test_offline_the_plan_is_what_was_told_last():
    then = NOW - timedelta(hours=5)
    told = account.last_told(KnownPlan(Plan.STANDARD, "subscription", then), NOW)
    assert (told.level, told.text) == (Level.OK, "Standard, as CoinGlass said 5 h ago")
    assert account.last_told(None, NOW).level is Level.WARNING
    assert account.last_told(KnownPlan(Plan.FREE, "refusal", then), NOW).level is Level.PROBLEM
    over = KnownPlan(Plan.STANDARD, "subscription", then, expires=NOW - timedelta(hours=1))
    assert account.last_told(over, NOW).level is Level.WARNING


def test_a_rate_that_cant_fetch_all_due_rows_within_the_delay_is_a_warning_with_the_delay():
    symbols = [("open_interest", f"C{number}") for number in range(40)]
    assert account.rate(request_load(symbols, 2, 300, 60), 300).level is Level.OK
    slow = account.rate(request_load(symbols, 2, 30, 60), 30)
    assert slow.level is Level.WARNING
    assert "coinglass.delay to 170" in slow.fix


@pytest.mark.parametrize(
    ("ahead", "level"),
    [
        (None, Level.OK),
        (0.0, Level.OK),
        (-4.9, Level.OK),
        (20.0, Level.WARNING),
        (-20.0, Level.WARNING),
        (300.0, Level.PROBLEM),
        (-300.0, Level.PROBLEM),
    ],
)
def test_a_clock_that_is_off_is_told_by_how_much_and_which_way(ahead, level):
    found = account.clock(ahead)
    assert found.level is level
    if level is not Level.OK:
        assert f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'}" in found.text


def test_datasets_that_the_plan_lacks_are_named_and_a_warning_only_where_the_config_names_them():
    table = offers(Plan.HOBBYIST, DEFAULT_DATASETS, ("4h", "12h"))
    for named, level in ((True, Level.WARNING), (False, Level.OK)):
        on, *lacking = account.datasets(table, DEFAULT_DATASETS, named)
        assert "open_interest" in on.text and "bitcoin_dominance" not in on.text
        assert [each.level for each in lacking] == [level]
        assert "bitcoin_dominance is off: needs CoinGlass Startup" in lacking[0].text
    table = offers(Plan.HOBBYIST, ["open_interest"], ("1h", "4h"))
    _, part = account.datasets(table, ["open_interest"], True)
    assert "open_interest is in part: 1h needs CoinGlass Startup" in part.text
    assert "auto" in part.fix


def test_symbols_that_coinglass_does_not_have_are_named_once():
    found = account.pairs([("open_interest", "FOO"), ("funding_rate", "FOO")])
    assert [each.level for each in found] == [Level.WARNING]
    assert "FOO" in found[0].text and "funding_rate" in found[0].text
    assert account.pairs([]) == []


def test_words_are_short():
    assert some("abcde") == "a, b, c and 2 more"
    assert some("ab") == "a, b"
    assert ago(NOW - timedelta(seconds=90), NOW) == "90 s ago"
    assert ago(NOW - timedelta(minutes=90), NOW) == "90 min ago"
    assert ago(NOW + timedelta(days=3), NOW) == "in 3 d"
