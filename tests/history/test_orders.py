from datetime import timedelta

import pandas as pd
import pytest

from tests.support.frames import utc
from vectra_freqtrade.errors import StoreError
from vectra_freqtrade.history.orders import COLUMNS, Orders, merge, with_availability

DELAY = timedelta(seconds=60)
START = utc("2025-01-01")


def orders(*each: tuple[int, int, int | None]) -> pd.DataFrame:
    """Each: id, start and end in minutes (None while it rests)."""

    def moments(minutes):
        return pd.Series(
            [pd.NaT if m is None else START + pd.Timedelta(minutes=m) for m in minutes],
            dtype="datetime64[ms, UTC]",
        )

    ids, starts, ends = zip(*each, strict=True)
    frame = pd.DataFrame({"id": ids, "start": moments(starts), "end": moments(ends)})
    return frame.assign(side=1.0, price=100.0, start_usd=2e6, executed_usd=5e5)


def test_an_order_is_known_a_delay_after_its_start_and_its_end():
    rows = with_availability(orders((1, 0, 30), (2, 10, None)), DELAY)
    assert rows["available_at"].tolist() == [
        START + pd.Timedelta(minutes=1),
        START + pd.Timedelta(minutes=11),
    ]
    assert rows["end_available_at"].iloc[0] == START + pd.Timedelta(minutes=31)
    assert pd.isna(rows["end_available_at"].iloc[1])


def test_a_recorded_order_is_known_when_it_was_seen():
    seen = START + pd.Timedelta(minutes=45)
    rows = with_availability(orders((1, 0, 30), (2, 10, None)), DELAY, seen)
    assert (rows["available_at"] == seen).all()
    assert rows["end_available_at"].iloc[0] == seen
    assert pd.isna(rows["end_available_at"].iloc[1])


def test_what_was_first_known_stays_and_an_end_is_added(tmp_path):
    store = Orders(tmp_path)
    first, second = START + pd.Timedelta(minutes=5), START + pd.Timedelta(minutes=50)
    assert store.add("Binance_BTCUSDT", with_availability(orders((1, 0, None)), DELAY, first)) == 1
    assert store.add("Binance_BTCUSDT", with_availability(orders((1, 0, 30)), DELAY, second)) == 0
    assert store.add("Binance_BTCUSDT", with_availability(orders((1, 0, 40)), DELAY)) == 0
    row = store.read("Binance_BTCUSDT").iloc[0]
    assert row["available_at"] == first
    assert row["end_available_at"] == second
    assert row["end"] == START + pd.Timedelta(minutes=30)
    assert store.symbols() == ["Binance_BTCUSDT"]


def test_an_order_that_a_running_bot_never_had_is_kept_and_never_used():
    held = merge(
        None, with_availability(orders((1, 5, None)), DELAY, START + pd.Timedelta(minutes=10))
    )
    held = merge(
        held, with_availability(orders((2, 55, None)), DELAY, START + pd.Timedelta(minutes=60))
    )
    rows = merge(held, with_availability(orders((3, 20, 30), (4, 2, 3)), DELAY)).set_index("id")
    assert pd.isna(rows.loc[3, "available_at"])
    assert rows.loc[4, "available_at"] == START + pd.Timedelta(minutes=3)


def test_a_broken_or_foreign_file_is_left_as_it_is(tmp_path):
    store = Orders(tmp_path)
    assert store.read("Binance_BTCUSDT") is None
    path = store.path("Binance_BTCUSDT")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nonsense")
    for read in (
        store.read,
        lambda name: store.add(name, with_availability(orders((1, 0, 1)), DELAY)),
    ):
        with pytest.raises(StoreError, match="left as it is"):
            read("Binance_BTCUSDT")
    assert path.read_bytes() == b"nonsense"
    pd.DataFrame({"id": [1]}).to_feather(path)
    with pytest.raises(StoreError, match="no large orders"):
        store.read("Binance_BTCUSDT")


def test_the_file_has_its_columns_and_one_row_per_order(tmp_path):
    store = Orders(tmp_path)
    for _ in range(2):
        store.add("Binance_BTCUSDT", with_availability(orders((1, 0, 30), (2, 1, None)), DELAY))
    frame = pd.read_feather(store.path("Binance_BTCUSDT"))
    assert tuple(frame.columns) == COLUMNS
    assert frame["id"].tolist() == [1, 2]


def test_nothing_new_writes_nothing(tmp_path):
    """A backtest's result would count as stale."""
    book = Orders(tmp_path)
    asked = [(START.to_pydatetime(), (START + pd.Timedelta(hours=1)).to_pydatetime())]
    rows = with_availability(orders((1, 0, 30), (2, 10, None)), DELAY)
    assert book.add("Binance_BTCUSDT", rows, asked) == 2
    before = book.path("Binance_BTCUSDT").stat()
    assert book.add("Binance_BTCUSDT", rows, asked) == 0
    assert book.add("Binance_BTCUSDT", rows) == 0
    after = book.path("Binance_BTCUSDT").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    (rest,) = book.missing("Binance_BTCUSDT", asked[0][0], asked[0][1] + DELAY)
    assert rest == (asked[0][1], asked[0][1] + DELAY)
