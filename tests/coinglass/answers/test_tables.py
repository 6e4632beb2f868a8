import contextlib
import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.coinglass.sample_answers import FOLDER, data
from vectra_freqtrade.coinglass.answers.tables import table
from vectra_freqtrade.errors import ContractError

SAMPLES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_answer_is_a_table(sample):
    frame = table(json.loads(sample.read_bytes())["data"])
    assert len(frame) > 0


def test_texts_of_numbers_are_numbers_and_stamps_are_times():
    frame = table(data("oi-aggregated-history"))
    assert frame.dtypes.astype(str).to_dict() == {
        "time": "datetime64[ms, UTC]",
        **dict.fromkeys(("open", "high", "low", "close"), "float64"),
    }


def test_lists_beside_times_are_columns_and_venues_keep_their_names():
    frame = table(data("exchange-balance-chart"))
    assert list(frame.columns) == ["time_list", "price_list", "huobi", "gate"]
    assert frame["time_list"].iloc[0] == pd.Timestamp("2023-08-08 02:00", tz="UTC")


def test_groups_keep_their_key():
    frame = table(data("supported-exchange-pairs"))
    assert set(frame["key"]) == {"Binance", "Bitget"}


def test_a_column_that_is_no_time_in_spite_of_its_name_stays_as_it_is():
    assert table([{"update_time": "yesterday"}])["update_time"].tolist() == ["yesterday"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(_JSON)
def test_any_answer_is_a_table_or_a_contract_error(value):
    with contextlib.suppress(ContractError):
        table(value)
