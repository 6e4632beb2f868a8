"""The answer in plain words, claiming no more than the interval holds."""

import math
from collections.abc import Callable

from vectra_freqtrade.catalogue.plans import PRICES, PRICES_SEEN, Plan
from vectra_freqtrade.report.compare.comparison import Comparison, Part
from vectra_freqtrade.report.compare.effect import Effect
from vectra_freqtrade.report.compare.equity import DAYS_A_MONTH, Interval
from vectra_freqtrade.report.compare.matching import Change
from vectra_freqtrade.report.evidence.bootstrap import BLOCKS_MIN, ROWS_MIN

#: Currencies that a price in USD can be held against.
_DOLLARS = {"USD", "USDT", "USDC", "FDUSD", "BUSD", "DAI", "TUSD"}

_COUNTED = {
    Change.BLOCKED: ("entry blocked", "entries blocked"),
    Change.LIFTED: ("entry lifted", "entries lifted"),
    Change.MOVED: ("exit moved", "exits moved"),
    Change.SIZED: ("size changed", "sizes changed"),
    Change.TAKEN: ("not made as the pair was taken", "not made as the pair was taken"),
    Change.FREED: ("made as the pair was free", "made as the pair was free"),
}


def percent(value: float) -> str:
    """
    :param value: a fraction
    :return: with its sign; a dash for NaN
    """
    return "–" if math.isnan(value) else _signed(f"{value:+.2%}")


def money(value: float) -> str:
    """
    :param value: in some currency
    :return: with its sign; a dash for NaN
    """
    return "–" if math.isnan(value) else _signed(f"{value:+,.2f}")


def _signed(text: str) -> str:
    """With a minus of its own; what rounds to nothing has no sign."""
    return text.replace("-", "−") if text.strip("+-0.%") else text[1:]


def price(plan: Plan) -> str:
    """USD a month, as far as it is known."""
    return f"{PRICES[plan]} USD" if plan in PRICES else "an agreed price"


def between(found: Interval, say: Callable[[float], str]) -> str:
    """
    :param found: a sum
    :param say: a number
    :return: such as "95 % interval −0.10% to +2.00%"; why there is none where too few weeks differ
    """
    if math.isnan(found.low):
        return "too few weeks differ for an interval"
    return f"95 % interval {say(found.low)} to {say(found.high)}"


def monthly(comparison: Comparison, found: Interval) -> Interval:
    """
    :param comparison: its capital and length
    :param found: a share of the balance over the whole time
    :return: a month, in the stake currency
    """
    return found.times(comparison.capital * DAYS_A_MONTH / comparison.days)


def length(days: int) -> str:
    """How long the backtest was."""
    months = round(days / DAYS_A_MONTH)
    return f"{months} months" if months >= 2 else f"{days} days"


def paragraph(comparison: Comparison) -> str:
    """The answer, a handful of sentences."""
    found, strategy = comparison.main, comparison.strategy
    when = length(comparison.days)
    if found.nothing:
        why = (
            f"So {price(comparison.plan)} a month for {comparison.plan.label} bought nothing here."
            if comparison.reads
            else f"{strategy} has no CoinGlass columns."
        )
        return (
            f"On these {when} CoinGlass changed nothing: all {found.made} trades of {strategy} are "
            f"the same with and without it. {why}"
        )
    return " ".join(
        part
        for part in (
            f"On these {when} CoinGlass changed {found.changed} of {found.made} trades of "
            f"{strategy}: {counted(found)}.",
            _result(found),
            _month(comparison),
            _verdict(comparison),
        )
        if part
    )


def counted(found: Effect) -> str:
    """How many trades each change befell."""
    numbers = {change: found.count(change) for change in _COUNTED}
    return ", ".join(
        f"{number} {_COUNTED[change][number > 1]}" for change, number in numbers.items() if number
    )


def _result(found: Effect) -> str:
    if not found.lacking.trades:
        return (
            "Without it there is no trade at all: its entries are CoinGlass's, and so is the whole "
            f"result, {percent(found.having.profit)} of the balance "
            f"({between(found.difference, percent)})."
        )
    return (
        f"With it the result is {percent(found.having.profit)} of the balance; without it, it "
        f"would have been {percent(found.lacking.profit)}: a difference of "
        f"{percent(found.difference.value)} ({between(found.difference, percent)})."
    )


def _month(comparison: Comparison) -> str:
    each = monthly(comparison, comparison.main.difference)
    currency = comparison.result.facts["stake_currency"]
    sure = "" if math.isnan(each.low) else f" ({money(each.low)} to {money(each.high)})"
    told = f"At {comparison.capital:,.0f} {currency} that is {money(each.value)} {currency} a month"
    plan = comparison.plan
    return (
        f"{told}{sure} against {price(plan)} for {plan.label}, the smallest plan that has this "
        f"data (price seen {PRICES_SEEN})."
    )


def _verdict(comparison: Comparison) -> str:
    found = comparison.main
    weeks = found.difference.weeks
    if math.isnan(found.difference.low):
        return (
            f"Too little to judge: {weeks} week{'s' if weeks != 1 else ''} differ, and an interval "
            f"needs {BLOCKS_MIN}."
        )
    few = "Few trades were changed, so read even that with care." if few_trades(found) else ""
    return " ".join(part for part in (_sure(comparison), few) if part)


def few_trades(found: Effect) -> bool:
    """Fewer changed than an evidence bucket must hold."""
    return found.changed < ROWS_MIN


def _sure(comparison: Comparison) -> str:
    found = comparison.main.difference
    if found.low <= 0 <= found.high:
        return (
            "The interval holds zero: this backtest does not show that the data earns, or costs, "
            "anything."
        )
    if found.high < 0 and not comparison.main.lacking.trades:
        return "On this past not to trade was better."
    if found.high < 0:
        return "On this past the data cost this strategy money."
    each, plan = monthly(comparison, found), comparison.plan
    if comparison.result.facts["stake_currency"] not in _DOLLARS or plan not in PRICES:
        return "On this past the data earned this strategy money."
    if each.low > PRICES[plan]:
        return "On this past the data earned more than it costs."
    if each.high < PRICES[plan]:
        return "On this past the data earned money, but less than it costs."
    return "On this past the data earned money; whether more than it costs is open."


def part_line(comparison: Comparison, part: Part) -> str:
    """A line of the terminal on a dataset that was left out, or on a plan."""
    if part.effect is None:
        return part.why
    found, lacking = part.effect, part.plan.lacking if part.plan else ()
    unheld = f" ({' and '.join(lacking)} not in the store)" if lacking else ""
    if found.nothing:
        return f"changed nothing{unheld}"
    each = monthly(comparison, found.difference)
    return (
        f"changed {found.changed} of {found.made} trades; {percent(found.difference.value)} "
        f"({between(found.difference, percent)}), {money(each.value)} a month{unheld}"
    )
