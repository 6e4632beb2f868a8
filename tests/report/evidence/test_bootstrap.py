"""The statistics against plain pandas, and against themselves: nothing found where nothing is."""

import numpy as np
import pandas as pd
import pytest

from tests.report.simulated import SETTINGS, planted
from vectra_freqtrade.report.evidence.bootstrap import (
    Sample,
    adjusted,
    block_sums,
    block_weights,
    estimate,
    excess_of,
)
from vectra_freqtrade.report.evidence.buckets import CLAIM
from vectra_freqtrade.report.evidence.prepared import ALL, OUT, Prepared
from vectra_freqtrade.report.evidence.shuffle import shuffled_states
from vectra_freqtrade.report.evidence.study import (
    ALPHA,
    BASE,
    CONTRADICTED,
    NOTHING,
    POOLED,
    SUPPORTED,
    TWIN,
    event_study,
    verdicts,
)

BULL = "CONFIRM_BULL"
SEEDS, HOURS, DRAWS = 200, 2000, 300


def _study(seed: int, hours: int, effect: float) -> pd.DataFrame:
    prepared = Prepared(planted(seed, hours, effect), SETTINGS, ("1h",), seed=seed, draws=DRAWS)
    return event_study(prepared, (ALL,), (CLAIM,))


def test_the_excess_of_a_bucket_is_its_mean_less_that_of_its_coin_and_stratum():
    rng = np.random.default_rng(0)
    samples, frames = [], []
    for coin in range(2):
        rows = 300
        frame = pd.DataFrame(
            {
                "coin": coin,
                "block": np.sort(rng.integers(0, 10, rows)),
                "bucket": rng.integers(-1, 3, rows),
                "stratum": rng.integers(-1, 2, rows),
                "after": rng.normal(size=rows),
            }
        )
        frame.loc[rng.random(rows) < 0.1, "after"] = np.nan
        columns = [frame[name].to_numpy() for name in ("block", "bucket", "stratum")]
        samples.append(Sample(*columns, frame[["after"]].to_numpy()))
        frames.append(frame)
    used = pd.concat(frames).query("stratum >= 0").dropna()
    surplus = used["after"] - used.groupby(["coin", "stratum"])["after"].transform("mean")
    expected = surplus.groupby(used["bucket"]).mean().loc[[0, 1, 2]].to_numpy()

    sums, counts = block_sums(samples, blocks=10, strata=2, buckets=3)
    found = estimate(sums, counts, block_weights(10, 500, np.random.default_rng(1)))

    assert np.allclose(excess_of(sums.sum(axis=1), counts.sum(axis=1))[:, 0], expected)
    assert np.allclose(found.excess[:, 0], expected)
    assert (found.rows[:, 0] == used.groupby("bucket").size().loc[[0, 1, 2]]).all()
    assert (found.low < found.excess).all() and (found.excess < found.high).all()


def test_a_bucket_in_few_blocks_has_no_interval():
    block = np.repeat(np.arange(20), 10)
    bucket = np.where(block < 7, 0, -1)
    returns = np.random.default_rng(0).normal(size=(200, 1))
    sums, counts = block_sums([Sample(block, bucket, np.zeros(200, dtype=int), returns)], 20, 1, 1)
    found = estimate(sums, counts, block_weights(20, 100, np.random.default_rng(1)))
    assert found.rows[0, 0] == 70 and found.blocks[0, 0] == 7
    assert np.isnan([found.low[0, 0], found.high[0, 0], found.p[0, 0]]).all()


def test_a_bucket_that_holds_all_rows_has_nothing_to_be_compared_with():
    block, nothing = np.repeat(np.arange(20), 10), np.zeros(200, dtype=int)
    returns = np.random.default_rng(0).normal(size=(200, 1))
    sums, counts = block_sums([Sample(block, nothing, nothing, returns)], 20, 1, 1)
    found = estimate(sums, counts, block_weights(20, 100, np.random.default_rng(1)))
    assert found.rows[0, 0] == 200 and np.isnan(found.p[0, 0])


def test_the_correction_counts_only_what_was_tested():
    p = np.array([0.01, np.nan, 0.04, 0.03])
    assert np.allclose(adjusted(p), [0.03, np.nan, 0.04, 0.04], equal_nan=True)
    assert np.isnan(adjusted(np.array([np.nan]))).all()


@pytest.fixture(scope="module")
def nothing_planted() -> pd.DataFrame:
    tables = [_study(seed, HOURS, 0.0).assign(seed=seed) for seed in range(SEEDS)]
    return pd.concat(tables, ignore_index=True)


def test_a_planted_zero_is_not_found(nothing_planted: pd.DataFrame):
    tested = nothing_planted[nothing_planted["p"].notna()]
    rate = (tested["p"] <= ALPHA).mean()
    print(f"{SEEDS} seeds, {len(tested)} comparisons: {rate:.1%} with p ≤ {ALPHA:.0%}")
    assert 0.03 < rate < 0.07


def test_after_the_correction_few_seeds_find_anything_at_all(nothing_planted: pd.DataFrame):
    found = nothing_planted.groupby("seed")["q"].min() <= ALPHA
    print(f"{found.sum()} of {SEEDS} seeds find something after correction")
    assert found.mean() < 0.09  # 5 % and two standard errors of 200 seeds


def test_no_bucket_is_biased(nothing_planted: pd.DataFrame):
    groups = nothing_planted.groupby(["column", "bucket", "comparison", "horizon"])["excess"]
    z = groups.mean() / (groups.std() / np.sqrt(groups.size()))
    assert z.abs().max() < 4


def _next_hour(table: pd.DataFrame) -> pd.Series:
    chosen = (table["bucket"] == BULL) & (table["comparison"] == BASE) & (table["horizon"] == 1)
    return table[chosen & (table["pair"] == POOLED)].iloc[0]


def test_a_planted_effect_is_found_with_its_size_and_its_interval_holds_it(nothing_planted):
    effect, seeds = 0.0020, range(30)
    found, covered, real = [], [], []
    for seed in seeds:
        table, without = _study(seed, HOURS, effect), nothing_planted.query("seed == @seed")
        line, before = _next_hour(table), _next_hour(without)
        # The base holds the bucket's own rows, so a bucket of a share s stands out by 1 - s of it.
        share = line["rows"] / (2 * (HOURS - 2))
        real.append(effect * (1 - share))
        found.append(line["excess"] - before["excess"])
        covered.append(line["low"] <= real[-1] <= line["high"])
    print(f"planted {np.mean(real) * 1e4:.1f} bp, found {np.mean(found) * 1e4:.1f} bp, "
          f"inside the interval in {np.mean(covered):.0%}")  # fmt: skip
    assert np.mean(found) == pytest.approx(np.mean(real), rel=0.15)
    assert np.mean(covered) > 0.85


def _verdict(effect: float, comparison: str) -> str:
    prepared = Prepared(planted(1, 6000, effect), SETTINGS, ("1h",), seed=1)
    found = verdicts(event_study(prepared, (OUT,), (CLAIM,)))
    line = found[(found["bucket"] == BULL) & (found["comparison"] == comparison)]
    return str(line["verdict"].iloc[0])


@pytest.mark.parametrize("comparison", [BASE, TWIN])
def test_verdicts_say_with_or_against_the_claim_or_nothing(comparison: str):
    assert _verdict(0.0030, comparison) == SUPPORTED
    assert _verdict(-0.0030, comparison) == CONTRADICTED
    assert _verdict(0.0, comparison) == NOTHING


def test_shuffled_open_interest_takes_away_what_it_added_and_leaves_what_price_did():
    prepared = Prepared(planted(1, 6000, 0.0030), SETTINGS, ("1h",), seed=1)
    table = shuffled_states(prepared, OUT, shuffles=100).query("horizon == 1").set_index("state")
    bull = table.loc[BULL]
    assert bull["observed"] > bull["high"] and bull["p"] < 0.05
    assert 0 < bull["shuffled"] < bull["observed"] / 1.5  # rows with a rising price still have some


def test_the_same_seed_gives_the_same_numbers():
    once, again = _study(3, 1500, 0.001), _study(3, 1500, 0.001)
    pd.testing.assert_frame_equal(once, again)
