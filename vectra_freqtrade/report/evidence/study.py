"""
Event study: what price did after a row became known, by bucket, against two comparisons.

Base: all rows of the coin. Price twin: rows of the coin whose price had done the same, so that what
is left is what CoinGlass adds to the price. Thresholds are the settings', none is fitted here; the
edges of deciles come from the in-sample part alone.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from vectra_freqtrade.report.evidence.bootstrap import (
    Estimate,
    Sample,
    adjusted,
    block_sums,
    estimate,
)
from vectra_freqtrade.report.evidence.buckets import CLAIM, LOOK, Buckets, all_buckets
from vectra_freqtrade.report.evidence.prepared import OUT, SAMPLES, Prepared

POOLED = "pooled"
BASE, TWIN = "base", "price twin"
#: Share of false finds that is accepted.
ALPHA = 0.05

SUPPORTED, CONTRADICTED, MIXED = "supported", "contradicted", "mixed"
NOTHING, TOO_FEW = "nothing shown", "too few"

Line = dict[str, object]


def event_study(
    prepared: Prepared,
    samples: Sequence[str] = SAMPLES,
    families: Sequence[str] = (CLAIM, LOOK),
) -> pd.DataFrame:
    """A line per column, bucket, horizon, sample, pair, comparison; q over family and sample."""
    lines: list[Line] = []
    for buckets in all_buckets(prepared.frames, prepared.known, prepared.intervals, families):
        for sample in samples:
            for comparison in (BASE, TWIN):
                lines.extend(_compared(prepared, buckets, sample, comparison))
    table = pd.DataFrame(lines)
    table["q"] = np.nan
    for _, part in table.groupby(["family", "sample"]):
        table.loc[part.index, "q"] = adjusted(part["p"].to_numpy())
    return table


def _compared(prepared: Prepared, buckets: Buckets, sample: str, comparison: str) -> Iterator[Line]:
    """One column against one comparison in one part of the time, pooled and per pair."""
    sign = 1.0 if buckets.side == "long" else -1.0
    held, strata = [], 1
    for pair, places in prepared.block.items():
        stratum = np.zeros(len(places), dtype=np.intp)
        if comparison == TWIN:
            stratum, strata = prepared.strata(pair, buckets.strata, buckets.interval)
        returns = sign * prepared.returns[pair, sample]
        held.append(Sample(places, buckets.codes[pair], stratum, returns))
    sums, counts = block_sums(held, prepared.block_count, strata, len(buckets.labels))
    blocks = prepared.blocks[sample]
    sums, counts = sums[:, blocks], counts[:, blocks]
    pairs = list(prepared.block)
    choices = [(POOLED, list(range(len(pairs))))]
    if len(pairs) > 1:
        choices += [(pair, [number]) for number, pair in enumerate(pairs)]
    for name, chosen in choices:
        found = estimate(sums[chosen], counts[chosen], prepared.weights[sample])
        where = {"pair": name, "sample": sample, "comparison": comparison}
        yield from _lines(buckets, prepared.horizons, where, found)


def _lines(
    buckets: Buckets, horizons: Sequence[int], where: dict[str, str], found: Estimate
) -> Iterator[Line]:
    for number, label in enumerate(buckets.labels):
        claim = buckets.claims[number]
        claimed = claim and buckets.family == CLAIM and where["pair"] == POOLED
        for place, horizon in enumerate(horizons):
            values = {
                name: float(getattr(found, name)[number, place])
                for name in Estimate.__dataclass_fields__
            }
            yield {
                "family": CLAIM if claimed else LOOK,
                "column": buckets.column,
                "bucket": label,
                "side": buckets.side,
                "claim": claim,
                **where,
                "horizon": horizon,
                **values,
            }


def verdicts(table: pd.DataFrame, sample: str = OUT) -> pd.DataFrame:
    """
    What one part of the time says of each claim, over all horizons.

    :param table: from `event_study`
    :param sample: which part
    :return: a line per claim and comparison, with the horizon whose p is smallest. Supported or
        contradicted: q is at most ALPHA at a horizon, with or against the claim
    """
    held = table[(table["family"] == CLAIM) & (table["sample"] == sample)]
    lines = []
    for _, part in held.groupby(["column", "bucket", "side", "comparison"], sort=False):
        tested = part["p"].notna().any()
        nearest = part.sort_values("p").iloc[0]  # NaN last
        lines.append(nearest.to_dict() | {"verdict": _verdict(part) if tested else TOO_FEW})
    return pd.DataFrame(lines)


def _verdict(part: pd.DataFrame) -> str:
    sure = part[part["q"] <= ALPHA]
    signs = set(np.sign(sure["excess"] * sure["claim"]))
    if not signs:
        return NOTHING
    if len(signs) > 1:
        return MIXED
    return SUPPORTED if 1.0 in signs else CONTRADICTED
