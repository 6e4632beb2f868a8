"""
No later candle or row changes an earlier cell; and the proof notices each way of getting it wrong.

A frame cut at any candle, with rows and price candles cut at its last decision, has the same cells
as the whole frame: so a column at a candle holds only what was knowable then.
"""

from bisect import bisect_right

import numpy as np
import pandas as pd
import pytest

from tests.support.frames import utc
from tests.support.replay import INTERVALS, ROW_DATASETS, Replay, series_of
from vectra_freqtrade.signals import assemble, divergence, native
from vectra_freqtrade.signals.align import Int64

START = utc("2025-06-01")
SHORT, LONG = 600, 10_000
NO_LEVELS = {"levels_source": "heatmap"}  # the costly one; the short replay has it
SOME = range(100, 160, 3)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    return Replay(tmp_path_factory.mktemp("short"), START, SHORT)


@pytest.fixture(scope="module")
def outage(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """A replay whose taker rows stop for a day."""
    replay = Replay(tmp_path_factory.mktemp("outage"), START, SHORT, seed=6, **NO_LEVELS)
    for interval in INTERVALS:
        path = series_of("taker_volume", interval).path(replay.provider.store.root)
        rows = pd.read_feather(path)
        gone = rows["time"].between(START + pd.Timedelta("6h"), START + pd.Timedelta("30h"))
        rows[~gone].reset_index(drop=True).to_feather(path)
    return replay


def test_the_replay_has_recorded_late_and_missing_rows_and_something_to_compare(short):
    """Otherwise the equality below would say little."""
    stored = [short.provider.store.read(series_of(name, "1h")) for name in ROW_DATASETS[:5]]
    inside = pd.concat([rows[rows["time"] >= START] for rows in stored])
    assert inside["first_seen"].notna().sum() > 100
    assert inside["available_at"].isna().sum() > 10
    assert any((rows["time"].diff() > pd.Timedelta("1h")).any() for rows in stored)
    columns = short.columns(SHORT)
    assert columns["cg_state_1h"].nunique() == 6
    assert columns["cg_oi_jump_1h"].any()
    assert columns["cg_liq_above_price"].nunique() > 10
    assert columns["cg_confidence_long"].nunique() > 10
    assert 0 < (columns["cg_fresh"] < 1).mean() < 1
    features = [name for name in columns if name.startswith("cg_") and name.endswith("h")]
    assert len(features) > 40
    assert [name for name in features if columns[name].nunique(dropna=False) == 1] == []


def test_no_cell_of_a_600_row_frame_depends_on_what_comes_after_it(short):
    """All prefixes, all datasets of rows, two intervals."""
    assert short.differing_prefixes(range(1, SHORT + 1)) == []


def test_no_cell_of_a_long_frame_depends_on_what_comes_after_it(tmp_path):
    """200 random prefixes of five weeks, a third of them within the rows of a few hours."""
    replay = Replay(tmp_path, START, LONG, seed=2, **NO_LEVELS)
    chance = np.random.default_rng(3)
    prefixes = [*chance.integers(1, LONG, 134), *(5_000 + chance.integers(0, 99, 66))]
    assert replay.differing_prefixes(prefixes) == []


def test_no_cell_depends_on_what_comes_after_it_with_adaptive_bands(tmp_path):
    """Lookback 2, every eleventh prefix."""
    replay = Replay(tmp_path, START, SHORT, seed=4, bands="adaptive", lookback=2, **NO_LEVELS)
    assert replay.columns(SHORT)["cg_state_1h"].nunique() >= 4
    assert replay.differing_prefixes(range(1, SHORT, 11)) == []


def test_no_cell_depends_on_what_comes_after_it_with_prices_made_of_the_own_candles(tmp_path):
    """Without informative candles an interval's price comes from its closed 5m candles only."""
    replay = Replay(tmp_path, START, SHORT, informative=False, seed=5, **NO_LEVELS)
    assert replay.columns(SHORT)["cg_state_1h"].nunique() > 3
    assert replay.differing_prefixes(range(1, SHORT, 11)) == []


def expected_taker(replay: Replay, interval: str) -> list[float]:
    """What each decision may see of the taker rows, by looking at the store's file itself."""
    rows = pd.read_feather(series_of("taker_volume", interval).path(replay.provider.store.root))
    rows = rows[rows["available_at"].notna()]
    known, values = rows["available_at"].to_list(), rows["taker_buy_usd"].to_list()
    expected = []
    for decision in replay.candles["date"] + pd.Timedelta("5min"):
        last = bisect_right(known, decision) - 1
        fresh = last >= 0 and decision - known[last] <= 3 * pd.Timedelta(interval)
        expected.append(values[last] if fresh else np.nan)
    return expected


def wrong_cells(replay: Replay) -> int:
    """Taker cells that differ from what the store's file says was known and fresh."""
    columns = replay.columns(SHORT)
    return sum(
        int((~np.isclose(columns[f"cg_taker_buy_usd_{i}"], expected, rtol=0, equal_nan=True)).sum())
        for i in INTERVALS
        for expected in [expected_taker(replay, i)]
    )


def test_each_cell_holds_the_last_row_released_unless_it_is_too_old(short, outage):
    """Read off the files themselves, over recorded, late and missing rows and an outage."""
    assert wrong_cells(short) == 0
    assert wrong_cells(outage) == 0
    assert np.isnan(expected_taker(outage, "1h")).sum() > 100


# The proof is proven: each of these is a mistake that someone could make, and each is noticed.


def test_a_join_shifted_by_one_interval_is_noticed(short, monkeypatch):
    """Rows joined on their open instead of their close leak an interval: prefixes differ."""

    def early(rows: pd.DataFrame, **columns: object) -> native.Features:
        step = rows["time"].diff().min()
        return native.Features(native.epoch_ns(rows["available_at"] - step), columns)

    for module in (divergence, assemble.funding, assemble.long_short, assemble.taker):
        monkeypatch.setattr(module, "features_of", early)
    assert short.differing_prefixes(SOME) != []
    assert wrong_cells(short) > 100


def test_a_leak_that_hides_behind_a_provider_as_wrong_as_the_join_is_noticed(short, monkeypatch):
    """Where the cap leaks as much as the join, prefixes agree: the files themselves tell."""
    real = type(short.provider).rows

    def uncapped(self: object, series: object, as_of: pd.Timestamp) -> pd.DataFrame:
        rows = real(self, series, as_of + pd.Timedelta("1h"))
        return rows.assign(available_at=rows["available_at"] - pd.Timedelta("1h"))

    monkeypatch.setattr(type(short.provider), "rows", uncapped)
    assert wrong_cells(short) > 100


def test_a_join_that_comes_a_candle_too_late_is_noticed(short, monkeypatch):
    """Leaks nothing, so prefixes agree, and is still not what was known."""
    real = assemble.last_known
    monkeypatch.setattr(
        assemble, "last_known", lambda known, decisions: real(known, decisions - 300_000_000_000)
    )
    assert wrong_cells(short) > 10


def test_a_forward_looking_feature_is_noticed(short, monkeypatch):
    """A change against the next row instead of the row before: prefixes differ."""

    def ahead(values: native.FloatArray, times: Int64, length: int, lookback: int):
        result = np.full(values.shape, np.nan)
        result[:-lookback] = values[lookback:] / values[:-lookback] - 1.0
        return result

    monkeypatch.setattr(divergence, "change", ahead)
    assert short.differing_prefixes(SOME) != []


def test_a_percentile_over_the_whole_series_is_noticed(short, monkeypatch):
    """The classic: ranked among rows that came later."""
    monkeypatch.setattr(
        assemble.funding,
        "percentile",
        lambda values, _: pd.Series(values).rank(pct=True).to_numpy(),
    )
    assert short.differing_prefixes(SOME) != []


def test_without_max_age_rows_carried_on_for_ever_are_noticed(outage, monkeypatch):
    """In an outage no row older than max_age is used; without the tolerance some would be."""
    monkeypatch.setattr(assemble, "within", lambda rows, *rest: rows)
    assert wrong_cells(outage) > 100


def test_filling_forward_before_the_change_is_noticed(short, monkeypatch):
    """A change over a filled gap is one that DESIGN calls missing."""

    def changes_over_gaps() -> int:
        rows = short.provider.store.read(series_of("open_interest", "1h"))
        rows = rows[rows["available_at"].notna()]
        after_gap = rows.loc[rows["time"].diff() > pd.Timedelta("1h"), "oi"]
        columns = short.columns(SHORT)
        there = columns[columns["cg_oi_1h"].isin(after_gap)]
        assert len(there) > 5
        return int(there["cg_oi_change_1h"].notna().sum())

    def filled(values: native.FloatArray, times: Int64, length: int, lookback: int):
        series = pd.Series(values, index=times)
        grid = series.reindex(range(times[0], times[-1] + 1, length)).ffill()
        return grid.pct_change(lookback).loc[times].to_numpy()

    assert changes_over_gaps() == 0
    monkeypatch.setattr(divergence, "change", filled)
    assert changes_over_gaps() > 5
