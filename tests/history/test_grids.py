"""Whole histories: rows with a spacing, and what becomes of a file when it changes."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import feather

from tests.history.valid import check
from tests.support.frames import DELAY, utc
from vectra_freqtrade.data.history import HistoryProvider
from vectra_freqtrade.errors import OutdatedError
from vectra_freqtrade.history.grids import another_grid, gaps
from vectra_freqtrade.history.holdings import holdings
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import downloaded, recorded
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.release import Release

START = utc("2026-03-01")
DAY = pd.Timedelta("1D")
SHARE = Series("bitcoin_dominance", "BTC", "1d")
LATER = utc("2027").to_pydatetime()


def share(*days: int, value: float = 50.0) -> pd.DataFrame:
    return pd.DataFrame({"time": [START + n * DAY for n in days], "dominance": value})


def fetched(*days: int, value: float = 50.0) -> pd.DataFrame:
    return downloaded(SHARE, share(*days, value=value), DELAY)


def seen(at: float, *days: int, spacing: int = 1) -> pd.DataFrame:
    frame = share(*days, value=60.0).assign(
        spacing=pd.Series([spacing * DAY] * len(days)).astype("timedelta64[ms]")
    )
    return recorded(SHARE, frame, DELAY, START + at * DAY)


def days_of(rows: pd.DataFrame) -> list[int]:
    return [round((time - START) / DAY) for time in rows["time"]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "coinglass", Release(DELAY))


def test_a_file_keeps_each_rows_spacing_and_knows_it_by_that(store):
    store.add(SHARE, fetched(0, 3, 6, 9))
    rows = store.read(SHARE)
    assert list(rows.columns) == ["time", "available_at", "first_seen", "spacing", "dominance"]
    assert str(rows["spacing"].dtype) == "timedelta64[ms]"
    known = rows["time"] + 3 * DAY + DAY + DELAY
    assert rows["available_at"].tolist() == known.tolist()
    settled = Store(store.root, Release(DELAY, {"bitcoin_dominance": 1})).read(SHARE)
    assert settled["available_at"].tolist() == (known + 3 * DAY).tolist()


def test_a_missing_day_makes_no_row_late_and_is_one_gap(store):
    store.add(SHARE, fetched(0, 1, 2, 4, 5, 6))
    rows = store.read(SHARE)
    assert rows["available_at"].tolist() == (rows["time"] + 2 * DAY + DELAY).tolist()
    assert gaps(rows, 86_400_000) == [(START + 3 * DAY, START + 4 * DAY, 1)]
    (held,) = holdings(store, LATER)
    assert (held.gaps, held.spacing) == (1, 24.0)


def test_rows_three_days_apart_have_no_gaps_but_for_those_that_are_missing(store):
    store.add(SHARE, fetched(0, 3, 6, 12, 15, 18))
    (held,) = holdings(store, LATER)
    assert (held.gaps, held.spacing, held.late) == (1, 72.0, 0)


@pytest.mark.parametrize(
    ("held", "new", "other"),
    [
        (range(10), range(12), False),
        (range(10), [0, 1, 2, 4, 5, 6, 7, 8, 9], False),
        ([0, 1, 3, 4, 5, 6], range(8), False),
        (range(10), range(0, 12, 3), True),
        (range(0, 12, 3), range(12), True),
        (range(0, 12, 3), range(1, 13, 3), True),
        (range(10), range(0, 12, 2), True),
        (range(5), range(7, 12), False),  # nothing in common to judge by
    ],
)
def test_an_answer_is_on_another_grid_where_fewer_than_two_thirds_of_its_times_are_known(
    held, new, other
):
    assert another_grid(fetched(*held), fetched(*new)) is other


def test_a_history_on_another_grid_replaces_what_was_downloaded_and_nothing_that_was_recorded(
    store,
):
    store.add(SHARE, fetched(*range(10)))
    store.add(SHARE, seen(12.5, 10))
    store.add(SHARE, seen(13.5, 11))
    store.add(SHARE, fetched(*range(0, 16, 3), value=70.0), whole=True)
    rows = store.read(SHARE)
    check(SHARE, rows)
    assert days_of(rows) == [0, 3, 6, 9, 10, 11, 12, 15]
    assert rows["first_seen"].notna().tolist() == [n in (10, 11) for n in days_of(rows)]
    assert (rows["spacing"] / DAY).tolist() == [3, 3, 3, 3, 1, 1, 3, 3]
    # The row of day 9 is known on day 13 now, after that of day 10: too late to be used.
    late = [n for n, at in zip(days_of(rows), rows["available_at"], strict=True) if pd.isna(at)]
    assert late == [9]
    (held,) = holdings(store, LATER)
    assert held.gaps == 0


def test_rows_on_the_same_grid_are_joined_and_what_was_known_keeps_its_spacing(store):
    store.add(SHARE, fetched(0, 3, 6))
    store.add(SHARE, seen(10.5, 9, spacing=3))
    store.add(SHARE, fetched(0, 3, 6, 9, 12, value=70.0), whole=True)
    rows = store.read(SHARE)
    assert rows["dominance"].tolist() == [50.0, 50.0, 50.0, 60.0, 70.0]
    assert len(store.revised.read(SHARE)) == 4


def write_old(store: Store) -> Path:
    """As the version before did: without a spacing."""
    store.add(SHARE, fetched(*range(0, 30, 3)))
    path = SHARE.path(store.root)
    table = feather.read_table(path, memory_map=False)
    feather.write_feather(table.drop_columns("spacing"), path)
    return path


def test_a_file_without_spacings_is_no_data_for_a_backtest_which_is_told_once(store, caplog):
    path = write_old(store)
    with pytest.raises(OutdatedError):
        store.read(SHARE)
    provider = HistoryProvider(store)
    for _ in range(3):
        assert provider.rows(SHARE, utc("2027")).empty
    (line,) = [each.getMessage() for each in caplog.records if "out of date" in each.getMessage()]
    assert str(path) in line and "vectra-freqtrade download-data" in line
    assert path.exists()
    (held,) = holdings(store, LATER)
    assert "vectra-freqtrade download-data" in held.problem


def test_who_fetches_sets_it_aside_with_its_revisions_and_nothing_is_deleted(store, caplog):
    path = write_old(store)
    path.with_name("BTC-1d.revisions.feather").write_bytes(b"x")
    old = path.read_bytes()
    assert store.read_anew(SHARE) is None
    assert path.with_name("BTC-1d.feather.old").read_bytes() == old
    assert path.with_name("BTC-1d.revisions.feather.old").exists()
    assert store.series() == [] and "kept as BTC-1d.feather.old" in caplog.text
    write_old(store)
    assert store.read_anew(SHARE) is None
    assert path.with_name("BTC-1d.feather.old2").exists()
    write_old(store)
    assert store.read_anew(SHARE) is None
    assert path.with_name("BTC-1d.feather.old3").exists()


def test_a_row_that_comes_alone_without_a_spacing_is_a_days(store):
    assert downloaded(SHARE, share(4), DELAY)["spacing"].tolist() == [DAY]
    assert timedelta(days=1) == DAY
