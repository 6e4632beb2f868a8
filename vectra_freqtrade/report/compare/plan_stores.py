"""The store as each plan would have it: datasets, intervals and depth of history."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from vectra_freqtrade.catalogue.datasets import Kind
from vectra_freqtrade.catalogue.intervals import AUTO_INTERVALS
from vectra_freqtrade.catalogue.offers import unavailable_reason
from vectra_freqtrade.catalogue.plans import Plan, allows_interval, auto_intervals, depth
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.store import Store
from vectra_freqtrade.settings.section import CoinglassSettings

#: Those with a price.
PLANS = (Plan.HOBBYIST, Plan.STARTUP, Plan.STANDARD, Plan.PROFESSIONAL)


@dataclass(frozen=True, slots=True)
class PlanStore:
    """
    :param plan: whose
    :param off: datasets that it lacks, as far as the settings use them
    :param intervals: that it has, of those in use
    :param lacking: that a bot would use under it, and the store does not hold
    :param days: of history at the shortest of them; None for all
    :param root: of the store; None where it is the user's own, whole
    :param problem: why there is nothing to run, "" where there is
    """

    plan: Plan
    off: tuple[str, ...]
    intervals: tuple[str, ...]
    lacking: tuple[str, ...] = ()
    days: int | None = None
    root: Path | None = None
    problem: str = ""


def needed_plan(settings: CoinglassSettings, intervals: Sequence[str]) -> Plan:
    """
    :param settings: datasets; a plan that they name is believed
    :param intervals: in use
    :return: the smallest plan that has all of it
    """
    if settings.plan != "auto":
        return Plan(settings.plan)
    asked = [
        (settings.catalogue[name], interval)
        for name in (*settings.all_datasets, *settings.snapshots)
        for interval in intervals
    ]
    return next(
        plan
        for plan in PLANS
        if plan is PLANS[-1] or not any(unavailable_reason(*each, plan, None) for each in asked)
    )


def as_plan_has_it(
    plan: Plan,
    settings: CoinglassSettings,
    store: Store,
    intervals: Sequence[str],
    last: pd.Timestamp,
    root: Path,
) -> PlanStore:
    """
    :param plan: that is looked at
    :param settings: datasets and intervals
    :param store: the user's
    :param intervals: in use in the user's own run
    :param last: end of the backtest, from which history is counted back
    :param root: a store is made there unless the plan has all that the user's holds
    """
    catalogue = settings.catalogue
    off = tuple(name for name in settings.all_datasets if plan.rank < catalogue[name].plan.rank)
    used = [name for name in settings.all_datasets if name not in off]
    held = [series for series in store.series() if series.dataset in used]
    chosen = _intervals(plan, settings, held, intervals)
    if not chosen:
        wanted = [name for name in intervals if allows_interval(plan, name)]
        wanted = wanted or list(auto_intervals(plan))
        return PlanStore(plan, off, (), problem=_not_held(plan, settings, wanted))
    auto = auto_intervals(plan) if settings.intervals == "auto" else ()
    lacking = tuple(name for name in auto if name not in chosen)
    reach = depth(plan, chosen[0])
    days = reach.days if reach else None
    found = [series for series in held if series.interval in chosen or _whole(series)]
    cut = {series: _first(plan, series, last) for series in found}
    rows = {series: (store.read(series), first) for series, first in cut.items()}
    same = tuple(chosen) == tuple(intervals) and not off
    if same and all(_kept(*each) is each[0] for each in rows.values()):
        return PlanStore(plan, off, chosen, lacking, days)
    made = Store(root)
    for series, (frame, first) in rows.items():
        kept = _kept(frame, first)
        if kept is not None and not kept.empty:
            made.add(series, kept, made_of=store.made_of(series))
    for name in {"large_orders", *settings.snapshots} - set(off):
        if (store.root / name).is_dir():
            shutil.copytree(store.root / name, root / name)
    if store.state_dir.is_dir():
        shutil.copytree(store.state_dir, made.state_dir, dirs_exist_ok=True)
    return PlanStore(plan, off, chosen, lacking, days, root)


def _intervals(
    plan: Plan, settings: CoinglassSettings, held: Sequence[Series], intervals: Sequence[str]
) -> tuple[str, ...]:
    """With "auto" a bot takes the plan's two shortest; named ones are empty where it lacks them."""
    if settings.intervals != "auto":
        return tuple(name for name in intervals if allows_interval(plan, name))
    there = {series.interval for series in held}
    return tuple(name for name in AUTO_INTERVALS if name in auto_intervals(plan) and name in there)


def _not_held(plan: Plan, settings: CoinglassSettings, wanted: Sequence[str]) -> str:
    if settings.intervals != "auto":
        return (
            f"{plan.label} has none of the intervals {' and '.join(settings.intervals)} that "
            "coinglass.intervals names, so all columns would be empty."
        )
    return (
        f"the store holds nothing at {' or '.join(wanted)}, which {plan.label} would use. Fetch it "
        f"with: vectra-freqtrade download-data -i {' '.join(wanted)}"
    )


def _whole(series: Series) -> bool:
    return series.spec.kind is Kind.DAILY


def _first(plan: Plan, series: Series, last: pd.Timestamp) -> pd.Timestamp | None:
    """From when on a download under the plan would have had rows."""
    reach = None if _whole(series) else depth(plan, series.interval)
    if reach is None or reach.days is None:
        return None
    return last - pd.Timedelta(days=reach.days)


def _kept(rows: pd.DataFrame | None, first: pd.Timestamp | None) -> pd.DataFrame | None:
    """What a bot recorded itself stays, whatever its plan could have downloaded."""
    if rows is None or first is None:
        return rows
    old = (rows["time"] < first) & rows["first_seen"].isna()
    return rows[~old].reset_index(drop=True) if old.any() else rows
