"""The evidence report: one or more sets of data, each with its event study and trade study."""

import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from vectra_freqtrade.report.evidence.prepared import DRAWS, IN, OUT, PairRows, Prepared
from vectra_freqtrade.report.evidence.shuffle import SHUFFLES, shuffled_states
from vectra_freqtrade.report.evidence.study import (
    CONTRADICTED,
    MIXED,
    NOTHING,
    SUPPORTED,
    TOO_FEW,
    event_study,
    verdicts,
)
from vectra_freqtrade.report.evidence.trades import contrasts, summaries
from vectra_freqtrade.settings.section import CoinglassSettings
from vectra_freqtrade.version import package_version

logger = logging.getLogger(__name__)

SEED = 7


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one set of data says; trades and contrasts are empty without a trade study."""

    name: str
    facts: dict[str, Any]
    table: pd.DataFrame
    verdicts: pd.DataFrame
    shuffles: pd.DataFrame
    trades: pd.DataFrame
    contrasts: pd.DataFrame
    runs: Mapping[str, pd.DataFrame]

    @property
    def answer(self) -> str:
        late = self.verdicts[self.verdicts["sample"] == OUT]["verdict"]
        counts = late.value_counts()
        said = ", ".join(
            f"{counts.get(word, 0)} {word}"
            for word in (SUPPORTED, CONTRADICTED, MIXED, NOTHING, TOO_FEW)
            if word != MIXED or MIXED in counts
        )
        return f"Verdicts on {len(late)} out-of-sample comparisons: {said} rows."

    def to_dict(self) -> dict[str, Any]:
        tables = ("verdicts", "shuffles", "trades", "contrasts", "table")
        return {
            "name": self.name,
            "answer": self.answer,
            **self.facts,
            **{
                name: [{k: _plain(v) for k, v in row.items()} for row in records(table)]
                for name, table in ((name, getattr(self, name)) for name in tables)
            },
        }


def gather(
    name: str,
    pairs: Mapping[str, PairRows],
    settings: CoinglassSettings,
    intervals: Sequence[str],
    *,
    seed: int = SEED,
    split: pd.Timestamp | None = None,
    runs: Mapping[str, pd.DataFrame] | None = None,
) -> Evidence:
    """Everything on one set of data; pairs without rows are left out."""
    held = {pair: rows for pair, rows in pairs.items() if not rows.rows.empty}
    prepared = Prepared(held, settings, intervals, seed=seed, split=split)
    table = event_study(prepared)
    found = pd.concat([verdicts(table, IN), verdicts(table, OUT)], ignore_index=True)
    runs = runs or {}
    facts = {
        "pairs": list(held),
        "intervals": list(intervals),
        "datasets": list(settings.datasets),
        "bands": settings.bands.model_dump(),
        "first": f"{prepared.first:%Y-%m-%d}",
        "last": f"{prepared.last:%Y-%m-%d}",
        "split": f"{prepared.split:%Y-%m-%d}",
        "rows": {pair: len(rows.rows) for pair, rows in held.items()},
        "horizons": list(prepared.horizons),
        "block_rows": prepared.block_rows,
        "comparisons": _comparisons(table),
        "states": _states(prepared),
    }
    return Evidence(
        name,
        facts,
        table,
        found,
        shuffled_states(prepared),
        summaries(runs, prepared.split) if runs else pd.DataFrame(),
        contrasts(runs, prepared.split, seed) if runs else pd.DataFrame(),
        runs,
    )


def _comparisons(table: pd.DataFrame) -> list[dict[str, Any]]:
    """How many were made, and how many would pass without and did pass with the correction."""
    return [
        {
            "family": family,
            "sample": sample,
            "tested": int(part["p"].notna().sum()),
            "too_few": int(part["p"].isna().sum()),
            "p_below_5_percent": int((part["p"] <= 0.05).sum()),
            "q_below_5_percent": int((part["q"] <= 0.05).sum()),
        }
        for (family, sample), part in table.groupby(["family", "sample"])
    ]


def _states(prepared: Prepared) -> dict[str, float]:
    column = f"cg_state_{prepared.intervals[0]}"
    held = [frame[column] for frame in prepared.frames.values() if column in frame]
    if not held:
        return {}
    shares = pd.concat(held).value_counts(normalize=True)
    return {str(state): round(float(share), 4) for state, share in shares.items()}


def report_dict(sets: Sequence[Evidence], seed: int) -> dict[str, Any]:
    """Everything that the page shows, as JSON holds it."""
    return {
        "vectra_freqtrade": package_version(),
        "seed": seed,
        "bootstrap_samples": DRAWS,
        "shuffles": SHUFFLES,
        "sets": [each.to_dict() for each in sets],
    }


def write_json(
    sets: Sequence[Evidence], seed: int, path: Path, more: Mapping[str, Any] | None = None
) -> None:
    """`more` holds other parts of the report; NaN is null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = report_dict(sets, seed) | dict(more or {})
    text = json.dumps(told, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table."""
    return [
        {str(name): value for name, value in row.items()} for row in table.to_dict(orient="records")
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.6g}")
    return value
