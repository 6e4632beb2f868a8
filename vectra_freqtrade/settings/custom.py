"""The `custom` list of the settings: any history endpoint's field as a point-in-time column."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from vectra_freqtrade.catalogue.columns import COLUMNS, NAN, Column
from vectra_freqtrade.catalogue.datasets import (
    CUSTOM_PREFIX,
    Dataset,
    Endpoint,
    Kind,
    Naming,
    Scope,
)
from vectra_freqtrade.catalogue.datasets import Field as ReplyField
from vectra_freqtrade.catalogue.intervals import INTERVALS
from vectra_freqtrade.catalogue.plans import Plan
from vectra_freqtrade.settings.opinions import Section


class CustomColumn(Section):
    """
    One column: `cg_{name}_{i}`, or `cg_{name}` for a daily history.

    :param name: of the column, without cg_ and the interval
    :param path: of a history endpoint, /api/...
    :param field: of its rows
    :param scope: coin (symbol=BTC), pair (exchange and symbol) or market (neither)
    :param names: of scope coin, where CoinGlass lists it under several names (PEPE, 1000PEPE): own
        asks for the one of the pair's own venue, else of the first in `exchange_list`; all
        sums all of them, in single coins where params has {"unit": "coin"}
    :param params: sent always, e.g. {"unit": "coin"}
    :param exchange_list: the endpoint demands a list of venues
    :param daily: the whole daily history in one answer, without an interval
    :param time: the rows' time field
    :param scale: column = field × scale, e.g. 0.01 for percent
    :param plan: smallest plan that has the endpoint
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=40)
    path: str = Field(pattern=r"^/api/[A-Za-z0-9_/-]+$")
    field: str = Field(min_length=1)
    scope: Literal["coin", "pair", "market"] = "coin"
    names: Literal["own", "all"] = "own"
    params: dict[str, str] = Field(default_factory=dict)
    exchange_list: bool = False
    daily: bool = False
    time: str = "time"
    scale: float = Field(default=1.0, allow_inf_nan=False)
    plan: Literal["hobbyist", "startup", "standard", "professional", "enterprise"] = "hobbyist"

    @model_validator(mode="after")
    def _known(self) -> Self:
        taken = {column.name.removesuffix("_{i}") for column in COLUMNS}
        if f"cg_{self.name}" in taken:
            raise ValueError("there is a built-in column of this name")
        if self.name.rpartition("_")[2] in INTERVALS:
            # cg_oi_change_1h of a daily history would stand in for the engine's own.
            raise ValueError("the name ends with an interval, as only columns themselves may")
        return self

    @property
    def dataset(self) -> str:
        """Its dataset's name, which is also the store's folder."""
        return f"{CUSTOM_PREFIX}{self.name}"

    @property
    def spec(self) -> Dataset:
        """Its entry in the settings' catalogue."""
        return Dataset(
            name=self.dataset,
            scope=Scope(self.scope),
            naming=Naming.OWN if self.names == "own" else Naming.SUM,
            values=(self.name,),
            kind=Kind.DAILY if self.daily else Kind.INTERVAL,
            extra_delay=timedelta(days=1) if self.daily else timedelta(0),
            plan=Plan(self.plan),
            endpoints=(
                Endpoint(
                    path=self.path,
                    fields=(ReplyField(self.field, self.name, self.scale, least=None),),
                    params=self.params,
                    exchange_list=self.exchange_list,
                    time=self.time,
                    timeout=30.0,
                ),
            ),
        )


def custom_columns(custom: Iterable[CustomColumn], intervals: Iterable[str]) -> Iterator[Column]:
    held = tuple(intervals)
    for each in custom:
        unit = "as sent" if each.scale == 1.0 else f"as sent × {each.scale:g}"
        meaning = f"{each.field} of {each.path}."
        for suffix in ("",) if each.daily else tuple(f"_{interval}" for interval in held):
            name = f"cg_{each.name}{suffix}"
            yield Column(name, each.dataset, "float64", unit, NAN, meaning)
