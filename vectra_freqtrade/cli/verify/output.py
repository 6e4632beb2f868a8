"""What `verify` found, for people, for a program, and for a file that others may read."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.cli.options import console, grid
from vectra_freqtrade.coinglass.contract.asking import Asking
from vectra_freqtrade.coinglass.contract.finding import Finding, Outcome
from vectra_freqtrade.coinglass.contract.run import Report
from vectra_freqtrade.coinglass.contract.watch import Advice, Measured, advice
from vectra_freqtrade.coinglass.contract.watching import Watch
from vectra_freqtrade.times import from_ms
from vectra_freqtrade.version import package_version

#: Of a finding about the pair list: they would name it.
_HIDDEN = "a coin of the pair list"


@dataclass(frozen=True, slots=True)
class Shown:
    """
    :param holds: nothing is broken, and everything was answered
    :param json: for a program
    :param for_others: the same without the coins of the pair list
    :param print: to standard output, for people
    """

    holds: bool
    json: str
    for_others: str
    print: Callable[[], None]


def of_look(report: Report, now: datetime) -> Shown:
    found = report.findings
    more = {"requests": report.asked}
    holds = not any(each.outcome is Outcome.BROKEN or _unanswered(each) for each in found)

    def shown() -> None:
        _table(found)
        _deviations(found)
        _untold(found)
        plan = f"CoinGlass {report.plan.label}"
        console().print(f"\n{plan}, {report.asked} requests. {_verdict(found)}", soft_wrap=True)

    return _shown(holds, report.plan, now, found, more, shown)


def announced(watch: Watch) -> str:
    """Said first: until when it runs."""
    intervals = dict.fromkeys(each.interval for each in watch.series)
    return (
        f"Watching {len(watch.series)} series on {', '.join(intervals)}: each interval closes "
        f"twice by {from_ms(watch.ends):%Y-%m-%d %H:%M} UTC. Ctrl-C ends it and shows what it has."
    )


def of_watch(watch: Watch, plan: Plan, asking: Asking, *, stopped: bool) -> Shown:
    found = [*(each for each in asking.found if each.outcome is Outcome.BROKEN)]
    found += watch.findings()
    rows, set_delay = watch.measured(), asking.client.settings.delay
    advised = advice(rows, set_delay)
    more = {
        "stopped": stopped,
        "delay": set_delay,
        "set": asdict(advised),
        "measured": [asdict(each) for each in rows],
        "not_answered": watch.failed,
    }
    holds = not watch.failed and not any(each.outcome is Outcome.BROKEN for each in found)

    def shown() -> None:
        _measured(rows)
        _deviations(found)
        for where, why in watch.failed.items():
            console().print(f"{where}: {why}", markup=False, soft_wrap=True)
        console().print(f"\n{advised_text(advised, rows, set_delay)}", markup=False, soft_wrap=True)
        console().print(_verdict(found), soft_wrap=True)

    return _shown(holds, plan, asking.client.now(), found, more, shown)


def advised_text(advised: Advice, rows: Iterable[Measured], delay: int) -> str:
    """What to set."""
    if all(each.by is None for each in rows):
        said = "No row closed meanwhile: nothing is known of the delay."
    elif advised.delay is None:
        said = f'"delay": {delay} will do: each row was there by then.'
    else:
        said = f'Set "delay": {advised.delay} in the section coinglass: rows came that late.'
    if not advised.settle:
        return said
    names = json.dumps({"settle": advised.settle})[1:-1]
    return (
        f"{said}\n{', '.join(advised.settle)} changed by 5 % or more until the next close. Where a "
        f"first value will not do, set {names}: it is the last one, an interval later."
    )


def _shown(
    holds: bool,
    plan: Plan,
    now: datetime,
    found: list[Finding],
    more: dict[str, Any],
    shown: Callable[[], None],
) -> Shown:
    def document(findings: Iterable[Finding]) -> str:
        head = {
            "version": package_version(),
            "at": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "plan": plan.value,
            "exit": 0 if holds else 1,
            "broken": sum(each.outcome is Outcome.BROKEN for each in found),
        }
        return json.dumps(head | more | {"findings": [asdict(one) for one in findings]}, indent=2)

    return Shown(holds, document(found), document(map(hidden, found)) + "\n", shown)


def hidden(finding: Finding) -> Finding:
    """Without what would name the pair list."""
    if not finding.coin:
        return finding
    return replace(finding, coin=_HIDDEN, came="", expected="")


def _unanswered(finding: Finding) -> bool:
    return finding.promise == "answer" and finding.outcome is Outcome.UNTOLD


def _table(found: list[Finding]) -> None:
    lines = grid(("Path", "Kept", "Not told", "Broken"), ("Kept", "Not told", "Broken"))
    counts: dict[str, Counter[Outcome]] = {}
    for each in found:
        path = each.where.partition(" ")[0] or each.promise
        counts.setdefault(path, Counter())[each.outcome] += 1
    for path, by in sorted(counts.items()):
        broken = Text(str(by[Outcome.BROKEN] or ""), style="bold red")
        untold = str(by[Outcome.UNTOLD] or "")
        lines.add_row(Text(path), str(by[Outcome.KEPT] or ""), untold, broken)
    console().print(lines)


def _deviations(found: Iterable[Finding]) -> None:
    """One line each."""
    out = console()
    for each in found:
        if each.outcome is not Outcome.BROKEN:
            continue
        place = " ".join(part for part in (each.coin, each.where) if part)
        columns = ", ".join(each.columns) or "none"
        line = Text(f"{each.promise}: ", style="bold red")
        line.append(f"{place}: expected {each.expected}; came {each.came}. Columns: {columns}", "")
        out.print(line, soft_wrap=True)


def _untold(found: Iterable[Finding]) -> None:
    out = console()
    for each in found:
        if each.outcome is Outcome.UNTOLD:
            place = " ".join(part for part in (each.coin, each.where) if part)
            text = f"• {each.promise}: {place}: {each.came}".replace(": :", ":")
            out.print(text, markup=False, soft_wrap=True)


def _verdict(found: Iterable[Finding]) -> str:
    held = list(found)
    count = sum(each.outcome is Outcome.BROKEN for each in held)
    if count:
        return f"{count} deviation{'' if count == 1 else 's'} from the contract."
    unanswered = sum(map(_unanswered, held))
    if unanswered:
        return f"No deviation, but {unanswered} not answered: run it again."
    return "The contract holds."


def _measured(rows: Iterable[Measured]) -> None:
    names = ("Dataset", "Path", "Interval", "Rows", "There after, s", "Changes by")
    lines = grid(names, names[3:])
    for each in rows:
        by = "" if each.by is None else f"{each.after:.0f}–{each.by:.0f}"
        change = "" if each.change is None else f"{each.change:.1%}"
        path = each.path.removeprefix("/api/futures/")
        lines.add_row(each.dataset, Text(path), each.interval, str(each.rows), by, change)
    console().print(lines)
