"""
Mean forward return inside a bucket against the rows it is compared with, with its uncertainty.

Rows overlap (a 24 h return is taken every hour) and states come in runs, so rows are not
independent. Whole blocks of time are drawn instead, all coins of a block together, because coins
move together. Comparisons are made within strata and within a coin: with one stratum a bucket is
compared with all rows, with price strata it is compared with rows whose price did the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

#: Buckets in fewer blocks or rows than this are reported without an interval.
BLOCKS_MIN, ROWS_MIN = 8, 20

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Sample:
    """
    Rows of one coin.

    :param block: which block of time each row lies in
    :param bucket: 0 .. buckets - 1, or -1 for a row that is only part of what is compared with
    :param stratum: 0 .. strata - 1, or -1 to leave the row out
    :param returns: rows × horizons, fractions, NaN where there is none
    """

    block: IntArray
    bucket: IntArray
    stratum: IntArray
    returns: FloatArray


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    One value per bucket and horizon.

    :param rows: how many
    :param blocks: in how many blocks of time
    :param mean: mean return inside the bucket
    :param excess: mean less that of the rows it is compared with
    :param low: end of the 95 % interval of the excess, NaN where there are too few rows
    :param high: its other end
    :param p: two-sided, of no excess
    """

    rows: FloatArray
    blocks: FloatArray
    mean: FloatArray
    excess: FloatArray
    low: FloatArray
    high: FloatArray
    p: FloatArray


def block_weights(blocks: int, draws: int, rng: np.random.Generator) -> FloatArray:
    """Draws × blocks: how often each bootstrap sample holds each block."""
    if not blocks:
        return np.zeros((draws, 0))
    return rng.multinomial(blocks, np.full(blocks, 1 / blocks), size=draws).astype(np.float64)


def block_sums(
    samples: list[Sample], blocks: int, strata: int, buckets: int
) -> tuple[FloatArray, FloatArray]:
    """
    :param samples: one per coin
    :param blocks: how many there are
    :param strata: how many there are
    :param buckets: how many there are; one more is added for rows outside all of them
    :return: sums of returns and counts, each coins × blocks × strata × buckets + 1 × horizons
    """
    shape = (blocks, strata, buckets + 1)
    horizons = samples[0].returns.shape[1]
    sums = np.zeros((len(samples), horizons, int(np.prod(shape))))
    counts = np.zeros_like(sums)
    for coin, sample in enumerate(samples):
        used = sample.stratum >= 0
        bucket = np.where(sample.bucket < 0, buckets, sample.bucket)[used]
        cell = np.ravel_multi_index((sample.block[used], sample.stratum[used], bucket), shape)
        for horizon, returns in enumerate(sample.returns[used].T):
            held = ~np.isnan(returns)
            sums[coin, horizon] = np.bincount(cell[held], returns[held], sums.shape[-1])
            counts[coin, horizon] = np.bincount(cell[held], minlength=sums.shape[-1])

    def arranged(cells: FloatArray) -> FloatArray:
        return np.moveaxis(cells.reshape(*cells.shape[:2], *shape), 1, -1)

    return arranged(sums), arranged(counts)


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    ratio: FloatArray = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return ratio


def excess_of(sums: FloatArray, counts: FloatArray) -> FloatArray:
    """
    :param sums: any leading axes × coins × strata × buckets + 1 × horizons
    :param counts: the same
    :return: leading axes × buckets × horizons: mean less that of all rows of the same coin and
        stratum, NaN for an empty bucket
    """
    compared = np.nan_to_num(_ratio(sums.sum(axis=-2), counts.sum(axis=-2)))
    expected = np.einsum("...csbh,...csh->...bh", counts, compared)
    held = sums.sum(axis=(-4, -3)) - expected
    return _ratio(held, counts.sum(axis=(-4, -3)))[..., :-1, :]


def estimate(sums: FloatArray, counts: FloatArray, weights: FloatArray) -> Estimate:
    """
    :param sums: from `block_sums`
    :param counts: from `block_sums`
    :param weights: from `block_weights`
    :return: the interval is excess ± t × the standard deviation over the bootstrap samples, with
        as many degrees of freedom as blocks that hold the bucket, less one: a bucket that occurs
        in few blocks is known less well than its rows suggest
    """
    total, number = sums.sum(axis=1), counts.sum(axis=1)
    excess = excess_of(total, number)
    inside = counts[..., :-1, :].sum(axis=(0, 2))  # blocks × buckets × horizons
    rows, blocks = inside.sum(axis=0), (inside > 0).sum(axis=0).astype(np.float64)
    compared = counts.sum(axis=(0, 1, 2, 3))  # a bucket that holds all rows has nothing to differ
    enough = (blocks >= BLOCKS_MIN) & (rows >= ROWS_MIN) & (rows < compared)
    freedom = np.maximum(blocks - 1, 1)
    deviation = np.full(excess.shape, np.nan)
    if enough.any():  # drawing costs more than all the rest
        drawn = excess_of(*(np.tensordot(weights, part, axes=(1, 1)) for part in (sums, counts)))
        filled = np.where(np.isnan(drawn), excess, drawn)  # a draw may miss a rare bucket
        # Few blocks drawn with replacement vary too little: as if one were left out at a time.
        deviation[enough] = (filled.std(axis=0, ddof=1) * blocks / freedom)[enough]
    reach = stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * deviation
    p = 2 * stats.t.sf(np.abs(_ratio(excess, deviation)), freedom)
    mean = _ratio(total.sum(axis=(0, 1)), number.sum(axis=(0, 1)))[:-1]
    return Estimate(rows, blocks, mean, excess, excess - reach, excess + reach, p)


def adjusted(p: FloatArray) -> FloatArray:
    """
    Benjamini-Hochberg: the share of false finds among all with a q this small or smaller.

    :param p: NaN where nothing was tested; those don't count as comparisons
    :return: q, NaN there
    """
    q = np.full(p.shape, np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        q[tested] = stats.false_discovery_control(p[tested])
    return q
