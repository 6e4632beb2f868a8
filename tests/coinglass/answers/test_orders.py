import pandas as pd
import pytest

from tests.coinglass.sample_answers import data
from vectra_freqtrade.coinglass.answers.orders import COLUMNS, orders
from vectra_freqtrade.errors import ContractError


def order(**changes):
    return {
        "id": 1,
        "limit_price": 100.0,
        "start_time": 1_762_963_248_000,
        "start_usd_value": 2_000_000,
        "executed_usd_value": 5,
        "order_side": 2,
        "order_state": 2,
        "order_end_time": 1_762_963_297_000,
        **changes,
    }


def test_the_documents_example_reads_with_its_price():
    frame = orders([data("large-limit-order-history")])
    assert frame["price"].tolist() == [89205.9]
    assert frame["side"].tolist() == [-1.0]
    assert frame["start_usd"].tolist() == [2299638.8961]
    assert tuple(frame.columns) == COLUMNS


def test_the_captured_orders_come_out_sorted_and_once_each():
    answer = data("spot-large-limit-order-history")
    frame = orders([answer, answer])
    assert len(frame) == len({row["id"] for row in answer})
    assert frame["start"].is_monotonic_increasing
    assert frame["id"].is_unique


def test_side_1_sells_and_side_2_buys():
    frame = orders([[order(id=1, order_side=1), order(id=2, order_side="2")]])
    assert frame["side"].tolist() == [-1.0, 1.0]


def test_an_order_that_rests_has_no_end_whatever_its_field_holds():
    frame = orders([[order(order_state=1), order(id=2, order_end_time=0), order(id=3)]])
    assert frame["end"].isna().tolist() == [True, True, False]


def test_of_an_order_seen_resting_and_ended_the_end_counts():
    frame = orders([[order(order_state=1, executed_usd_value=1)], [order(executed_usd_value=9)]])
    assert len(frame) == 1
    assert frame["executed_usd"].tolist() == [9.0]


def test_no_orders_are_an_empty_frame_of_the_same_types():
    pd.testing.assert_series_equal(orders([[], None]).dtypes, orders([[order()]]).dtypes)


@pytest.mark.parametrize(
    "changes",
    [
        *({"order_side": 3}, {"order_side": None}, {"id": "x"}, {"id": 2**70}),
        *({"start_time": 5}, {"limit_price": "much"}, {"start_usd_value": []}),
    ],
)
def test_an_order_of_unknown_shape_is_refused(changes):
    with pytest.raises(ContractError):
        orders([[order(**changes)]])


def test_an_order_without_a_price_is_left_out():
    assert orders([[order(limit_price=None)]]).empty
