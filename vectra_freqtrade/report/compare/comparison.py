"""The comparison: its runs, one after the other, and what they say together."""

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.errors import SettingsError
from vectra_freqtrade.report.backtest.results import BacktestResult
from vectra_freqtrade.report.backtest.view import is_simulated
from vectra_freqtrade.report.compare.effect import Effect, Pair, effect, span
from vectra_freqtrade.report.compare.plan_stores import (
    PLANS,
    PlanStore,
    as_plan_has_it,
    needed_plan,
)
from vectra_freqtrade.report.compare.runs import Asked, Failed, Job, Ran, run_all
from vectra_freqtrade.report.compare.subject import Source, check_rows

WITH, WITHOUT = "with CoinGlass", "without CoinGlass"
_ALONE = ", unlimited slots"
_NOTES = 5
#: Stakes that the wallet of an unlimited run holds for each pair: none is ever lacking.
_STAKES_A_PAIR = 1000


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    :param datasets: also leave out each in turn
    :param plans: also run as each plan would have it
    :param capital: that the monthly figure is told for; None for the backtest's balance
    :param seed: of the intervals
    :param at_once: how many backtests
    """

    datasets: bool = False
    plans: bool = False
    capital: float | None = None
    seed: int = 7
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """
    A dataset that was left out, or a plan.

    :param effect: None where there is none
    :param why: there is none, "" where there is one
    :param plan: what it has; None for a dataset
    """

    name: str
    effect: Effect | None
    why: str = ""
    plan: PlanStore | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    :param strategy: name
    :param reads: it has CoinGlass columns
    :param plan: the smallest that has what the settings use
    :param main: what CoinGlass changed
    :param runs: the two with the user's config, and their unlimited twins
    :param left_out: each dataset: what it changed, all others there
    :param plans: each plan: what it changed, against no CoinGlass
    :param capital: that the monthly figure is told for
    :param stake: of the unlimited runs
    :param simulated: the market is the demo's
    :param notes: what a reader must know of these runs
    :param seed: of the intervals
    """

    strategy: str
    reads: bool
    plan: Plan
    main: Effect
    runs: tuple[Pair, Pair]
    left_out: tuple[Part, ...]
    plans: tuple[Part, ...]
    capital: float
    stake: float
    simulated: bool
    notes: tuple[str, ...]
    seed: int

    @property
    def result(self) -> BacktestResult:
        """Of the user's own run, with the data."""
        return self.runs[0].own

    @property
    def days(self) -> int:
        return len(span(self.result))


def compare(
    asked: Asked, source: Source | None, wanted: Wanted, say: Callable[[str], None]
) -> Comparison:
    """
    :param asked: what every run is made with
    :param source: what the strategy's columns are made of; None where it has none
    :param wanted: which runs
    :param say: told every few seconds how far it is
    :raises SettingsError: where a run can't be made, and where none made a trade
    """
    more = [] if source is None else _variants(source, wanted)
    plans_wanted = source is not None and wanted.plans
    total = 4 + 2 * len(more) + (2 * len(PLANS) if plans_wanted else 0)
    runner = _Runner(asked, wanted, say, total)
    first = runner.needed(runner.run([Job(WITH, {"neutral": False})])[WITH], "")
    days = span(first.result)
    if source is not None:
        check_rows(source, days[0], days[-1])
    stake, options = _unlimited(first.result)
    twins = [Job(WITH + _ALONE, {"neutral": False}, options)]
    neutral = Job(WITHOUT, {"neutral": True})
    twins += [neutral, replace(neutral, name=WITHOUT + _ALONE, options=options)]
    ran = runner.run(twins)
    empty = f"{asked.strategy} fails when its CoinGlass columns are empty, as they are in a gap"
    having = Pair(first.result, runner.needed(ran[WITH + _ALONE], "").result)
    lacking = Pair(*(runner.needed(ran[job.name], empty).result for job in twins[1:]))
    if not sum(len(run.trades) for pair in (having, lacking) for run in (pair.own, pair.alone)):
        raise SettingsError(
            f"{asked.strategy} makes no trade from {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}, with "
            "or without CoinGlass: choose a longer --timerange or other pairs."
        )
    made = _Made(runner, having, lacking, stake, options)
    left_out = made.left_out(more)
    plans = made.plans(source) if source is not None and wanted.plans else ()
    return Comparison(
        asked.strategy,
        source is not None,
        Plan.HOBBYIST if source is None else needed_plan(source.settings, source.intervals),
        effect("CoinGlass", having, lacking, stake, wanted.seed),
        (having, lacking),
        left_out,
        plans,
        wanted.capital or float(first.result.facts["starting_balance"]),
        stake,
        is_simulated(asked.userdir, first.result.config),
        _notes(first.warnings),
        wanted.seed,
    )


def _notes(warnings: tuple[str, ...]) -> tuple[str, ...]:
    """A long pair list has a warning for each pair."""
    if len(warnings) <= _NOTES:
        return warnings
    more = f"{len(warnings) - _NOTES} more warnings are in the log of the run {WITH!r}."
    return (*warnings[:_NOTES], more)


def _variants(source: Source, wanted: Wanted) -> list[Job]:
    if not wanted.datasets:
        return []
    return [Job(f"without {name}", {"neutral": [name]}) for name in source.datasets]


def _unlimited(result: BacktestResult) -> tuple[float, tuple[str, ...]]:
    """Every entry gets its slot and the same stake; the user's own one where it is a number."""
    facts = result.facts
    balance, slots = float(facts["starting_balance"]), float(facts["max_open_trades"])
    try:
        stake = float(facts["stake_amount"])
    except ValueError:  # "unlimited"
        stake = balance / (slots if 0 < slots < math.inf else 10)
    wallet = stake * _STAKES_A_PAIR * max(len(result.pairs), 1)
    given = f"--stake-amount={stake:.8g}", f"--dry-run-wallet={wallet:.8g}"
    return stake, ("--max-open-trades=-1", *given)


class _Runner:
    """Runs jobs and counts them."""

    def __init__(
        self, asked: Asked, wanted: Wanted, say: Callable[[str], None], total: int
    ) -> None:
        self.asked, self.wanted, self.say, self.total = asked, wanted, say, total
        self._done = 0

    def run(self, jobs: Sequence[Job]) -> dict[str, Ran | Failed]:
        at_once = self.wanted.at_once
        ran = run_all(
            self.asked, jobs, self.say, at_once=at_once, before=self._done, total=self.total
        )
        self._done += len(jobs)
        return ran

    def needed(self, ran: Ran | Failed, what: str) -> Ran:
        """A run without which there is nothing to compare."""
        if isinstance(ran, Ran):
            return ran
        what = what or f"freqtrade can't backtest {self.asked.strategy}"
        raise SettingsError(f"{what}: {ran.why} The logs are in {self.asked.folder}.")


@dataclass(frozen=True, slots=True)
class _Made:
    """The two pairs of runs that all others are compared with."""

    runner: _Runner
    having: Pair
    lacking: Pair
    stake: float
    options: tuple[str, ...]

    def left_out(self, jobs: Sequence[Job]) -> tuple[Part, ...]:
        parts = []
        for job in jobs:
            name = job.section["neutral"][0]
            found = self._pair(job)
            if isinstance(found, Failed):
                why = f"it fails when the columns of {name} are empty: {found.why}"
                parts.append(Part(name, None, why))
            else:
                parts.append(Part(name, self._effect(name, self.having, found)))
        return tuple(parts)

    def plans(self, source: Source) -> tuple[Part, ...]:
        parts, last = [], span(self.having.own)[-1]
        for plan in PLANS:
            root = self.runner.asked.overlays / f"store-{plan}"
            held = as_plan_has_it(plan, source.settings, source.store, source.intervals, last, root)
            parts.append(self._as(held))
            shutil.rmtree(root, ignore_errors=True)
        return tuple(parts)

    def _as(self, held: PlanStore) -> Part:
        name = held.plan.label
        if held.problem:
            return Part(name, None, held.problem, held)
        if held.root is None:
            return Part(name, self._effect(name, self.having, self.lacking), "", held)
        section = {"store_dir": str(held.root), "neutral": list(held.off) or False}
        found = self._pair(Job(f"as {name}", section))
        if isinstance(found, Failed):
            return Part(name, None, f"it fails with the columns of {name}: {found.why}", held)
        return Part(name, self._effect(name, found, self.lacking), "", held)

    def _pair(self, job: Job) -> Pair | Failed:
        alone = replace(job, name=job.name + _ALONE, options=self.options)
        ran = self.runner.run([job, alone])
        own, twin = ran[job.name], ran[alone.name]
        if isinstance(own, Failed):
            return own
        return twin if isinstance(twin, Failed) else Pair(own.result, twin.result)

    def _effect(self, name: str, having: Pair, lacking: Pair) -> Effect:
        return effect(name, having, lacking, self.stake, self.runner.wanted.seed)
