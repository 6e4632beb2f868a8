"""What the trade study makes of backtest results."""

import numpy as np
import pandas as pd
import pytest

from vectra_freqtrade.report.evidence.trades import (
    HELD_BACK,
    KEPT,
    LIFTED,
    RUNS,
    contrasts,
    summaries,
    trade_table,
)

WEEKS = 40
SPLIT = pd.Timestamp("2025-07-01", tz="UTC")


def _trades(mean: dict[str, float], seed: int, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    opened = pd.date_range("2025-01-01", periods=WEEKS * 7, freq="D", tz="UTC")
    tags = list(mean)
    rows = [
        {
            "pair": "BTC/USDT:USDT",
            "open_date": str(day),
            "is_short": bool(number % 2),
            "profit_ratio": mean[tags[number % len(tags)]] + rng.normal(0, 0.002) + shift,
            "stake_amount": 1000.0,
            "funding_fees": -0.5,
            "enter_tag": tags[number % len(tags)],
            "exit_reason": "trailing_stop_loss",
        }
        for number, day in enumerate(opened)
    ]
    return trade_table(rows)


@pytest.fixture()
def runs() -> dict[str, pd.DataFrame]:
    alone = _trades({KEPT: 0.001, HELD_BACK: -0.002}, seed=0)
    gated = _trades({KEPT: 0.001, LIFTED: 0.001}, seed=1)
    exits = alone.assign(profit=alone["profit"] + 0.0005)
    return dict(zip(RUNS, (alone, gated, exits, gated), strict=True))


def test_contrasts_find_what_gate_and_exits_did(runs):
    table = contrasts(runs, SPLIT, seed=1).query("sample == 'all'").set_index("contrast")
    kept = table.loc["gate: kept less held back"]
    assert kept["difference"] == pytest.approx(0.003, abs=0.0006)
    assert kept["low"] > 0 and kept["q"] < 0.01
    lifted = table.loc["gate: lifted less kept"]
    assert lifted["low"] < 0 < lifted["high"]
    assert table.loc["exits: same entries, with less without", "difference"] == pytest.approx(5e-4)


def test_only_entries_that_both_runs_have_are_compared(runs):
    runs["with CG exits"] = runs["with CG exits"].iloc[50:]
    table = contrasts(runs, SPLIT, seed=1).set_index(["contrast", "sample"])
    matched = table.loc[("exits: same entries, with less without", "all"), "trades"]
    assert matched == WEEKS * 7 - 50


def test_funding_is_counted_and_the_parts_add_up(runs):
    table = summaries(runs, SPLIT).set_index(["run", "sample"])
    alone = table.loc["signal alone"]
    assert alone.loc["all", "funding"] == pytest.approx(-0.0005 * WEEKS * 7)
    assert alone.loc["in", "trades"] + alone.loc["out", "trades"] == alone.loc["all", "trades"]


def test_a_run_without_trades_is_a_line_without_numbers(runs):
    empty = {name: trade_table([]) for name in runs}
    assert (summaries(empty, SPLIT)["trades"] == 0).all()
    assert contrasts(empty, SPLIT, seed=1)["p"].isna().all()
