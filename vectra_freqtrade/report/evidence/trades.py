"""
Trade study: what the CoinGlass gate and the CoinGlass exits did to the same signal.

Four backtests of one strategy, leverage 1, fees and funding in: its own signal with a plain ATR
trail; with the gate; with the CoinGlass exits; with both.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from vectra_freqtrade.report.evidence.bootstrap import (
    BLOCKS_MIN,
    CONFIDENCE,
    adjusted,
    block_weights,
)
from vectra_freqtrade.report.evidence.prepared import ALL, DRAWS, IN, OUT

#: Name -> (gate, CoinGlass exits).
RUNS: dict[str, tuple[bool, bool]] = {
    "signal alone": (False, False),
    "with gate": (True, False),
    "with CG exits": (False, True),
    "with both": (True, True),
}
#: Tags of entries: the signal enters with and without the gate, only without, only with it.
KEPT, HELD_BACK, LIFTED = "kept", "held back", "lifted"

BLOCK = pd.Timedelta(days=7)

Line = dict[str, object]


def trade_table(trades: list[dict[str, object]]) -> pd.DataFrame:
    """Profit and funding as fractions of the stake, after fees and funding."""
    frame = pd.DataFrame(
        trades,
        columns=[
            *("pair", "open_date", "is_short", "profit_ratio", "stake_amount"),
            *("funding_fees", "enter_tag", "exit_reason"),
        ],
    )
    funding = frame["funding_fees"].astype("float64") / frame["stake_amount"].astype("float64")
    return pd.DataFrame(
        {
            "pair": frame["pair"],
            "opened": pd.to_datetime(frame["open_date"], utc=True),
            "short": frame["is_short"].astype(bool),
            "profit": frame["profit_ratio"].astype("float64"),
            "funding": funding,
            "tag": frame["enter_tag"],
            "exit": frame["exit_reason"],
        }
    )


def summaries(runs: Mapping[str, pd.DataFrame], split: pd.Timestamp) -> pd.DataFrame:
    """A line per run and part of the time."""
    lines = []
    for name, trades in runs.items():
        for sample, part in _parts(trades, split).items():
            lines.append(
                {
                    "run": name,
                    "sample": sample,
                    "trades": len(part),
                    "short": float(part["short"].mean()) if len(part) else np.nan,
                    "won": float((part["profit"] > 0).mean()) if len(part) else np.nan,
                    "mean": float(part["profit"].mean()) if len(part) else np.nan,
                    "total": float(part["profit"].sum()),
                    "funding": float(part["funding"].sum()),
                }
            )
    return pd.DataFrame(lines)


def contrasts(runs: Mapping[str, pd.DataFrame], split: pd.Timestamp, seed: int) -> pd.DataFrame:
    """
    :param runs: name -> trades, the four of RUNS
    :param split: first instant out-of-sample
    :param seed: of the bootstrap
    :return: differences of mean profit per trade with intervals over blocks of a week. Gate: of the
        ungated run's entries, those it would keep less those it would hold back, and in the gated
        run those it lifted less those it kept. Exits: the same entry with CoinGlass exits less
        without, where both runs have it
    """
    alone, gated = runs["signal alone"], runs["with gate"]
    pairs = [
        ("gate: kept less held back", _tagged(alone, KEPT), _tagged(alone, HELD_BACK)),
        ("gate: lifted less kept", _tagged(gated, LIFTED), _tagged(gated, KEPT)),
        ("exits: same entries, with less without", _matched(alone, runs["with CG exits"]), None),
    ]
    lines = []
    for name, group, other in pairs:
        groups = [group] if other is None else [group, other]
        for sample in (IN, OUT, ALL):
            parts = [_parts(trades, split)[sample] for trades in groups]
            numbers = {"contrast": name, "sample": sample, "trades": len(parts[0])}
            numbers["others"] = len(parts[1]) if len(parts) > 1 else 0
            lines.append(numbers | _difference(parts, np.random.default_rng(seed)))
    table = pd.DataFrame(lines)
    table["q"] = np.nan
    for _, part in table.groupby("sample"):
        table.loc[part.index, "q"] = adjusted(part["p"].to_numpy())
    return table


def _parts(trades: pd.DataFrame, split: pd.Timestamp) -> dict[str, pd.DataFrame]:
    late = trades["opened"] >= split
    return {IN: trades[~late], OUT: trades[late], ALL: trades}


def _tagged(trades: pd.DataFrame, tag: str) -> pd.DataFrame:
    return trades[trades["tag"] == tag]


def _matched(without: pd.DataFrame, having: pd.DataFrame) -> pd.DataFrame:
    keys = ["pair", "opened", "short"]
    both = without.merge(having, on=keys, suffixes=("_without", "_with"))
    return both[keys].assign(profit=both["profit_with"] - both["profit_without"])


def _difference(groups: list[pd.DataFrame], rng: np.random.Generator) -> Line:
    """Mean profit of the first group less that of the second, if there is one."""
    empty: Line = {"difference": np.nan, "low": np.nan, "high": np.nan, "p": np.nan}
    if any(group.empty for group in groups):
        return empty
    observed = [group["profit"].mean() for group in groups]
    difference = float(observed[0] - sum(observed[1:]))
    weeks = [group["opened"].dt.floor(BLOCK) for group in groups]
    blocks = {week: number for number, week in enumerate(sorted(set(pd.concat(weeks))))}
    fewest = min(week.nunique() for week in weeks)
    if fewest < BLOCKS_MIN:
        return empty | {"difference": difference}
    weights = block_weights(len(blocks), DRAWS, rng)
    drawn = []
    for group, week in zip(groups, weeks, strict=True):
        place = week.map(blocks).to_numpy()
        sums = np.bincount(place, group["profit"], len(blocks))
        counts = np.bincount(place, minlength=len(blocks))
        number = weights @ counts
        drawn.append(np.where(number > 0, weights @ sums / np.maximum(number, 1), np.nan))
    deviation = float(np.nanstd(drawn[0] - sum(drawn[1:]), ddof=1))
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, fewest - 1)) * deviation
    p = float(2 * stats.t.sf(abs(difference) / deviation, fewest - 1)) if deviation else np.nan
    return {
        "difference": difference,
        "low": difference - reach,
        "high": difference + reach,
        "p": p,
    }
