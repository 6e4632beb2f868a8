"""
Hyperopt parameters are read through the strategy: freqtrade keeps a parameter's value in the class
up to 2026.9, and in each strategy from 2026.10 on.
"""

import ast
import copy
import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import RunMode
from freqtrade.strategy import IStrategy
from freqtrade.strategy.parameters import BaseParameter

import vectra_freqtrade

STRATEGIES = Path(vectra_freqtrade.__file__).parents[1] / "user_data" / "strategies"
PACKAGE = Path(vectra_freqtrade.__file__).parent


def parameters(cls: type) -> dict[str, BaseParameter]:
    return {
        name: value
        for owner in cls.__mro__
        for name, value in vars(owner).items()
        if isinstance(value, BaseParameter)
    }


def strategy(name: str, folder: Path) -> IStrategy:
    """One with parameters of its own, as 2026.10 makes them."""
    cls = getattr(importlib.import_module(name), name)
    config = {
        "runmode": RunMode.BACKTEST,
        "user_data_dir": folder,
        "datadir": folder,
        "exchange": {"name": "binance"},
        "stake_currency": "USDT",
        "coinglass": {"intervals": ["1h", "4h"]},
    }
    made = cls(config)
    made.dp = DataProvider(config, None, pairlists=SimpleNamespace(whitelist=[]))
    for each, parameter in parameters(cls).items():
        setattr(made, each, copy.copy(parameter))
    return made


@pytest.mark.parametrize(
    "name", ["VectraStrategy", "VectraFundingRate", "VectraLiquidationCascade"]
)
def test_each_strategy_trades_by_its_own_parameters(name, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(STRATEGIES), *sys.path])
    one, other = strategy(name, tmp_path), strategy(name, tmp_path)
    assert one.trailing_parameters() == other.trailing_parameters()
    one.target_scale.value = 1.5
    wide, plain = (each.trailing_parameters()["target_default"] for each in (one, other))
    assert wide == pytest.approx(1.5 * plain)
    assert one._settings_now().trailing.target_default == wide
    assert other._settings_now().trailing.target_default == plain


def read_through(code: str) -> set[str]:
    """What `.value` of a parameter is read through, in a file that defines some."""
    tree = ast.parse(code)
    own = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if ast.unparse(node.value.func).endswith("Parameter")
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {
        ast.unparse(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in own
    }


def test_a_parameter_read_through_its_class_is_found():
    code = "class S:\n    p = IntParameter(0, 1)\n    def f(self):\n        return S.p.value"
    assert read_through(code) == {"S"}


def test_no_shipped_strategy_reads_a_parameter_through_its_class():
    files = sorted(STRATEGIES.glob("*.py"))
    assert {name for path in files for name in read_through(path.read_text())} == {"self"}


def test_the_package_knows_no_parameters():
    """It is given their values by `trailing_parameters` and `judge`."""
    for path in PACKAGE.rglob("*.py"):
        assert "BaseParameter" not in path.read_text(), path
        assert "_hyper_params" not in path.read_text(), path
