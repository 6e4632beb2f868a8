"""A producer's columns on a consumer's candles: the same cells, and nothing where nothing came."""

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType

from tests.support.wire import (
    LENGTH_MS,
    PAIR,
    SETTINGS,
    TIMEFRAME,
    analysed,
    over_the_wire,
    same,
    send,
)
from vectra_freqtrade.catalogue.columns import MarketState
from vectra_freqtrade.data.consumer.received import received_columns
from vectra_freqtrade.signals.assemble import PairData, add_columns, with_columns

INTERVALS = ("1h", "4h")
CANDLE = ["date", "open", "high", "low", "close", "volume"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return analysed()


def merged(candles: pd.DataFrame, sent: pd.DataFrame, settings=SETTINGS) -> pd.DataFrame:
    received = received_columns(candles["date"], sent, settings, INTERVALS)
    assert received.missing == ()
    return with_columns(candles, received.values, settings, INTERVALS)


def without_data(candles: pd.DataFrame) -> pd.DataFrame:
    """What `add_columns` gives for candles where nothing is known of any dataset."""
    return add_columns(candles, LENGTH_MS, PairData({}, {}), SETTINGS, INTERVALS)


def test_the_frame_that_these_tests_send_has_something_in_every_column(frame):
    assert frame["cg_state"].nunique() >= 4
    assert set(frame["cg_liq_source"]) == {"none", "estimate"}
    assert frame["cg_dominance_is_btc"].all()
    assert 0 < frame["cg_fresh"].mean() < 1
    numbers = frame.select_dtypes("float64").isna().all()
    assert list(numbers.index[numbers]) == []


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_the_consumer_has_the_producers_cells_dtypes_and_order(frame, unit):
    candles = frame[CANDLE].assign(date=frame["date"].dt.as_unit(unit))
    shown = merged(candles, over_the_wire(frame))
    same(shown.drop(columns="date"), frame.drop(columns="date"))
    assert (shown.dtypes[1:] == frame.dtypes[1:]).all()
    assert (shown["date"] == frame["date"]).all()


def test_rows_order_and_index_stay_as_they_came(frame):
    shuffled = frame[CANDLE].sample(frac=1, random_state=1)
    shown = merged(shuffled, over_the_wire(frame))
    same(shown, frame.loc[shuffled.index])


def test_candles_that_were_not_sent_are_empty_and_nothing_is_carried_forward(frame):
    gone = [0, 1, 40, 41, 42, 148, 149]
    shown = merged(frame[CANDLE], over_the_wire(frame.drop(index=gone).reset_index(drop=True)))
    same(shown.drop(index=gone), frame.drop(index=gone))
    nothing = without_data(frame.loc[gone, CANDLE]).assign(cg_dominance_is_btc=False)
    pd.testing.assert_frame_equal(shown.loc[gone], nothing)
    assert (shown.loc[gone, "cg_fresh"] == 0.0).all()
    assert (shown.loc[gone, "cg_state"] == MarketState.UNKNOWN).all()
    assert (shown.loc[gone, "cg_confidence_long"] == 1.0).all()


def test_before_the_first_message_all_columns_exist_and_are_empty(frame):
    candles = frame[CANDLE]
    received = received_columns(candles["date"], pd.DataFrame(), SETTINGS, INTERVALS)
    shown = with_columns(candles, received.values, SETTINGS, INTERVALS)
    nothing = without_data(candles).assign(cg_dominance_is_btc=False)
    pd.testing.assert_frame_equal(shown, nothing)
    assert list(shown) == list(frame)
    assert (received.newest, received.missing) == (None, ())


def test_candles_that_come_one_by_one_are_the_same_as_all_at_once(frame):
    """JSON gives a single candle other dtypes than a thousand; a column may be null in it."""
    dp = DataProvider({}, None)
    send(dp, frame.iloc[:120])
    for row in range(120, 150):
        send(dp, frame.iloc[row : row + 1])
    sent, _ = dp.get_producer_df(PAIR, TIMEFRAME, CandleType.FUTURES, "main")
    same(merged(frame[CANDLE], sent), frame)


def test_columns_that_the_producer_lacks_are_named_and_empty(frame):
    other = over_the_wire(frame.drop(columns=["cg_funding_1h", "cg_oi_jump_4h", "cg_fresh"]))
    received = received_columns(frame["date"], other, SETTINGS, INTERVALS)
    assert received.missing == ("cg_oi_jump_4h", "cg_funding_1h", "cg_fresh")
    shown = with_columns(frame[CANDLE], received.values, SETTINGS, INTERVALS)
    assert list(shown) == list(frame)
    assert shown.dtypes.equals(frame.dtypes)
    assert shown["cg_funding_1h"].isna().all()
    assert not shown["cg_oi_jump_4h"].any()
    assert (shown["cg_fresh"] == 0.0).all()
    assert (shown["cg_mod_funding_long"] == 1.0).all(), "judged from what is there"
    same(shown[["cg_oi_1h"]], frame[["cg_oi_1h"]])


@pytest.mark.parametrize(
    "wrong",
    [
        pd.Timestamp("2025-03-20", tz="UTC"),
        "words",
        [1, 2],
        None,
    ],
)
def test_a_column_of_another_kind_is_empty_and_no_error(frame, wrong):
    sent = over_the_wire(frame)
    for name in ("cg_oi_1h", "cg_oi_jump_1h", "cg_liq_source"):
        sent[name] = pd.Series([wrong] * len(sent), index=sent.index)
    received = received_columns(frame["date"], sent, SETTINGS, INTERVALS)
    shown = with_columns(frame[CANDLE], received.values, SETTINGS, INTERVALS)
    assert shown.dtypes.equals(frame.dtypes)
    assert shown["cg_oi_1h"].isna().all()
    assert not shown["cg_oi_jump_1h"].any()


@pytest.mark.parametrize(
    "dates",
    [None, pd.Timestamp("2025-03-20"), "yesterday", pd.NaT],
)
def test_a_frame_without_usable_dates_is_none(frame, dates):
    sent = over_the_wire(frame).assign(date=dates)
    received = received_columns(frame["date"], sent, SETTINGS, INTERVALS)
    assert received.newest is None
    assert list(received.values) == ["cg_fresh"]


def test_a_candle_or_a_column_that_comes_twice_counts_once(frame):
    sent = over_the_wire(frame)
    corrected = sent.iloc[[60]].assign(cg_lsr_1h=9.0)
    twice = pd.concat([sent, corrected], ignore_index=True)
    twice = pd.concat([twice, twice[["cg_lsr_1h"]]], axis=1)
    shown = merged(frame[CANDLE], twice)
    expected = frame["cg_lsr_1h"].copy()
    expected.iloc[60] = 9.0
    np.testing.assert_allclose(shown["cg_lsr_1h"], expected)


def test_what_columns_mean_is_judged_with_the_consumers_own_settings(frame):
    wide = SETTINGS.override(bands={"oi": 0.5, "price": 0.5})
    shown = merged(frame[CANDLE], over_the_wire(frame), wide)
    assert set(shown["cg_state"]) == {"NEUTRAL", "UNKNOWN"}
    assert set(frame["cg_state"]) > {"NEUTRAL", "UNKNOWN"}
    same(shown[["cg_oi_change_1h"]], frame[["cg_oi_change_1h"]])
