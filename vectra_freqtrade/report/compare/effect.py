"""What one thing did to a strategy: runs that have it, less runs that lack it. Pure."""

from dataclasses import dataclass

import pandas as pd
from freqtrade.exchange import timeframe_to_msecs

from vectra_freqtrade.report.backtest.results import BacktestResult
from vectra_freqtrade.report.compare.equity import Interval, daily, interval
from vectra_freqtrade.report.compare.matching import Change, matched


@dataclass(frozen=True, slots=True)
class Pair:
    """
    Two backtests of one variant.

    :param own: with the user's own config
    :param alone: with unlimited slots and a fixed stake, so that no trade keeps another from
        being made or changes its size
    """

    own: BacktestResult
    alone: BacktestResult


@dataclass(frozen=True, slots=True)
class Totals:
    """
    freqtrade's own figures of one run.

    :param profit: share of the starting balance
    :param drawdown: share of the account
    """

    trades: int
    profit: float
    profit_abs: float
    drawdown: float

    @classmethod
    def of(cls, result: BacktestResult) -> "Totals":
        facts = result.facts
        return cls(
            int(facts["total_trades"]),
            float(facts["profit_total"]),
            float(facts["profit_total_abs"]),
            float(facts["max_drawdown_account"]),
        )


@dataclass(frozen=True, slots=True)
class Group:
    """
    Trades of the unlimited runs that one change befell.

    :param with_: their profit after fees and funding in the run that has it, in stakes
    :param without: in the run that lacks it
    :param difference: of the two, with its interval
    """

    change: Change
    trades: int
    with_: float
    without: float
    difference: Interval


@dataclass(frozen=True, slots=True)
class Effect:
    """
    :param name: of what one run has and the other lacks
    :param having: with the user's config
    :param lacking: the same
    :param trades: of the unlimited runs, matched
    :param groups: by change, those that the unlimited runs show
    :param difference: of daily equity with the user's config, as a share of the starting balance
    :param same: with the user's config every trade is the same, too
    """

    name: str
    having: Totals
    lacking: Totals
    trades: pd.DataFrame
    groups: tuple[Group, ...]
    difference: Interval
    same: bool

    @property
    def made(self) -> int:
        """Trades that either unlimited run made."""
        return len(self.trades)

    @property
    def changed(self) -> int:
        return int((self.trades["change"] != Change.SAME).sum())

    @property
    def nothing(self) -> bool:
        return self.same and not self.changed

    def count(self, change: Change) -> int:
        return int((self.trades["change"] == change).sum())


def effect(name: str, having: Pair, lacking: Pair, stake: float, seed: int) -> Effect:
    """
    :param name: of what is looked at
    :param having: runs that have it
    :param lacking: runs that lack it, over the same time
    :param stake: of the unlimited runs
    :param seed: of the intervals
    """
    facts = having.own.facts
    timeframe_ms = int(timeframe_to_msecs(facts["timeframe"]))
    days = span(having.own)
    trades = matched(having.alone.trades, lacking.alone.trades, timeframe_ms)
    own = matched(having.own.trades, lacking.own.trades, timeframe_ms)
    groups = [
        _group(change, trades[trades["change"] == change], stake, days, seed)
        for change in Change
        if change is not Change.SAME
    ]
    return Effect(
        name,
        Totals.of(having.own),
        Totals.of(lacking.own),
        trades,
        tuple(group for group in groups if group.trades),
        interval(_daily(own, days) / float(facts["starting_balance"]), seed),
        bool((own["change"] == Change.SAME).all()),
    )


def span(result: BacktestResult) -> pd.DatetimeIndex:
    """Days of the backtest."""
    first, last = (
        pd.Timestamp(result.facts[name], unit="ms", tz="UTC").floor("D")
        for name in ("backtest_start_ts", "backtest_end_ts")
    )
    return pd.date_range(first, last, freq="D")


def equity(result: BacktestResult) -> pd.Series:
    """Closed profit up to each day, as a share of the starting balance."""
    trades, days = result.trades, span(result)
    made = daily(trades["closed"], trades["profit_abs"], days)
    return made.cumsum() / float(result.facts["starting_balance"])


def _daily(trades: pd.DataFrame, days: pd.DatetimeIndex) -> pd.Series:
    """Difference of the profit that was closed each day."""
    made = {
        run: daily(trades[f"closed_{run}"], trades[f"profit_abs_{run}"], days)
        for run in ("with", "without")
    }
    return made["with"] - made["without"]


def _group(
    change: Change, trades: pd.DataFrame, stake: float, days: pd.DatetimeIndex, seed: int
) -> Group:
    sums = {run: float(trades[f"profit_abs_{run}"].sum()) / stake for run in ("with", "without")}
    found = interval(_daily(trades, days) / stake, seed)
    return Group(change, len(trades), sums["with"], sums["without"], found)
