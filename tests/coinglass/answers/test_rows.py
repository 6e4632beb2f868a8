"""Each dataset on its real sample, then on each documented oddity."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.coinglass.sample_answers import data
from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.coinglass.answers.rows import TWICE, Asked, empty, rows, without_padding
from vectra_freqtrade.errors import ContractError

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOUR = 3_600_000
T0 = 1_758_798_000_000  # an hour


def asked(dataset: str, interval: str = "1h", now: datetime = NOW, **changes) -> Asked:
    start = changes.get("start", datetime(2010, 1, 1, tzinfo=UTC))
    end = changes.get("end", now)
    return Asked(DATASETS[dataset], interval, start, end, now, timedelta(seconds=60))


def oi(*cells: tuple[int, object]) -> list[dict[str, object]]:
    return [{"time": time, "close": close} for time, close in cells]


def stamps(frame: pd.DataFrame) -> list[int]:
    return [int(each.timestamp() * 1000) for each in frame["time"]]


SAMPLES = [
    ("open_interest", "1m", ["oi-aggregated-history"], {"oi": [67816595276.0, 67780963726.0]}),
    ("funding_rate", "1d", ["funding-oi-weight-history"], {"funding": [0.00009229, 0.0001]}),
    (
        "taker_volume",
        "1h",
        ["taker-buy-sell-aggregated-history"],
        {
            "taker_buy_usd": [968834542.3787, 1430620763.2041, 1897261721.0129],
            "taker_sell_usd": [1054582654.8138, 1559166911.2821, 2003812276.7812],
        },
    ),
    (
        "liquidation",
        "1d",
        ["liquidation-aggregated-history"],
        {
            "liq_long_usd": [155384.67355, 2071978.02668, 9246152.3683],
            "liq_short_usd": [932041.00963, 1300893.83419, 3859027.03582],
        },
    ),
    (
        "order_book",
        "1d",
        ["orderbook-aggregated-ask-bids-history"],
        {
            "book_bids_usd": [12679537.0806, 18423845.1947],
            "book_asks_usd": [10985519.9268, 17384271.5521],
        },
    ),
    (
        "long_short_ratio",
        "1h",
        ["ls-global-account", "ls-top-account"],
        {"lsr": [1.62, 1.62, math.nan], "lsr_top": [math.nan, 1.69, 1.73]},
    ),
]


@pytest.mark.parametrize(("dataset", "interval", "names", "values"), SAMPLES)
def test_each_dataset_reads_its_real_sample(dataset, interval, names, values):
    frame = rows(asked(dataset, interval), [data(name) for name in names])
    expected = pd.DataFrame(values)
    pd.testing.assert_frame_equal(frame[list(values)], expected, check_exact=False, rtol=1e-12)
    assert str(frame["time"].dtype) == "datetime64[ms, UTC]"
    assert list(frame.columns) == ["time", *DATASETS[dataset].values]


def test_dominance_reads_its_sample_by_whole_days():
    frame = rows(asked("bitcoin_dominance", "1d"), [data("bitcoin-dominance")])
    assert frame["dominance"].tolist() == [94.3595, 93.8787, 94.3851]
    assert (frame["time"].dt.normalize() == frame["time"]).all()


def test_netflow_has_no_value_for_its_samples_single_day():
    assert rows(asked("exchange_netflow", "1d"), [data("exchange-balance-chart")]).empty


DAY = 24 * HOUR
MIDNIGHT = 1_758_758_400_000


def balances(**venues: list[object]) -> dict[str, object]:
    length = len(next(iter(venues.values())))
    # Sampled at two in the morning, as in the captured answer.
    times = [MIDNIGHT + 2 * HOUR + day * DAY for day in range(length)]
    return {"time_list": times, "price_list": [1.0] * length, "data_map": venues}


def netflow(answer: object) -> dict[int, float]:
    frame = rows(asked("exchange_netflow", "1d"), [answer])
    keys = [(stamp - MIDNIGHT) // DAY for stamp in stamps(frame)]
    return dict(zip(keys, frame["netflow"].tolist(), strict=True))


def test_netflow_is_differenced_per_exchange_before_it_is_summed():
    answer = balances(gate=[10, 12, 11], huobi=[5, 5, 8])
    assert netflow(answer) == {1: 2.0, 2: 2.0}


@pytest.mark.parametrize("untracked", [None, 0, "0"])
def test_an_exchange_that_joins_is_no_inflow(untracked):
    answer = balances(gate=[10, 12, 11], late=[untracked, 500, 503])
    assert netflow(answer) == {1: 2.0, 2: 2.0}


@pytest.mark.parametrize("untracked", [None, 0, "0"])
def test_an_exchange_that_is_not_tracked_for_a_day_is_no_flow_out_and_in_again(untracked):
    answer = balances(gate=[10, 12, 11, 12], other=[500, untracked, 503, 504])
    assert netflow(answer) == {1: 2.0, 2: -1.0, 3: 2.0}


def test_of_several_balances_of_a_day_the_last_one_counts():
    answer = balances(gate=[10, 11, 13, 14])
    answer["time_list"][2] = answer["time_list"][1] + HOUR
    answer["time_list"][3] -= DAY
    assert netflow(answer) == {1: 3.0, 2: 1.0}


def test_a_missing_day_makes_its_flow_missing_not_a_longer_one():
    answer = balances(gate=[10, 12, 11, 15])
    del answer["time_list"][1], answer["data_map"]["gate"][1]
    assert netflow(answer) == {3: 4.0}


def test_balances_come_as_an_object_or_as_a_list_of_one():
    answer = balances(gate=[10, 12])
    assert netflow(answer) == netflow([answer]) == {1: 2.0}


def test_numbers_and_strings_mix_in_one_answer():
    frame = rows(asked("open_interest", "1d"), [data("oi-aggregated-history-mixed-types")])
    assert frame["oi"].tolist() == [60884170162.0, 57260131551.4818]


def test_rows_are_sorted_and_of_a_time_sent_twice_the_first_counts():
    answer = oi((T0 + HOUR, 2), (T0, 1), (T0 + HOUR, 3))
    frame = rows(asked("open_interest"), [answer])
    assert frame["oi"].tolist() == [1.0, 2.0]
    assert frame.attrs[TWICE] == [pd.Timestamp(T0 + HOUR, unit="ms", tz="UTC")]
    assert rows(asked("open_interest"), [answer[:2]]).attrs[TWICE] == []


def test_a_time_that_a_real_answer_sent_twice_is_what_the_answers_before_and_after_say():
    """Liquidations of BTC 4h, 2025-09-01: the one of 2025-08-10 04:00."""
    cells = [
        (1754784000000, 130171.4205, 1999632.47374),
        (1754798400000, 9074.8065, 282953.0025),
        (1754798400000, 325091.6172, 545420.07075),
        (1754812800000, 183084.9704, 1546128.41037),
    ]
    names = ("aggregated_long_liquidation_usd", "aggregated_short_liquidation_usd")
    answer = [{"time": time} | dict(zip(names, pair, strict=True)) for time, *pair in cells]
    frame = rows(asked("liquidation", "4h"), [answer])
    assert frame["liq_long_usd"].tolist() == [130171.4205, 9074.8065, 183084.9704]
    assert frame["liq_short_usd"].tolist() == [1999632.47374, 282953.0025, 1546128.41037]


@pytest.mark.parametrize(
    ("days", "spacing"),
    [
        ([0], [1]),
        ([0, 3], [3, 3]),
        ([0, 3, 6, 9], [3] * 4),
        ([0, 1, 2, 4, 5, 6, 7], [1] * 7),  # a day is missing
        ([0, 1, 2, 3, 4, 6], [1] * 6),  # the last but one
        ([0, 3, 6, 9, 15, 18, 21], [3] * 7),
        ([0, 1, 2, 3, 6, 9, 12, 15], [1, 1, 1, 3, 3, 3, 3, 3]),  # coarser from the fourth on
    ],
)
def test_a_row_of_a_whole_history_has_the_spacing_that_the_answer_has_around_it(days, spacing):
    answer = [{"timestamp": MIDNIGHT + n * DAY + HOUR, "bitcoin_dominance": 50} for n in days]
    frame = rows(asked("bitcoin_dominance", "1d"), [answer])
    assert (frame["spacing"] / pd.Timedelta("1D")).tolist() == spacing
    assert [(stamp - MIDNIGHT) // DAY for stamp in stamps(frame)] == days
    assert list(frame.columns) == ["time", "spacing", "dominance"]


@pytest.mark.parametrize(("late", "kept"), [(59, [0, 3]), (60, [0, 3, 6])])
def test_a_row_of_a_coarser_grid_counts_once_its_own_spacing_has_passed(late, kept):
    now = datetime.fromtimestamp((MIDNIGHT + 10 * DAY) / 1000, UTC) + timedelta(seconds=late)
    answer = [{"timestamp": MIDNIGHT + n * DAY, "bitcoin_dominance": 50} for n in (0, 3, 6, 9)]
    found = stamps(rows(asked("bitcoin_dominance", "1d", now=now), [answer]))
    assert [(stamp - MIDNIGHT) // DAY for stamp in found] == kept


def test_netflow_of_every_third_day_is_a_flow_over_three_days():
    answer = balances(gate=[10, 12, 11, 15, 15, 19])
    answer["time_list"] = [MIDNIGHT + 2 * HOUR + 3 * n * DAY for n in (0, 1, 2, 3, 5, 6)]
    assert netflow(answer) == {3: 2.0, 6: -1.0, 9: 4.0, 18: 4.0}  # 15: over six days


def test_a_whole_history_that_sends_a_time_twice_keeps_the_first_and_of_a_day_the_last():
    times = [MIDNIGHT, MIDNIGHT, MIDNIGHT + HOUR, MIDNIGHT + DAY, MIDNIGHT + DAY]
    answer = [{"timestamp": at, "bitcoin_dominance": 50 + n} for n, at in enumerate(times)]
    frame = rows(asked("bitcoin_dominance", "1d"), [answer])
    assert frame["dominance"].tolist() == [52.0, 53.0]
    assert len(frame.attrs[TWICE]) == 2


@pytest.mark.parametrize("factor", [1_000, 1_000_000_000])
def test_seconds_milliseconds_and_nanoseconds_give_the_same_time(factor):
    seconds = T0 // 1000
    in_unit = seconds if factor == 1_000 else seconds * factor
    assert stamps(rows(asked("open_interest"), [oi((in_unit, 1))])) == [T0]


@pytest.mark.parametrize(("late", "kept"), [(59, 1), (60, 2), (61, 2)])
def test_a_row_counts_as_closed_only_once_interval_and_delay_have_passed(late, kept):
    now = datetime.fromtimestamp((T0 + 2 * HOUR) / 1000, UTC) + timedelta(seconds=late)
    frame = rows(asked("open_interest", now=now), [oi((T0, 1), (T0 + HOUR, 2), (T0 + 2 * HOUR, 3))])
    assert len(frame) == kept


@pytest.mark.parametrize(("late", "kept"), [(59, 0), (60, 1)])
def test_a_row_that_has_to_settle_counts_only_once_more_intervals_have_passed(late, kept):
    now = datetime.fromtimestamp((T0 + 3 * HOUR) / 1000, UTC) + timedelta(seconds=late)
    settling = replace(asked("open_interest", now=now), settle=2)
    assert len(rows(settling, [oi((T0, 1), (T0 + HOUR, 2))])) == kept


def test_a_daily_index_waits_a_day_more():
    now = datetime.fromtimestamp((MIDNIGHT + 2 * DAY) / 1000, UTC) + timedelta(seconds=60)
    answer = [{"timestamp": MIDNIGHT + day * DAY, "bitcoin_dominance": 50} for day in range(3)]
    assert stamps(rows(asked("bitcoin_dominance", "1d", now=now), [answer])) == [MIDNIGHT]


def test_only_rows_inside_what_was_asked_are_kept():
    start, end = (datetime.fromtimestamp((T0 + n * HOUR) / 1000, UTC) for n in (1, 3))
    answer = oi(*((T0 + n * HOUR, n + 1) for n in range(5)))
    frame = rows(asked("open_interest", start=start, end=end), [answer])
    assert frame["oi"].tolist() == [2.0, 3.0]


def test_leading_zeros_are_not_data_but_quiet_hours_in_the_middle_are():
    frame = rows(asked("open_interest"), [oi(*((T0 + n * HOUR, v) for n, v in enumerate("00507")))])
    assert len(frame) == 5
    assert without_padding(frame)["oi"].tolist() == [5.0, 0.0, 7.0]
    assert without_padding(frame.iloc[:2]).empty


def test_null_cells_are_missing_and_rows_that_hold_nothing_are_dropped():
    answer = [
        {"time": T0, "aggregated_buy_volume_usd": None, "aggregated_sell_volume_usd": 1},
        {"time": T0 + HOUR, "aggregated_buy_volume_usd": None, "aggregated_sell_volume_usd": ""},
    ]
    frame = rows(asked("taker_volume"), [answer])
    assert frame["taker_sell_usd"].tolist() == [1.0]
    assert frame["taker_buy_usd"].isna().all()


def test_a_number_that_cant_be_true_is_missing():
    assert rows(asked("open_interest"), [oi((T0, -5))]).empty
    funding = [{"time": T0, "close": "-0.01"}]
    assert rows(asked("funding_rate"), [funding])["funding"].tolist() == [-0.0001]


@pytest.mark.parametrize("answer", [None, [], {"list": []}])
def test_an_empty_answer_is_no_error(answer):
    frame = rows(asked("open_interest"), [answer])
    pd.testing.assert_frame_equal(frame, empty(DATASETS["open_interest"]))


def test_the_newest_ratio_waits_until_both_endpoints_have_it():
    now = datetime.fromtimestamp((T0 + 3 * HOUR) / 1000, UTC)
    everyone = [{"time": T0 + n * HOUR, "global_account_long_short_ratio": 1} for n in range(2)]
    top = [{"time": T0, "top_account_long_short_ratio": 2}]
    assert len(rows(asked("long_short_ratio", now=now), [everyone, top])) == 1
    assert len(rows(asked("long_short_ratio"), [everyone, top])) == 2  # long ago: it won't come
    assert len(rows(asked("long_short_ratio", now=now), [everyone, []])) == 2  # the venue has none


@pytest.mark.parametrize(
    "answer",
    [
        "text",
        5,
        {"rows": []},
        [1, 2],
        [{"close": 1}],
        [{"time": T0}],
        [{"time": T0, "close": {"value": 987654321}}],
        [{"time": T0, "close": True}],
        [{"time": T0, "close": "987654321 coins"}],
        [{"time": "then", "close": 987654321}],
        [{"time": T0 + 17, "close": 987654321}],
    ],
)
def test_an_unknown_shape_is_named_without_its_values(answer):
    with pytest.raises(ContractError) as caught:
        rows(asked("open_interest"), [answer])
    assert "987654321" not in str(caught.value)


_CELL = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=8),
    st.floats(0, 1e12).map(repr),
    st.lists(st.integers(), max_size=2),
)
_TIME = st.integers(0, 200).map(lambda n: T0 + n * HOUR) | _CELL
_NAMES = st.sampled_from(
    [endpoint.time for each in DATASETS.values() for endpoint in each.endpoints]
    + [field.reply for each in DATASETS.values() for e in each.endpoints for field in e.fields]
    + ["data_map", "other"]
)
_ROW = st.fixed_dictionaries({"time": _TIME, "close": _CELL}) | st.dictionaries(_NAMES, _CELL)
_ANSWER = st.lists(_ROW, max_size=6) | _CELL | st.dictionaries(_NAMES, _CELL | st.lists(_CELL))
_ROW_DATASETS = [each for each in DATASETS.values() if each.kind in (Kind.INTERVAL, Kind.DAILY)]


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(_ROW_DATASETS), st.lists(_ANSWER, min_size=2, max_size=2))
def test_no_fuzzed_answer_gives_anything_but_rows_or_a_contract_error(dataset, answers):
    question = asked(dataset.name, "1d" if dataset.kind is Kind.DAILY else "1h")
    try:
        frame = rows(question, answers[: len(dataset.endpoints)])
    except ContractError:
        return
    assert frame["time"].is_monotonic_increasing
    assert frame["time"].is_unique
    assert not frame.isin([math.inf, -math.inf]).any().any()


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.integers(0, 50), st.one_of(st.floats(0, 1e12), st.none()), max_size=8))
def test_every_number_that_is_kept_is_the_one_that_was_sent(sent):
    answer = oi(
        *((T0 + n * HOUR, repr(v) if v is not None and n % 2 else v) for n, v in sent.items())
    )
    frame = rows(asked("open_interest"), [answer])
    kept = dict(zip(stamps(frame), frame["oi"].tolist(), strict=True))
    assert kept == {T0 + n * HOUR: v for n, v in sent.items() if v is not None}
