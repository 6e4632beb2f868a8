"""
The page of the docs about CoinGlass's plans, made of the catalogue and the limits alone.

    python -m tests.docs.plans_page docs/plans.md
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from vectra_freqtrade.catalogue.datasets import DATASETS, ROW_LIMIT, Dataset, Kind, Scope
from vectra_freqtrade.catalogue.offers import Load, unavailable_reason
from vectra_freqtrade.catalogue.plans import (
    MIN_INTERVALS,
    RATES,
    TIERS,
    Plan,
    auto_intervals,
    depth,
)
from vectra_freqtrade.coinglass.account.plan import request_load
from vectra_freqtrade.settings.section import DEFAULT_DATASETS, CoinglassSettings

_HEAD = """\
# Plans

<!-- Made by `python -m tests.docs.plans_page docs/plans.md`; edit plans.py or datasets.py
instead. -->

`vectra-freqtrade plan` shows what your key gives you. You never have to enter your plan: it is read
from the account's subscription, or from the limit header of any answer. `coinglass.plan` overrides
that. If CoinGlass refuses something anyway, that endpoint and interval is not asked for again for a
day, or until the plan changes, by any command or bot that shares the store and the key.

## Without a plan

Without a plan the tier is FREE and everything still runs: every column exists, and columns without
data have no opinion. On futures, open interest and funding then come from the exchange's own
candles, if it has them: from one venue instead of the sum over all, as far back as the exchange
keeps them, and known one interval later.

```bash
freqtrade download-data --timeframes 1h 4h --candle-types open_interest funding_rate --days 30
```

A key without a plan, or with an expired one, is treated the same. A backtest sends no requests: it
goes by what CoinGlass last said about the key to any command or bot with the same store. So run
`vectra-freqtrade plan` once after your plan has changed.

The figures below are from CoinGlass's own tables as of 2026. What its answers say takes precedence.
"""

_SCOPES = {
    Scope.COIN: "each coin",
    Scope.PAIR: "each instrument of one venue",
    Scope.MARKET: "all pairs together",
}
_KINDS = {
    Kind.INTERVAL: "each interval in use",
    Kind.DAILY: "a day",
    Kind.ORDERS: "orders, each with start and end",
    Kind.LEVELS: "a snapshot of now, no history",
}
_PAID = tuple(RATES)
_HISTORY = ("1h", "4h", "12h", "1d")
#: Where counting ends.
_MOST_PAIRS = 400


def plans_page() -> str:
    """
    :return: the page, markdown
    """
    return "\n".join([_HEAD, *_limits(), "", *_datasets(), "", *_requests()]) + "\n"


def _limits() -> Iterator[str]:
    yield "## Limits\n"
    history = " | ".join(f"{interval} history" for interval in _HISTORY)
    auto = '`intervals: "auto"`'
    yield f"| plan | tier | requests a minute | shortest interval | {auto} | {history} |"
    yield "|---|---|---|---|---|" + "---|" * len(_HISTORY)
    for plan in _PAID:
        rate = "agreed, in the header" if plan is Plan.ENTERPRISE else str(RATES[plan])
        auto = ", ".join(auto_intervals(plan))
        reach = " | ".join(str(depth(plan, interval) or "none") for interval in _HISTORY)
        shortest = MIN_INTERVALS[plan]
        yield f"| {plan.label} | {TIERS[plan]} | {rate} | {shortest} | {auto} | {reach} |"
    yield "\n*d* is days back from now; *all* goes back to the listing."


def _datasets() -> Iterator[str]:
    yield "## Datasets\n"
    yield "| dataset | smallest plan | one series for | a row for | requests per series and row |"
    yield "|---|---|---|---|---|"
    for dataset in DATASETS.values():
        cells = (
            f"`{dataset.name}`",
            dataset.plan.label,
            _SCOPES[dataset.scope],
            _KINDS[dataset.kind],
            str(dataset.requests),
        )
        yield f"| {' | '.join(cells)} |"
    yield "\nA dataset that your plan lacks is left out, and the log names the plan that has it."


def _requests() -> Iterator[str]:
    delay = CoinglassSettings().delay
    yield "## What a pair costs in requests\n"
    yield (
        f"For the default datasets and intervals, at a moment when all intervals close at once.\n"
        f"The last column is how many pairs of different coins can then be fetched within the\n"
        f"default `delay` of {delay} s.\n"
    )
    yield "| plan | requests for one pair | pairs within the delay |"
    yield "|---|---|---|"
    for plan in _PAID:
        if plan is not Plan.ENTERPRISE:
            yield f"| {plan.label} | {_due(plan, 1, delay)} | {_pairs_within(plan, delay)} |"
    yield (
        f"\nMore pairs need a longer `coinglass.delay`; `vectra-freqtrade plan` says how long. A\n"
        f"download takes one request per endpoint for every {ROW_LIMIT} rows of an interval, and\n"
        f"one for a whole daily history. A coin that several pairs share is fetched once."
    )


def _symbols(plan: Plan, pairs: int) -> list[tuple[str, str]]:
    had = [
        DATASETS[name]
        for name in DEFAULT_DATASETS
        if not unavailable_reason(DATASETS[name], auto_intervals(plan)[0], plan, None)
    ]
    return [(dataset.name, _symbol(dataset, pair)) for dataset in had for pair in range(pairs)]


def _symbol(dataset: Dataset, pair: int) -> str:
    return "BTC" if dataset.scope is Scope.MARKET else f"COIN{pair}"


def _due(plan: Plan, pairs: int, delay: int) -> int:
    return _load(plan, pairs, delay).requests


def _pairs_within(plan: Plan, delay: int) -> int:
    return max(
        pairs for pairs in range(_MOST_PAIRS) if pairs == 0 or _load(plan, pairs, delay).fits
    )


def _load(plan: Plan, pairs: int, delay: int) -> Load:
    return request_load(_symbols(plan, pairs), len(auto_intervals(plan)), RATES[plan], delay)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(plans_page(), encoding="utf-8")
