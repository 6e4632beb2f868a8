"""Large orders: flow of what they executed, resting walls, and when a side waits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.frames import settings_with, utc
from vectra_freqtrade.signals.assemble import PairData, add_columns

START = utc("2025-01-01")
MINUTE = pd.Timedelta(minutes=1)
HOUR = pd.Timedelta(hours=1)
FIVE_MINUTES_MS = 300_000
COLUMNS = ["side", "price", "start_usd", "executed_usd"]

seeds = st.integers(min_value=0, max_value=2**32 - 1)


def _orders(*orders):
    """Each: start, end (minutes; None while it rests), side, price, start and executed USD."""
    frame = pd.DataFrame(orders, columns=["start", "end", *COLUMNS])
    for name in ("start", "end"):
        minutes = pd.to_numeric(frame[name]).astype(float)
        frame[name] = (START + pd.to_timedelta(minutes, unit="m")).dt.as_unit("ms")
    frame["available_at"] = frame["start"] + MINUTE
    frame["end_available_at"] = frame["end"] + MINUTE
    return frame.astype(dict.fromkeys(COLUMNS, "float64"))


def _frame(count, close=100.0):
    dates = pd.Series(pd.date_range(START, periods=count, freq="5min"))
    return pd.DataFrame({"date": dates, "close": close})


def _columns(orders, frame, **sections):
    options = settings_with(datasets=("large_orders",), **sections)
    data = PairData({}, {}, orders=orders)
    return add_columns(frame, FIVE_MINUTES_MS, data, options, ("1h",))


def test_a_flow_worked_out_by_hand():
    # A buy executes 3 M and ends at 00:08, a sell 1 M at 00:13. With a minute of delay they are
    # known at 00:09 and 00:14: to the decisions of 00:10 (candle of 00:05) and 00:15.
    orders = _orders((0, 8, 1, 99.0, 4e6, 3e6), (2, 13, -1, 101.0, 2e6, 1e6))
    added = _columns(orders, _frame(4))
    assert added["cg_whale_usd"].to_numpy() == pytest.approx([0.0, 3e6, 4e6, 4e6])
    flow = added["cg_whale_flow"].to_numpy()
    assert flow == pytest.approx([np.nan, 1.0, 0.5, 0.5], nan_ok=True)  # (3 - 1) / (3 + 1)
    assert added["cg_mod_whale_long"].tolist() == [1.0, 1.05, 1.05, 1.05]
    assert added["cg_mod_whale_short"].tolist() == [1.0, 0.93, 0.93, 0.93]


def test_what_was_executed_counts_for_a_day_from_the_orders_end():
    orders = _orders((0, 10, 1, 99.0, 1e6, 1e6), (1400, 1401, -1, 101.0, 1e6, 0.0))
    added = _columns(orders, _frame(300))
    decisions = _frame(300)["date"] + 5 * MINUTE
    counted = decisions[added["cg_whale_usd"] > 0]
    assert counted.iloc[0] == START + 15 * MINUTE  # known at 00:11
    assert counted.iloc[-1] == START + 24 * HOUR + 5 * MINUTE  # its end is less than 24 h ago


def test_a_wall_rests_from_its_known_start_until_its_known_end():
    orders = _orders((5, 24, -1, 100.4, 2e6, 0.0))
    added = _columns(orders, _frame(8))
    decisions = _frame(8)["date"] + 5 * MINUTE
    # Known from 00:06 to 00:25: the decision at 00:05 is too early, the one at 00:25 too late.
    assert decisions[added["cg_whale_ask_price"].notna()].tolist() == [
        START + minutes * MINUTE for minutes in (10, 15, 20)
    ]
    assert added["cg_whale_ask_usd"].dropna().unique().tolist() == [2e6]
    assert added["cg_wait_long"].tolist() == added["cg_whale_ask_price"].notna().tolist()
    assert not added["cg_wait_short"].any()


def test_the_nearest_wall_on_its_own_side_of_the_close_is_taken_and_equal_prices_add_up():
    orders = _orders(
        (0, None, 1, 99.0, 1e6, 0.0),
        (0, None, 1, 98.0, 5e6, 0.0),
        (0, None, 1, 99.0, 2e6, 0.0),
        (0, None, -1, 99.5, 7e6, 0.0),  # the close has passed it
        (0, None, -1, 103.0, 4e6, 0.0),
    )
    added = _columns(orders, _frame(2))
    row = added.iloc[1]
    assert (row["cg_whale_bid_price"], row["cg_whale_bid_usd"]) == (99.0, 3e6)
    assert (row["cg_whale_ask_price"], row["cg_whale_ask_usd"]) == (103.0, 4e6)
    assert not row["cg_wait_long"] and not row["cg_wait_short"]
    passed = _columns(orders, _frame(2, close=98.5)).iloc[1]
    assert (passed["cg_whale_bid_price"], passed["cg_whale_ask_price"]) == (98.0, 99.5)


def test_a_wall_exactly_at_the_distance_makes_its_side_wait_and_the_distance_is_a_setting():
    orders = _orders((0, None, 1, 99.0, 1e6, 0.0), (0, None, -1, 101.0, 1e6, 0.0))
    near = _columns(orders, _frame(2), extremes={"whale": {"wall": 0.01}}).iloc[1]
    far = _columns(orders, _frame(2), extremes={"whale": {"wall": 0.0099}}).iloc[1]
    assert near["cg_wait_long"] and near["cg_wait_short"]
    assert not far["cg_wait_long"] and not far["cg_wait_short"]


def test_after_a_day_of_silence_whales_are_neutral():
    orders = _orders((0, 1, 1, 99.0, 1e6, 1e6), (0, None, -1, 100.1, 1e6, 0.0))
    added = _columns(orders, _frame(24 * 12 + 10))
    decisions = _frame(24 * 12 + 10)["date"] + 5 * MINUTE
    silent = decisions > START + 24 * HOUR + 2 * MINUTE
    assert added.loc[silent].filter(like="cg_whale").isna().all().all()
    assert (added.loc[silent, "cg_mod_whale_long"] == 1.0).all()
    assert not added.loc[silent, "cg_wait_long"].any()
    assert added.loc[~silent, "cg_wait_long"].all()
    assert (added["cg_fresh"] == np.where(silent, 0.0, 1.0)).all()


def test_what_was_known_exactly_a_day_ago_still_counts():
    orders = _orders((0, 4, 1, 99.0, 1e6, 1e6))  # its end is known at 00:05
    added = _columns(orders, _frame(24 * 12 + 3))
    day = _frame(24 * 12 + 3)["date"] + 5 * MINUTE <= START + 24 * HOUR + 5 * MINUTE
    assert added["cg_whale_usd"].notna().tolist() == day.tolist()


def test_an_end_that_became_known_more_than_a_day_late_counts_for_nothing():
    orders = _orders(
        (0, 10, 1, 99.0, 1e6, 1e6), *((m, None, -1, 200.0, 1e6, 0) for m in (600, 1800))
    )
    orders.loc[0, "end_available_at"] = START + 30 * HOUR
    added = _columns(orders, _frame(40 * 12))
    assert (added["cg_whale_usd"].iloc[1:] == 0.0).all()
    assert added["cg_whale_flow"].isna().all()
    # It rested, as far as was known.
    assert added["cg_whale_bid_price"].notna().sum() == 30 * 12 - 1


@pytest.mark.parametrize("rests", [60, 4000])
def test_a_wall_at_the_close_itself_is_in_the_way(rests):
    """Whether it rests for few decisions or for many."""
    orders = _orders((0, rests, 1, 100.0, 1e6, 0.0), (0, rests, -1, 100.0, 2e6, 0.0))
    row = _columns(orders, _frame(400)).iloc[5]
    assert (row["cg_whale_bid_price"], row["cg_whale_ask_price"]) == (100.0, 100.0)
    assert row["cg_wait_long"] and row["cg_wait_short"]


def test_without_orders_every_column_is_there_and_empty():
    for orders in (None, _orders().iloc[:0]):
        added = _columns(orders, _frame(3))
        assert added.filter(like="cg_whale").isna().all().all()
        assert (added.filter(like="cg_mod_") == 1.0).all().all()
        assert not added[["cg_wait_long", "cg_wait_short"]].any().any()


def _random(seed, count=120):
    chance = np.random.default_rng(seed)
    start = np.sort(chance.integers(0, 3000, count))
    life = chance.choice([2, 30, 300, 1500], count)
    end = np.where(chance.random(count) < 0.1, np.nan, start + life)
    side = chance.choice([-1.0, 1.0], count)
    price = np.round(100 * (1 - side * chance.exponential(0.01, count)), 1)
    usd = np.round(chance.exponential(2e6, count), 2)
    done = np.round(usd * chance.choice([0.0, 0.5, 1.0], count), 2)
    orders = _orders(*zip(start, end, side, price, usd, done, strict=True))
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.001, 700)))
    return orders, _frame(700, close)


def _naive(orders, decision, close):
    """One decision, order by order."""
    known = orders[orders["available_at"] <= decision]
    events = [*known["available_at"], *known["end_available_at"].dropna()]
    past = [event for event in events if event <= decision]
    if not past or decision - max(past) > 24 * HOUR:
        return [np.nan] * 6
    sums, best = {1.0: 0.0, -1.0: 0.0}, {}
    for order in known.itertuples():
        ended = order.end_available_at <= decision  # never for NaT
        if ended and decision < order.end + 24 * HOUR:
            sums[order.side] += order.executed_usd
        if not ended and order.side * (close - order.price) >= 0:
            price, usd = best.get(order.side, (-np.inf * order.side, 0.0))
            if order.side * order.price > order.side * price:
                price, usd = order.price, 0.0
            if order.price == price:
                best[order.side] = (price, usd + order.start_usd)
    total = sums[1.0] + sums[-1.0]
    flow = (sums[1.0] - sums[-1.0]) / total if total else np.nan
    nothing = (np.nan, np.nan)
    return [flow, total, *best.get(1.0, nothing), *best.get(-1.0, nothing)]


NAMES = ["flow", "usd", "bid_price", "bid_usd", "ask_price", "ask_usd"]


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_the_sweep_equals_going_through_all_orders_at_each_decision(seed):
    orders, frame = _random(seed)
    frame = frame.iloc[::3].reset_index(drop=True)
    added = _columns(orders, frame)
    wanted = [
        _naive(orders, row.date + 5 * MINUTE, row.close) for row in frame.itertuples(index=False)
    ]
    got = added[[f"cg_whale_{name}" for name in NAMES]].to_numpy()
    np.testing.assert_allclose(got, np.array(wanted, dtype=float), rtol=1e-9, atol=1e-9)
    flow = added["cg_whale_flow"]
    assert (flow.isna() | flow.between(-1, 1)).all()


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_swapping_buys_and_sells_mirrors_flow_and_factors(seed):
    orders, frame = _random(seed)
    swapped = orders.assign(side=-orders["side"])
    added, mirrored = _columns(orders, frame), _columns(swapped, frame)
    assert np.array_equal(added["cg_whale_flow"], -mirrored["cg_whale_flow"], equal_nan=True)
    assert (added["cg_mod_whale_long"] == mirrored["cg_mod_whale_short"]).all()
    prices = orders.assign(side=-orders["side"], price=200 - orders["price"])
    reflected = _columns(prices, frame.assign(close=200 - frame["close"]))
    # Reflected at 100, bids are asks at the same distance.
    np.testing.assert_allclose(added["cg_whale_bid_usd"], reflected["cg_whale_ask_usd"])


def test_only_past_orders_count():
    orders, frame = _random(7)
    whole = _columns(orders, frame)
    for count in (1, 40, 300, 555, 699):
        now = frame["date"].iloc[count - 1] + 5 * MINUTE
        known = orders[orders["available_at"] <= now].copy()
        unknown_end = ~(known["end_available_at"] <= now)
        known.loc[unknown_end, ["end", "end_available_at"]] = pd.NaT
        part = _columns(known, frame.iloc[:count])
        pd.testing.assert_frame_equal(part, whole.iloc[:count], check_exact=True)


def test_rows_in_any_order_keep_their_values():
    orders, frame = _random(9)
    shuffled = frame.sample(frac=1.0, random_state=1)
    whole, again = _columns(orders, frame), _columns(orders, shuffled)
    pd.testing.assert_frame_equal(again.sort_index(), whole)


def test_either_the_book_or_a_wall_makes_a_side_wait():
    orders = _orders((0, None, -1, 100.4, 1e6, 0.0))  # an ask in a long's way from 00:01 on
    rows = pd.DataFrame({"time": [START - HOUR], "available_at": [START + 8 * MINUTE]})
    rows = rows.assign(book_bids_usd=9.0, book_asks_usd=1.0)  # bids press against shorts
    data = PairData({("order_book", "1h"): rows}, {}, orders=orders)
    options = settings_with(datasets=("large_orders", "order_book"))
    added = add_columns(_frame(2), FIVE_MINUTES_MS, data, options, ("1h",))
    assert added["cg_wait_long"].tolist() == [True, True]
    assert added["cg_wait_short"].tolist() == [False, True]


def test_what_a_resting_order_executed_is_unknown_and_counts_for_nothing():
    orders = _orders((0, None, 1, 99.0, 4e6, np.nan), (2, 13, -1, 101.0, 2e6, 1e6))
    added = _columns(orders, _frame(4))  # a warning of numpy would fail this
    assert added["cg_whale_usd"].to_numpy() == pytest.approx([0.0, 0.0, 1e6, 1e6])
    assert added["cg_whale_bid_usd"].to_numpy() == pytest.approx([4e6] * 4)
