"""What a coin's names are measured by: a few daily rows of each, asked once."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pandas as pd

from vectra_freqtrade.catalogue.datasets import Dataset, Endpoint, Field, Scope
from vectra_freqtrade.coinglass.asking import Asker, SeriesRequest
from vectra_freqtrade.coinglass.clock import Clock
from vectra_freqtrade.coinglass.names.coin_decision import Days, Look
from vectra_freqtrade.coinglass.names.name_sums import stamps
from vectra_freqtrade.coinglass.names.pair_lists import PairLists
from vectra_freqtrade.errors import (
    ContractError,
    PlanError,
    SettingsError,
    SymbolError,
    VectraError,
)
from vectra_freqtrade.times import from_ms

#: Closed days that are looked at; 1d is in every plan.
_DAYS: Final = 7
#: Contracts of a name whose price is asked for, where the first has none.
_CONTRACTS: Final = 2
_Errors = tuple[type[VectraError], ...]
_NO_PRICE: Final[_Errors] = (SymbolError, PlanError, ContractError, SettingsError)


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

    def days(spec: Dataset, symbol: str, absent: _Errors = (SymbolError,)) -> Days:
        end = from_ms(int(clock.now() * 1000))
        wanted = SeriesRequest(spec, symbol, "1d", end - timedelta(days=_DAYS + 2), end, live)
        try:
            return _by_day(asker.block(wanted, known=False), spec.values[0])
        except absent:  # listed, and not known to the endpoint
            return {}

    venues = lists.names.get(name, ())
    usd = days(_USD, name)
    if not usd:
        return Look(name, multiplier, venues, {}, {})
    coins = days(_COINS, name)
    close: Days = {}
    if multiplier > 1:
        # Where the plan or CoinGlass has no prices, the names' own are compared.
        for venue, instrument in lists.contracts(name, preferred)[:_CONTRACTS]:
            contract = f"{venue}_{instrument}"
            close = close or days(_PRICE, contract, _NO_PRICE)
    return Look(name, multiplier, venues, usd, coins, close or None)


def _by_day(frame: pd.DataFrame, value: str) -> Days:
    values = frame[value].to_numpy("float64")
    return {
        int(time): float(each)
        for time, each in zip(stamps(frame), values, strict=True)
        if each == each and each > 0
    }
