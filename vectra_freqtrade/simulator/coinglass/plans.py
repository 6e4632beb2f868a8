"""CoinGlass's plans as the loopback server enforces them: rate, intervals, history depth."""

from dataclasses import dataclass

from vectra_freqtrade.simulator.market.intervals import INTERVALS


@dataclass(frozen=True)
class Plan:
    """One plan.

    :param per_minute: requests allowed per minute
    :param smallest: smallest interval in seconds
    :param days: how far back each interval reaches; an interval not listed is unlimited
    """

    name: str
    per_minute: int
    smallest: int
    days: dict[str, int]

    def includes(self, smallest: str) -> bool:
        """Whether the plan may ask for what `smallest` is the smallest plan for."""
        return ORDER.index(self.name) >= ORDER.index(smallest)

    def reach(self, interval: str, now: float) -> float:
        """Earliest moment the plan may see of an interval, seconds UTC."""
        days = self.days.get(interval)
        return 0.0 if days is None else now - days * 86400


ORDER = ("none", "hobbyist", "startup", "standard", "professional")
_STANDARD = {
    "1m": 6,
    "3m": 20,
    "5m": 30,
    "15m": 90,
    "30m": 180,
    "1h": 360,
    "2h": 360,
    "4h": 360,
    "6h": 360,
    "8h": 360,
    "12h": 360,
}
_HALF_DAYS = {"6h": 360, "8h": 360, "12h": 360}
NO_PLAN = Plan("none", 0, 0, {})
PLANS: dict[str, Plan] = {
    plan.name: plan
    for plan in (
        NO_PLAN,
        Plan("hobbyist", 30, INTERVALS["4h"], {"4h": 180, **_HALF_DAYS}),
        Plan(
            "startup",
            80,
            INTERVALS["30m"],
            {"30m": 90, "1h": 180, "2h": 180, "4h": 180, **_HALF_DAYS},
        ),
        Plan("standard", 300, 60, _STANDARD),
        Plan("professional", 1200, 60, {name: 2 * days for name, days in _STANDARD.items()}),
    )
}


@dataclass(frozen=True)
class Account:
    """What a key stands for, and until when (seconds UTC); None is in thirty days, always."""

    plan: str = "professional"
    expires: float | None = None

    def expired(self, now: float) -> bool:
        return self.expires is not None and self.expires <= now

    def plan_at(self, now: float) -> Plan:
        """The plan in force; none once the subscription has run out."""
        return NO_PLAN if self.expired(now) else PLANS[self.plan]
