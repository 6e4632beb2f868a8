"""The evidence report over real data: counts that can be checked by hand, and real backtests."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.real.build import COINS, DELAY
from tests.real.evidence import BUILDERS, SETS, build_days, build_year, gather_set
from vectra_freqtrade.report.evidence import backtests
from vectra_freqtrade.report.evidence.evidence import Evidence
from vectra_freqtrade.report.evidence.prepared import ALL, OUT
from vectra_freqtrade.report.evidence.study import BASE, POOLED
from vectra_freqtrade.report.evidence.trades import RUNS
from vectra_freqtrade.simulator.exchange.exchange import LoopbackExchange

pytestmark = pytest.mark.real

BULL = "CONFIRM_BULL"


def _gather(place: int, shared: Path, folder: Path, **changes: Any) -> Evidence:
    chosen = SETS[place]
    changed = type(chosen)(
        **{name: getattr(chosen, name) for name in chosen.__dataclass_fields__} | changes
    )
    return gather_set(changed, folder, {}, seed=7)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Evidence:
    folder = tmp_path_factory.mktemp("year")
    build_year(shared, folder / "year")
    return _gather(0, shared, folder, traded=False)


def _naive_bull(shared: Path, horizon: int) -> tuple[int, float]:
    """Rows and excess of CONFIRM_BULL, straight from the raw file, one coin at a time."""
    raw = pd.read_parquet(shared / "data" / "hourly_oi_funding_BTC_ETH.parquet")
    inside: list[float] = []
    for coin in COINS:
        hours = raw[raw["coin"] == coin].set_index("date").sort_index()
        coins = hours["oi_usd_hyperliquid"] / hours["close"]
        grid = pd.date_range(hours.index[0], hours.index[-1], freq="h")
        coins, close = coins.reindex(grid), hours["close"].reindex(grid)
        grown = coins / coins.shift(1) - 1
        calm = (hours["high"] - hours["low"]).reindex(grid) / close < 0.02
        bull = (grown > 0.005) & (close / close.shift(1) - 1 > 0.003)
        bull &= ~((grown.abs() > 0.15) & calm)
        # The row of 12:00 is out a minute after 13:00: bought at the open of 14:00.
        opens = hours["open"].reindex(grid).where(grid <= "2026-03-05")  # the set's timerange
        after = opens.shift(-2 - horizon) / opens.shift(-2) - 1
        seen = after[coins.notna() & after.notna()]
        chosen = bull.reindex(seen.index)
        inside += list(seen[chosen] - seen.mean())
    return len(inside), float(np.mean(inside))


@pytest.mark.parametrize("horizon", [1, 4, 24])
def test_the_study_of_a_state_equals_a_naive_one_on_the_raw_file(year, shared, horizon: int):
    table = year.table
    line = table[
        (table["column"] == "cg_state_1h")
        & (table["bucket"] == BULL)
        & (table["pair"] == POOLED)
        & (table["sample"] == ALL)
        & (table["comparison"] == BASE)
        & (table["horizon"] == horizon)
    ].iloc[0]
    rows, excess = _naive_bull(shared, horizon)
    assert line["rows"] == rows
    assert line["excess"] == pytest.approx(excess, rel=1e-9)


def test_the_hourly_year_shows_nothing_out_of_sample_after_correction(year):
    late = year.verdicts[year.verdicts["sample"] == OUT]
    print(late[["column", "bucket", "comparison", "horizon", "excess", "p", "q", "verdict"]])
    assert set(late["verdict"]) <= {"nothing shown", "too few"}
    states = year.facts["states"]
    assert 0.60 < states["NEUTRAL"] < 0.77


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Evidence:
    folder = tmp_path_factory.mktemp("days")
    build_days(shared, folder / "days")
    return _gather(2, shared, folder, traded=False)


def test_the_daily_set_holds_all_its_datasets_and_shows_nothing_out_of_sample(days):
    columns = set(days.table["column"])
    named = {"cg_state_1d", "cg_funding_extreme", "cg_lsr_extreme", "cg_mod_taker_long"}
    named |= {"cg_mod_book_long", "cg_mod_netflow_long", "cg_mod_dominance_long"}
    named |= {"cg_liq_imbalance_1d", "cg_netflow_z", "cg_dominance_change", "cg_lsr_top_1d"}
    assert named <= columns
    late = days.verdicts[days.verdicts["sample"] == OUT]
    assert set(late["verdict"]) <= {"nothing shown", "too few"}


def test_daily_rows_are_acted_on_an_hour_after_midnight(days, shared: Path):
    assert DELAY.total_seconds() == 60  # so the candle of 00:00 closes with the row known
    assert days.facts["rows"]["BTC/USDT:USDT"] == pytest.approx(1401, abs=2)


@pytest.mark.freqtrade
def test_four_real_backtests_differ_by_gate_and_exits_only(
    tmp_path_factory: pytest.TempPathFactory, shared: Path
):
    folder = tmp_path_factory.mktemp("months")
    BUILDERS["months"](shared, folder / "months")
    chosen = SETS[1]
    short = type(chosen)(
        chosen.name,
        chosen.userdir,
        chosen.pairs,
        chosen.timeframe,
        "20251201-20251222",
        chosen.coinglass,
    )
    with LoopbackExchange(COINS) as exchange:
        found = gather_set(short, folder, exchange.config_overlay(), seed=7)
    runs = found.runs
    assert set(runs) == set(RUNS)
    tags = {name: set(trades["tag"]) for name, trades in runs.items()}
    for name, (gate, _) in RUNS.items():
        assert tags[name] <= ({"kept", "lifted"} if gate else {"kept", "held back"})
    for name, (_, exits) in RUNS.items():
        early = {reason for reason in runs[name]["exit"] if reason.startswith("cg_")} - {"cg_stop"}
        assert bool(early) == exits
    alone, exits = runs["signal alone"], runs["with CG exits"]
    entries = [set(zip(trades["pair"], trades["opened"], strict=True)) for trades in (alone, exits)]
    assert len(entries[0] & entries[1]) > 0.8 * len(entries[0])
    assert any(trades["funding"].abs().sum() > 0 for trades in runs.values())


def test_a_backtest_that_fails_says_why(tmp_path: Path):
    config = tmp_path / "config.json"
    config.write_text("{}")
    strategies = Path(__file__).parents[2] / "user_data" / "strategies"
    with pytest.raises(backtests.BacktestFailed, match="freqtrade backtesting failed"):
        backtests.run_backtests([config], tmp_path, strategies, [])
