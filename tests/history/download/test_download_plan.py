"""Which series a pair list needs under a plan, and since when."""

from datetime import UTC, datetime, timedelta

import pytest

from vectra_freqtrade.catalogue.coin_names import Coin, CoinNames, Name
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.history.download.download_plan import plan_download, symbols_of
from vectra_freqtrade.history.download.spans import EVER, warm_up
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.settings.section import CoinglassSettings

NOW = datetime(2026, 11, 23, 6, 0, 30, tzinfo=UTC)
DEFAULTS = CoinglassSettings()
BTC = ["BTC/USDT:USDT"]


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


def of(*datasets: str) -> list[tuple[str, str]]:
    return symbols_of(datasets, BTC, "binance", DEFAULTS)


def test_a_start_before_the_plans_history_is_clipped_and_said():
    symbols = of("open_interest", "bitcoin_dominance")
    todo = plan_download(symbols, ("4h",), days(400), NOW, plan=Plan.HOBBYIST, now=NOW)
    ((series, start, _),) = todo.rows
    assert series == Series("open_interest", "BTC", "4h")
    assert start == days(180)
    assert todo.clipped == {"open_interest 4h": days(180)}
    assert todo.left_out == {"bitcoin_dominance": "needs CoinGlass Startup"}


@pytest.mark.parametrize("start", [days(500), None], ids=["a span", "up to then"])
def test_a_range_before_the_plans_history_asks_for_nothing_and_says_where_it_begins(start):
    """The plan reaches back from now, not from the range's end."""
    symbols = of("open_interest")
    todo = plan_download(symbols, ("1h",), start, days(400), plan=Plan.STANDARD, now=NOW)
    assert todo.rows == []
    assert todo.clipped == {"open_interest 1h": days(360)}
    part = plan_download(symbols, ("1h",), days(500), days(300), plan=Plan.STANDARD, now=NOW)
    ((_, begins, _),) = part.rows
    assert begins == days(360)


def test_daily_history_and_the_enterprise_plan_reach_back_to_the_beginning():
    symbols = of("open_interest", "exchange_netflow")
    for plan, first in ((Plan.STANDARD, days(360)), (Plan.ENTERPRISE, EVER)):
        todo = plan_download(symbols, ("1h",), None, NOW, plan=plan, now=NOW)
        starts = {series.dataset: start for series, start, _ in todo.rows}
        assert starts == {"open_interest": first, "exchange_netflow": EVER}


def test_what_percentiles_look_back_on_comes_along():
    symbols = of("open_interest", "bitcoin_dominance")
    todo = plan_download(symbols, ("1h",), days(60), NOW, plan=Plan.PROFESSIONAL, now=NOW)
    starts = {series.dataset: start for series, start, _ in todo.rows}
    assert starts == {"open_interest": days(90), "bitcoin_dominance": days(60 + 365)}
    assert warm_up("12h") == timedelta(days=60)


def test_large_orders_without_a_start_reach_as_far_back_as_the_rows_beside_them():
    """Each day of them is three requests."""
    symbols = of("open_interest", "large_orders")
    todo = plan_download(symbols, ("1h", "12h"), None, NOW, plan=Plan.STANDARD, now=NOW)
    assert todo.orders == [("Binance_BTCUSDT", days(360), NOW)]
    named = plan_download(symbols, ("1h",), days(900), NOW, plan=Plan.STANDARD, now=NOW)
    assert named.orders == [("Binance_BTCUSDT", days(900), NOW)]
    ever = plan_download(symbols, ("1h",), None, NOW, plan=Plan.ENTERPRISE, now=NOW)
    assert ever.orders == [("Binance_BTCUSDT", EVER, NOW)]


def test_pairs_that_share_a_coin_are_fetched_once():
    pairs = [*BTC, "BTC/USDC:USDC", "1000PEPE/USDT:USDT"]
    assert symbols_of(["open_interest", "bitcoin_dominance"], pairs, "binance", DEFAULTS) == [
        ("open_interest", "BTC"),
        ("open_interest", "PEPE"),
        ("bitcoin_dominance", "BTC"),
    ]
    with pytest.raises(SettingsError):
        symbols_of(["open_interest"], ["BTC"], "binance", DEFAULTS)


def test_a_custom_column_asks_for_its_history_like_any_other():
    basis = {"name": "basis", "path": "/api/futures/basis/history", "field": "x", "scope": "pair"}
    settings = DEFAULTS.override(datasets=["open_interest"], custom=[basis])
    symbols = symbols_of(settings.all_datasets, BTC, "binance", settings)
    todo = plan_download(
        symbols, ("1h",), None, NOW, plan=Plan.STARTUP, now=NOW, catalogue=settings.catalogue
    )
    _, (series, start, _) = todo.rows
    assert str(series) == "custom_basis Binance_BTCUSDT 1h"
    assert series.spec == settings.custom[0].spec
    assert start == days(180)


def test_what_was_measured_of_a_name_decides_the_series():
    apart = CoinNames({"X": Coin("X", (Name("X"),), apart=("1000X",), measured=1.0)})
    place = (["open_interest"], ["1000X/USDT:USDT", "X/USDT"], "binance", DEFAULTS)
    assert symbols_of(*place) == [("open_interest", "X")]
    assert symbols_of(*place, apart) == [("open_interest", "1000X"), ("open_interest", "X")]
