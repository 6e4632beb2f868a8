"""The key, its plan, its rate, the clock: what CoinGlass told, or told last."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from vectra_freqtrade.catalogue.datasets import DATASETS, Kind
from vectra_freqtrade.catalogue.offers import Load, Offer
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.cli.doctor.finding import Finding, Level, ago, ok, problem, some, warning
from vectra_freqtrade.coinglass.account.key import VARIABLE
from vectra_freqtrade.coinglass.account.key_state import KnownPlan
from vectra_freqtrade.coinglass.account.plan import PlanStatus

#: A subscription that ends sooner is worth a word.
_SOON: Final = timedelta(days=7)
#: Seconds a clock may be off; a Date header tells whole ones, and answers take a while.
_SKEW, _BAD_SKEW = 5.0, 60.0
_READABLE_BY_OTHERS: Final = 0o077
#: Named by coinglass.levels_source alone.
_PICTURES: Final = {name for name, spec in DATASETS.items() if spec.kind is Kind.LEVELS}


def key_place(in_environment: bool, path: Path | None, mode: int | None) -> Finding:
    """`mode` are the permissions of `api_key_file`, None where there is none to look at."""
    if in_environment:
        also = " (coinglass.api_key_file is ignored)" if path is not None else ""
        return ok("key", f"in the environment variable {VARIABLE}{also}")
    if path is None:
        return warning(
            "key",
            "none: CoinGlass gives nothing without one, the tier is FREE",
            f"set {VARIABLE}, or coinglass.api_key_file",
        )
    if mode is not None and mode & _READABLE_BY_OTHERS:
        return warning(
            "key", f"in {path}, which other users of this machine can read", f"chmod 600 {path}"
        )
    return ok("key", f"in {path}")


def consumer(producer: str, key: Finding) -> Finding:
    """What is said of the key of a bot that reads a producer's columns: it needs none to run."""
    if key.level is Level.OK:
        return key
    if key.level is Level.WARNING and key.fix.startswith("chmod"):
        return key
    text = f"none, and a running bot needs none: its columns come from the producer {producer}"
    if key.level is Level.PROBLEM:
        return warning("key", f"{text}. But {key.text}", "take api_key_file out")
    return ok("key", text)


def plan(status: PlanStatus, setting: str, now: datetime) -> list[Finding]:
    """What CoinGlass told, against the `coinglass.plan` of the settings."""
    if status.plan is Plan.FREE:
        ended = f" (it ended {status.expires:%Y-%m-%d})" if status.expires else ""
        text = f"the key is accepted, but has no plan{ended}: CoinGlass answers nothing"
        return [problem("plan", text, "renew the plan at CoinGlass")]
    text = f"{status.plan.label} (tier {status.tier}, by {status.source})"
    level, fix = Level.OK, ""
    if status.expires is not None:
        text += f", until {status.expires:%Y-%m-%d}"
        if status.expires - now < _SOON:
            level, fix = Level.WARNING, "renew it: after that the columns go empty"
    found = [Finding("plan", level, text, fix)]
    if setting not in ("auto", status.plan.value):
        found.append(
            warning(
                "plan",
                f'coinglass.plan says "{setting}", CoinGlass says {status.plan.label}',
                'set coinglass.plan to "auto", or leave it out',
            )
        )
    return found


def last_told(told: KnownPlan | None, now: datetime) -> Finding:
    """The plan where nobody is asked."""
    if told is None:
        return warning("plan", "not known yet: CoinGlass was not asked", "vectra-freqtrade plan")
    text = f"{told.plan.label}, as CoinGlass said {ago(told.at, now)}"
    if told.plan is Plan.FREE:
        return problem("plan", f"none: {text}", "vectra-freqtrade plan asks again")
    if told.expires is not None and told.expires < now:
        return warning(
            "plan",
            f"{text}; it was to end {told.expires:%Y-%m-%d}",
            "vectra-freqtrade plan asks again",
        )
    return ok("plan", text)


def rate(due: Load, per_minute: int) -> Finding:
    """When all intervals close at once."""
    text = (
        f"{per_minute} requests a minute; {due.requests} are due when all intervals close at once"
    )
    if due.fits:
        return ok("rate", f"{text}, which fits into the delay of {due.delay} s")
    return warning("rate", f"{text}, more than fit", due.advice())


def clock(ahead: float | None) -> Finding:
    """By how many seconds this machine's is ahead of CoinGlass's; None for unknown."""
    if ahead is None:
        return ok("clock", "CoinGlass sent no date to compare with")
    off = abs(ahead)
    if off <= _SKEW:
        return ok("clock", f"within {_SKEW:.0f} s of CoinGlass's")
    level = Level.PROBLEM if off > _BAD_SKEW else Level.WARNING
    word = "ahead of" if ahead > 0 else "behind"
    return Finding(
        "clock",
        level,
        f"this machine's clock is {off:.0f} s {word} CoinGlass's; what may be known when depends "
        "on it",
        "let the system set its clock by the network (NTP)",
    )


def datasets(offers: Iterable[Offer], selected: Iterable[str], named: bool) -> list[Finding]:
    """`named` where the config names them; of the defaults a plan may lack some."""
    wanted = set(selected)
    offered = [offer for offer in offers if offer.dataset in wanted]
    on = [offer.dataset for offer in offered if offer.on]
    found = [ok("plan", f"datasets on: {', '.join(on) or 'none'}")] if on else []
    for offer in offered:
        if not offer.why:
            continue
        part = "in part" if offer.on else "off"
        text = f"{offer.dataset} is {part}: {offer.why}; its columns hold no opinion there"
        fix = f"take it out of coinglass.datasets, or use {_cure(offer)}" if named else ""
        if offer.dataset in _PICTURES:
            fix = f'set coinglass.levels_source to "estimate", or use {_cure(offer)}'
        found.append(Finding("plan", Level.WARNING if fix else Level.OK, text, fix))
    return found


def _cure(offer: Offer) -> str:
    if offer.on:  # on one interval and not on the other
        return 'coinglass.intervals "auto"'
    return "a plan that has it"


def pairs(unknown: Iterable[tuple[str, str]]) -> list[Finding]:
    """Of series that CoinGlass does not list."""
    by_symbol: dict[str, list[str]] = {}
    for dataset, symbol in unknown:
        by_symbol.setdefault(symbol, []).append(dataset)
    return [
        warning(
            "pairs", f"CoinGlass has no {symbol}: {some(names)} stay empty, the pair trades without"
        )
        for symbol, names in by_symbol.items()
    ]
