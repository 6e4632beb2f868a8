import pytest

from vectra_freqtrade.cli.doctor.finding import Finding, Level
from vectra_freqtrade.cli.doctor.stored import store
from vectra_freqtrade.history.holdings import Holding
from vectra_freqtrade.settings.section import CoinglassSettings

SETTINGS = CoinglassSettings()
FETCH = "vectra-freqtrade download-data"


def holding(symbol: str = "BTC", interval: str = "1h", dataset="open_interest", **rest) -> Holding:
    held = {"first": "2026-01-01 00:00", "last": "2026-11-23 04:00", "rows": 1000, "age": 1.5}
    return Holding(dataset, symbol, interval, **(held | rest))


def needed(*holdings: Holding) -> list[tuple[str, str, str]]:
    return [(each.dataset, each.symbol, each.interval) for each in holdings]


def examined(*held: Holding, missing=(), settings=SETTINGS) -> list[Finding]:
    return store(held, [*needed(*held), *missing], settings, "/store")


def test_a_store_that_has_everything_is_well_and_one_line_for_each_dataset():
    found = examined(holding(), holding("ETH"), holding(dataset="funding_rate"))
    assert [each.level for each in found] == [Level.OK, Level.OK]
    assert found[0].text.startswith("open_interest: 2 of 2 series, 2000 rows")
    assert "newest row opened 90 min ago" in found[0].text


def test_an_empty_store_names_the_command():
    (found,) = store(
        [], [("open_interest", "BTC", "1h")], SETTINGS, "/store", f"{FETCH} -c my.json"
    )
    assert (found.level, found.fix) == (Level.WARNING, f"{FETCH} -c my.json")
    assert "/store" in found.text


def test_a_series_that_is_missing_is_named():
    (found,) = examined(holding(), missing=[("open_interest", "ETH", "1h")])
    assert (found.level, found.fix) == (Level.WARNING, FETCH)
    assert "Nothing of ETH 1h" in found.text
    (found,) = examined(holding(), holding("ETH", rows=0, age=None))
    assert "Nothing of ETH 1h" in found.text


def test_a_broken_file_is_a_problem_that_names_it():
    broken = holding(rows=0, age=None, problem="/store/open_interest/BTC-1h.feather can't be used")
    problem, _ = examined(broken, holding("ETH"))
    assert problem.level is Level.PROBLEM
    assert "BTC-1h.feather" in problem.text


@pytest.mark.parametrize(
    ("held", "old"),
    [
        (holding(age=4.0), False),
        (holding(age=4.1), True),
        (holding(interval="4h", age=15.9), False),
        (holding(interval="4h", age=16.1), True),
        (holding(interval="1d", dataset="exchange_netflow", age=119.9), False),
        (holding(interval="1d", dataset="exchange_netflow", age=120.2), True),
        (holding(interval="", dataset="large_orders", age=71.0), False),
        (holding(interval="", dataset="large_orders", age=73.0), True),
        (holding(interval="", dataset="liquidation_heatmap", age=0.7), False),
        (holding(interval="", dataset="liquidation_heatmap", age=0.8), True),
    ],
)
def test_rows_are_too_old_when_a_bot_would_no_longer_use_them(held, old):
    (found,) = examined(held)
    assert ("oo old for a bot" in found.text) == old
    assert (found.level is Level.WARNING) == old


def test_snapshots_are_recorded_not_downloaded():
    (found,) = examined(holding(interval="", dataset="liquidation_heatmap", age=50.0))
    assert found.fix == "vectra-freqtrade record"


def test_gaps_late_and_revised_rows_are_counted_and_named():
    (found,) = examined(holding(gaps=7), holding("ETH", late=2), holding("SOL", revisions=5))
    assert found.level is Level.WARNING
    for words in ("7 gaps", "2 late", "5 revisions", "BTC 1h (7)", "ETH 1h (2)"):
        assert words in found.text
    assert "--refresh" in found.fix and "open_interest" in found.fix
    (found,) = examined(holding(revisions=5))
    assert found.level is Level.OK
