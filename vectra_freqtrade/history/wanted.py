"""Which series a pair list needs under a plan, since when, and what is left out and why. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from vectra_freqtrade.coinglass.catalogue import DATASETS, Dataset, Kind
from vectra_freqtrade.coinglass.limits import Plan
from vectra_freqtrade.coinglass.plan import why_not
from vectra_freqtrade.coinglass.remembered import Remembered
from vectra_freqtrade.coinglass.symbols import symbol_of
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.history.spans import earliest, warm_up

#: The interval of datasets that come by the day.
DAILY = "1d"


@dataclass(slots=True)
class Wanted:
    """
    What to fetch.

    :param rows: series, each with the start and the end to ask for
    :param orders: instruments whose large orders are wanted, with start and end
    :param left_out: dataset (and interval) → why it is not fetched
    :param clipped: dataset and interval → where the plan's history begins, if later than asked
    """

    rows: list[tuple[Series, datetime, datetime]] = field(default_factory=list)
    orders: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    clipped: dict[str, datetime] = field(default_factory=dict)


def symbols_of(
    datasets: Iterable[str], pairs: Iterable[str], exchange: str, ratio_exchange: str
) -> list[tuple[str, str]]:
    """
    :param datasets: names in the catalogue
    :param pairs: as freqtrade writes them
    :param exchange: freqtrade's exchange id
    :param ratio_exchange: the setting
    :return: dataset and symbol, each once, in order
    :raises SettingsError: for a text that is not a pair
    """
    pairs = list(pairs)
    named = (
        (name, symbol_of(DATASETS[name], pair, exchange, ratio_exchange))
        for name in datasets
        for pair in pairs
    )
    return list(dict.fromkeys(named))


def wanted(
    symbols: Iterable[tuple[str, str]],
    intervals: Sequence[str],
    start: datetime | None,
    end: datetime,
    *,
    plan: Plan,
    refusals: Remembered | None = None,
) -> Wanted:
    """
    :param symbols: of `symbols_of`
    :param intervals: in use
    :param start: first candle of the backtest; what percentiles look back on is added. None for
        all the plan has
    :param end: tz-aware, not included
    :param plan: detected
    :param refusals: learnt
    """
    result = Wanted()
    for name, symbol in symbols:
        dataset = DATASETS[name]
        for interval in intervals if dataset.kind is Kind.INTERVAL else (DAILY,):
            label = f"{name} {interval}" if dataset.kind is Kind.INTERVAL else name
            reason = why_not(dataset, interval, plan, refusals)
            if reason:
                result.left_out[label] = reason
                continue
            first = _start(dataset, interval, start, end, plan, result, label)
            if dataset.kind is Kind.ORDERS:
                result.orders.append((symbol, first, end))
            elif dataset.kind is not Kind.LEVELS:
                result.rows.append((Series(name, symbol, interval), first, end))
    return result


def _start(
    dataset: Dataset,
    interval: str,
    start: datetime | None,
    end: datetime,
    plan: Plan,
    result: Wanted,
    label: str,
) -> datetime:
    limit = earliest(dataset, plan, interval, end)
    if start is None:
        return limit
    if dataset.kind is Kind.ORDERS:
        return start  # nothing looks back on them
    if start < limit:
        result.clipped[label] = limit
    return max(start - warm_up(interval), limit)
