"""The columns: unique, named by their dataset, documented, and in order."""

import ast
from pathlib import Path

import pytest

import vectra_freqtrade.catalogue.column as columnkinds
import vectra_freqtrade.catalogue.columns as columnlib
from vectra_freqtrade.catalogue.columns import (
    COLUMNS,
    COMBINED,
    DATASET_CODES,
    LEVELS,
    STATE_CODES,
    MarketState,
    columns_for,
)


def test_names_are_unique_and_start_with_cg():
    """As is a column's name with its interval."""
    names = [column.name for column in columns_for(DATASET_CODES, ("1h", "4h"), adaptive=True)]
    assert len(set(names)) == len(names)
    assert all(name.startswith("cg_") for name in names)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_every_column_says_what_it_is(column):
    """A known dataset, a type, a unit, one sentence, and an empty value of its type."""
    assert column.dataset in {*DATASET_CODES, COMBINED, LEVELS}
    assert column.unit
    assert column.meaning.endswith(".") and column.meaning[0].isascii()
    kinds = {"float64": float, "bool": bool, "int8": int, "str": str}
    assert type(column.empty) is kinds[column.dtype]


def test_a_datasets_own_columns_carry_its_code():
    """Except those that DESIGN names otherwise."""
    others = {"cg_state", "cg_price", "cg_rotation", "cg_mod_conflict"}
    for column in COLUMNS:
        code = DATASET_CODES.get(column.dataset)
        if code and not column.name.startswith(tuple(others)):
            assert column.name.startswith((f"cg_{code}", f"cg_mod_{code}")), column.name


def test_states_and_their_codes_are_designs():
    """A fixed vocabulary of plain strings."""
    assert {str(state): code for state, code in STATE_CODES.items()} == {
        "UNKNOWN": -1,
        "NEUTRAL": 0,
        "CONFIRM_BULL": 1,
        "CONFIRM_BEAR": 2,
        "LONG_LIQUIDATION": 3,
        "SHORT_SQUEEZE": 4,
    }
    assert set(STATE_CODES) == set(MarketState)


def test_only_the_columns_of_the_settings_come_out():
    """Per interval where they have one, in the order in which they are declared."""
    names = [column.name for column in columns_for(["taker_volume"], ("1h", "4h"))]
    assert names[:4] == [
        "cg_taker_buy_usd_1h",
        "cg_taker_buy_usd_4h",
        "cg_taker_sell_usd_1h",
        "cg_taker_sell_usd_4h",
    ]
    assert {"cg_mod_taker_long", "cg_confidence_short", "cg_fresh", "cg_age"} <= set(names)
    assert not any("funding" in name or "oi" in name.split("_") for name in names)
    order = [column.name for column in columns_for(reversed(DATASET_CODES), ("1h",))]
    assert order == [column.name for column in columns_for(DATASET_CODES, ("1h",))]


def test_sigmas_exist_with_adaptive_bands_only():
    """For both intervals."""
    plain = {column.name for column in columns_for(["open_interest"], ("1h", "4h"))}
    adaptive = {c.name for c in columns_for(["open_interest"], ("1h", "4h"), adaptive=True)}
    assert plain < adaptive
    assert all("sigma" in name for name in adaptive - plain)
    assert {"cg_oi_sigma_1h", "cg_price_sigma_4h"} <= adaptive - plain


def test_every_column_of_designs_section_5_is_there():
    """Open interest × price, for both intervals."""
    names = {column.name for column in columns_for(["open_interest"], ("1h", "4h"))}
    per_interval = ("oi", "oi_usd", "oi_change", "price_change", "oi_jump", "state")
    for interval in ("1h", "4h"):
        assert {f"cg_{name}_{interval}" for name in per_interval} <= names
        for name in ("oi_change_prev", "price_change_prev", "state_prev"):
            assert f"cg_{name}_{interval}" in names
    single = ("state", "state_code", "mod_oi_long", "mod_oi_short", "oi_conflict", "mod_conflict")
    assert {f"cg_{name}" for name in single} <= names


def test_the_module_depends_on_nothing_but_the_standard_library():
    """The docs and a user's notebook read it too."""
    trees = [ast.parse(Path(each.__file__).read_text()) for each in (columnlib, columnkinds)]
    modules = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert modules <= {"collections.abc", "dataclasses", "enum", columnkinds.__name__}
