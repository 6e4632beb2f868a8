"""
Which plan a key has, and what follows from it for each dataset.

The plan is detected: the account's subscription, else the limit header of any answer; what is
refused in spite of it is remembered per endpoint and interval for a day, then asked for again.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from vectra_freqtrade.coinglass.catalogue import DATASETS, Dataset, Kind
from vectra_freqtrade.coinglass.limits import (
    RATES,
    TIERS,
    Plan,
    Tier,
    allows_interval,
    depth,
    plan_of_rate,
    smallest_plan_for,
)
from vectra_freqtrade.coinglass.numbers import millis
from vectra_freqtrade.coinglass.remembered import Remembered
from vectra_freqtrade.errors import AuthError, PlanError, VectraError
from vectra_freqtrade.intervals import INTERVALS
from vectra_freqtrade.times import from_ms

logger = logging.getLogger(__name__)

SUBSCRIPTION: Final = "/api/user/account/subscription"
#: In every plan, and small.
SMOKE: Final = "/api/futures/supported-coins"
#: Asked whatever was refused before: they tell the plan.
TELL_PLAN: Final = frozenset({SUBSCRIPTION, SMOKE})


@dataclass(frozen=True, slots=True)
class PlanStatus:
    """
    :param plan: FREE for no key and for a key without a plan
    :param source: how we know: "setting", "subscription", "limit header" or "no key"
    :param rate: requests per minute; 0 for FREE
    :param expires: end of the subscription, where the account says
    """

    plan: Plan
    source: str
    rate: int
    expires: datetime | None = None

    @property
    def tier(self) -> Tier:
        return TIERS[self.plan]


def detect(get: Callable[[str], Any], limit: Callable[[], int | None]) -> PlanStatus:
    """
    Ask the account for its plan.

    :param get: path → data of the answer
    :param limit: requests per minute if a header gave them
    :raises AuthError: where the key is not accepted
    :raises TransientError: where CoinGlass can't be reached
    """
    try:
        data = get(SUBSCRIPTION)
    except AuthError:
        raise
    except VectraError:
        # Some keys get a 404 here; one without a plan gets "Upgrade plan", here as everywhere.
        return _by_header(get, limit)
    data = data[0] if isinstance(data, list) and data else data
    level = str(data.get("level", "")).lower() if isinstance(data, dict) else ""
    if level not in set(Plan):
        return _by_header(get, limit)
    plan, expires = Plan(level), _expiry(data.get("expire_time"))
    if data.get("expired") is True:
        return PlanStatus(Plan.FREE, "subscription", 0, expires)
    return PlanStatus(plan, "subscription", limit() or RATES.get(plan, 0), expires)


def _by_header(get: Callable[[str], Any], limit: Callable[[], int | None]) -> PlanStatus:
    try:
        get(SMOKE)
    except PlanError:
        return PlanStatus(Plan.FREE, "refusal", 0)
    rate = limit()
    if rate is None:
        # It answers, so there is a plan; what it lacks will be refused and remembered.
        return PlanStatus(Plan.HOBBYIST, "no limit header", RATES[Plan.HOBBYIST])
    return PlanStatus(plan_of_rate(rate), "limit header", rate)


def _expiry(stamp: object) -> datetime | None:
    try:
        return from_ms(millis(stamp))
    except (VectraError, OverflowError, OSError, ValueError):
        return None


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


def why_not(dataset: Dataset, interval: str, plan: Plan, refusals: Remembered | None) -> str:
    """
    :param dataset: of the catalogue
    :param interval: of the series
    :param plan: detected
    :param refusals: learnt
    :return: "" where it can be fetched, else a sentence that names the plan that has it
    """
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
    refusals: Remembered | None = None,
    catalogue: Mapping[str, Dataset] = DATASETS,
) -> list[Offer]:
    """
    The table that `vectra-freqtrade plan` shows.

    :param plan: detected
    :param selected: datasets of the settings
    :param intervals: in use
    :param refusals: learnt
    :param catalogue: of the settings
    """
    wanted = set(selected)
    return [
        _offer(each, plan, each.name in wanted, intervals, refusals) for each in catalogue.values()
    ]


def _offer(
    dataset: Dataset,
    plan: Plan,
    selected: bool,
    intervals: Sequence[str],
    refusals: Remembered | None,
) -> Offer:
    by_interval = dataset.kind is Kind.INTERVAL
    asked = list(intervals) if by_interval else ["1d"]
    reasons = {interval: why_not(dataset, interval, plan, refusals) for interval in asked}
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
    """
    What is due at the moment when all intervals close at once.

    :param requests: how many
    :param seconds: how long they take at the key's rate
    :param delay: the `delay` setting
    """

    requests: int
    seconds: float
    delay: int

    @property
    def fits(self) -> bool:
        """Every row is fetched within the delay, counted from when it may be asked for."""
        return self.seconds <= self.delay

    def advice(self) -> str:
        """A sentence for where it doesn't fit, "" where it does."""
        if self.fits:
            return ""
        wanted = int(-(-self.seconds // 10) * 10)
        return (
            f"When all intervals close at once {self.requests} requests are due, which takes "
            f"{self.seconds:.0f} s at this key's rate; the delay is {self.delay} s. Set "
            f"coinglass.delay to {wanted} (or fewer pairs, datasets or intervals), else the last "
            "rows come late in live trading."
        )


def _by_one_name(dataset: Dataset, symbol: str) -> int:
    return dataset.requests


def request_load(
    symbols: Iterable[tuple[str, str]],
    intervals: int,
    rate: int,
    delay: int,
    catalogue: Mapping[str, Dataset] = DATASETS,
    requests_of: Callable[[Dataset, str], int] = _by_one_name,
) -> Load:
    """
    :param symbols: dataset and symbol of each series of the pair list; a series is fetched once,
        however many pairs share it
    :param intervals: how many are in use
    :param rate: requests per minute
    :param delay: the setting
    :param catalogue: of the settings
    :param requests_of: how many one look at a series takes: a coin that CoinGlass lists under
        several names is asked for under each
    """
    requests = 0
    for name, symbol in set(symbols):
        dataset = catalogue[name]
        each = requests_of(dataset, symbol)
        requests += each * (intervals if dataset.kind is Kind.INTERVAL else 1)
    # Answers take a second or two as well; the last one must be in.
    seconds = requests / rate * 60.0 + 2.0 if rate and requests else 0.0
    return Load(requests, seconds, delay)
