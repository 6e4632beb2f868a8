"""Which series a pair list needs under a plan, since when, and what is left out and why. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from vectra_freqtrade.catalogue.coin_names import NOTHING_KNOWN, CoinNames
from vectra_freqtrade.catalogue.datasets import DATASETS, Dataset, Kind
from vectra_freqtrade.catalogue.offers import unavailable_reason
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.catalogue.symbols import symbol_of
from vectra_freqtrade.coinglass.account.key_state import KeyState
from vectra_freqtrade.history.download.spans import EVER, rows_begin, warm_up
from vectra_freqtrade.history.layout import Series
from vectra_freqtrade.settings.section import CoinglassSettings

#: The interval of datasets that come by the day.
DAILY = "1d"


@dataclass(slots=True)
class DownloadPlan:
    """
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
    datasets: Iterable[str],
    pairs: Iterable[str],
    exchange: str,
    settings: CoinglassSettings,
    names: CoinNames = NOTHING_KNOWN,
) -> list[tuple[str, str]]:
    """
    :param datasets: names in the settings' catalogue
    :param exchange: freqtrade's exchange id
    :param names: what was decided of coins with several names
    :return: dataset and symbol, each once, in order
    :raises SettingsError: for a text that is not a pair
    """
    pairs, catalogue = list(pairs), settings.catalogue
    place = (exchange, settings.ratio_exchange, names, settings.exchange_list)
    named = (
        (name, symbol_of(catalogue[name], pair, *place)) for name in datasets for pair in pairs
    )
    return list(dict.fromkeys(named))


def plan_download(
    symbols: Iterable[tuple[str, str]],
    intervals: Sequence[str],
    start: datetime | None,
    end: datetime,
    *,
    plan: Plan,
    now: datetime,
    refusals: KeyState | None = None,
    catalogue: Mapping[str, Dataset] = DATASETS,
    settle: Mapping[str, int] = MappingProxyType({}),
) -> DownloadPlan:
    """
    :param symbols: of `symbols_of`
    :param start: first candle of the backtest; what percentiles look back on is added. None for
        all the plan has
    :param end: tz-aware, not included
    :param now: the plan's history reaches back from here, tz-aware
    :param settle: dataset → intervals that its rows wait, `Release.settle`
    """
    result = DownloadPlan()
    for name, symbol in symbols:
        dataset = catalogue[name]
        for interval in intervals if dataset.kind is Kind.INTERVAL else (DAILY,):
            label = f"{name} {interval}" if dataset.kind is Kind.INTERVAL else name
            reason = unavailable_reason(dataset, interval, plan, refusals)
            if reason:
                result.left_out[label] = reason
                continue
            if dataset.kind is Kind.ORDERS:
                # Nothing looks back on them, and each day of them is three requests: without a
                # start they reach as far back as the rows they stand beside.
                first = start or min(rows_begin(plan, each, now) for each in intervals)
                result.orders.append((symbol, first, end))
            elif dataset.kind is not Kind.LEVELS:
                limit = rows_begin(plan, interval, now) if dataset.kind is Kind.INTERVAL else EVER
                if limit >= end or (start is not None and start < limit):
                    result.clipped[label] = limit
                before = warm_up(interval, settle.get(name, 0))
                first = limit if start is None else max(start - before, limit)
                if first < end:
                    result.rows.append((Series.of(dataset, symbol, interval), first, end))
    return result
