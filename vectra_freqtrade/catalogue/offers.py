"""What a plan has of each dataset, and what its rate can fetch in time. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vectra_freqtrade.catalogue.datasets import DATASETS, Dataset, Kind
from vectra_freqtrade.catalogue.intervals import INTERVALS
from vectra_freqtrade.catalogue.plans import Plan, Tier, allows_interval, depth, smallest_plan_for
from vectra_freqtrade.errors import PlanError


class Refusals(Protocol):
    """What CoinGlass refused in the last day."""

    def get(self, path: str, interval: str) -> PlanError | None:
        """The refusal of an endpoint, "" for the interval where it has none."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """
    What a plan has of one dataset.

    :param dataset: name
    :param tier: VECTRA's tier that it belongs to
    :param plan: smallest plan that has it
    :param smallest: shortest interval of it under this plan, "" where it has none
    :param depth: how far back, for each interval in use
    :param on: it is fetched, on at least one interval
    :param why: where it is off, or off on an interval
    """

    dataset: str
    tier: Tier
    plan: Plan
    smallest: str
    depth: str
    on: bool
    why: str


def unavailable_reason(
    dataset: Dataset, interval: str, plan: Plan, refusals: Refusals | None
) -> str:
    """Why a dataset can't be fetched, with the plan that has it; "" where it can."""
    needed = dataset.plan
    if dataset.kind is Kind.INTERVAL:
        needed = max(needed, smallest_plan_for(interval), key=lambda each: each.rank)
    if plan.rank < needed.rank:
        what = "" if plan.rank < dataset.plan.rank else f"{interval} "
        return f"{what}needs CoinGlass {needed.label}"
    for endpoint in dataset.endpoints if refusals else ():
        asked = interval if dataset.kind is Kind.INTERVAL else ""
        refused = refusals.get(endpoint.path, asked) if refusals else None
        if refused is not None:
            named = refused.needed_plan
            more = f": it needs {named.capitalize()}" if named else ""
            return f"was refused by CoinGlass in the last 24 h{more}"
    return ""


def offers(
    plan: Plan,
    selected: Iterable[str],
    intervals: Sequence[str],
    refusals: Refusals | None = None,
    catalogue: Mapping[str, Dataset] = DATASETS,
) -> list[Offer]:
    """The table that `vectra-freqtrade plan` shows."""
    wanted = set(selected)
    return [
        _offer(each, plan, each.name in wanted, intervals, refusals) for each in catalogue.values()
    ]


def _offer(
    dataset: Dataset,
    plan: Plan,
    selected: bool,
    intervals: Sequence[str],
    refusals: Refusals | None,
) -> Offer:
    by_interval = dataset.kind is Kind.INTERVAL
    asked = list(intervals) if by_interval else ["1d"]
    reasons = {
        interval: unavailable_reason(dataset, interval, plan, refusals) for interval in asked
    }
    usable = [interval for interval, reason in reasons.items() if not reason]
    why = "; ".join(dict.fromkeys(reason for reason in reasons.values() if reason))
    if usable and not selected:
        why = "not in coinglass.datasets"
        if dataset.kind is Kind.LEVELS:
            why = "kept by `vectra-freqtrade record`"
    shortest = next((name for name in INTERVALS if allows_interval(plan, name)), "")
    has = plan.rank >= dataset.plan.rank
    return Offer(
        dataset.name,
        dataset.tier,
        dataset.plan,
        shortest if by_interval and has else "",
        _depth(dataset, plan, usable) if has else "",
        bool(usable) and selected,
        why,
    )


def _depth(dataset: Dataset, plan: Plan, usable: Sequence[str]) -> str:
    if dataset.kind is Kind.INTERVAL:
        return ", ".join(f"{interval} {depth(plan, interval)}" for interval in usable)
    return {Kind.DAILY: "all", Kind.ORDERS: "unknown", Kind.LEVELS: "none"}[dataset.kind]


@dataclass(frozen=True, slots=True)
class Load:
    """What is due at the moment when all intervals close at once, and the seconds it takes."""

    requests: int
    seconds: float
    delay: int

    @property
    def fits(self) -> bool:
        """Every row is fetched within the delay, counted from when it may be asked for."""
        return self.seconds <= self.delay

    def advice(self) -> str:
        if self.fits:
            return ""
        wanted = int(-(-self.seconds // 10) * 10)
        return (
            f"When all intervals close at once {self.requests} requests are due, which takes "
            f"{self.seconds:.0f} s at this key's rate; the delay is {self.delay} s. Set "
            f"coinglass.delay to {wanted} (or fewer pairs, datasets or intervals), else the last "
            "rows come late in live trading."
        )
