"""The store as each plan would have it."""

from pathlib import Path

import pandas as pd
import pytest

from tests.support.frames import native_rows, utc
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded, recorded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.report.compare.plan_stores import as_plan_has_it, needed_plan
from vectra_freqtrade.settings.section import CoinglassSettings

START, DAYS = utc("2026-01-01"), 400
LAST = START + pd.Timedelta(days=DAYS)
DELAY = pd.Timedelta("60s").to_pytimedelta()
HOUR_MS = 3_600_000


@pytest.fixture
def store(tmp_path: Path) -> Store:
    held = Store(tmp_path / "store")
    for dataset in ("open_interest", "funding_rate"):
        for interval, hours in (("1h", 1), ("4h", 4)):
            series = Series(dataset, "BTC", interval)
            rows = native_rows(dataset, START, DAYS * 24 // hours, hours * HOUR_MS, 1)
            held.add(series, downloaded(series, rows, DELAY))
    (held.root / "large_orders").mkdir()
    (held.root / "large_orders" / "Binance_BTCUSDT.feather").write_text("orders")
    return held


def settings(**section: object) -> CoinglassSettings:
    names = {"datasets": ["open_interest", "funding_rate", "large_orders"]}
    return CoinglassSettings.from_config({"coinglass": names | section})


def plan_store(plan: Plan, store: Store, root: Path, **section: object):
    return as_plan_has_it(plan, settings(**section), store, ("1h", "4h"), LAST, root)


def rows(root: Path, interval: str) -> pd.DataFrame | None:
    return Store(root).read(Series("open_interest", "BTC", interval))


def test_hobbyist_has_no_hourly_rows_and_half_a_year_of_the_others(store: Store, tmp_path: Path):
    held = plan_store(Plan.HOBBYIST, store, tmp_path / "h")
    assert (held.off, held.intervals, held.days) == (("large_orders",), ("4h",), 180)
    assert held.lacking == ("12h",)  # a bot under it would use both
    assert rows(tmp_path / "h", "1h") is None
    kept = rows(tmp_path / "h", "4h")
    assert kept is not None and kept["time"].iloc[0] == LAST - pd.Timedelta("180D")
    pd.testing.assert_frame_equal(
        kept,
        store.read(Series("open_interest", "BTC", "4h")).iloc[-len(kept) :].reset_index(drop=True),
    )
    assert not (tmp_path / "h" / "large_orders").exists()


def test_a_larger_plan_reaches_further_and_has_large_orders(store: Store, tmp_path: Path):
    held = plan_store(Plan.STANDARD, store, tmp_path / "s")
    assert (held.off, held.intervals, held.days) == ((), ("1h", "4h"), 360)
    kept = rows(tmp_path / "s", "1h")
    assert kept is not None and kept["time"].iloc[0] == LAST - pd.Timedelta("360D")
    assert (tmp_path / "s" / "large_orders" / "Binance_BTCUSDT.feather").read_text() == "orders"


def test_a_plan_that_has_all_of_it_needs_no_store_of_its_own(store: Store, tmp_path: Path):
    held = plan_store(Plan.PROFESSIONAL, store, tmp_path / "p")
    assert held.root is None and not (tmp_path / "p").exists()
    assert (held.off, held.problem, held.days) == ((), "", 720)


def test_rows_that_a_bot_recorded_stay_whatever_the_plan_could_download(
    store: Store, tmp_path: Path
):
    series = Series("funding_rate", "ETH", "4h")
    frame = native_rows("funding_rate", START, 12, 4 * HOUR_MS, 1)
    for place in range(12):
        row, closed = frame.iloc[[place]], frame["time"].iloc[place] + pd.Timedelta("4h2min")
        store.add(series, recorded(series, row, DELAY, closed))
    plan_store(Plan.HOBBYIST, store, tmp_path / "h")
    kept = Store(tmp_path / "h").read(series)
    assert kept is not None and len(kept) == 12


def test_named_intervals_that_a_plan_lacks_are_a_sentence_where_none_is_left(
    store: Store, tmp_path: Path
):
    held = as_plan_has_it(
        Plan.HOBBYIST, settings(intervals=["1h"]), store, ("1h",), LAST, tmp_path / "h"
    )
    assert "Hobbyist has none of the intervals 1h" in held.problem


def test_rows_that_the_store_lacks_are_a_sentence_with_the_command(tmp_path: Path):
    held = Store(tmp_path / "store")
    series = Series("open_interest", "BTC", "1h")
    frame = native_rows("open_interest", START, 48, HOUR_MS, 1)
    held.add(series, downloaded(series, frame, DELAY))
    found = as_plan_has_it(Plan.HOBBYIST, settings(), held, ("1h",), LAST, tmp_path / "h")
    assert "vectra-freqtrade download-data -i 4h 12h" in found.problem


@pytest.mark.parametrize(
    ("section", "intervals", "plan"),
    [
        ({"datasets": ["open_interest"]}, ("4h", "12h"), Plan.HOBBYIST),
        ({"datasets": ["open_interest"]}, ("1h", "4h"), Plan.STARTUP),
        ({}, ("4h",), Plan.STANDARD),
        ({"plan": "professional"}, ("1h",), Plan.PROFESSIONAL),
    ],
)
def test_the_price_is_that_of_the_smallest_plan_with_the_settings_data(section, intervals, plan):
    assert needed_plan(settings(**section), intervals) is plan
