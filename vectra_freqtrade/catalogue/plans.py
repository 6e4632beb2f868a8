"""
What each CoinGlass plan allows, as data. No HTTP client is imported here.

Figures: CoinGlass's plan page and interval tables as of 2026; the answers' own headers and
refusals come before them (see `vectra_freqtrade.coinglass.account.plan`).
"""

from dataclasses import dataclass
from enum import StrEnum

from vectra_freqtrade.catalogue.intervals import AUTO_INTERVALS, INTERVALS


class Plan(StrEnum):
    """CoinGlass's plans, smallest first. FREE is no key, or a key without a plan."""

    FREE = "free"
    HOBBYIST = "hobbyist"
    STARTUP = "startup"
    STANDARD = "standard"
    PROFESSIONAL = "professional"
    ENTERPRISE = "enterprise"

    @property
    def rank(self) -> int:
        return list(Plan).index(self)

    @property
    def label(self) -> str:
        return self.value.capitalize()


class Tier(StrEnum):
    """VECTRA's words for what a user gets."""

    FREE = "FREE"
    BASIC = "BASIC"
    PRO = "PRO"


TIERS: dict[Plan, Tier] = {
    Plan.FREE: Tier.FREE,
    Plan.HOBBYIST: Tier.BASIC,
    Plan.STARTUP: Tier.BASIC,
    Plan.STANDARD: Tier.PRO,
    Plan.PROFESSIONAL: Tier.PRO,
    Plan.ENTERPRISE: Tier.PRO,
}

#: Requests per minute while nothing is known: the smallest plan's.
UNKNOWN_RATE = 30

#: Requests per minute. Enterprise's is agreed one by one; the header gives it.
RATES: dict[Plan, int] = {
    Plan.HOBBYIST: 30,
    Plan.STARTUP: 80,
    Plan.STANDARD: 300,
    Plan.PROFESSIONAL: 1200,
    Plan.ENTERPRISE: 1200,
}

#: USD a month, from CoinGlass's price page as last seen then. Enterprise's is agreed one by one.
PRICES: dict[Plan, int] = {
    Plan.HOBBYIST: 29,
    Plan.STARTUP: 79,
    Plan.STANDARD: 299,
    Plan.PROFESSIONAL: 699,
}
PRICES_SEEN = "2026-09"

MIN_INTERVALS: dict[Plan, str] = {
    Plan.HOBBYIST: "4h",
    Plan.STARTUP: "30m",
    Plan.STANDARD: "1m",
    Plan.PROFESSIONAL: "1m",
    Plan.ENTERPRISE: "1m",
}

_FOUR_COLUMNS = (Plan.HOBBYIST, Plan.STARTUP, Plan.STANDARD, Plan.PROFESSIONAL)
#: Days of history; 0 is none. A daily row reaches back to the listing under every plan.
_DAYS: dict[str, tuple[int, int, int, int]] = {
    "1m": (0, 0, 6, 12),
    "3m": (0, 0, 20, 40),
    "5m": (0, 0, 30, 60),
    "15m": (0, 0, 90, 180),
    "30m": (0, 90, 180, 360),
    "1h": (0, 180, 360, 720),
    "2h": (0, 180, 360, 720),
    "4h": (180, 180, 360, 720),
    "6h": (360, 360, 360, 720),
    "8h": (360, 360, 360, 720),
    "12h": (360, 360, 360, 720),
}


@dataclass(frozen=True, slots=True)
class Depth:
    """Days of history; None is back to the listing."""

    days: int | None

    def __str__(self) -> str:
        return "all" if self.days is None else f"{self.days} d"


def depth(plan: Plan, interval: str) -> Depth | None:
    """How far back a plan's history of an interval reaches, None where it does not have it."""
    if plan is Plan.FREE:
        return None
    if interval == "1d" or plan is Plan.ENTERPRISE:
        return Depth(None)
    days = _DAYS[interval][_FOUR_COLUMNS.index(plan)]
    return Depth(days) if days else None


def allows_interval(plan: Plan, interval: str) -> bool:
    least = MIN_INTERVALS.get(plan)
    return least is not None and INTERVALS[interval] >= INTERVALS[least]


def smallest_plan_for(interval: str) -> Plan:
    return next(plan for plan in Plan if allows_interval(plan, interval))


def auto_intervals(plan: Plan) -> tuple[str, ...]:
    """`intervals: "auto"`: the two shortest of AUTO_INTERVALS that the plan allows."""
    return tuple(name for name in AUTO_INTERVALS if allows_interval(plan, name))[:2]


def plan_of_rate(per_minute: int) -> Plan:
    """
    The plan that a limit header (API-KEY-MAX-LIMIT, requests a minute) stands for: the largest
    whose rate it reaches; the sources' tables differ on some. Who has a limit has a plan.
    """
    if per_minute > RATES[Plan.PROFESSIONAL]:
        return Plan.ENTERPRISE
    reached = [plan for plan in _FOUR_COLUMNS if RATES[plan] <= per_minute]
    return reached[-1] if reached else Plan.HOBBYIST
