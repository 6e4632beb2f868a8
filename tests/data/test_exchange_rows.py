"""freqtrade's candles of open interest and funding as native rows, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from vectra_freqtrade.data.exchange_rows import funding_rows, open_interest_rows

DELAY = pd.Timedelta(60, "s")
HOUR = 3_600_000


def dates(*texts: str) -> pd.Series:
    return pd.Series(pd.to_datetime(list(texts), format="ISO8601", utc=True))


def no_prices() -> pd.DataFrame:
    raise AssertionError("prices are asked for only where there are no amounts")


def oi_candles(stamps: pd.Series, amounts: list[float], values: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"date": stamps, "open_interest_amount": amounts, "open_interest_value": values}
    )


def funding_candles(stamps: pd.Series, rates: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"date": stamps, "funding_rate": rates})


def hourly(start: str, count: int, hours: int) -> pd.Series:
    return pd.Series(pd.date_range(start, periods=count, freq=f"{hours}h", tz="UTC"))


def test_a_row_is_the_close_of_the_interval_before_its_stamp_and_known_an_interval_after_it():
    candles = oi_candles(dates("2026-01-01 12:00", "2026-01-01 13:00"), [5.0, 6.0], [50.0, 66.0])
    rows = open_interest_rows(candles, no_prices, HOUR, DELAY)
    assert list(rows["time"]) == list(dates("2026-01-01 11:00", "2026-01-01 12:00"))
    assert list(rows["available_at"]) == list(dates("2026-01-01 13:01", "2026-01-01 14:01"))
    assert list(rows["oi"]) == [5.0, 6.0]
    assert {str(rows[name].dtype) for name in ("time", "available_at")} == {"datetime64[ms, UTC]"}


def test_where_only_usd_is_given_it_is_divided_by_the_price_at_the_stamp():
    """12:00's price is the close of the candle 11:00; 13:00 has none."""
    prices = pd.DataFrame({"date": dates("2026-01-01 11:00"), "close": [10.0]})
    stamps = dates("2026-01-01 12:00", "2026-01-01 13:00")
    candles = oi_candles(stamps, [np.nan, np.nan], [50.0, 66.0])
    rows = open_interest_rows(candles, lambda: prices, HOUR, DELAY)
    assert list(rows["oi"]) == [5.0]


def test_stamps_late_by_milliseconds_count_and_stamps_off_the_grid_do_not():
    stamps = dates("2026-01-01 12:00:00.008", "2026-01-01 12:30", "2026-01-01 13:00")
    candles = oi_candles(stamps, [5.0, 9.0, 6.0], [0.0, 0.0, 0.0])
    rows = open_interest_rows(candles, no_prices, HOUR, DELAY)
    assert list(rows["oi"]) == [5.0, 6.0]


@pytest.mark.parametrize(("hours", "factor"), [(8, 1), (4, 2), (1, 8)])
def test_funding_is_scaled_to_eight_hours_from_its_own_period(hours: int, factor: int):
    candles = funding_candles(hourly("2026-01-01", 12, hours), [0.0001] * 12)
    rows = funding_rows(candles, HOUR, DELAY)
    assert rows["funding"].to_numpy() == pytest.approx(0.0001 * factor)


@pytest.mark.parametrize(("apart", "factor"), [("1min", 8), ("1D", 1)])
def test_no_period_is_taken_for_shorter_than_an_hour_or_longer_than_eight(apart: str, factor: int):
    """Whatever a venue's stamps say: a rate times 480 would be an extreme on every row."""
    stamps = pd.Series(pd.date_range("2026-01-01", periods=3, freq=apart, tz="UTC"))
    rows = funding_rows(funding_candles(stamps, [0.1] * 3), HOUR, DELAY)
    assert rows["funding"].to_numpy() == pytest.approx(0.1 * factor)
    assert len(rows) == {"1min": 1, "1D": 16}[apart]


def test_a_settlement_holds_for_its_period_and_no_longer():
    """00:00 tells no period yet; 08:00 and 16:00 hold for eight hours each, then nothing."""
    candles = funding_candles(hourly("2026-01-01", 3, 8), [0.1, 0.2, 0.3])
    rows = funding_rows(candles, HOUR, DELAY)
    instants = rows["time"] + pd.Timedelta(1, "h")
    assert instants.iloc[0] == pd.Timestamp("2026-01-01 08:00", tz="UTC")
    assert instants.iloc[-1] == pd.Timestamp("2026-01-01 23:00", tz="UTC")
    assert list(rows["funding"]) == [0.2] * 8 + [0.3] * 8


def test_a_missing_settlement_leaves_a_gap_and_does_not_change_the_scale():
    stamps = hourly("2026-01-01", 8, 4).drop(index=5).reset_index(drop=True)
    rows = funding_rows(funding_candles(stamps, [0.1] * 7), HOUR, DELAY)
    assert set(rows["funding"].round(12)) == {0.2}
    missing = pd.Timestamp("2026-01-01 20:00", tz="UTC")
    instants = rows["time"] + pd.Timedelta(1, "h")
    hole = pd.date_range(missing, periods=4, freq="h")
    assert not instants.isin(hole).any()
    assert (missing - pd.Timedelta(1, "h")) in set(instants)


def test_a_venue_that_settles_more_often_is_scaled_at_once():
    stamps = pd.concat([hourly("2026-01-01", 4, 8), hourly("2026-01-02 04:00", 3, 4)])
    candles = funding_candles(stamps.reset_index(drop=True), [0.1] * 7)
    rows = funding_rows(candles, HOUR, DELAY).set_index("time")["funding"]
    assert rows[pd.Timestamp("2026-01-02 02:00", tz="UTC")] == pytest.approx(0.1)
    assert rows[pd.Timestamp("2026-01-02 03:00", tz="UTC")] == pytest.approx(0.2)


@pytest.mark.parametrize("cut", range(1, 9))
def test_no_row_changes_with_what_comes_later(cut: int):
    stamps = hourly("2026-01-01", 9, 8)
    candles = funding_candles(stamps, list(np.linspace(0.1, 0.9, 9)))
    whole = funding_rows(candles, HOUR, DELAY)
    early = funding_rows(candles.iloc[:cut], HOUR, DELAY)
    same = early[early["time"] < stamps[cut] - pd.Timedelta(1, "h")]
    pd.testing.assert_frame_equal(same, whole.iloc[: len(same)])


def test_no_candles_are_no_rows():
    empty = dates()
    assert open_interest_rows(oi_candles(empty, [], []), no_prices, HOUR, DELAY).empty
    assert funding_rows(funding_candles(empty, []), HOUR, DELAY).empty
