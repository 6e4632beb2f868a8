"""A store that knows the settings makes available_at anew whenever it reads."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.history.valid import check
from tests.support.frames import DELAY, utc
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded, merge, recorded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.release import Release

START = utc("2025-03-01")
BOOK = Series("order_book", "BTC", "1h")
ETH = Series("order_book", "ETH", "1h")
MINUTE = pd.Timedelta("60s")


def hour(number: float) -> pd.Timestamp:
    return START + pd.Timedelta(number, "h")


def raw(*hours: int) -> pd.DataFrame:
    times = [hour(number) for number in hours]
    return pd.DataFrame({"time": times, "book_bids_usd": 1.0, "book_asks_usd": 2.0})


def written(root: Path) -> Store:
    """Two hours downloaded, then a bot: 2 in time, 3 at 6.5 with 4 and 5, of which 3 was late."""
    store = Store(root)
    store.add(BOOK, downloaded(BOOK, raw(0, 1), DELAY))
    store.add(BOOK, recorded(BOOK, raw(2), DELAY, hour(3.1)))
    store.add(BOOK, recorded(BOOK, raw(4, 5), DELAY, hour(6.5)))
    store.add(BOOK, recorded(BOOK, raw(3), DELAY, hour(6.6)))
    return store


def known(store: Store) -> list[float | None]:
    """Hours after the start."""
    held = store.read(BOOK)
    check(BOOK, held)
    hours = [(at - START) / pd.Timedelta("1h") for at in held["available_at"]]
    return [None if pd.isna(at) else round(at, 3) for at in hours]


M = 60 / 3600


@pytest.mark.parametrize(
    ("settle", "delay", "expected"),
    [
        (0, 60, [1 + M, 2 + M, 3.1, None, 6.5, 6.5]),
        (1, 60, [2 + M, 3 + M, 4 + M, None, 6.5, 7 + M]),
        (2, 60, [3 + M, 4 + M, 5 + M, None, 7 + M, 8 + M]),
        (0, 1800, [1.5, 2.5, 3.5, None, 6.5, 6.5]),
        (0, 0, [1, 2, 3.1, None, 6.5, 6.5]),
    ],
)
def test_a_changed_setting_moves_every_row_that_is_held_and_what_was_late_stays_late(
    tmp_path, settle, delay, expected
):
    stored = written(tmp_path)
    before = BOOK.path(tmp_path).read_bytes()
    store = Store(tmp_path, Release(timedelta(seconds=delay), {"order_book": settle}))
    assert known(store) == [None if at is None else round(at, 3) for at in expected]
    assert known(stored)[:3] == [round(1 + M, 3), round(2 + M, 3), 3.1]  # without a rule: as it was
    assert BOOK.path(tmp_path).read_bytes() == before


def test_rows_are_never_released_out_of_order_after_a_setting_became_shorter(tmp_path):
    """A row fetched at 9, and one that counted as downloaded behind it."""
    rows = merge(recorded(BOOK, raw(0), DELAY, hour(9)), downloaded(BOOK, raw(1, 2), DELAY)).rows
    Store(tmp_path).add(BOOK, rows)
    for settle in (0, 1, 9):
        held = Store(tmp_path, Release(DELAY, {"order_book": settle})).read(BOOK)
        assert held["available_at"].is_monotonic_increasing
        assert (held["available_at"] >= hour(9)).all()


@pytest.mark.parametrize("way", ["add", "refresh"])
def test_new_rows_join_held_ones_judged_by_the_same_settings(tmp_path, way):
    """
    Held rows were written with another delay. By the settings now, a row in between would come
    after the one that follows it, or not; either way what is stored is what is read.
    """
    Store(tmp_path).add(BOOK, downloaded(BOOK, raw(5, 6), timedelta(hours=20)))
    store = Store(tmp_path, Release(DELAY, {"order_book": 1}))
    getattr(store, way)(BOOK, downloaded(BOOK, raw(2, 3, 4), DELAY, 1))
    expected = [(number + 2) + round(M, 3) for number in (2, 3, 4, 5, 6)]
    assert known(store) == expected
    pd.testing.assert_frame_equal(Store(tmp_path).read(BOOK), store.read(BOOK))


def test_one_datasets_settling_is_no_other_datasets(tmp_path):
    funding = Series("funding_rate", "BTC", "1h")
    store = Store(tmp_path, Release(DELAY, {"order_book": 3}))
    frame = pd.DataFrame({"time": [START], "funding": [0.1]})
    store.add(funding, downloaded(funding, frame, DELAY))
    assert store.read(funding)["available_at"].tolist() == [hour(1) + MINUTE]
