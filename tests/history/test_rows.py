"""When a row may be known, and how new rows join old ones."""

from datetime import timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.history.valid import check
from tests.support.frames import DELAY, utc
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.arrays import TIME_DTYPE
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.rows import (
    downloaded,
    merge,
    recorded,
    replace_downloaded,
)

START = utc("2025-03-01")
OI = Series("open_interest", "BTC", "1h")
TAKER = Series("taker_volume", "BTC", "1h")


def hour(number: float) -> pd.Timestamp:
    return START + pd.Timedelta(number, "h")


def raw(*hours: int, value: float = 1.0) -> pd.DataFrame:
    """Open interest as an endpoint gives it: the hour's number × value."""
    return pd.DataFrame(
        {"time": [hour(number) for number in hours], "oi": [number * value for number in hours]}
    ).astype({"time": TIME_DTYPE, "oi": "float64"})


def fetched(*hours: int, value: float = 1.0, delay: timedelta = DELAY) -> pd.DataFrame:
    return downloaded(OI, raw(*hours, value=value), delay)


def seen(at: float, *hours: int, value: float = 1.0) -> pd.DataFrame:
    return recorded(OI, raw(*hours, value=value), DELAY, hour(at))


def known(rows: pd.DataFrame) -> dict[int, float | None]:
    """Hour number -> hours after the start at which the row may be used, minutes cut off."""
    return {
        round((row.time - START) / pd.Timedelta("1h")): None
        if pd.isna(row.available_at)
        else (row.available_at - START) // pd.Timedelta("1h")
        for row in rows.itertuples()
    }


def test_a_downloaded_row_is_known_an_interval_and_the_delay_after_it_opened():
    """And it was never seen by a bot."""
    rows = fetched(0, 1)
    assert rows["available_at"].tolist() == [hour(1) + DELAY, hour(2) + DELAY]
    assert rows["first_seen"].isna().all()
    check(OI, rows)


@pytest.mark.parametrize("name", ["exchange_netflow", "bitcoin_dominance"])
def test_a_day_that_is_published_a_day_late_is_known_a_day_later(name):
    series = Series(name, "BTC", "1d")
    values = {key: [1.0] for key in series.spec.values}
    day = pd.DataFrame({"time": [START], **values}).astype({"time": TIME_DTYPE})
    published = START + 2 * pd.Timedelta("1D") + DELAY
    assert downloaded(series, day, DELAY)["available_at"].tolist() == [published]
    early = recorded(series, day, DELAY, START + pd.Timedelta("25h"))
    assert early["available_at"].tolist() == [published]


@pytest.mark.parametrize(
    ("first_seen", "expected"),
    [(0.5, hour(1) + DELAY), (1.0, hour(1) + DELAY), (1.5, hour(1.5)), (9, hour(9))],
)
def test_a_recorded_row_is_known_at_the_later_of_its_delay_and_its_sight(first_seen, expected):
    """A bot can't have known a row before it fetched it."""
    rows = seen(first_seen, 0)
    assert rows["available_at"].tolist() == [expected]
    assert rows["first_seen"].tolist() == [hour(first_seen)]
    check(OI, rows)


def test_rows_come_out_sorted_unique_whole_and_in_the_stores_types():
    """Any order, duplicates (the first wins), another resolution, empty rows and other columns."""
    frame = pd.DataFrame(
        {
            "ignored": "x",
            "time": pd.Series([hour(2), hour(0), hour(1), hour(0)]).dt.as_unit("ns"),
            "taker_sell_usd": [5, 1, None, 2],
            "taker_buy_usd": [6, 1, None, 3],
        }
    )
    rows = downloaded(TAKER, frame, DELAY)
    check(TAKER, rows)
    assert rows["time"].tolist() == [hour(0), hour(2)]
    assert rows["taker_buy_usd"].tolist() == [1.0, 6.0]
    assert rows["taker_sell_usd"].tolist() == [1.0, 5.0]


def test_rows_without_a_column_or_a_timezone_are_refused():
    """The message names the series and what is missing."""
    with pytest.raises(StoreError, match="taker_volume BTC 1h lack the columns taker_buy_usd"):
        downloaded(TAKER, pd.DataFrame({"time": [START], "taker_sell_usd": [1.0]}), DELAY)
    with pytest.raises(StoreError, match="timezone"):
        downloaded(OI, raw(0).assign(time=pd.Timestamp("2025-03-01")), DELAY)


def test_no_rows_are_fine():
    """An empty answer makes an empty frame of the right types, and joins to nothing new."""
    rows = fetched()
    check(OI, rows)
    merged = merge(fetched(0), rows)
    assert (merged.added, merged.late, merged.revised) == (0, 0, 0)
    assert merge(None, rows).added == 0


def test_later_rows_are_appended():
    """The old ones stay as they are."""
    merged = merge(fetched(0, 1), fetched(1, 2, 3))
    assert known(merged.rows) == {0: 1, 1: 2, 2: 3, 3: 4}
    assert (merged.added, merged.late, merged.revised) == (2, 0, 0)


def test_a_row_that_comes_after_a_later_one_was_released_is_late_for_good():
    """It is kept and counted, and never available, however often it is sent."""
    merged = merge(seen(2.5, 0, 1), seen(4.5, 3))
    merged = merge(merged.rows, seen(5.5, 2))
    assert known(merged.rows) == {0: 2, 1: 2, 2: None, 3: 4}
    assert (merged.added, merged.late) == (0, 1)
    again = merge(merged.rows, seen(6.5, 2, 3, 4))
    assert known(again.rows) == {0: 2, 1: 2, 2: None, 3: 4, 4: 6}
    assert (again.added, again.late, again.revised) == (1, 0, 0)


def test_a_downloaded_row_that_fills_a_gap_is_late_too():
    """A bot that ran over that file never had it; only a refresh makes it usable."""
    merged = merge(fetched(0, 1, 3), fetched(2))
    assert known(merged.rows) == {0: 1, 1: 2, 2: None, 3: 4}
    assert (merged.added, merged.late) == (0, 1)


def test_a_row_first_seen_stays_when_the_vendor_revises_it():
    """The revision is counted and changes neither value nor time."""
    merged = merge(seen(3.5, 1, 2), seen(9.5, 1, 2, value=7.0))
    assert merged.rows["oi"].tolist() == [1.0, 2.0]
    assert known(merged.rows) == {1: 3, 2: 3}
    assert (merged.added, merged.revised) == (0, 2)


def test_the_same_value_or_the_same_absence_is_no_revision():
    """NaN sent again as NaN is not another value."""
    frame = pd.DataFrame({"time": [START], "taker_buy_usd": [1.0], "taker_sell_usd": [None]})
    rows = downloaded(TAKER, frame, DELAY)
    assert merge(rows, rows).revised == 0
    assert merge(rows, rows.assign(taker_sell_usd=2.0)).revised == 1


def test_earlier_rows_extend_history_and_keep_their_times():
    """Prepending changes nothing of what was there."""
    merged = merge(seen(7.5, 5, 6), fetched(2, 3, 4))
    assert known(merged.rows) == {2: 3, 3: 4, 4: 5, 5: 7, 6: 7}
    assert (merged.added, merged.late) == (3, 0)


def test_prepended_rows_of_a_longer_delay_never_move_an_old_row():
    """A row that would be known after the one that follows it is late; the old one stays."""
    merged = merge(fetched(5, 6), fetched(2, 3, 4, delay=timedelta(hours=3)))
    assert known(merged.rows) == {2: 6, 3: None, 4: None, 5: 6, 6: 7}
    check(OI, merged.rows)


def test_an_appended_row_is_never_known_before_the_one_before_it():
    """After a catch-up at 9 o'clock, a row downloaded by its delay alone waits for 9 as well."""
    merged = merge(seen(9, 0, 1), fetched(2, 3))
    assert known(merged.rows) == {0: 9, 1: 9, 2: 9, 3: 9}
    check(OI, merged.rows)


BATCHES = st.lists(
    st.tuples(
        st.lists(st.integers(0, 12), min_size=1, max_size=5),
        st.one_of(st.none(), st.integers(1, 20)),
        st.sampled_from([0, 60, 7200]),
        st.sampled_from([1.0, 2.0]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(BATCHES)
def test_whatever_is_merged_old_rows_stay_and_the_file_stays_valid(batches):
    """No merge, in any order, changes a row that was there, and the result can be stored."""
    rows = None
    for hours, at, delay, value in batches:
        frame = raw(*hours, value=value)
        if at is None:
            new = downloaded(OI, frame, timedelta(seconds=delay))
        else:
            new = recorded(OI, frame, timedelta(seconds=delay), hour(at))
        merged = merge(rows, new)
        check(OI, merged.rows)
        if rows is not None:
            kept = merged.rows[merged.rows["time"].isin(rows["time"])]
            pd.testing.assert_frame_equal(kept.reset_index(drop=True), rows)
        rows = merged.rows


@settings(max_examples=40, deadline=None, derandomize=True)
@given(BATCHES, st.lists(st.integers(0, 14), min_size=1, max_size=9))
def test_whatever_is_refreshed_recorded_rows_stay_and_the_file_stays_valid(batches, hours):
    """A refresh over any mixture of recorded, downloaded and late rows."""
    rows = None
    for numbers, at, delay, value in batches:
        frame = raw(*numbers, value=value)
        delayed = timedelta(seconds=delay)
        new = downloaded(OI, frame, delayed) if at is None else recorded(OI, frame, DELAY, hour(at))
        rows = merge(rows, new).rows
    refreshed = replace_downloaded(rows, fetched(*hours, value=5.0))
    check(OI, refreshed)
    recorded_before = rows[rows["first_seen"].notna()].reset_index(drop=True)
    recorded_after = refreshed[refreshed["first_seen"].notna()].reset_index(drop=True)
    pd.testing.assert_frame_equal(recorded_after, recorded_before)


def test_a_files_first_rows_are_all_new():
    merged = merge(None, fetched(0, 1))
    assert (merged.added, merged.late, merged.revised) == (2, 0, 0)


def test_a_row_that_is_late_for_the_bot_is_counted_as_late_behind_all_others():
    new = seen(9, 3, 4)
    new.loc[0, "available_at"] = pd.NaT
    merged = merge(fetched(0, 1, 2), new)
    assert (merged.added, merged.late) == (1, 1)
    assert known(merged.rows) == {0: 1, 1: 2, 2: 3, 3: None, 4: 9}


def test_a_refresh_replaces_a_downloaded_file():
    """Values, and rows that were late, become what the download says."""
    late = merge(fetched(0, 2), fetched(1)).rows
    rows = replace_downloaded(late, fetched(0, 1, 2, value=9.0))
    assert known(rows) == {0: 1, 1: 2, 2: 3}
    assert rows["oi"].tolist() == [0.0, 9.0, 18.0]


def test_a_refresh_never_touches_recorded_rows_nor_gives_a_bot_rows_it_did_not_have():
    """Before and after the recorded rows it replaces; between them a new row is late."""
    old = merge(fetched(0, 1), seen(4.5, 2, 3)).rows
    old = merge(old, seen(6.5, 5)).rows
    rows = replace_downloaded(old, fetched(0, 1, 2, 3, 4, 5, 6, value=9.0))
    assert known(rows) == {0: 1, 1: 2, 2: 4, 3: 4, 4: None, 5: 6, 6: 7}
    assert rows["oi"].tolist() == [0.0, 9.0, 2.0, 3.0, 36.0, 5.0, 54.0]


def test_a_refresh_after_a_catch_up_keeps_the_order_of_release():
    """Rows downloaded behind a late catch-up wait for it, as in a merge."""
    rows = replace_downloaded(seen(9, 0, 1), fetched(2, 3))
    assert known(rows) == {0: 9, 1: 9, 2: 9, 3: 9}


def test_a_refresh_keeps_rows_that_were_downloaded_between_two_runs_of_a_bot():
    """They were usable; they are replaced, not lost."""
    old = merge(seen(1.5, 0), fetched(1, 2)).rows
    old = merge(old, seen(4.5, 3)).rows
    rows = replace_downloaded(old, fetched(0, 1, 2, 3, value=9.0))
    assert known(rows) == {0: 1, 1: 2, 2: 3, 3: 4}
    assert rows["oi"].tolist() == [0.0, 9.0, 18.0, 3.0]
