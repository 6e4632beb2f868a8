"""
Which plan a key has, and what follows from it for each dataset.

The plan is detected: the account's subscription, else the limit header of any answer; what is
refused in spite of it is remembered per endpoint and interval for a day, then asked for again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from vectra_freqtrade.catalogue.datasets import DATASETS, Dataset, Kind
from vectra_freqtrade.catalogue.offers import Load
from vectra_freqtrade.catalogue.plans import RATES, TIERS, Plan, Tier, plan_of_rate
from vectra_freqtrade.coinglass.answers.numbers import millis
from vectra_freqtrade.errors import AuthError, PlanError, VectraError
from vectra_freqtrade.times import from_ms

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


def request_load(
    symbols: Iterable[tuple[str, str]],
    intervals: int,
    rate: int,
    delay: int,
    catalogue: Mapping[str, Dataset] = DATASETS,
    requests_of: Callable[[Dataset, str], int] = lambda dataset, _: dataset.requests,
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
