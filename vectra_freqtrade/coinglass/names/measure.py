"""What a coin's names are measured by: a few daily rows of each, asked once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import pandas as pd

from vectra_freqtrade.catalogue.datasets import Dataset, Endpoint, Field, Scope
from vectra_freqtrade.coinglass.asking import Asker, SeriesRequest
from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.coinglass.names.coin_decision import Days, Look
from vectra_freqtrade.coinglass.names.name_sums import stamps
from vectra_freqtrade.coinglass.names.pair_lists import PairLists
from vectra_freqtrade.errors import ContractError, PlanError, SettingsError, SymbolError
from vectra_freqtrade.times import from_ms

#: Closed days that are looked at; 1d is in every plan.
_DAYS: Final = 7
#: Contracts of a name whose price is asked for, where the first has none.
_CONTRACTS: Final = 2
_DAILY: Final = "1d"


def _open_interest(unit: str) -> Dataset:
    path = "/api/futures/open-interest/aggregated-history"
    endpoint = Endpoint(path=path, fields=(Field("close", "oi"),), params={"unit": unit})
    return Dataset(
        name=f"open interest in {unit}",
        scope=Scope.COIN,
        values=("oi",),
        endpoints=(endpoint,),
    )


_USD, _COINS = _open_interest("usd"), _open_interest("coin")
_PRICE: Final = Dataset(
    name="price",
    scope=Scope.PAIR,
    values=("close",),
    endpoints=(Endpoint(path="/api/futures/price/history", fields=(Field("close", "close"),)),),
)


def look_at(
    asker: Asker,
    lists: PairLists,
    name: str,
    multiplier: int,
    preferred: Sequence[str],
    clock: Clock,
    *,
    live: bool,
) -> Look:
    """
    At most five requests: open interest twice, and the price of a contract where it is needed.

    :param preferred: venues whose contract is taken first
    :raises VectraError: where open interest can't be had; by reaction
    """

    def days(spec: Dataset, symbol: str) -> Days:
        now = int(clock.now() * 1000)
        end = from_ms(now)
        wanted = SeriesRequest(spec, symbol, _DAILY, end - timedelta(days=_DAYS + 2), end, live)
        return _by_day(asker.block(wanted, known=False), spec.values[0])

    venues = lists.names.get(name, ())
    usd = _had(days, _USD, name) or {}
    if not any(value > 0 for value in usd.values()):
        return Look(name, multiplier, venues, {}, {})
    coins = _had(days, _COINS, name) or {}
    close = None
    if multiplier > 1:
        for venue, instrument in lists.contracts(name, preferred)[:_CONTRACTS]:
            close = _priced(days, f"{venue}_{instrument}")
            if close:
                break
    return Look(name, multiplier, venues, usd, coins, close or None)


def _had(days: Any, spec: Dataset, symbol: str) -> Days | None:
    """A name that is listed and not known to the endpoint has no rows."""
    try:
        held: Days = days(spec, symbol)
    except SymbolError:
        return None
    return held


def _priced(days: Any, symbol: str) -> Days | None:
    """Where the plan or CoinGlass has no prices, the names' own are compared."""
    try:
        held: Days = days(_PRICE, symbol)
    except (SymbolError, PlanError, ContractError, SettingsError):
        return None
    return held


def _by_day(frame: pd.DataFrame, value: str) -> Days:
    values = frame[value].to_numpy("float64")
    return {
        int(time): float(each)
        for time, each in zip(stamps(frame), values, strict=True)
        if each == each and each > 0
    }
