"""`vectra-freqtrade doctor`: what keeps the data from a bot or a backtest, and the fix."""

import json
import logging
import shlex
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from vectra_freqtrade.cli.doctor.finding import Finding, Level, problem
from vectra_freqtrade.cli.errors import Exit, report_errors
from vectra_freqtrade.cli.options import (
    ConfigOption,
    ExchangeOption,
    JsonOption,
    PairsOption,
    UserdirOption,
    VerboseOption,
    console,
    grid,
    words,
)
from vectra_freqtrade.quiet import quiet

if TYPE_CHECKING:
    from vectra_freqtrade.coinglass.account.key import ApiKey

#: What the exit status says of the first problem in the table.
_EXITS: Final = {
    "key": Exit.KEY,
    "plan": Exit.KEY,
    "settings": Exit.MISTAKE,
    "config": Exit.MISTAKE,
    "strategy": Exit.MISTAKE,
}
_COLOURS: Final = {Level.OK: "green", Level.WARNING: "yellow", Level.PROBLEM: "bold red"}


@report_errors
def doctor(
    config: ConfigOption = None,
    userdir: UserdirOption = None,
    pairs: PairsOption = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy", "-s", metavar="NAME", help="Also check this strategy's own code."
        ),
    ] = None,
    strategy_path: Annotated[
        Path | None,
        typer.Option(
            "--strategy-path",
            metavar="FOLDER",
            help="Another folder to look for it in.",
            show_default="user_data/strategies",
        ),
    ] = None,
    exchange: ExchangeOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Send no requests: check files and configs only.")
    ] = False,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """
    Check the key, plan, clock, store, config, running bots and a strategy, and say what to fix.

    Examples:
      vectra-freqtrade doctor
          everything, including the key at CoinGlass
      vectra-freqtrade doctor --strategy VectraStrategy
          also checks a strategy's own code
      vectra-freqtrade doctor --offline --json
          for a cron job, spends no requests

    Exit status: 0 no problem (warnings don't count); otherwise by the first problem: 1 data or
    network, 2 a setting, a config or a strategy to fix, 3 the key or its plan
    """
    from vectra_freqtrade.cli.context import read_config
    from vectra_freqtrade.cli.doctor.examination import Examination

    more = {"strategy_path": str(strategy_path)} if strategy_path else {}
    loaded = read_config(config, userdir, exchange, verbose=verbose, **more)
    # What is logged meanwhile is told by the table.
    with nullcontext() if verbose else quiet(logging.ERROR):
        examination = Examination(loaded, words(pairs), offline, _spelled(config, userdir))
        found = [*examination.run(), *_strategy(loaded, strategy)]
    if examination.key is not None:
        found = [_scrubbed(each, examination.key) for each in found]
    first = next((each for each in found if each.level is Level.PROBLEM), None)
    status = Exit.DONE if first is None else _EXITS.get(first.check, Exit.INCOMPLETE)
    if as_json:
        checks = [asdict(each) for each in found]
        worst = max((each.level for each in found), key=list(Level).index, default=Level.OK)
        print(json.dumps({"status": worst, "exit": int(status), "checks": checks}, indent=2))
    else:
        _show(found)
    raise typer.Exit(int(status))


def _strategy(loaded: dict[str, Any], name: str | None) -> list[Finding]:
    if name is None:
        return []
    from freqtrade.exceptions import FreqtradeException
    from freqtrade.resolvers import StrategyResolver

    from vectra_freqtrade.cli.doctor.strategies import strategy

    config = deepcopy(loaded) | {"strategy": name}
    try:
        return strategy(StrategyResolver.load_strategy(config))
    except FreqtradeException as error:
        return [problem("strategy", " ".join(str(error).split()))]
    except Exception as error:  # noqa: BLE001 whatever a user's file raises is what is wrong with it
        text = f"{name} can't be loaded: {type(error).__name__}: {error}"
        return [problem("strategy", text, "fix the strategy's file")]


def _spelled(config: list[str] | None, userdir: Path | None) -> str:
    told = [f" -c {shlex.quote(each)}" for each in config or []]
    told += [f" --userdir {shlex.quote(str(userdir))}"] if userdir is not None else []
    return "".join(told)


def _scrubbed(finding: Finding, key: "ApiKey") -> Finding:
    """A key that somebody put where it does not belong is not repeated."""
    return replace(finding, text=key.scrub(finding.text), fix=key.scrub(finding.fix))


def _show(found: list[Finding]) -> None:
    out = console()
    lines = grid(("", "Check", "What was found"))
    for each in found:
        text = Text(each.text)
        if each.fix:
            text.append(f"\n→ {each.fix}", style="cyan")
        lines.add_row(Text(each.level.value, style=_COLOURS[each.level]), each.check, text)
    out.print(lines)
    problems = sum(each.level is Level.PROBLEM for each in found)
    warnings = sum(each.level is Level.WARNING for each in found)
    counts = ((problems, "problem"), (warnings, "warning"))
    said = ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts)
    out.print(f"\n{said}.")
