"""The columns: one authority, and a reference page that says the same."""

from pathlib import Path

import pandas as pd
import pytest

from tests.support.frames import settings_with
from vectra_freqtrade.coinglass.catalogue import DATASETS, Kind
from vectra_freqtrade.columns import (
    COLUMNS,
    COMBINED,
    DATASET_CODES,
    LEVELS,
    LevelSource,
    MarketState,
    Rotation,
    columns_for,
)
from vectra_freqtrade.columns_page import columns_page
from vectra_freqtrade.settings import CoinglassSettings
from vectra_freqtrade.signals.assemble import PairData, add_columns

PAGE = Path(__file__).parents[1] / "docs" / "columns.md"
VOCABULARIES = {"MarketState": MarketState, "Rotation": Rotation, "LevelSource": LevelSource}


def _frame(rows=3):
    dates = pd.date_range("2025-01-01", periods=rows, freq="5min", tz="UTC")
    return pd.DataFrame({"date": dates, "close": 100.0})


def test_the_reference_page_is_the_one_that_the_columns_make():
    assert PAGE.read_text(encoding="utf-8") == columns_page(), (
        "run: python -m vectra_freqtrade.columns_page docs/columns.md"
    )


def test_names_are_unique_and_start_with_their_datasets_code():
    names = [column.name for column in COLUMNS]
    assert len(set(names)) == len(names)
    prefixes = {dataset: f"cg_{code}" for dataset, code in DATASET_CODES.items()}
    for column in COLUMNS:
        prefix = prefixes.get(column.dataset, "cg_")
        shared = ("cg_state", "cg_price", "cg_mod_", "cg_rotation")
        assert column.name.startswith((prefix, *shared)), column.name


def test_each_dataset_of_the_settings_is_in_the_catalogue_with_the_same_code():
    for name, code in DATASET_CODES.items():
        assert DATASETS[name].code == code
        assert DATASETS[name].kind is not Kind.LEVELS
    assert {column.dataset for column in COLUMNS} == {*DATASET_CODES, COMBINED, LEVELS}


def test_by_default_every_dataset_whose_rows_can_be_had_afterwards_is_used():
    rows = {name for name in DATASET_CODES if DATASETS[name].kind in (Kind.INTERVAL, Kind.DAILY)}
    assert set(CoinglassSettings().datasets) == rows


@pytest.mark.parametrize("datasets", [tuple(DATASET_CODES), ("funding_rate",), ("large_orders",)])
@pytest.mark.parametrize("intervals", [("1h", "4h"), ("4h",)])
@pytest.mark.parametrize("rows", [0, 3])
def test_without_any_data_every_column_is_there_empty_and_of_its_type(datasets, intervals, rows):
    frame = _frame(rows)
    for adaptive in (False, True):
        options = settings_with(datasets=datasets, bands={"adaptive": adaptive})
        added = add_columns(frame, 300_000, PairData({}, {}), options, intervals)
        columns = list(columns_for(datasets, intervals, adaptive=adaptive))
        assert list(added) == ["date", "close", *(column.name for column in columns)]
        for column in columns:
            values = added[column.name]
            if column.dtype == "str":
                assert pd.api.types.is_string_dtype(values)
                assert column.empty in list(VOCABULARIES[column.unit])
            else:
                assert values.dtype == column.dtype, column.name
            if column.name != "cg_fresh":
                assert (
                    values.isna() if column.empty != column.empty else values == column.empty
                ).all()
