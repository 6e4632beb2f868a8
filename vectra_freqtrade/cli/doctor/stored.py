"""What the store holds against what a pair list needs."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from vectra_freqtrade.catalogue.datasets import Kind
from vectra_freqtrade.catalogue.intervals import interval_ms
from vectra_freqtrade.cli.doctor.finding import Finding, length, ok, problem, some, warning
from vectra_freqtrade.history.holdings import Holding
from vectra_freqtrade.settings.release import Release
from vectra_freqtrade.settings.section import CoinglassSettings

_FETCH: Final = "vectra-freqtrade download-data"
#: Large orders come when they come; for so long none is odd.
_QUIET: Final = timedelta(days=3)

Name = tuple[str, str, str]


def store(
    held: Sequence[Holding],
    needed: Iterable[Name],
    settings: CoinglassSettings,
    place: str,
    fetch: str = _FETCH,
) -> list[Finding]:
    """A finding for each broken file and each dataset; `needed` are the pair list's series."""
    found = [
        problem("store", _line(each.problem), "move the file away, then: " + fetch)
        for each in held
        if each.problem
    ]
    if not held:
        return [warning("store", f"nothing in {place}", fetch)]
    by_name = {(each.dataset, each.symbol, each.interval): each for each in held}
    by_dataset: dict[str, list[Name]] = {}
    for name in needed:
        by_dataset.setdefault(name[0], []).append(name)
    for dataset, names in by_dataset.items():
        found.append(_dataset(dataset, names, by_name, settings, fetch))
    return found


def _dataset(
    dataset: str,
    names: Sequence[Name],
    by_name: dict[Name, Holding],
    settings: CoinglassSettings,
    fetch: str,
) -> Finding:
    if settings.catalogue[dataset].kind is Kind.LEVELS:
        fetch = "vectra-freqtrade record"
    there = [by_name[name] for name in names if name in by_name and not by_name[name].problem]
    full = [each for each in there if each.rows]
    missing = [_label(name) for name in names if name not in by_name]
    missing += [_name(each) for each in there if not each.rows]
    old = [each for each in full if _too_old(each, settings)]
    gaps = [each for each in full if each.gaps]
    late = [each for each in full if each.late]
    counts = ", ".join(
        f"{sum(getattr(each, what) for each in full)} {what}"
        for what in ("rows", "gaps", "late", "recorded", "revisions")
    )
    text = f"{dataset}: {len(full)} of {len(names)} series, {counts}"
    ages = [each.age for each in full if each.age is not None]
    if ages:
        text += f"; newest row opened {length(timedelta(hours=min(ages)))} ago"
    troubles = []
    if missing:
        troubles.append((f"nothing of {some(missing)}", fetch))
    if old:
        worst = max(old, key=lambda each: each.age or 0.0)
        span = length(timedelta(hours=worst.age or 0.0))
        troubles.append((f"too old for a bot: {some(map(_name, old))} ({span})", fetch))
    if gaps:
        asks = f"{fetch} --datasets {dataset} --refresh asks for them again"
        troubles.append((f"gaps in {some(f'{_name(each)} ({each.gaps})' for each in gaps)}", asks))
    if late:
        said = some(f"{_name(each)} ({each.late})" for each in late)
        troubles.append((f"rows that came too late to be used in {said}", ""))
    if not troubles:
        return ok("store", text)
    fix = next((how for _, how in troubles if how), "")
    said = "; ".join(what for what, _ in troubles)
    return warning("store", f"{text}. {said[0].upper()}{said[1:]}", fix)


def _too_old(held: Holding, settings: CoinglassSettings) -> bool:
    """A bot that starts now would find its newest row beyond max_age."""
    spec = settings.catalogue[held.dataset]
    if held.age is None:
        return False
    age = timedelta(hours=held.age)
    if spec.kind is Kind.ORDERS:
        return age > _QUIET
    if spec.kind is Kind.LEVELS:
        return age > timedelta(minutes=settings.max_age_intervals * settings.snapshot_every)
    length = interval_ms(held.interval)
    if held.spacing is not None:
        length = round(held.spacing * 3_600_000)
    lasts = settings.max_age_intervals * timedelta(milliseconds=length)
    return age > Release.of(settings).wait(spec, length) + lasts


def _name(held: Holding) -> str:
    return f"{held.symbol} {held.interval}".strip()


def _label(name: Name) -> str:
    return f"{name[1]} {name[2]}".strip()


def _line(text: str) -> str:
    return " ".join(text.split())
