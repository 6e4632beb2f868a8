"""The one door: rows as far as they may be known, from a file that may be replaced meanwhile."""

import pickle
from pathlib import Path

import pandas as pd
import pytest

from tests.support.frames import DELAY, native_rows, stored_provider, utc
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded
from vectra_freqtrade.history.store import Store

START = utc("2025-03-01")
FUNDING = Series("funding_rate", "BTC", "1h")
RAW = native_rows("funding_rate", START, 6, 3_600_000, 1)


@pytest.fixture
def provider(tmp_path: Path) -> HistoryProvider:
    late = START + pd.Timedelta("9h")
    return stored_provider(
        tmp_path,
        [(FUNDING, RAW.drop(index=2).iloc[:3], None), (FUNDING, RAW.iloc[:3], late)],
    )


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize(
    ("as_of", "rows"),
    [
        ("2025-02-01", 0),
        ("2025-03-01 01:00:59.999", 0),
        ("2025-03-01 01:01", 1),
        ("2025-03-01 02:01", 2),
        ("2025-03-01 03:59", 2),
        ("2025-03-01 04:01", 3),
        ("2030-01-01", 3),
    ],
)
def test_no_row_is_handed_out_before_it_may_be_known(provider, as_of, rows, unit):
    """Exactly at its moment it is; a late row never is; whatever the moment's resolution."""
    held = provider.rows(FUNDING, utc(as_of).as_unit(unit))
    assert held["time"].tolist() == [START + pd.Timedelta(n, "h") for n in (0, 1, 3)][:rows]
    assert list(held.columns) == ["time", "available_at", "funding"]
    assert (held["available_at"] <= utc(as_of)).all()


def test_a_series_that_is_not_there_is_empty_and_of_the_right_types(provider):
    """So that nobody has to ask first."""
    series = Series("long_short_ratio", "Binance_BTCUSDT", "4h")
    held = provider.rows(series, utc("2030"))
    assert held.dtypes.astype(str).to_dict() == {
        "time": "datetime64[ms, UTC]",
        "available_at": "datetime64[ms, UTC]",
        "lsr": "float64",
        "lsr_top": "float64",
    }
    assert held.empty


def test_a_file_is_read_once_until_it_is_replaced_or_removed(provider, monkeypatch):
    """Replaced by another process too."""
    reads = []
    real = Store.read
    monkeypatch.setattr(Store, "read", lambda self, s: reads.append(s) or real(self, s))
    as_of = utc("2030")
    assert [len(provider.rows(FUNDING, as_of)) for _ in range(3)] == [3, 3, 3]
    assert len(reads) == 1
    Store(provider.store.root).add(FUNDING, downloaded(FUNDING, RAW, DELAY))
    assert len(provider.rows(FUNDING, as_of)) == 5
    FUNDING.path(provider.store.root).unlink()
    assert provider.rows(FUNDING, as_of).empty


def test_what_is_done_to_a_frame_does_not_reach_the_next_reader(provider):
    """Frames are handed out of memory that is kept."""
    held = provider.rows(FUNDING, utc("2030"))
    before = held["funding"].tolist()
    held.loc[:, "funding"] = -1.0
    assert provider.rows(FUNDING, utc("2030"))["funding"].tolist() == before


def test_a_broken_file_is_an_error_and_not_an_empty_series(provider):
    """Otherwise a backtest would run without its data and not say so."""
    FUNDING.path(provider.store.root).write_bytes(b"nonsense")
    with pytest.raises(StoreError):
        provider.rows(FUNDING, utc("2030"))


def test_a_pickled_provider_reads_the_files_itself(provider):
    """Hyperopt's workers get no frames through the pipe."""
    whole = provider.rows(FUNDING, utc("2030"))
    other = pickle.loads(pickle.dumps(provider))
    assert other._held == {}
    pd.testing.assert_frame_equal(other.rows(FUNDING, utc("2030")), whole)
