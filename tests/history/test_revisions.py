"""What came again with another value is kept beside the file, and nothing reads it for columns."""

import logging
import math
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import feather

from tests.support.frames import DELAY, utc
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.holdings import holdings
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.notes import Notes
from vectra_freqtrade.history.reader import META
from vectra_freqtrade.history.revisions import FIRST_VALUE, TYPICAL_SIZE, beside, extent
from vectra_freqtrade.history.rows import downloaded, recorded
from vectra_freqtrade.history.store import Store

START = utc("2025-10-21")
BOOK = Series("order_book", "BTC", "8h")
FUNDING = Series("funding_rate", "BTC", "4h")
SEEN = utc("2025-10-22 16:35:33")


def book(*cells: tuple[float, float], first: int = 0) -> pd.DataFrame:
    times = [START + pd.Timedelta(8 * (first + number), "h") for number in range(len(cells))]
    bids, asks = zip(*cells, strict=True)
    return pd.DataFrame({"time": times, "book_bids_usd": bids, "book_asks_usd": asks})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "coinglass")


def test_the_later_value_of_a_row_that_was_provisional_is_kept_with_when_it_came(store):
    """An order book of 2025-10-21 08:00, 36 minutes after its close and a day later."""
    first = book((187663546.634, 169333117.6295), first=1)
    later = book((134707783.7156, 114760604.0777), first=1)
    store.add(BOOK, recorded(BOOK, first, DELAY, utc("2025-10-21 16:35:33")))
    before = BOOK.path(store.root).read_bytes(), store.fingerprint()
    store.add(BOOK, recorded(BOOK, later, DELAY, SEEN), seen=SEEN)
    kept = pd.read_feather(store.root / "order_book" / "BTC-8h.revisions.feather")
    assert list(kept.columns) == ["time", "field", "first", "later", "seen"]
    assert kept["time"].tolist() == [START + pd.Timedelta("8h")] * 2
    assert kept["field"].tolist() == ["book_bids_usd", "book_asks_usd"]
    assert kept["first"].tolist() == [187663546.634, 169333117.6295]
    assert kept["later"].tolist() == [134707783.7156, 114760604.0777]
    assert kept["seen"].tolist() == [SEEN] * 2
    # What a backtest reads is as it was, and so is freqtrade's cache of results.
    assert (BOOK.path(store.root).read_bytes(), store.fingerprint()) == before
    assert store.series() == [BOOK]


@pytest.mark.parametrize(
    ("series", "opened", "answered", "first", "later"),
    [
        ("long_short_ratio Binance_BTCUSDT 4h", "2025-09-08 12:00", "2025-09-08 16:56", 1.52, 1.7),
        ("long_short_ratio Binance_BTCUSDT 4h", "2025-10-27 12:00", "2025-10-27 16:39", 1.13, 1.14),
        ("funding_rate BTC 4h", "2025-09-03 08:00", "2025-09-03 12:21", 0.00005876, 0.00006088),
        ("open_interest BTC 4h", "2025-10-21 12:00", "2025-10-21 16:35", 73840322446, 72073761927),
    ],
)
def test_a_bots_store_keeps_what_was_first_seen_and_counts_what_came_later(
    store, series, opened, answered, first, later
):
    """closed-row-is-provisional.json: captured minutes after the close, and a day later."""
    of, seen = Series(*series.split()), utc(answered)
    cells = dict.fromkeys(of.spec.values, first)
    sent = pd.DataFrame({"time": [utc(opened)], **cells})
    store.add(of, recorded(of, sent, DELAY, seen))
    store.add(of, recorded(of, sent.assign(**dict.fromkeys(cells, later)), DELAY, SEEN), seen=SEEN)
    held = store.read(of)
    assert held[list(cells)].eq(first).all(axis=None)
    assert held["available_at"].tolist() == [seen], "settle 0: used as soon as it was seen"
    (told,) = holdings(store, SEEN.to_pydatetime())
    assert told.revised == told.revisions == 1
    assert store.revised.read(of)["later"].tolist() == [later] * len(cells)


def test_the_same_later_value_is_one_revision_however_often_it_is_sent(store):
    store.add(BOOK, downloaded(BOOK, book((1, 2), (3, 4)), DELAY))
    for value in (5.0, 5.0, math.nan, math.nan, 5.0, 1.0, 6.0):
        store.add(BOOK, downloaded(BOOK, book((value, 2)), DELAY))
    kept = store.revised.read(BOOK)
    assert kept["later"].tolist()[0::2] == [5.0, 6.0] and kept["later"].isna().sum() == 1
    assert kept["first"].tolist() == [1.0] * 3
    assert store.revisions(BOOK) == 3


def test_a_refresh_keeps_what_it_replaces(store):
    store.add(BOOK, downloaded(BOOK, book((1, 2), (3, 4)), DELAY))
    store.refresh(BOOK, downloaded(BOOK, book((1, 2), (7, 4)), DELAY), seen=SEEN)
    kept = store.revised.read(BOOK)
    assert kept[["field", "first", "later"]].to_numpy().tolist() == [["book_bids_usd", 3.0, 7.0]]
    assert store.read(BOOK)["book_bids_usd"].tolist() == [1.0, 7.0]


BROKEN = {
    "no feather": lambda path: path.write_bytes(b"x"),
    "another table": lambda path: pd.DataFrame({"a": [1]}).to_feather(path),
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_of_revisions_never_keeps_rows_from_being_written(store, caplog, kind):
    """It is named once, and left as it is."""
    store.add(BOOK, downloaded(BOOK, book((1, 2)), DELAY))
    path = beside(BOOK.path(store.root))
    BROKEN[kind](path)
    for number in range(3):
        new = book((9 + number, 2), *[(1, 2)] * (number + 1))
        assert store.add(BOOK, downloaded(BOOK, new, DELAY)).added == 1
    assert len(store.read(BOOK)) == 4
    (line,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert str(path) in line.getMessage() and "Move it away" in line.getMessage()
    with pytest.raises(StoreError, match="can't be used"):
        store.revised.read(BOOK)
    (held,) = holdings(store, SEEN.to_pydatetime())
    assert held.rows == 4 and str(path) in held.problem


def test_a_disk_that_is_full_for_revisions_only_loses_no_row(store, monkeypatch, caplog):
    store.add(BOOK, downloaded(BOOK, book((1, 2)), DELAY))

    def full(path: Path, write: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("vectra_freqtrade.history.revised.replace_table", full)
    store.add(BOOK, downloaded(BOOK, book((5, 2), (6, 7)), DELAY))
    assert len(store.read(BOOK)) == 2
    assert "Revisions of order_book BTC 8h are not kept" in caplog.text


def test_how_far_rows_were_revised_is_told_of_the_first_value_by_hand(store):
    """Bids 100 → 110, then 120: 20 %; asks 200 → 201 of the same row; another row by 5 %."""
    cells = [(100.0, 200.0)] * 10
    store.add(BOOK, downloaded(BOOK, book(*cells), DELAY))
    for again in ((110.0, 201.0), (120.0, 201.0)):
        store.add(BOOK, downloaded(BOOK, book(again, (100.0, 190.0)), DELAY))
    told = extent(store.read(BOOK), store.revised.read(BOOK))
    assert (told.rows, told.share, told.against) == (2, 0.2, FIRST_VALUE)
    assert told.median == pytest.approx((20 + 5) / 2)
    assert told.p95 == pytest.approx(5 + 0.95 * 15)
    (held,) = holdings(store, SEEN.to_pydatetime())
    assert (held.revised, held.revised_share, held.revisions, held.unsized) == (2, 0.2, 3, 0)
    assert held.revised_median == pytest.approx(12.5)


def test_a_rate_near_zero_is_measured_against_the_usual_size_of_its_values(store):
    """0.000001 → 0.00005 is 4,900 % of itself, and half of what the rate usually is."""
    rates = [0.000001, 0.0001, -0.0001, 0.0001, 0.0]
    times = pd.date_range(START, periods=5, freq="4h")
    rows = pd.DataFrame({"time": times, "funding": rates})
    store.add(FUNDING, downloaded(FUNDING, rows, DELAY))
    changed = rows.assign(funding=[0.000051, *rates[1:4], 0.00001])
    store.add(FUNDING, downloaded(FUNDING, changed, DELAY))
    told = extent(store.read(FUNDING), store.revised.read(FUNDING))
    assert (told.rows, told.against) == (2, TYPICAL_SIZE)
    assert told.median == pytest.approx((50 + 10) / 2)


def test_what_an_older_version_counted_is_told_without_a_size(store):
    store.add(BOOK, downloaded(BOOK, book((1, 2), (3, 4)), DELAY))
    path = BOOK.path(store.root)
    table = feather.read_table(path, memory_map=False)
    counted = {**table.schema.metadata, META: Notes(revisions=7).json()}
    feather.write_feather(table.replace_schema_metadata(counted), path)
    (held,) = holdings(store, SEEN.to_pydatetime())
    assert (held.revisions, held.unsized, held.revised, held.revised_median) == (7, 7, 0, None)
    store.add(BOOK, downloaded(BOOK, book((2, 2)), DELAY))
    (held,) = holdings(store, SEEN.to_pydatetime())
    assert (held.revisions, held.unsized, held.revised, held.revised_median) == (8, 7, 1, 100.0)


def test_rows_that_came_twice_are_counted_once_with_the_file(store):
    twice = {START, START + pd.Timedelta("8h")}
    store.add(BOOK, downloaded(BOOK, book((1, 2), (3, 4)), DELAY), twice=twice)
    store.add(BOOK, downloaded(BOOK, book((1, 2), (3, 4), (5, 6)), DELAY), twice=twice)
    (held,) = holdings(store, SEEN.to_pydatetime())
    assert held.twice == 2
    store.refresh(BOOK, downloaded(BOOK, book((1, 2), (3, 4)), DELAY), twice=twice)
    notes = store.notes(BOOK)
    assert (notes.revisions, notes.twice) == (0, 2)
