"""The contributor page's worked example, run as it stands there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

import vectra_freqtrade.catalogue.columns as columnlib
from tests.docs.pages import blocks
from vectra_freqtrade.catalogue.datasets import DATASETS
from vectra_freqtrade.catalogue.offers import offers
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.coinglass.answers.rows import Asked, rows
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.signals import assemble

HOUR = 3_600_000
T0 = 1_758_805_200_000
DELAY = timedelta(seconds=60)


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page's blocks define, put where the page says."""
    page: dict[str, Any] = {}
    for block in blocks("python"):
        if block.page == "docs/contributing.md":
            exec(compile(block.text, str(block), "exec"), page)
    monkeypatch.setitem(DATASETS, "basis", page["BASIS"])
    monkeypatch.setitem(columnlib.DATASET_CODES, "basis", "basis")
    monkeypatch.setattr(columnlib, "COLUMNS", (*columnlib.COLUMNS, *page["BASIS_COLUMNS"]))
    monkeypatch.setitem(assemble._FEATURES, "basis", page["features"])


def test_a_dataset_added_by_the_page_goes_from_an_answer_to_its_columns(added, tmp_path):
    settings = CoinglassSettings().override(datasets=("basis",), intervals=("1h",))
    answer = [
        {"time": T0 + step * HOUR, "open_basis": 0.03, "close_basis": percent}
        for step, percent in ((0, 0.04), (1, -0.02), (3, 0.01))
    ]
    start, now = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    found = rows(Asked(DATASETS["basis"], "1h", start, now, now, DELAY), [answer])
    series = Series("basis", "Binance_BTCUSDT", "1h")
    store = Store(tmp_path)
    store.add(series, downloaded(series, found, DELAY))

    dates = pd.date_range(pd.Timestamp(T0, unit="ms", tz="UTC"), periods=60, freq="5min")
    frame = pd.DataFrame({"date": dates, "close": 1.0})
    data = assemble.PairData({("basis", "1h"): store.read(series)}, {})
    shown = assemble.add_columns(frame, 300_000, data, settings, ("1h",)).set_index("date")
    at = [dates[0] + pd.Timedelta(minutes=minutes) for minutes in (55, 60, 120, 240)]
    assert shown["cg_basis_1h"][at].round(6).tolist()[1:] == [0.0004, -0.0002, 0.0001]
    assert pd.isna(shown["cg_basis_1h"][at[0]])  # closed, but not yet published
    changes = shown["cg_basis_change_1h"][at]
    assert changes.iloc[2] == pytest.approx(-0.0006)
    assert changes.isna().tolist() == [True, True, False, True]  # the third looks over a gap
    assert (shown["cg_confidence_long"] == 1.0).all()


def test_the_plans_table_knows_it(added):
    table = offers(Plan.STARTUP, ["basis"], ["1h", "4h"])
    assert next(offer for offer in table if offer.dataset == "basis").on
