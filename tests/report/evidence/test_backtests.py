"""The trade study's strategy: its gate is the shipped one, and nothing else differs."""

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from tests.support.bot import SHIPPED_STRATEGIES
from vectra_freqtrade.report.evidence.backtests import GATE_KEY, STRATEGY, write_strategy
from vectra_freqtrade.report.evidence.trades import HELD_BACK, KEPT, LIFTED
from vectra_freqtrade.settings.section import CoinglassSettings

#: Confluences, multiplier, whether the side waits; each candle is a long cross with volume.
CASES = [(4, 1.0, False), (4, 0.8, False), (3, 1.1, False), (4, 1.0, True), (3, 1.1, True)]
SHIPPED = [True, False, True, False, False]


@pytest.fixture()
def strategies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[type, type]:
    """The shipped strategy's class and the study's, made of the files that freqtrade loads."""
    write_strategy(SHIPPED_STRATEGIES, tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    names = ("VectraStrategy", STRATEGY)
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    modules = [importlib.import_module(name) for name in names]
    for name in names:
        monkeypatch.delitem(sys.modules, name)
    return modules[0].VectraStrategy, getattr(modules[1], STRATEGY)


def entries(kind: type, *, gate: bool) -> pd.DataFrame:
    """As freqtrade asks for them: every candle a cross to the long side."""
    count, multiplier, wait = zip(*CASES, strict=True)
    judged = {"cg_confidence_long": multiplier, "cg_wait_long": wait}
    judged |= {"cg_confidence_short": [1.0] * len(CASES), "cg_wait_short": [False] * len(CASES)}

    class Crossed(kind):  # type: ignore[misc]
        def __init__(self) -> None:
            self.config = {GATE_KEY: gate}

        coinglass = SimpleNamespace(
            settings=CoinglassSettings(), judge=lambda frame, **_: frame.assign(**judged)
        )

        def _cross(self, df: pd.DataFrame, side: str) -> pd.Series:
            return pd.Series(side == "long", index=df.index)

        def _confluences(self, df: pd.DataFrame, side: str) -> pd.Series:
            return pd.Series(count, index=df.index)

    frame = pd.DataFrame({"volume": [1.0] * len(CASES), "enter_tag": ""})
    strategy: Any = Crossed()
    return strategy.populate_entry_trend(frame, {"pair": "BTC/USDT:USDT"})


def test_with_the_gate_it_enters_where_the_shipped_strategy_does(strategies):
    """A side that waits for the order book or a wall is not entered."""
    shipped, study = (entries(kind, gate=True) for kind in strategies)
    assert (shipped["enter_long"] == 1).tolist() == SHIPPED
    assert (study["enter_long"] == 1).tolist() == SHIPPED
    assert not (study["enter_short"] == 1).any()
    assert study["enter_tag"].tolist() == [KEPT, "", LIFTED, "", ""]


def test_without_the_gate_it_enters_on_its_own_signal_and_says_what_would_be_held_back(strategies):
    alone = entries(strategies[1], gate=False)
    assert (alone["enter_long"] == 1).tolist() == [True, True, False, True, False]
    assert alone["enter_tag"].tolist() == [KEPT, HELD_BACK, "", HELD_BACK, ""]
